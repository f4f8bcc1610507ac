"""Findings from made-up tables: each one holds where it was put in, falls where it was turned round, and never guesses."""

import re

import numpy as np
import pandas as pd
import pytest

from chapter_run import WITHOUT_FINDINGS
from linear_signal.analysis.claims import COLUMNS
from linear_signal.analysis.finding import Finding
from linear_signal.analysis.rules import ABSENT, FAILS, HOLDS, OPEN
from linear_signal.book import findings as of_studies
from linear_signal.book.findings import count_verdicts
from linear_signal.book.findings_page import (
    MARKS,
    counts_table,
    headline,
    missing_chapters,
    origin_of_tables,
    page_links,
    page_title,
    study_html,
)
from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.run_chapters import FINDINGS as CHAPTER
from linear_signal.errors import InputError
from linear_signal.numbers import difference, interval
from linear_signal.studies import studies
from linear_signal.studies.heil2023.finding import HeilFinding
from linear_signal.studies.heil2023.findings import FINDINGS, QUESTIONS, at_chance
from linear_signal.studies.heil2023.published import published_curves, published_value
from made_up_tables import GTEX_PAIRS, levels, made_up_fits, made_up_tables
from miniature_book import PROJECT

(HEIL,) = [study for study in studies() if study.name == "heil2023"]


def compute_findings(tables):
    """Compute the findings of the study that has tables made up for it."""
    return of_studies.compute_findings(tables, of=[HEIL])


@pytest.fixture(scope="module")
def tables():
    return made_up_tables()


@pytest.fixture(scope="module")
def findings(tables):
    return compute_findings(tables)


def verdicts(findings):
    return findings.drop_duplicates("finding").set_index("finding")["finding_verdict"].to_dict()


def rows_of(findings, chapter, says):
    (chosen,) = [
        part for _, part in findings[findings["chapter"] == chapter].groupby("finding") if says in part["says"].iloc[0]
    ]
    return chosen


def kept(tables, *, lost=()):
    return {
        chapter: KeptTable(chapter=chapter, page=chapter, fits=None if chapter in lost else fits, file=PROJECT / "x.parquet")
        for chapter, fits in tables.items()
    }


def test_every_finding_holds_where_it_was_put_in(findings):
    failed = findings[findings["verdict"] != HOLDS]
    assert failed.empty, failed[["chapter", "says", "model", "estimate", "lower", "upper", "verdict", "note"]].to_string()
    assert count_verdicts(findings) == {HOLDS: len(FINDINGS), FAILS: 0, OPEN: 0, ABSENT: 0}
    assert set(COLUMNS) <= set(findings)
    assert set(findings["question"]) == set(QUESTIONS)


def test_every_chapter_is_asked():
    chapters = {path.stem for path in (PROJECT / "notebooks").glob("*.py")} - {CHAPTER, *WITHOUT_FINDINGS}
    assert chapters <= set(of_studies.compute_findings({})["chapter"])


def test_sections_are_headings_of_their_chapters():
    for finding in [finding for study in studies() for finding in study.findings]:
        source = PROJECT / f"notebooks/{finding.chapter}.py"
        if source.is_file():
            headings = re.findall(r"(?m)^# #+ (.+)$", source.read_text())
            assert finding.section in {heading.lower().replace(" ", "-") for heading in headings}, finding


def test_each_reversed_finding_falls(tables):
    reversed_tables = {}
    for chapter, fits in tables.items():
        # What was at chance is not, what was high is low: every claim about one model meets its opposite.
        turned = 1 + fits["naive_accuracy"] - fits["balanced_accuracy"]
        turned = turned.where(fits["signal"] != "removed_on_all_data", fits["naive_accuracy"])
        reversed_tables[chapter] = fits.assign(balanced_accuracy=turned)
    whole = compute_findings(reversed_tables).drop_duplicates("finding")
    level = whole["says"].str.contains("at chance") & ~whole["says"].str.contains("trained with full signal")
    # 1.5 - 0.5 = 1.0 for two classes: what was at chance is perfect, what was perfect at chance.
    assert (whole.loc[level, "finding_verdict"] == FAILS).all()
    assert (whole.loc[whole["question"] == "full", "finding_verdict"] == FAILS).all()
    assert not (whole["finding_verdict"] == ABSENT).any()


