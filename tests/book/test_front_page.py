"""The front page and the status page: sentences follow the shipped tables, and whatever was run or not has its place."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from linear_signal.book import front_page
from linear_signal.book.chapter_page import fingerprint, marked
from linear_signal.book.cite import cite_box
from linear_signal.book.findings import compute_findings, measured_findings
from linear_signal.book.findings_board import scoreboard
from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.measured import FOLDER, Measured, measured
from linear_signal.book.page_texts import TERMS, TEXTS, write_texts
from linear_signal.book.status_page import measured_table, status_table
from linear_signal.numbers import accuracy
from linear_signal.studies.ahlmann2025 import front as ahlmann
from linear_signal.studies.heil2023 import front as heil
from linear_signal.studies.schreiber2020 import front as schreiber
from made_up_tables import made_up_tables
from miniature_book import CHAPTER, PROJECT


@pytest.fixture(scope="module")
def sets():
    return list(measured(folder=PROJECT / FOLDER).values())


@pytest.fixture(scope="module")
def tables():
    return made_up_tables()


def kept(tables):
    return {name: KeptTable(chapter=name, page=name, fits=fits, file=Path("x")) for name, fits in tables.items()}


def text(html):
    return re.sub(r"<[^>]+>", "", html)


def by_chapter(sets, chapter, change=lambda table: table):
    return {chapter: [{"results": change(one.results)} for one in sets if one.chapter == chapter]}


def test_each_study_with_measured_results_answers_in_one_sentence(sets):
    answers = front_page.answers(sets).data
    assert answers.count("<li>") == 3
    assert "No measured results" in front_page.answers([]).data


def test_the_first_answer_is_the_table_it_rests_on(sets):
    said = text(heil.answer(by_chapter(sets, "20_gtex")))
    one = next(one for one in sets if one.chapter == "20_gtex")
    fits = one.results[(one.results["fraction"] == 1) & one.results["task"].str.contains(" vs ")]
    means = fits.groupby(["signal", "model"])["balanced_accuracy"].mean()
    assert f"On {fits['task'].nunique()} pairs" in said
    assert f"networks {accuracy(means['removed', 'three_layer'])}" in said
    assert f"linear {accuracy(means['full', 'exact_logistic_regression'])}" in said


@pytest.mark.parametrize(
    ("level", "word"), [(0.5, "Not that we can see."), (0.9, "Yes.")], ids=["networks at chance", "networks above"]
)
def test_the_first_answer_follows_the_results(tables, level, word):
    def change(fits):
        removed = (fits["signal"] == "removed") & ~fits["model"].isin(["logistic_regression", "linear_svm"])
        shift = fits["balanced_accuracy"] - fits.groupby(["task", "signal", "model"])["balanced_accuracy"].transform("mean")
        return fits.assign(balanced_accuracy=fits["balanced_accuracy"].mask(removed, level + shift))

    found = {"20_gtex": [{"results": change(tables["20_gtex"])}]}
    assert f"gene expression? {word}" in text(heil.answer(found))
    # Where removal leaves no trace, there is signal in these tables: a word that both share, or none.
    both = text(heil.answer(found | {"25_what_kind_of_signal": [{"results": tables["25_what_kind_of_signal"]}]}))
    assert f"gene expression? {'Yes.' if word == 'Yes.' else 'It remains open.'}" in both
    assert "on 3 pairs where removal can leave no trace" in both


def test_the_second_answer_has_the_numbers_of_its_table(sets):
    def change(results):
        large = (results["input"] == "sequence") & (results["scheme"] == "cross_cell_type")
        return results.assign(average_precision=results["average_precision"].mask(large, 1.0))

    chapter = "80_cell_type_pitfall"
    assert "an average does? No." in text(schreiber.answer(by_chapter(sets, chapter)))
    assert "reaches an average precision of 1.00" in text(schreiber.answer(by_chapter(sets, chapter, change)))


def test_the_third_answer_names_the_best_deep_model(sets):
    chapter = "85_perturbation_baselines"
    (one,) = [one for one in sets if one.chapter == chapter]
    errors = one.results.groupby("method")["l2"].mean()
    said = text(ahlmann.answer(by_chapter(sets, chapter)))
    assert "than a sum? No." in said
    assert f"errs by {accuracy(errors['additive'])}" in said
    best = errors.drop(["additive", "no_change"]).min()
    assert f"deep models by {accuracy(best)}" in said


def test_what_was_learnt_names_its_chapters_and_goes_without_what_is_not_there(sets):
    assert re.findall(r"Chapter (\d\d)</a>", front_page.learnt(sets).data) == ["25", "26", "10"]
    assert re.findall(r"Chapter (\d\d)</a>", front_page.learnt([]).data) == ["10"]


def test_genuine_data_come_first_and_synthetic_ones_are_marked(tables, sets):
    made = {name: tables[name].assign(synthetic=True) for name in ("20_gtex", "10_simulation")}
    figure = front_page.overview_figure(kept(made), sets).data
    genuine, synthetic = figure.split('<span class="kind synthetic">')[:2]
    assert '<span class="kind real">' in genuine
    assert "GTEx v8, 97 genes" in genuine
    assert "Simulated, both signals" in synthetic
    assert "written by the removal" in genuine.partition(">Sex<")[2].partition("</div>")[0]
    assert ">Sex<" not in synthetic.partition("<details>")[0], "not run"


@pytest.mark.parametrize("chapters", [(), ("40_sex_prediction",)], ids=["none", "one"])
def test_the_figure_and_the_line_on_this_copy_do_with_few_chapters(tables, chapters):
    some = kept({name: tables[name] for name in chapters})
    assert "overview" in front_page.overview_figure(some, []).data, "published values need no run"
    said = text(front_page.this_copy(some).data)
    assert ("genuine data (40)" in said) == bool(chapters)
    assert ("no chapter yet" in said) == (not chapters)


def test_the_scoreboard_has_a_mark_for_every_judged_finding_and_each_leads_to_its_row(tables):
    findings = compute_findings({"20_gtex": tables["20_gtex"].assign(synthetic=True)})
    manifest = {"name": "all", "title": "All", "chapter": "40_sex_prediction"}
    beside = measured_findings([Measured(manifest=manifest, tables={"results": tables["40_sex_prediction"]})])
    board = scoreboard(findings, beside).data
    judged = findings.loc[findings["verdict"] != "not run", "finding"].nunique()
    assert board.count('class="chip') == judged + beside["finding"].nunique()
    assert "This copy, synthetic" in board
    assert "This copy, genuine" not in board
    assert "Measured" not in scoreboard(findings).data


@pytest.fixture
def project(tmp_path):
    for name in ("10_tiny", "20_other"):
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        (tmp_path / f"notebooks/{name}.py").write_text(CHAPTER)
    (tmp_path / "pages").mkdir()
    return tmp_path


def test_the_status_tells_new_pages_from_stale_ones(project, tables):
    pages = project / "pages"
    fits = tables["20_gtex"].assign(key="k", seconds=61.0, device="CPU", finished="2026-01-02T03:04:05")
    findings = compute_findings({})

    def status():
        some = {"10_tiny": KeptTable(chapter="10_tiny", page="10_tiny", fits=fits, file=Path("x"))}
        return status_table(project, pages, some, findings).data

    page = nbformat.v4.new_notebook()
    (pages / "10_tiny.ipynb").write_text(nbformat.writes(page))
    assert "run by hand" in status()
    current = fingerprint(project / "notebooks/10_tiny.py", measured=project / FOLDER)
    (pages / "10_tiny.ipynb").write_text(marked(page, current))
    told = status()
    assert "up to date" in told
    assert "2026-01-02, 1 min 01 s of computing, CPU" in told
    assert "20_other.html" in told
    assert "not run" in told
    (project / "notebooks/10_tiny.py").write_text(CHAPTER + "\n# changed\n")
    assert "stale" in status()


def test_measured_sets_are_listed_with_their_dates(sets):
    told = measured_table(sets).data
    assert all(one.name in told and one.manifest["date"][:10] in told for one in sets)


def test_the_cite_box_has_what_the_citation_file_has(tmp_path):
    box = cite_box(PROJECT).data
    assert "linear-signal authors" in box
    assert "@article{heil2023" in box
    assert "10.1371/journal.pcbi.1010984" in box
    assert cite_box(tmp_path).data == ""


def test_what_the_scripts_read_is_the_prose_of_the_pages(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "_static").mkdir()
    (tmp_path / "book/a.html").write_text(
        "<nav>menu</nav><article><p>Donors &amp; <b>st</b>udies</p><pre>code</pre></article>"
    )
    glossary = (
        '<article><dl><dt id="term-skill">skill<a class="headerlink" href="#">#</a></dt><dd><p>A "scale".</p></dd></dl>'
    )
    (tmp_path / "book/glossary.html").write_text(f"{glossary}</article>")
    write_texts(tmp_path)
    scripts = [(tmp_path / name).read_text() for name in (TEXTS, TERMS)]
    texts, terms = (json.loads(script.partition(" = ")[2].rstrip().removesuffix(";")) for script in scripts)
    assert texts["book/a"] == "Donors & studies"
    assert terms == {"skill": ["term-skill", 'A "scale".']}
