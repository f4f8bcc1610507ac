"""Problems, units and published values: what every method of a run is judged on, and what is kept of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.genuine import Request
from linear_signal.studies.ahlmann2025.prediction_files import write_predictions
from linear_signal.studies.ahlmann2025.prediction_unit import N_DRAWS, prediction_plan, summarised
from linear_signal.studies.ahlmann2025.problems import open_doubles, open_singles
from linear_signal.studies.ahlmann2025.pseudobulk import write_pseudobulk
from linear_signal.studies.ahlmann2025.published_unit import published_plan
from linear_signal.studies.ahlmann2025.shown import ranges, rank_flips, verdicts
from linear_signal.studies.ahlmann2025.simulated_doubles import simulate_doubles

SMALL = {"n_genes": 60, "n_singles": 12, "n_doubles": 24}


def doubles(*, n_seeds=1, **changes):
    request = Request(source="simulation", folder="", n_seeds=n_seeds)
    return open_doubles(request, **{"presets": ["norman"], **SMALL, **changes})


def of_file(path, **changes):
    return open_doubles(Request(**{"source": "file", "folder": "", "n_seeds": 1, "cells_file": str(path), **changes}))


def computed(problems, methods):
    """Compute all units, and put their tables together as results do."""
    parts = {"fits": [], "conditions": []}
    for unit in prediction_plan(problems, methods).units:
        tables, _ = unit.compute(None)
        for name, rows in parts.items():
            rows.append(tables[name].assign(**unit.names))
    return {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items()}


@pytest.fixture(scope="module")
def genuine(tmp_path_factory):
    """Write a made-up data set as a user's own would be: values not below 0, nothing known of a repeat."""
    folder = tmp_path_factory.mktemp("own")
    data = simulate_doubles(**SMALL).data
    path = folder / "mine.parquet"
    write_pseudobulk(replace(data, means=data.means.clip(lower=0), synthetic=False, source="mine"), path)
    return path, data


def test_units_are_known_by_what_decides_their_numbers():
    units = prediction_plan(doubles(n_seeds=2), ["mean", "additive"]).units
    again = prediction_plan(doubles(n_seeds=2), ["mean", "additive"]).units
    assert [one.key for one in units] == [one.key for one in again]
    assert len({one.key for one in units}) == len(units) == 2 * 4
    other = prediction_plan(doubles(n_genes=61), ["mean"]).units
    assert not {one.key for one in other} & {one.key for one in units}


def test_a_unit_keeps_means_draws_and_calls():
    found = computed(doubles(), ["no_change", "mean", "additive"])
    fits = found["fits"].set_index("method")
    means = found["conditions"].groupby("method")["l2"].mean()
    assert fits["l2"].to_dict() == pytest.approx(means.to_dict())
    assert fits.loc["mean", "relative_error"] == pytest.approx(1)
    assert all(len(one) == N_DRAWS for one in fits["draws_l2"])
    assert np.mean(fits.loc["additive", "draws_l2"]) == pytest.approx(fits.loc["additive", "l2"], rel=0.1)
    assert np.isnan(fits.loc["additive", "tpr_50"])
    assert fits.loc["no_change", "n_buffering"] + fits.loc["no_change", "n_opposite"] + fits.loc[
        "no_change", "n_synergy"
    ] == pytest.approx(500)
    assert fits.loc["no_change", "n_synergy"] == 0


def test_draws_of_two_methods_belong_together_and_hang_on_names_alone():
    scores = pd.DataFrame({"condition": ["A+B", "A+C", "B+C"], "l2": [1.0, 2.0, 3.0]})
    first, second = (
        summarised(part, "data") for part in (scores, scores.iloc[::-1].assign(l2=lambda table: table["l2"] + 1))
    )
    # Now and then nothing is drawn.
    assert np.nanmax(np.abs(second["draws_l2"] - first["draws_l2"] - 1)) < 1e-5
    assert not np.array_equal(first["draws_l2"], summarised(scores, "other data")["draws_l2"])