def test_networks_at_chance_are_told_from_networks_above_it(tables):
    changed = made_up_fits("sex", "removed", levels(0.5, 0.5, 0.65), dataset="Recount3")
    sex = tables["40_sex_prediction"]
    sex = pd.concat([sex[sex["signal"] == "full"], changed])
    rows = rows_of(compute_findings({"40_sex_prediction": sex}), "40_sex_prediction", "Every network is above chance")
    assert rows.set_index("model")["verdict"].to_dict() == {"three_layer": FAILS, "five_layer": HOLDS}
    assert set(rows["finding_verdict"]) == {FAILS}


def test_pairs_are_one_question_and_permuted_ones_another(tables):
    about = {(finding.chapter, finding.says): finding for finding in FINDINGS}
    pairs = about["20_gtex", "Every model is near 1.0."]
    chosen = pairs.select(tables["20_gtex"])
    assert set(chosen["task"]) == {"pairs"}
    assert set(chosen["n_tasks"]) == {len(GTEX_PAIRS)}
    assert set(chosen["fraction"]) == {1.0}
    permuted = about["70_controls", "With permuted labels every model is at chance."].select(tables["70_controls"])
    assert permuted["balanced_accuracy"].between(0.45, 0.55).all()
    few = about["70_controls", "Where samples are few, every linear model is ahead of every network."]
    few = few.select(tables["70_controls"])
    assert set(few["fraction"]) == {0.1}
    assert set(few["signal"]) == {"full"}


def test_runs_that_lack_a_pair_do_not_count(tables):
    fits = tables["20_gtex"].copy()
    fits.loc[(fits["task"] == "Blood vs Skin") & (fits["seed"] == 1), "balanced_accuracy"] = np.nan
    rows = rows_of(compute_findings({"20_gtex": fits}), "20_gtex", "near 1.0")
    assert set(rows["n_runs"]) == {5}
    fits.loc[fits["task"] == "Blood vs Skin", "balanced_accuracy"] = np.nan
    fits.loc[
        (fits["task"] == "Blood vs Skin") & (fits["fold"] == 0) & (fits["model"] == "linear_svm"), "balanced_accuracy"
    ] = 1.0
    fits.loc[(fits["task"] != "Blood vs Skin") & (fits["fold"] == 0), "balanced_accuracy"] = np.nan
    rows = rows_of(compute_findings({"20_gtex": fits}), "20_gtex", "near 1.0")
    assert list(rows["verdict"]) == [ABSENT]
    assert "no results" in rows["note"].iloc[0]


def test_paired_differences_count_only_shared_runs(tables):
    sex = tables["40_sex_prediction"]
    gone = (sex["model"] == "three_layer") & (sex["fold"] == 4)
    rows = rows_of(compute_findings({"40_sex_prediction": sex[~gone]}), "40_sex_prediction", "slightly ahead")
    runs = rows.set_index(["model", "other_model"])["n_runs"]
    assert set(runs["three_layer"]) == {8}
    assert set(runs["five_layer"]) == {10}


def test_what_is_not_there_is_named_and_not_judged(tables):
    some = {"20_gtex": tables["20_gtex"], "10_simulation": None}
    findings = compute_findings(some)
    absent = findings[findings["verdict"] == ABSENT].drop_duplicates("chapter").set_index("chapter")["note"]
    assert "lost" in absent["10_simulation"]
    assert "has not been run" in absent["30_recount3"]
    assert "20_gtex" not in absent
    counts = count_verdicts(findings)
    assert counts[HOLDS] == 12
    assert sum(counts.values()) == len(FINDINGS)


def test_a_single_run_tells_nothing(tables):
    one = {chapter: fits[(fits["seed"] == 0) & (fits["fold"] == 0)] for chapter, fits in tables.items()}
    assert count_verdicts(compute_findings(one)) == {HOLDS: 0, FAILS: 0, OPEN: len(FINDINGS), ABSENT: 0}


@pytest.mark.parametrize("chapter", ["40_sex_prediction", "60_pretraining"])
def test_two_results_of_one_run_are_an_error_not_a_finding(tables, chapter):
    twice = {chapter: pd.concat([tables[chapter]] * 2)}
    with pytest.raises(InputError, match="Several rows"):
        compute_findings(twice)


