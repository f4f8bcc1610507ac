"""Own cells go through both chapters from file to page, and what is wrong with them is said before anything runs."""

from importlib.util import find_spec

import numpy as np
import pytest

from chapter_run import Here, assert_whole_page
from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.genuine import Request
from linear_signal.studies.ahlmann2025.prediction_files import write_predictions
from linear_signal.studies.ahlmann2025.problems import open_doubles, open_singles
from made_up_cells import write_cells

pytestmark = pytest.mark.skipif(find_spec("anndata") is None, reason="anndata is not installed (the extra 'h5ad')")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write cells of one line as counts, and of another one as log values."""
    folder = tmp_path_factory.mktemp("cells")
    return write_cells(folder / "mine.h5ad"), write_cells(folder / "other.h5ad", other_line=True)


def asked(files, **changes):
    return Request(**{"source": "file", "folder": "", "n_seeds": 1, "cells_file": str(files[0]), "counts": True, **changes})


def test_doubles_of_cells_make_a_page(files, tmp_path):
    methods = ["no_change", "mean", "additive", "additive_slope"]
    given = {"source": "file", "cells_file": str(files[0]), "counts": True, "methods": methods, "power_sizes": []}
    run = Here(tmp_path, "85_perturbation_baselines", **given)
    assert_whole_page(run)
    assert "Your file mine.h5ad" in run.page()
    assert "single cell are left out" in run.page()


def test_singles_of_cells_make_a_page_with_the_covariance_of_the_control(files, tmp_path):
    methods = ["no_change", "mean", "linear", "linear_other_line", "transfer", "covariance", "covariance_shuffled"]
    given = {"source": "file", "cells_file": str(files[0]), "other_file": str(files[1]), "counts": True, "methods": methods}
    run = Here(tmp_path, "86_unseen_perturbations", **given)
    assert_whole_page(run)
    assert "Control covariance, shuffled" in run.page()


def test_what_no_model_can_predict_is_left_out_and_named(files):
    methods = ["mean", "linear", "linear_other_line"]
    problems = open_singles(asked(files, n_seeds=8, methods=methods, other_file=str(files[1])))
    held_out = [problem for problem in problems if any("not judged" in note for note in problem.notes)]
    assert held_out
    assert all("ELSEWHERE" in note for problem in held_out for note in problem.notes if "not judged" in note)
    assert not any("ELSEWHERE+ctrl" in problem.judged for problem in problems)
    assert any("ELSEWHERE+ctrl" in one.judged for one in open_singles(asked(files, n_seeds=8, methods=["mean"])))


def test_log_values_say_what_counts_say(files, tmp_path):
    logs = write_cells(tmp_path / "mine.h5ad", normalised=True)
    (from_logs,) = open_doubles(asked((logs, ""), counts=False))
    (from_counts,) = open_doubles(asked(files))
    assert np.allclose(from_logs.data.means, from_counts.data.means, atol=1e-5)
    assert from_logs.judged == from_counts.judged


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"counts": False}, "raw counts"),
        ({"control": "non-targeting"}, "no condition 'non-targeting'"),
        ({"condition_column": "perturbation"}, "'perturbation'"),
        ({"gene_column": "symbol"}, "'symbol'"),
        ({"layer": "counts"}, "'counts'"),
        ({"other_file": "missing.h5ad"}, r"missing\.h5ad"),
        ({"predictions": ["mine"]}, "name=path"),
    ],
    ids=["counts", "control", "column", "genes", "layer", "other line", "prediction"],
)
def test_cells_that_are_not_what_was_asked_for_are_refused(files, changes, said):
    with pytest.raises(InputError, match=said):
        open_singles(asked(files, **changes))


def test_given_predictions_are_looked_at_before_anything_runs(files, tmp_path):
    (problem,) = open_doubles(asked(files))
    right = problem.data.means.loc[problem.judged]
    wrong = {
        "missing": (right.mask(np.eye(*right.shape, dtype=bool)), "missing or infinite"),
        "counts": (right * 1000, "raw counts"),
        "genes": (right.iloc[:, 3:], "lack 3 of 80 genes"),
        "conditions": (right.iloc[2:], f"lack 2 of {len(right)} judged conditions"),
    }
    for name, (table, said) in wrong.items():
        write_predictions(table, tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=said):
            open_doubles(asked(files, predictions=[f"{name}={tmp_path / name}.parquet"]))
    write_predictions(right - 1, tmp_path / "low.parquet")
    (judged,) = open_doubles(asked(files, predictions=[f"low={tmp_path / 'low.parquet'}"]))
    assert any("below 0" in note for note in judged.notes)
    (tmp_path / "twice.csv").write_text("condition,G000,G001,G000\nA,1,2,3\n")
    with pytest.raises(InputError, match="'G000'"):
        open_doubles(asked(files, predictions=[f"twice={tmp_path / 'twice.csv'}"]))
