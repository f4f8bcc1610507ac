"""The page of findings from end to end: papermill runs it on the pages and tables that executed chapters left behind."""

import re
from types import SimpleNamespace

import pytest

from chapter_run import CHAPTERS, FINDINGS, GENUINE, WITHOUT_FINDINGS, Here, assert_whole_page
from linear_signal.book.findings import compute_findings, count_verdicts
from linear_signal.book.findings_page import MARKS
from linear_signal.book.kept_tables import keep_table, kept_tables
from linear_signal.errors import InputError
from linear_signal.studies import studies
from linear_signal.studies.heil2023.findings import FINDINGS as CLAIMS
from made_up_tables import executed_page, made_up_tables


def page_of_tables(folder, tables):
    """Execute the page on results tables, as pages of their chapters would keep them."""
    pages, results = folder / "pages", folder / "results"
    for chapter, fits in tables.items():
        kinds = fits[["dataset", "synthetic"]].drop_duplicates().itertuples()
        datasets = [SimpleNamespace(name=one.dataset, synthetic=one.synthetic, source="made up") for one in kinds]
        results_of = SimpleNamespace(main=fits.drop(columns=["synthetic", "source"]))
        executed_page(pages, chapter, keep_table(results, chapter, [results_of], datasets))
    (folder / "measured").mkdir()  # what ships has tests of its own
    return Here(folder, FINDINGS, pages=str(pages), measured_folder=str(folder / "measured"))


def test_the_page_runs_to_its_end(executed_findings):
    assert_whole_page(executed_findings)
    page = executed_findings.page()
    assert (
        "Synthetic data, in part." if set(CHAPTERS) & GENUINE else "Synthetic data: nothing that this run computed"
    ) in page
    assert page.count('<table class="findings">') == sum(len(study.questions) for study in studies())
    assert "nan" not in re.split(r"[\s<>]+", page)


def test_on_synthetic_data_the_page_is_a_self_test_without_a_score(tmp_path):
    """Of chapters on genuine data none is among the pages, as where they were left out."""
    chapters = ("10_simulation", "20_gtex")
    made_up = {chapter: made_up_tables()[chapter].assign(synthetic=True) for chapter in chapters}
    glued = page_of_tables(tmp_path, made_up).glued()
    assert glued["title"] == "'Self-test on synthetic data'"
    assert not re.search(r"\d", glued["headline"]), "no score on made-up data"


def test_with_real_data_the_page_asks_what_holds(tmp_path):
    """Made-up tables of two chapters that say they are of real data stand for them: the page is executed, and counts."""
    chapters = ("10_simulation", "20_gtex")
    run = page_of_tables(tmp_path, {chapter: made_up_tables()[chapter] for chapter in chapters})
    assert_whole_page(run)
    glued = run.glued()
    assert glued["title"] == "'Which published findings hold here?'"
    published = [claim.chapter for claim in CLAIMS if claim.figure != ""]
    hold = sum(map(published.count, chapters))
    assert f"Heil, Crawford & Greene 2023: of {len(published)} findings, {hold} hold" in glued["headline"]


@pytest.fixture(scope="module")
def findings(executed_findings, executed_chapters):
    """Compute the findings that the page shows."""
    tables = kept_tables(executed_findings.folder / "book/chapters", executed_findings.results)
    assert set(tables) == set(executed_chapters)
    return compute_findings({chapter: table.fits for chapter, table in tables.items()})


def test_the_page_shows_what_the_tables_give(executed_findings, findings):
    assert findings["finding"].nunique() == sum(len(study.findings) for study in studies())
    page = executed_findings.page()
    for verdict, number in count_verdicts(findings).items():
        # An inconclusive one names its cause behind the verdict.
        assert len(re.findall(rf"{re.escape(MARKS[verdict])}</b> {verdict}(?:: [^<]+)?</div>", page)) == number


def test_every_executed_chapter_answers_something(findings, executed_chapters):
    answered = findings[findings["estimate"].notna()]
    assert set(answered["chapter"]) == set(executed_chapters) - WITHOUT_FINDINGS
    assert set(answered.loc[~answered["synthetic"].astype(bool), "chapter"]) == GENUINE & set(executed_chapters)


@pytest.mark.parametrize(
    ("pages", "message"),
    [("missing", "There is no folder"), (".", "None of the pages has a results table")],
    ids=["no folder", "no chapter"],
)
def test_a_folder_without_chapters_is_refused(tmp_path, pages, message):
    (tmp_path / "measured").mkdir()  # what ships is read before, and has tests of its own
    with pytest.raises(InputError, match=message):
        Here(tmp_path, FINDINGS, pages=str(tmp_path / pages), measured_folder=str(tmp_path / "measured"))