def test_published_numbers_are_those_of_the_curves(findings):
    row = rows_of(findings, "20_gtex", "slightly ahead").set_index(["model", "other_model"])
    figure = "gtex_multiclass_combined"
    expected = published_value(figure, "five_layer", "full") - published_value(figure, "three_layer", "full")
    assert row.loc[("five_layer", "three_layer"), "published"] == expected
    assert np.isnan(row.loc[("linear_svm", "five_layer"), "published"]), "the paper's figures have no linear SVM"
    pairs = rows_of(findings, "30_recount3", "slightly ahead of every network").set_index(["model", "other_model"])
    run = ("blood vs brain", "blood vs stem cell")
    expected = [
        np.mean([published_value("recount_binary_combined", model, "full", task=task) for task in run])
        for model in ("logistic_regression", "three_layer")
    ]
    found = pairs.loc[("logistic_regression", "three_layer"), "published"]
    assert found == pytest.approx(expected[0] - expected[1]), "the mean over the pairs that were run"
    inflation = rows_of(findings, "50_sample_wise_splits", "looks better").set_index("model")
    assert inflation.loc["logistic_regression", "published"] == pytest.approx(0.33, abs=0.01)
    gain = rows_of(findings, "60_pretraining", "Every model gains").set_index("model")["published"]
    family = rows_of(findings, "60_pretraining", "no more")["published"].iloc[0]
    assert family == pytest.approx((gain["three_layer"] + gain["five_layer"]) / 2 - gain["logistic_regression"])
    leak = rows_of(findings, "70_controls", "whole data set").set_index("model")["published"]
    assert leak["five_layer"] == published_value("simulation", "five_layer", "removed_on_all_data", task="Simulated 3")
    assert findings.loc[findings["figure"] == "", "published"].isna().all()


def test_every_published_figure_is_asked_of_the_models_it_has(findings):
    for figure, rows in findings[findings["figure"] != ""].groupby("figure"):
        models = set(published_curves(figure)["model"])
        known = rows[rows["model"].isin(models) & (rows["other_model"].isin(models) | rows["other_model"].isna())]
        assert len(known), figure
        assert known["published"].notna().all(), figure


def test_tasks_of_the_published_recount3_figures_are_ours():
    assert "blood vs stem cell" in set(published_curves("recount_binary_combined")["task"])
    assert "Blood vs Blood Vessel" in set(published_curves("gtex_binary_combined")["task"])


def test_nothing_published_has_no_number():
    names = {"question": "full", "says": "", "about": "", "chapter": "", "section": "", "claim": at_chance}
    for finding in (Finding(**names), HeilFinding(**names, task="all tissues", signals=("full",))):
        assert np.isnan(finding.published({"model": "three_layer"}, pd.DataFrame()))


def section(findings, question="", links=()):
    """Return what the page shows of the study, or below one of its questions."""
    html = study_html(findings, HEIL, links=dict(links))
    return re.search(rf'<section id="heil2023-{question}">.*?</section>', html, re.DOTALL).group() if question else html


def test_a_table_shows_claim_verdict_numbers_and_link(findings):
    html = section(findings, "full", links={"20_gtex": "../chapters/20_gtex.html"})
    assert 'href="../chapters/20_gtex.html#the-pairs"' in html
    assert html.count("<a ") == 2, "chapters without a page get no link"
    assert html.count("<tbody id=") == 5
    assert "GTEx, pairs of tissues" in html
    assert '<span class="kind real">real</span>' in html
    assert f"{MARKS[HOLDS]}</b> holds" in html
    assert 'role="img" title="holds"' in html
    shown = rows_of(findings, "20_gtex", "slightly ahead").iloc[0]
    bounds = interval(shown["lower"], shown["upper"], of=difference)
    assert f"<td>{difference(shown['estimate'])} ({bounds})</td>" in html
    assert f"<td>{difference(shown['published'])}</td>" in html
    assert ">chapter 20, the pairs</a>" in html, "a link names a chapter by the number it has in the menu"
    assert "<td>–</td>" in html
    assert "10 runs" in html
    assert "chance 0.500" in html


