"""An assessment from end to end but for its models, which have tests of their own: answer, page, exit codes."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from linear_signal.__main__ import main
from linear_signal.errors import InputError
from linear_signal.figures.style import drawn
from linear_signal.studies.own_data import sections
from linear_signal.studies.own_data.answers import QUESTIONS, Brief
from linear_signal.studies.own_data.assess import RaisedOn, assess
from linear_signal.studies.own_data.comparison import OwnComparison
from linear_signal.studies.own_data.kept import as_table, from_table
from linear_signal.studies.own_data.probes_figure import probes_plot
from linear_signal.studies.own_data.several_labels import assess_each
from linear_signal.studies.own_data.shown import answer_rows
from linear_signal.studies.own_data.signal_test import SignalTest

N = 60
IDS = [f"S{number}" for number in range(N)]
VALUES = pd.DataFrame(np.random.default_rng(6).normal(size=(N, 6)), index=IDS).add_prefix("G<")
FACTS = pd.DataFrame(
    {"id": IDS, "tissue": np.tile(["a", "b & c"], N // 2), "donor": IDS, "day": np.tile(["Monday", "Friday"], N // 2)}
)


@pytest.fixture
def stand_ins(monkeypatch):
    """Put what was found beforehand in the place of models, and note what they are given."""
    given = {}
    probes = pd.DataFrame(
        {"probe": ["squares"], "area": [0.8], "accuracy": [0.2], "lower": [0.1], "upper": [0.3], "null_mean": [0.5]}
    ).assign(null_deviation=0.02, p_value=0.005, permutations=199)
    models = pd.DataFrame({"model": ["three_layer"], "title": ["Three"], "mean": [0.7], "lower": [0.6], "upper": [0.8]})
    curve = pd.DataFrame({"fraction": [0.5, 1.0], "n_train": [20, 40], "model": "three_layer", "mean": [0.6, 0.7]})
    given["compared"] = OwnComparison(
        models=models.assign(chance=0.5),
        curve=curve.assign(lower=0.5, upper=0.8),
        says="The network is level.",
        briefs={"models": Brief("not ahead", "Three 0.000")},
    )

    def test_signal(values, labels, groups, **options):
        given.update(values=values, labels=labels, groups=groups)
        return SignalTest(answer="none found", why="Nothing.", p_value=0.4, probes=probes)

    monkeypatch.setattr(sections, "test_signal", test_signal)
    monkeypatch.setattr(sections, "compare_own", lambda *_, **__: given["compared"])
    return given


class Parts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("src", "href")]


def test_the_answer_stands_first_on_a_page_that_needs_no_other_file(stand_ins, tmp_path):
    found = assess(VALUES, FACTS, "donor", label="tissue")
    page = found.report(tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    parts = Parts(page)
    assert found.kind == "none found"
    assert str(found) == found.verdict == " ".join(found.answers.values())
    assert re.search(r'<p class="answer none-found">(.*?)</p>', page)[1].startswith("No signal beyond")
    assert not parts.links
    assert parts.tags.count("svg") == len(found.figures) == 3
    assert len(parts.ids) == len(set(parts.ids))
    assert "G<" not in page
    assert ">nan<" not in page
    assert "b &amp; c" in page
    assert "<strong>Not ahead.</strong> The network is level." in page
    assert "accuracy above chance" in page
    tables = found.save_tables(tmp_path / "tables")
    assert (
        {path.stem for path in tables.glob("*.csv")}
        == set(found.results)
        == {path.stem for path in tables.glob("*.parquet")}
    )


@pytest.mark.parametrize(
    ("found", "told", "untold"),
    [
        ({}, "Use a linear model", "chance"),
        ({"ahead": ("boosted_trees",)}, "Ahead of the linear model with the full signal: Boosted trees", "Use a linear"),
        ({"linear_at_chance": True}, "No model is shown to tell these classes apart", "Use a linear"),
        ({"models": pd.DataFrame()}, "Models were not compared", "Use a linear"),
    ],
    ids=["nobody", "trees", "chance", "no time"],
)
def test_advice_follows_from_the_comparison_as_well(stand_ins, found, told, untold):
    stand_ins["compared"] = replace(stand_ins["compared"], **found)
    advice = " ".join(assess(VALUES, FACTS, "donor", label="tissue").advice)
    assert told in advice
    assert untold not in advice


def test_what_a_model_at_chance_rests_on_is_not_told_as_a_finding(stand_ins):
    genes = pd.DataFrame({"gene": ["G1"], "class": "a", "share": 1.0, "sign": 1, "weight": 0.3})
    errors = pd.DataFrame({"sample": ["S1"], "label": "a", "boosted_trees": "b & c"})
    known = replace(stand_ins["compared"], genes=genes, errors=errors)
    for at_chance in (False, True):
        stand_ins["compared"] = replace(known, linear_at_chance=at_chance)
        of = {one.name: " ".join(one.says) for one in assess(VALUES, FACTS, "donor", label="tissue").sections}
        assert ("tell nothing" in of["genes"]) == at_chance
        assert ("mislabelled" in of["errors"]) != at_chance


@pytest.mark.parametrize(
    ("rungs", "kind", "told", "more"),
    [
        ({"removed": True}, "", "not found out on which rung", True),
        ({"removed": True, "spreads_removed": False}, "spreads_removed", "spread of single genes", False),
        ({"removed": True, "covariances_removed": True}, "", "on every rung", False),
    ],
    ids=["time", "spread", "all"],
)
def test_a_ladder_that_time_cut_short_is_told_from_one_that_was_climbed(stand_ins, monkeypatch, rungs, kind, told, more):
    table = pd.DataFrame({"rung": list(rungs), "found": list(rungs.values())})
    test = SignalTest(answer="found", why="Found.", p_value=0.01, closed_form=True, rungs=table, kind=kind)
    monkeypatch.setattr(sections, "test_signal", lambda *_, **__: test)
    causes = pd.DataFrame({"cause": ["zeros"], "status": ["stays"], "says": ["It stays."]})
    monkeypatch.setattr(sections, "other_causes", lambda *_, **__: causes)
    found = assess(VALUES, FACTS, "donor", label="tissue")
    assert told in found.answers["signal"]
    assert any("more minutes" in one for one in found.advice) == more
    assert "No group was named" not in found.answers["signal"]
    assert found.briefs["signal"][:2] == ("non-linear signal", "p = 0.010")
    assert ("spread" in found.briefs["signal"].why) == bool(kind)
    assert not found.briefs["signal"].doubts
    assert assess(VALUES, FACTS, label="tissue").briefs["signal"].doubts == ("no group was named",)
    assert "No group was named" in assess(VALUES, FACTS, label="tissue").answers["signal"]


def test_advice_on_what_cannot_be_assessed_is_about_what_stands_in_its_way():
    few = FACTS.assign(tissue=np.r_[["a"] * 54, ["b & c"] * 6])
    assert [one for one in assess(VALUES, few, label="tissue").advice if "ten each" in one]
    assert not [one for one in assess(VALUES, few, label="tissue").advice if "same batches" in one]
    assert [one for one in assess(VALUES, FACTS, "day", label="tissue").advice if "same batches" in one]
    crossed = FACTS.assign(day=np.repeat(["Monday", "Friday"], N // 2))
    advice = assess(VALUES, crossed, "day", label="tissue").advice
    assert [one for one in advice if "column of more groups" in one]
    assert not [one for one in advice if "same batches" in one]


def test_classes_that_are_too_small_do_not_reach_the_models(stand_ins):
    small = FACTS.assign(tissue=np.r_[["a"] * 26, ["b"] * 26, ["few"] * 8])
    assess(VALUES, small, "donor", label="tissue")
    assert set(stand_ins["labels"]) == {"a", "b"}
    assert stand_ins["values"].shape == (52, 6)


def test_an_assessment_comes_back_from_the_store_as_it_went(stand_ins):
    found = assess(VALUES, FACTS, "donor", label="tissue")
    again = from_table(as_table(found), found.own, asked=found.asked)
    assert (again.answers, again.briefs, again.kind, again.checks, again.figures) == (
        found.answers,
        found.briefs,
        found.kind,
        found.checks,
        found.figures,
    )
    for name, table in found.results.items():
        pd.testing.assert_frame_equal(again.results[name], table, check_dtype=False)


@pytest.mark.parametrize(
    ("test", "causes", "so", "why"),
    [
        ({"closed_form": False}, ["stays"], "signal, not called non-linear", "trained"),
        ({"closed_form": True}, ["stays", "changes"], "signal, not called non-linear", "not found once taken away: cause 1"),
        ({"closed_form": True}, ["not assessed"], "signal, not called non-linear", "no other cause could be tried"),
        ({"answer": "cannot be judged", "why": "Too short."}, [], "cannot be judged", "Too short."),
    ],
    ids=["trained", "explained", "untried", "short"],
)
def test_signal_is_called_non_linear_in_a_few_words_only_where_it_is_in_many(stand_ins, monkeypatch, test, causes, so, why):
    told = {"answer": "found", "why": "Found.", "p_value": 0.01} | test
    monkeypatch.setattr(sections, "test_signal", lambda *_, **__: SignalTest(**told))
    table = pd.DataFrame({"cause": [f"cause {one}" for one in range(len(causes))], "status": causes, "says": ""})
    monkeypatch.setattr(sections, "other_causes", lambda *_, **__: table)
    found = assess(VALUES, FACTS, "donor", label="tissue")
    assert found.briefs["signal"].so == so
    assert why in found.briefs["signal"].why
    if told["answer"] == "found":
        assert "not called non-linear" in found.answers["signal"]


def test_what_was_not_assessed_stands_beside_the_short_answer_as_well(stand_ins, monkeypatch):
    told = {"answer": "found", "why": "Found.", "p_value": 0.01, "closed_form": True}
    monkeypatch.setattr(sections, "test_signal", lambda *_, **__: SignalTest(**told))
    table = pd.DataFrame({"cause": ["zeros", "depth"], "status": ["stays", "not assessed"], "says": ""})
    monkeypatch.setattr(sections, "other_causes", lambda *_, **__: table)
    found = assess(VALUES, FACTS.assign(sample=IDS[::-1]), ["donor", "sample"], label="tissue")
    assert found.briefs["signal"].doubts == ("other causes not assessed: depth",)
    # A check of every column of groups, of one code.
    assert found.briefs["checks"].so == "look at OD201"
    assert found.briefs["checks"].seen == f"an issue in 2 of {len(found.checks)} checks"
    assert f"Of {len(found.checks)} checks, 2 found an issue" in found.answers["checks"]
    planted = pd.DataFrame({"kind": ["shift", "spread"], "smallest": [1.0, np.nan], "unit": "SD", "complete": True})
    told = {"answer": "none found", "why": "Nothing.", "p_value": 0.4, "planted": planted}
    none = assess(VALUES, FACTS, "donor", label="tissue").briefs["signal"]
    assert none.why == "would have been found four times in five from: shift, 1 SD"
    assert none.doubts == ("not known, or missed at all sizes tried: spread",)


def test_the_first_screen_answers_every_question_and_draws_what_probes_reached(stand_ins):
    found = assess(VALUES, FACTS, "donor", label="tissue")
    rows = {row.question: row for row in answer_rows(found)}
    assert list(rows) == list(QUESTIONS.values())
    assert rows[QUESTIONS["signal"]].so == "none found"
    assert rows[QUESTIONS["signal"]].doubts == ("it is not known how small a signal would have been found",)
    assert (rows[QUESTIONS["models"]].so, rows[QUESTIONS["models"]].cells) == ("not ahead", ("Three 0.000",))
    assert rows[QUESTIONS["leak"]].so == "not asked"
    assert (rows[QUESTIONS["checks"]].so, rows[QUESTIONS["checks"]].why) == (
        "look at OD201",
        "issues with: Groups enough for folds",
    )
    plot = probes_plot(found.results["probes"], synthetic=False)
    assert plot.says == "Beyond two deviations by itself: Squares 0.80."
    assert b"Squares" in drawn(plot)
    blocked = assess(VALUES, FACTS, "day", label="tissue")
    assert next(iter(answer_rows(blocked))).so == "cannot be assessed"


def test_confounded_data_train_nothing(monkeypatch):
    monkeypatch.setattr(sections, "test_signal", None)
    found = assess(VALUES, FACTS, "day", label="tissue")
    assert found.kind == "cannot be assessed"
    assert "label and day are confounded" in found.answers["signal"]
    with pytest.raises(RaisedOn) as raised:
        assess(VALUES, FACTS, "day", label="tissue", raise_on=["cannot be assessed", "OD101"])
    assert raised.value.reasons == ("cannot be assessed",)
    with pytest.raises(InputError, match="OD101"):
        assess(VALUES, FACTS, "day", label="tissue", raise_on=["OD1O1"])


def test_a_shell_is_told_by_the_exit_code(stand_ins, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    VALUES.T.to_csv("expression.tsv", sep="\t")
    FACTS.to_csv("labels.csv", index=False)
    asked = ["assess", "expression.tsv", "--labels", "labels.csv", "--label", "tissue", "--output", "out", "--quiet"]
    assert main([*asked, "--group", "donor"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("No signal beyond")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "python -m linear_signal assess expression.tsv --labels labels.csv --label tissue --group donor" in page
    assert main([*asked, "--group", "day"]) == 3
    assert main([*asked, "--group", "dya"]) == 2
    assert "did you mean 'day'" in capsys.readouterr().err
    assert main([*asked[:-2], "labels.csv", "--group", "donor"]) == 2  # a file where the folder should be
    assert "--output" in capsys.readouterr().err
    assert main(["asses"]) == 2


@pytest.mark.parametrize("given", ["list", "series", "frame", "counted"])
def test_labels_may_be_handed_over_in_the_order_of_the_rows(stand_ins, given):
    classes = pd.Series(FACTS["tissue"].to_numpy(), index=IDS, name="tissue")
    labels = {"list": classes.tolist(), "series": classes, "frame": classes.to_frame()}.get(given, classes.tolist())
    found = assess(VALUES.reset_index(drop=True) if given == "counted" else VALUES, labels, label="tissue")
    assert found.own.labels.tolist() == classes.tolist()
    assert found.own.label == "tissue"


@pytest.mark.parametrize("minutes", ["3", 0, -1, float("nan"), None, True])
def test_minutes_that_are_none_are_refused(minutes):
    with pytest.raises(InputError, match=r"minutes is .*such as 3"):
        assess(VALUES, FACTS, "donor", label="tissue", minutes=minutes)


def test_of_several_labels_none_is_found_by_their_number_alone(stand_ins, tmp_path, capsys, monkeypatch):
    p_values = iter([0.04, 0.01, 0.2])

    def test_signal(*_, **__):
        p_value = next(p_values)
        return SignalTest(answer="found" if p_value <= 0.05 else "none found", why="So.", p_value=p_value)

    monkeypatch.setattr(sections, "test_signal", test_signal)
    monkeypatch.setattr(sections, "other_causes", lambda *_, **__: pd.DataFrame({"cause": ["scale"], "status": ["stays"]}))
    facts = FACTS.assign(sex=np.repeat(["f", "m"], N // 2), site=np.resize(["x", "x", "y"], N))
    found = assess_each(VALUES, facts, label=["tissue", "sex", "site"])
    assert [found[one].kind for one in found] == ["none found", "found", "none found"]
    assert "0.080" in found["tissue"].verdict
    assert "0.030" in found["sex"].verdict
    assert [found[one].briefs["signal"].so for one in found] == ["none found", "signal, not called non-linear", "none found"]
    assert found["tissue"].briefs["signal"].seen == "p = 0.080 after Holm, of 3 labels"
    with pytest.raises(InputError, match="seks"):
        assess_each(VALUES, facts, label=["tissue", "seks"])
    monkeypatch.chdir(tmp_path)
    p_values = iter([0.04, 0.01])
    VALUES.to_csv("x.csv")
    facts.to_csv("labels.csv", index=False)
    asked = ["assess", "x.csv", "--labels", "labels.csv", "--label", "tissue", "--label", "sex", "--quiet"]
    assert main(asked) == 0
    assert {path.parent.name for path in tmp_path.glob("*/report.html")} == {"x-tissue-assessment", "x-sex-assessment"}
    assert "after Holm" in capsys.readouterr().out
