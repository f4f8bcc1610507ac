"""The overview of all questions: a tick a run, a symbol a model, on one scale whatever the number of classes."""

import re

import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.figures.overview import overview

MODELS = ("exact_logistic_regression", "three_layer", "boosted_trees")


def runs(model, signal, values, **changes):
    told = {"block": "Genuine data", "question": "Tissues", "about": "97 genes", "chapter": "20_gtex", "chance": 0.5}
    told |= {"model": model, "signal": signal, "published": False}
    return pd.DataFrame([{**told, "value": value, **changes} for value in values])


@pytest.fixture(scope="module")
def rows():
    spread = {"full": (0.9, 0.95, 1.0), "removed": (0.5, 0.52, 0.6)}
    parts = [runs(model, signal, values) for model in MODELS for signal, values in spread.items()]
    published = [runs("logistic_regression", signal, [0.7], published=True) for signal in spread]
    return pd.concat([*parts, *published], ignore_index=True)


def ticks(drawn, family):
    # Those of the key stand at pixels.
    return [float(at) for at in re.findall(rf'<line class="ov-{family}" x1="([\d.]+)%"', drawn)]


def symbols(drawn, look):
    return [float(at) for at in re.findall(rf'<use class="{look}" href="#[\w-]+" x="([\d.]+)%"', drawn)]


def test_every_run_is_a_tick_every_model_a_symbol_and_published_values_are_hollow(rows):
    drawn = overview(rows, links={"20_gtex": "chapters/20_gtex.html"})
    assert [len(ticks(drawn, family)) for family in ("linear", "network", "trees")] == [6, 6, 6]
    assert [len(symbols(drawn, f"ov-{family}")) for family in ("linear", "network", "trees")] == [2, 2, 2]
    assert len(symbols(drawn, "ov-linear ov-published")) == 2
    assert 'href="chapters/20_gtex.html"' in drawn
    assert ticks(drawn, "network")[:3] == sorted(ticks(drawn, "network")[:3])


def test_without_a_page_of_its_chapter_a_question_is_no_link(rows):
    assert "<a " not in overview(rows, links={})


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0], ids=["chance", "half way", "perfect"])
def test_the_same_skill_stands_at_the_same_place_however_many_classes_there_are(share):
    placed = []
    for chance in (1 / 2, 1 / 21):
        one = runs("three_layer", "full", [chance + share * (1 - chance)], chance=chance)
        placed += symbols(overview(one, links={}), "ov-network")
    assert len(placed) == 2
    assert placed[0] == placed[1]


def test_runs_far_below_chance_stay_inside():
    drawn = overview(runs("three_layer", "full", [0.0, 1.0]), links={})
    assert all(0 <= at <= 100 for at in ticks(drawn, "network") + symbols(drawn, "ov-network"))


def test_the_table_below_and_the_alternative_text_have_the_same_numbers(rows):
    drawn = overview(rows, links={})
    assert "<td>Three-layer</td><td>0.95</td><td>0.90 to 1.00, 3 runs</td><td>0.50</td>" in drawn
    assert "<td>Logistic (published)</td><td>0.70</td><td></td>" in drawn
    assert re.search(r'aria-label="Full signal, balanced accuracy: [^"]*Three-layer 0\.95', drawn)


def test_names_from_data_are_text(rows):
    assert "<b>" not in overview(rows.assign(question="<b>"), links={})


def test_what_cannot_be_drawn_is_refused(rows):
    with pytest.raises(InputError, match="empty"):
        overview(rows.iloc[:0], links={})
    with pytest.raises(InputError, match="chance"):
        overview(rows.drop(columns="chance"), links={})
