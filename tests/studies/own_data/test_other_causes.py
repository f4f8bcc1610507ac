"""Other causes of what looks like non-linear signal, floors, and the curve carried on."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.studies.own_data.answers import NOT_ASKED
from linear_signal.studies.own_data.causes import CHANGES, NOT_APPLICABLE, NOT_ASSESSED, STAYS, other_causes
from linear_signal.studies.own_data.comparison import LINEAR, NETWORK, TREES, compare_own
from linear_signal.studies.own_data.covariates import features_of, without_covariates
from linear_signal.studies.own_data.floors import floors
from linear_signal.studies.own_data.learning_curve import curve_in_words, extrapolated
from linear_signal.studies.own_data.words_of_comparison import leak_of, verdict_in_words
from linear_signal.studies.own_data.zeros import zeros_tell_classes

CLASSES = np.arange(120) % 2


def statuses(values, groups=None, **known):
    """Return the status of every cause."""
    known = {"names": ("a test",), "minutes": 0.05, "until": np.inf} | known
    table = other_causes(values, np.array(["a", "b"])[CLASSES], groups, **known)
    return table.set_index("cause")["status"].to_dict()


def test_a_change_of_folds_that_is_linear_on_the_log_scale_is_told_apart_from_a_spread():
    random = np.random.default_rng(0)
    logs = random.normal(4, 0.6, (120, 30)) + CLASSES[:, None] * random.standard_normal(30)
    assert statuses(np.exp(logs))["scale"] == CHANGES
    spread = np.exp(4 + (logs - logs.mean(axis=0)) * np.where(CLASSES[:, None] == 1, 2, 1))
    found = statuses(spread)
    assert found["scale"] == STAYS
    assert found["zeros"] == found["group means"] == found["depth"] == NOT_APPLICABLE


def test_batches_on_both_sides_are_gone_once_means_of_groups_are_equal():
    random = np.random.default_rng(1)
    groups = np.arange(120) // 2 // 5 * 2 + CLASSES  # 24 groups of 5, of one class each
    values = random.standard_normal((120, 20)) + 3 * np.where(CLASSES == 1, groups // 2 % 2 * 2 - 1, 0)[:, None]
    assert statuses(values, groups.astype(str), scaling="log1p")["group means"] == CHANGES


def test_counts_are_thinned_only_where_they_are_counts():
    random = np.random.default_rng(2)
    depth = np.where(CLASSES == 1, 5, 50)
    counts = random.poisson(depth[:, None] * np.ones(30))
    known = {"totals": counts.sum(axis=1), "zeros": (counts == 0).mean(axis=1), "scaling": "none"}
    assert statuses(counts, raw=counts, **known)["depth"] == CHANGES
    assert statuses(counts, **known)["depth"] == NOT_ASSESSED


def test_zeros_tell_classes_apart_where_they_differ_alone():
    random = np.random.default_rng(3)
    groups = np.arange(120).astype(str)
    mask = random.random((120, 20)) < np.where(CLASSES[:, None] == 1, 0.8, 0.4)
    assert zeros_tell_classes(mask, CLASSES, groups)[0]
    assert not zeros_tell_classes(random.random((120, 20)) < 0.5, CLASSES, groups)[0]


def test_floors_see_a_label_that_is_its_group_or_its_depth():
    groups = np.arange(120) // 2 // 5 * 2 + CLASSES
    depth = pd.DataFrame({"totals": 1000.0 * (1 + CLASSES) + np.arange(120)})
    table = floors(CLASSES, groups, depth).set_index("model")
    assert table.loc["group", "mean"] == 1
    assert table.loc["library_size", "mean"] > 0.95
    torn = floors(CLASSES, np.arange(120) // 40, pd.DataFrame({"totals": np.ones(120)})).set_index("model")
    assert torn.loc["group", "mean"] < 0.6
    assert "library_size" not in torn.index
    assert floors(CLASSES, None, None).empty


def test_the_curve_is_carried_on_by_its_law_and_is_never_better_than_perfect():
    sizes = np.tile([20.0, 40, 80], (5, 1))
    value, low, high = extrapolated(sizes, 0.1 + sizes**-0.5)
    assert value == pytest.approx(0.1 + 160**-0.5, abs=0.01)
    assert low <= value <= high
    assert extrapolated(sizes, np.full((5, 3), 0.2))[0] == pytest.approx(0.2)
    steep = extrapolated(sizes, np.tile([0.4, 0.1, 0.0], (5, 1)))
    assert min(steep) >= 0


def test_models_are_compared_with_whole_groups_and_what_leaks_is_seen():
    random = np.random.default_rng(4)
    groups = np.arange(96) // 2 // 4 * 2 + CLASSES[:96]  # 24 groups of 4
    values = random.standard_normal((96, 12)) + 2 * random.standard_normal((24, 12))[groups]
    values[:, 0] += CLASSES[:96] * 2
    known = {"gene_ids": [f"gene {one}" for one in range(12)], "sample_ids": [f"sample {one}" for one in range(96)]}
    of_samples = np.array(["a", "b"])[CLASSES[:96]], groups.astype(str)
    late = compare_own(values, *of_samples, **known, until=0.0)
    assert late.models.empty
    assert "not compared" in late.says
    found = compare_own(values, *of_samples, **known, minutes=0.05, until=np.inf)
    models = found.models.set_index("model")
    assert models.loc["group", "mean"] == 1
    leak = found.leak.set_index(["model", "split"])["mean"]
    assert leak[LINEAR, "sample"] > leak[LINEAR, "group"]
    assert "gene 0" in set(found.genes.loc[found.genes["sign"] == 1, "gene"])
    assert set(found.curve["fraction"]) == {0.25, 0.5, 1.0}
    assert not found.errors.empty
    for wrong in found.errors.itertuples(index=False):
        assert wrong.label not in wrong[2:]


def test_what_a_covariate_explains_is_taken_off_and_is_a_floor():
    random = np.random.default_rng(7)
    sex = random.choice(["f", "m"], 120)
    values = random.standard_normal((120, 12)) + 3 * ((sex == "m") & (CLASSES == 1))[:, None] - 1.5 * (CLASSES == 1)[:, None]
    known = pd.DataFrame({"sex": sex, "age": random.normal(50, 9, 120)})
    left, kept = without_covariates(values, CLASSES, features_of(known))
    assert kept.all()
    within = left - np.stack([left[one == CLASSES].mean(axis=0) for one in (0, 1)])[CLASSES]
    slopes = [np.cov(within[one == CLASSES, 0], sex[one == CLASSES] == "m")[0, 1] for one in (0, 1)]
    assert sum(slopes) == pytest.approx(0, abs=0.05)  # one effect for all classes is gone
    told = np.where(CLASSES == 1, "m", "f")
    reached = floors(CLASSES, None, None, pd.DataFrame({"sex": told})).set_index("model").loc["covariates", "mean"]
    assert reached == 1
    assert statuses(values)["covariates"] == NOT_APPLICABLE
    subtypes = np.where(CLASSES == 1, np.arange(120) // 2 % 2, 0)
    split = random.standard_normal((120, 12)) + 6 * (subtypes - 0.5)[:, None] * (CLASSES == 1)[:, None]
    of_kind = pd.DataFrame({"subtype": subtypes.astype(str)})
    assert statuses(split, covariates=of_kind)["covariates"] == CHANGES
    assert statuses(split, covariates=pd.DataFrame({"copy": CLASSES}))["covariates"] == NOT_APPLICABLE


def test_labels_without_signal_leave_the_linear_model_at_chance_and_groups_of_one_cannot_leak():
    values = np.random.default_rng(5).standard_normal((90, 10))
    labels, ids = np.array(["a", "b"])[np.arange(90) % 2], [f"sample {one}" for one in range(90)]
    known = {"gene_ids": [f"gene {one}" for one in range(10)], "sample_ids": ids}
    null = compare_own(values, labels, ids, **known, minutes=0.05, until=np.inf)
    assert null.linear_at_chance
    assert not null.ahead
    assert "not shown to be above chance" in null.says
    assert null.leak.empty
    assert "single sample" in null.leak_says
    assert null.briefs["leak"].so == "cannot be told"
    assert null.briefs["models"].so == "inconclusive"
    square = np.where(labels == "a", 0.3, 3.0)[:, None] * values
    seen = compare_own(square, labels, **known, minutes=0.05, until=np.inf)
    assert "boosted_trees" in seen.ahead
    assert not compare_own(
        values + 3 * (labels == "a")[:, None], labels, **known, minutes=0.05, until=np.inf
    ).linear_at_chance


RUNS = {"signal": "full", "seed": 0, "fold": range(5), "fraction": 1.0, "train_samples": 320, "validation_samples": 80}
RUNS |= {"task": "one", "naive_accuracy": 0.5, "smallest_class_groups": 200}
SPREAD = np.array([-0.01, 0.0, 0.01, 0.02, -0.02])


def test_a_model_ahead_of_one_below_chance_is_not_called_good():
    reached = {LINEAR: 0.42 + SPREAD, NETWORK: 0.5 + np.roll(SPREAD, 2), TREES: 0.8 + np.roll(SPREAD, 1)}
    fits = [pd.DataFrame(RUNS | {"model": one, "balanced_accuracy": of}) for one, of in reached.items()]
    says, brief, ahead, linear_at_chance = verdict_in_words(pd.concat(fits, ignore_index=True))
    assert linear_at_chance
    assert ahead == (TREES,)
    assert brief.so == "ahead: boosted trees"
    assert brief.doubts == (
        "the linear model is not shown to be above chance",
        "ahead, but not shown to be above chance: the dense network (64, dropout=0.5)",
    )
    assert brief.seen.count("\n") == 2
    assert says.count("not shown to be above chance") == 2
    alone, of_one, none, _ = verdict_in_words(pd.concat(fits[:2], ignore_index=True))
    assert "is ahead of" in alone
    assert (of_one.so, none) == ("ahead, but not above chance", ())


@pytest.mark.parametrize(
    ("trees", "so", "said"),
    [
        (0.8 + np.roll(SPREAD, 1), "not ahead", "level within"),
        (0.6 + np.roll(SPREAD, 1), "not ahead", "is ahead of boosted trees"),
        (0.78 + 5 * np.roll(SPREAD, 2), "inconclusive", "is inconclusive"),
    ],
    ids=["level", "behind", "imprecise"],
)
def test_the_short_answer_on_models_says_what_the_sentence_says(trees, so, said):
    reached = {LINEAR: 0.8 + SPREAD, TREES: trees}
    fits = [pd.DataFrame(RUNS | {"model": one, "balanced_accuracy": of}) for one, of in reached.items()]
    says, brief, _, _ = verdict_in_words(pd.concat(fits, ignore_index=True))
    assert said in says
    assert brief.so == so
    assert bool(brief.why) == (so == "inconclusive")
    assert brief.doubts == ("the network was not compared, for want of time",)


@pytest.mark.parametrize(
    ("by_samples", "so", "said"),
    [
        (0.9 + SPREAD, "a split by samples would leak", "that much leaks"),
        (0.8 + SPREAD, "no leak seen", "changes by"),
        (0.8 + 8 * SPREAD, "inconclusive", "changes by"),
    ],
    ids=["leak", "level", "imprecise"],
)
def test_the_short_answer_on_the_leak_says_what_the_sentence_says(by_samples, so, said):
    reached = {"sample": by_samples, "group": 0.8 + SPREAD}
    fits = [pd.DataFrame(RUNS | {"model": LINEAR, "split": one, "balanced_accuracy": of}) for one, of in reached.items()]
    _, says, brief = leak_of(pd.concat(fits, ignore_index=True))
    assert said in says
    assert brief.so == so
    assert f"{by_samples.mean() - 0.8:.3f}" in brief.seen


@pytest.mark.parametrize(
    ("reached", "so", "said"),
    [
        ((0.6, 0.7, 0.78), "more samples would help", "More samples would help"),
        ((0.9, 0.9, 0.9), "no clear gain", "no clear gain"),
    ],
)
def test_the_short_answer_on_more_samples_says_what_the_sentence_says(reached, so, said):
    fits = [
        pd.DataFrame(RUNS | {"fraction": share, "train_samples": 400 * share, "balanced_accuracy": of + SPREAD / 100})
        for share, of in zip((0.25, 0.5, 1.0), reached, strict=True)
    ]
    says, brief = curve_in_words(pd.concat(fits, ignore_index=True))
    assert said in says
    assert brief.so == so
    assert curve_in_words(fits[0]) == ("", NOT_ASKED)
