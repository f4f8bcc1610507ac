"""The page of findings from end to end: papermill runs it on the pages and tables that executed chapters left behind."""

from pathlib import Path

import pytest

from chapter_run import FINDINGS, Run, assert_whole_page
from linear_signal.experiment.claims import FAILS, HOLDS
from linear_signal.page.findings import compute_findings, count_verdicts
from linear_signal.page.findings_page import MARKS
from linear_signal.page.kept_tables import kept_tables
from linear_signal.page.paper import FINDINGS as CLAIMS
from linear_signal.page.paper import QUESTIONS


def test_the_page_runs_to_its_end(executed_findings):
    assert_whole_page(executed_findings)
    page = executed_findings.page()
    assert "Synthetic data: nothing on this page was measured on people." in page
    assert page.count('<table class="findings">') == len(QUESTIONS)
    assert "nan" not in page.split()


def test_the_page_shows_what_the_tables_give(executed_findings):
    tables = kept_tables(executed_findings.folder / "book/chapters", executed_findings.results)
    findings = compute_findings({chapter: table.fits for chapter, table in tables.items()})
    counts, glued = count_verdicts(findings), executed_findings.glued()
    published = findings["figure"] != ""
    shown = [int(glued[name]) for name in ("n_holds", "n_fails", "n_open", "n_absent")]
    assert shown == list(count_verdicts(findings[published]).values())
    assert int(glued["n_findings"]) == sum(shown)
    others = count_verdicts(findings[~published])
    assert [int(glued[name]) for name in ("others_hold", "others_fail")] == [others[HOLDS], others[FAILS]]
    assert int(glued["n_findings"]) + int(glued["n_others"]) == len(CLAIMS)
    page = executed_findings.page()
    for verdict, number in counts.items():
        assert page.count(f"{MARKS[verdict]}</span> {verdict}</div>") == number


def test_every_executed_chapter_answers_something(executed_findings, executed_chapters):
    tables = kept_tables(executed_findings.folder / "book/chapters", executed_findings.results)
    assert set(tables) == set(executed_chapters)
    findings = compute_findings({chapter: table.fits for chapter, table in tables.items()})
    answered = findings[findings["estimate"].notna()]
    assert set(answered["chapter"]) == set(executed_chapters)
    assert answered["synthetic"].all()


@pytest.mark.parametrize(
    ("pages", "message"),
    [("missing", "There is no folder"), (".", "None of the pages has a results table")],
    ids=["no folder", "no chapter"],
)
def test_a_folder_without_chapters_is_refused(tmp_path, pages, message):
    run = Run(tmp_path, FINDINGS, pages=str(Path(tmp_path) / pages))
    assert run.failed
    assert message in run.said
    assert "Traceback" not in run.said.partition("InputError")[2]