def test_marks_differ_without_colour():
    assert len(set(MARKS.values())) == len(MARKS) == 4


def test_what_was_not_published_says_so(findings):
    html = section(findings, "transfer")
    assert html.count("(Not in the paper.)") == 6
    assert "<td>–</td>" in html
    assert section(findings, "removed").count("(Not in the paper.)") == 5, "the check that can fail"


def test_a_table_of_what_was_not_run_says_why():
    html = section(compute_findings({}), "splits")
    assert html.count("this chapter has not been run") == 2
    assert "nan" not in html.lower().replace("whole", "")


def test_every_table_can_be_written(findings):
    for question in QUESTIONS:
        html = section(findings, question)
        assert "nan" not in re.sub(r"<[^>]+>", " ", html).split()
        assert QUESTIONS[question].title in html


def test_counts_per_question_add_up(findings):
    cells = re.findall(r"<td>(\d+)</td>", counts_table(findings).data)
    totals = list(map(int, cells[-len(MARKS) :]))
    assert sum(totals) == sum(map(int, cells[: -len(MARKS)])) == len(FINDINGS)


def test_the_counts_lead_to_a_table_for_every_question(findings):
    anchors = re.findall(r'<section id="([^"]+)">', section(findings))
    assert anchors == ["heil2023", *(f"heil2023-{question}" for question in QUESTIONS)]
    linked = re.findall(r'href="#([^"]+)"', counts_table(findings).data)
    assert [anchor for anchor in linked if anchor.startswith("heil2023-")] == anchors[1:]
    assert len(linked) == sum(len(study.questions) for study in studies())


def test_the_banner_tells_synthetic_from_real(tables):
    mixed = origin_of_tables(kept(tables)).data
    assert 'class="origin synthetic"' in mixed
    assert "Synthetic data, in part" in mixed
    assert "Synthetic: Simulated 1, Simulated 2, Simulated 3." in mixed
    assert "Real: GTEx, GTEx and Recount3, Recount3." in mixed
    simulated = origin_of_tables(kept({"10_simulation": tables["10_simulation"]})).data
    assert "nothing that this run computed was measured on people" in simulated
    assert "Real:" not in simulated
    real = origin_of_tables(kept({"20_gtex": tables["20_gtex"]})).data
    assert 'class="origin real"' in real
    with pytest.raises(InputError, match="None of the pages has a results table"):
        origin_of_tables(kept(tables, lost=tables))


# Where none is real, the page itself is looked at: test_findings_page.
@pytest.mark.parametrize("real", [["GTEx", "Recount3", "GTEx and Recount3"], ["GTEx"]], ids=["all", "some"])
def test_title_and_headline_follow_the_data(findings, real):
    findings = findings.assign(synthetic=findings["synthetic"].astype(bool) | ~findings["dataset"].isin(real))
    text = headline(findings)
    assert page_title(findings) == "Which published findings hold here?"
    counted = [
        part for _, part in findings.groupby("finding") if not part["synthetic"].any() or "Simul" in part["dataset"].iloc[0]
    ]
    published = sum(part["figure"].iloc[0] != "" for part in counted)
    assert f"Heil, Crawford & Greene 2023: of {published} findings, {published} hold." in text
    assert f"Of {len(counted) - published} claims not in the paper, {len(counted) - published} hold." in text
    uncounted = len(FINDINGS) - len(counted)
    assert (f"Not counted are {uncounted} that rest on synthetic stand-ins" in text) == (uncounted > 0)


def test_missing_chapters_are_listed_once(tables, findings):
    assert missing_chapters(findings, kept(tables)) == []
    some = kept({"10_simulation": tables["10_simulation"], "20_gtex": tables["20_gtex"]}, lost=["20_gtex"])
    assert missing_chapters(findings, some)[:2] == ["20_gtex", "30_recount3"]


def test_links_lead_to_pages_of_the_book_only(tables, tmp_path):
    some = kept({"20_gtex": tables["20_gtex"]})
    assert page_links(some, tmp_path / "book/chapters") == {"20_gtex": "../chapters/20_gtex.html"}
    assert page_links(some, tmp_path / "book/runs") == {"20_gtex": "../runs/20_gtex.html"}
    assert page_links(some, tmp_path / "elsewhere") == {}