def test_verdicts_have_the_mean_at_0_and_the_repeat_at_1():
    found = computed(doubles(), ["no_change", "mean", "additive"])
    table = verdicts(found["conditions"]).dropna(subset=["calibrated"]).set_index("method")["calibrated"]
    assert np.allclose(table.loc["mean"], 0)
    assert np.allclose(table.loc["repeat"], 1)
    ranks = rank_flips(found["conditions"])
    assert len(ranks) == 3
    assert len(ranges(found["conditions"])) == 8


def test_other_lines_serve_singles():
    request = Request(source="simulation", folder="", n_seeds=2)
    problems = open_singles(request, presets=["k562"], shifts=[0.0], n_genes=60, n_targets=30)
    fits = computed(problems, ["mean", "linear", "linear_other_line", "covariance"])["fits"]
    assert set(fits["method"]) == {"mean", "linear", "linear_other_line", "repeat", "interpolated"}
    assert fits["dataset"].nunique() == 2
    assert not [name for name in fits if name.startswith(("tpr", "n_buffering"))]


def test_predictions_of_others_stand_beside_ours(genuine, tmp_path):
    path, data = genuine
    write_predictions(data.means, tmp_path / "oracle.parquet")
    problems = of_file(path, n_seeds=2, predictions=[f"oracle={tmp_path / 'oracle.parquet'}"])
    fits = computed(problems, ["mean", "additive"])["fits"]
    assert set(fits["method"]) == {"mean", "additive", "oracle"}
    assert set(fits["data"]) == {"mine"}
    assert fits.loc[fits["method"] == "oracle", "l2"].max() < 1


def test_predictions_that_lack_something_are_refused_or_all_are_judged_on_what_is_shared(genuine, tmp_path):
    path, data = genuine
    write_predictions(data.means.drop(index=data.doubles[:6]).iloc[:, 5:], tmp_path / "some.csv")
    given = [f"some={tmp_path / 'some.csv'}"]
    with pytest.raises(InputError, match="'some' lack"):
        of_file(path, predictions=given)
    (problem,) = of_file(path, predictions=given, shared_only=True)
    assert not set(problem.judged) & set(data.doubles[:6])
    assert len(problem.data.genes) == SMALL["n_genes"] - 5
    assert len(problem.notes) == 2


REFUSED = {
    "unknown source": ({"source": "normann"}, "did you mean 'norman'"),
    "file without a file": ({"source": "file"}, "needs one"),
    "a file beside the simulation": ({"cells_file": "mine.h5ad"}, "others take none"),
    "predictions of simulated data": ({"predictions": ["a=b.csv"]}, "belong to genuine data"),
    "unknown preset": ({"presets": ["norma"]}, "norman"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_opened_is_refused(name):
    changes, words = REFUSED[name]
    presets = changes.pop("presets", ["norman"])
    with pytest.raises(InputError, match=words):
        open_doubles(Request(**{"source": "simulation", "folder": "", "n_seeds": 1, **changes}), presets=presets, **SMALL)


def test_models_of_the_other_kind_are_refused():
    with pytest.raises(InputError, match="does not predict doubles"):
        prediction_plan(doubles(), ["linear"])


def test_published_values_are_summarised_like_ours(tmp_path):
    random, rows = np.random.default_rng(0), []
    for seed in (1, 2):
        for place in range(20):
            part = "train" if place < 5 else "test"
            for method, error in (("mean", 2.0), ("lpm_rpe1PertEmb", 1.5), ("lpm_k562PertEmb", 0.5), ("gears", 2.2)):
                about = ("replogle_k562_essential", seed, method, f"G{place + seed}+ctrl", part)
                rows.append((*about, random.random(), error + 0.1 * random.random()))
    names = ["dataset_name", "seed", "method", "perturbation", "train", "pearson_delta", "l2"]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "single_metrics_all_methods_common_perts.csv.gz", index=False)
    plan = published_plan(tmp_path, "singles")
    fits = pd.concat([unit.compute(None)[0]["fits"].assign(**unit.names) for unit in plan.units], ignore_index=True)
    # The embedding of the very line that is predicted is a leak, and is left out.
    assert set(fits["method"]) == {"mean", "linear_other_line", "gears"}
    assert set(fits["n_conditions"]) == {15}
    assert fits.loc[fits["method"] == "linear_other_line", "relative_error"].mean() == pytest.approx(0.755, abs=0.02)
    assert fits["data"].nunique() == 1
    assert plan.n_fits == 0
