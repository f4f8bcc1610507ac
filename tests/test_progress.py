"""Progress: plain lines, few of them, where nobody watches a terminal."""

import sys
from types import SimpleNamespace

import pytest

from linear_signal import progress as module
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


def test_a_page_gets_a_line_every_ten_seconds_on_stdout(clock, capsys, monkeypatch):
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    work(clock, steps=25)
    seen = capsys.readouterr()
    assert [line.split()[1] for line in seen.out.splitlines()] == ["10", "20", "25"]
    assert seen.err == ""


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
