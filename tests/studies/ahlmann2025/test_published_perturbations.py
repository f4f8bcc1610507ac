"""The published tables are read as they lie and analysed again; a made-up folder stands in for them."""

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.published import (
    METHODS,
    call_composition,
    doubles_summary,
    example_slope,
    forest,
    published,
    published_slopes,
    published_thresholds,
)


@pytest.fixture
def singles():
    """Two methods whose errors are 0.9 and 1.2 of the mean's; three of four perturbations come in both seeds."""
    rows = [
        {"dataset_name": "adamson", "seed": seed, "perturbation": f"{gene}+ctrl", "train": part, "pearson_delta": 0.5}
        | {"method": method, "l2": size * times * (1 + 0.1 * (method != "mean") * ((place % 2) - 0.5))}
        for seed in (1, 2)
        for place, (gene, size, part) in enumerate(
            [
                ("A", 3.0, "test"),
                ("B", 5.0, "val"),
                ("C", 4.0, "test"),
                ("D" if seed == 1 else "E", 2.0, "test"),
                ("T", 9.0, "train"),
            ]
        )
        for method, times in (("mean", 1.0), ("lpm_k562PertEmb", 0.9), ("gears", 1.2))
    ]
    return pd.DataFrame(rows)


def test_the_forest_keeps_seeds_of_a_perturbation_together(singles):
    table = forest(singles, n_draws=2000).set_index("method")
    assert table.loc["mean", ["relative_error", "lower", "upper"]].tolist() == [1, 1, 1]
    assert table.loc["lpm_k562PertEmb", "relative_error"] == pytest.approx(0.9)
    assert (table["n"] == 8).all()
    assert (table["n_perturbations"] == 5).all()
    width, paper = (table[f"{kind}upper"] - table[f"{kind}lower"] for kind in ("", "paper_"))
    assert (width[["gears", "lpm_k562PertEmb"]] > paper[["gears", "lpm_k562PertEmb"]]).all()
    assert not table["leak"].any()
    leak = forest(singles.assign(dataset_name="replogle_k562_essential"), n_draws=10).set_index("method")["leak"]
    assert leak["lpm_k562PertEmb"]
    assert not leak["gears"]


def test_only_what_every_method_predicts_is_compared(singles):
    fewer = singles[~((singles["method"] == "gears") & (singles["perturbation"] == "C+ctrl"))]
    assert (forest(fewer, n_draws=10)["n"] == 6).all()


def test_doubles_are_summarised_best_first():
    errors = {"additive_model": [2.0, 3.0], "no_change": [6.0, 2.0], "gears": [1.0, 4.0]}
    table = pd.DataFrame(
        [
            {"seed": 1, "perturbation": f"A+{place}", "method": method, "l2": value, "pearson_delta": 0.1, "pearson": 0.9}
            for method, values in errors.items()
            for place, value in enumerate(values)
        ]
    )
    found = doubles_summary(table).set_index("method")
    assert list(found["l2"]) == sorted(found["l2"])
    assert found.loc["gears", "beats_additive"] == 0.5
    assert found.loc["additive_model", "beats_additive"] == 0
    assert found.loc["additive_model", "beats_no_change"] == 0.5


def test_calls_are_counted_and_thresholds_enclosed():
    calls = pd.DataFrame(
        {
            "method": "gears",
            "baseline": 0.0,
            "ref": [1.0, 1.0, 1.0, -1.0],
            "value": [0.2, -0.5, 2.0, -0.2],
            "obs_minus_add": [-0.4, 0.1, 0.3, -0.15],
            "interaction_label": ["Buffering", "Additive", "Synergy", "Additive"],
        }
    )
    found = call_composition(calls).set_index("predicted_class")
    assert found["n"].to_dict() == {"buffering": 2, "opposite": 1, "synergy": 1}
    assert found["right"].to_dict() == {"buffering": 1, "opposite": 0, "synergy": 1}
    assert published_thresholds(calls) == {"lower": (-0.4, -0.15), "upper": (0.1, 0.3)}


def test_tables_are_read_by_name_and_what_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="did you mean 'doubles'"):
        published(tmp_path, "double")
    with pytest.raises(InputError, match=r"double_metrics\.csv"):
        published(tmp_path, "doubles")
    pd.DataFrame({"method": ["gears"], "fdp": [0.0]}).to_csv(tmp_path / "double_tpr_fdp.csv")
    with pytest.raises(InputError, match="'tpr'"):
        published(tmp_path, "tpr by fdp")
    pd.DataFrame({"method": ["gears"], "fdp": [0.0], "tpr": [0.1]}).to_csv(tmp_path / "double_tpr_fdp.csv")
    assert len(published(tmp_path, "tpr by fdp")) == 1
    with pytest.raises(InputError, match="sbb_lse_norman19"):
        published_slopes(tmp_path)
    assert len(set(METHODS.values())) == len(METHODS)


def test_slopes_are_read_and_fitted(tmp_path):
    kinds = pd.DataFrame(
        {"fold": [0, 0, 0, 1, 1], "type": ["universal_ols", "universal_robust", None, "universal_ols", "universal_robust"]}
    ).assign(c=[0.8, 0.7, np.nan, 0.6, 0.5])
    for name in ("norman19", "wessels23"):
        kinds.to_csv(tmp_path / f"sbb_lse_{name}.csv", index=False)
    found = published_slopes(tmp_path)
    assert found["data"].tolist() == ["Norman", "Norman", "Wessels", "Wessels"]
    assert found["slope"].tolist() == [0.8, 0.6] * 2
    example = pd.DataFrame(
        {"method": "additive_model", "gene_name": list("abc"), "baseline": 1.0, "prediction": [2.0, 3, 0]}
    )
    assert example_slope(example.assign(observed=0.7 * (example["prediction"] - 1) + 1)) == pytest.approx(0.7)
