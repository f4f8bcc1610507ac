"""Progress: plain lines, few of them, where nobody watches; a bar where somebody does; one line on a page."""

import re
import sys
from types import SimpleNamespace

import nbformat
import pytest

from linear_signal import progress as module
from linear_signal.book import engine
from linear_signal.book.chapter_page import execute
from linear_signal.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: now.seconds)
    return now


def work(clock, *, steps=40):
    with Progress(steps, "Fitting", "fits") as progress:
        for step in range(steps):
            clock.seconds += 1
            progress.advance(note=f"fold {step % 5}")


def test_a_log_gets_a_line_every_five_seconds_and_the_last(clock, capsys):
    work(clock, steps=12)
    assert capsys.readouterr().err.splitlines() == [
        "Fitting: 5 of 12 fits (42%), 5 s, about 7 s left, fold 4",
        "Fitting: 10 of 12 fits (83%), 10 s, about 2 s left, fold 4",
        "Fitting: 12 of 12 fits (100%), 12 s, fold 1",
    ]


CHAPTER = """\
# %% tags=["parameters"]
steps: int = 40  # steps of a tenth of a second

# %%
import time

from linear_signal.progress import Progress

print("said before")
with Progress(steps, "Fitting", "fits") as progress:
    for step in range(steps):
        time.sleep(0.1)
        progress.advance(note="best <so far>", seconds_left=(steps - step) / 10)

# %%
with Progress(3, "Broken") as progress:
    time.sleep(1.1)
    progress.advance()
"""


def test_a_page_keeps_the_last_line_and_the_terminal_hears_of_it_meanwhile(tmp_path, capsys, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    source, page = tmp_path / "notebooks/10_slow.py", tmp_path / "book/chapters/10_slow.ipynb"
    source.write_text(CHAPTER)
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    bars = []
    update = engine._SpeakingClient._update_display_id

    def watched(client, display_id, message):
        bars.append(message["content"]["data"].get("text/html", ""))
        update(client, display_id, message)

    monkeypatch.setattr(engine._SpeakingClient, "_update_display_id", watched)
    execute(source, page, root=tmp_path)
    cells = [cell for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "code"]
    said, line = cells[1].outputs
    assert said.text == "said before\n"
    assert list(line.data) == ["text/plain"], "a bar or a widget stays on the page"
    assert re.fullmatch(r"Fitting: 40 of 40 fits \(100%\), \d s, best <so far>", line.data["text/plain"])
    assert "widgets" not in nbformat.read(page, as_version=4).metadata
    assert 3 <= sum('<progress value="' in bar and "best &lt;so far&gt;" in bar for bar in bars) <= 6
    heard = [text.strip() for text in capsys.readouterr().out.splitlines()]
    assert heard[0] == "said before"
    assert re.fullmatch(r"Fitting: \d+ of 40 fits \(\d+%\), \d s, about \d s left, best <so far>", heard[1])
    assert len(cells[2].outputs) == 1


def test_time_left_is_that_of_the_caller_where_there_is_one(clock, capsys):
    with Progress(10, "Fitting") as progress:
        clock.seconds = 6
        progress.advance(seconds_left=90)
        clock.seconds = 12
        progress.advance()
        progress.total = progress.done
    assert capsys.readouterr().err.splitlines()[:2] == [
        "Fitting: 1 of 10 (10%), 6 s, about 1 min 30 s left",
        "Fitting: 2 of 10 (20%), 12 s, about 48 s left",
    ]


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress(3, "Fitting", "fits") as progress:
        progress.advance(3)
    seen = capsys.readouterr().err
    assert "\r" in seen
    assert "3/3" in seen


def test_after_an_error_nothing_more_is_said(clock, capsys):
    def broken():
        with Progress(3, "Fitting", "fits") as progress:
            progress.advance()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert capsys.readouterr().err == ""


def test_without_a_total_it_counts(clock, capsys):
    with Progress(0, "Downloading", "bytes") as progress:
        clock.seconds = 3700
        progress.advance(1_500_000)
        progress.close()
    assert capsys.readouterr().err == "Downloading: 1,500,000 bytes, 1 h 01 min\n"
