"""The ladder in words: it ends on the rung where accuracy falls, and says what the run says, no more."""

import pandas as pd
import pytest

from linear_signal.analysis.rules import FAILS, HOLDS
from linear_signal.data.removal_ladder import LADDER
from linear_signal.numbers import difference
from linear_signal.studies.heil2023.kinds import (
    MADE_EQUAL,
    argument,
    best_on,
    kind_of_signal,
    ladder_table,
    losses,
    steps_table,
    told_by,
)
from linear_signal.studies.heil2023.kinds_answers import (
    ASKED,
    NO_GENUINE,
    NOTHING_TAKEN,
    genuine_answers,
    in_short,
    kind_answers,
    kind_sentence,
    repeated,
    taken_sentence,
)
from linear_signal.studies.heil2023.shown import LEFT_OUT
from made_up_fits import make_fits

TASK, BELOW = "Blood vs Brain", LADDER[1:]
# The last rung on which each model is above chance; networks and trees see anything.
SEEN_TO = {
    "exact_logistic_regression": "full",
    "squared_logistic": "removed",
    "pair_products": "distributions_removed",
    "three_layer": "distributions_removed",
}


def fits(seen_to=SEEN_TO, **changes):
    levels = {
        (model, rung): 0.9 if LADDER.index(rung) <= LADDER.index(last) else 0.5
        for model, last in seen_to.items()
        for rung in LADDER
    }
    return make_fits(levels, tasks=(TASK,), fractions=(1.0,), **changes)


@pytest.mark.parametrize("last", BELOW[:-1])
def test_a_signal_ends_on_the_rung_where_accuracy_falls(last):
    kind = kind_of_signal(fits(SEEN_TO | {"three_layer": last, "pair_products": "full"}), TASK)
    assert kind.survived == BELOW[: BELOW.index(last) + 1]
    assert kind.ended_by == BELOW[BELOW.index(last) + 1]
    assert kind.end.verdict == FAILS


def test_a_signal_that_no_rung_ends_is_no_covariance():
    table = fits(SEEN_TO | {"three_layer": "covariances_removed"})
    kind = kind_of_signal(table, TASK)
    assert (kind.survived, kind.ended_by, kind.end.verdict) == (BELOW, "", HOLDS)
    assert "on every rung" in kind_sentence(table, TASK)


def test_no_signal_and_no_answer_are_told_apart():
    nothing = dict.fromkeys(SEEN_TO, "full")
    assert "no non-linear signal" in kind_sentence(fits(nothing), TASK)
    assert "cannot be said" in kind_sentence(fits(nothing, spread=0.3), TASK)
    assert "cannot be said" in kind_sentence(fits(folds=1), TASK)
    assert "cannot be said (no linear model" in kind_sentence(fits({"boosted_trees": "removed"}), TASK)
    linear = {"exact_logistic_regression": "full"}
    assert "no model that could see" in kind_sentence(fits(linear), TASK)
    for table in (fits(linear), fits(nothing)):
        assert NOTHING_TAKEN in taken_sentence(table, TASK)


def test_the_ladder_has_a_row_per_rung_and_model_from_the_top_down():
    table = ladder_table(fits())
    assert list(dict.fromkeys(table["rung"])) == list(LADDER)
    assert len(table) == len(LADDER) * len(SEEN_TO)
    found = table.set_index(["model", "rung"])["verdict"]
    for model, last in SEEN_TO.items():
        verdicts = [found[model, rung] for rung in LADDER]
        assert verdicts == ["above" if LADDER.index(rung) <= LADDER.index(last) else "level" for rung in LADDER]
    assert ((table["lower"] < table["balanced_accuracy"]) & (table["balanced_accuracy"] < table["upper"])).all()


def test_the_table_of_rungs_and_probes_reads_as_an_argument():
    rows = argument(ladder_table(fits()))
    assert len(rows) == len(LADDER)
    left = list(rows["What still tells classes apart"])
    assert left[0] == "means of genes, spreads of genes, pairs of genes"
    assert left[1] == "spreads of genes, pairs of genes"
    assert left[2] == left[3] == "pairs of genes"
    assert left[4].startswith("nothing")
    only_free = {"three_layer": {"verdict": "above"}, "pair_products": {"verdict": "level"}}
    assert "Three-layer" in told_by(only_free)
    assert told_by({"three_layer": {"verdict": "open"}}) == "cannot be said"


def test_what_a_rung_takes_is_the_difference_on_the_same_folds():
    table = fits(seeds=2)
    steps = steps_table(table).set_index(["model", "rung"])
    means = table.pivot_table(index=["seed", "fold"], columns=["model", "signal"], values="balanced_accuracy")
    for model in SEEN_TO:
        for above, rung in zip(LADDER, BELOW, strict=False):
            row = steps.loc[(model, rung)]
            assert row["above"] == above
            assert row["n_runs"] == 10
            paired = (means[model, rung] - means[model, above]).mean()
            assert row["difference"] == pytest.approx(paired, abs=0.01)
    assert len(losses(steps_table(table))) == len(BELOW)


def test_the_share_that_a_rung_takes_is_told_of_a_model_that_sees_anything():
    table = fits(SEEN_TO | {"boosted_trees": "removed"})
    assert best_on(table, TASK, "distributions_removed") == "three_layer"
    said = kind_sentence(fits(), TASK)
    assert "the three-layer network" in said
    assert "Most of it goes with covariances:" in said
    assert "Most of it goes with spreads:" in kind_sentence(fits(SEEN_TO | {"three_layer": "removed"}), TASK)
    steps = steps_table(fits()).set_index(["model", "rung"]).loc["three_layer"]
    taken = taken_sentence(fits(), TASK)
    for rung in BELOW[1:]:
        change = steps.loc[rung, "difference"]
        verb = "take" if change <= 0 else "add"
        assert f"equal {MADE_EQUAL[rung]} {verb} {difference(abs(change), signed=False)} (" in taken
    assert "0.000 is left" not in taken_sentence(fits(), TASK)


def test_answers_are_of_pairs_and_of_all_tissues_where_they_were_run():
    answers = kind_answers({TASK: fits()})
    assert answers["kind_all"] == LEFT_OUT
    assert f"gone once {MADE_EQUAL['covariances_removed']} are equal as well" in answers["kind_pairs"]
    both = pd.concat([fits(), fits().assign(task="all tissues")])
    assert genuine_answers({}) == NO_GENUINE
    said = genuine_answers({"GTEx": both})
    assert said.startswith("GTEx. The mean of 1 pairs")
    assert "All tissues" in said


def test_the_first_lines_name_what_most_of_it_goes_with_or_say_nothing():
    short = in_short({"GTEx": fits()})
    assert "mostly by covariances" in short
    assert "GTEx" in short
    assert in_short({}) == in_short({"GTEx": fits(dict.fromkeys(SEEN_TO, "full"))}) == ASKED


def test_what_is_picked_in_one_half_is_told_of_the_other():
    genes = {TASK: pd.DataFrame({"log2_ratio": [1.0, -0.5], "picked_at": [2.0, 2.0]})}
    said = repeated(genes, {})
    assert "Of 2 genes picked, 1 differ" in said["genes_repeated"]
    assert "0.75 on average, where they were picked 2.00" in said["genes_repeated"]
    assert "too small" in said["pairs_repeated"]
