"""The comparison in one call: one engine, the same folds for all, any classifier, silence, nothing left behind."""

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import linear_signal
from linear_signal import GroupFolds, InputError, RidgeLogisticRegression, compare
from linear_signal.models import definition, find_model, given_model
from linear_signal.models.titles import model_family

RANDOM = np.random.default_rng(0)
CLASSES = np.arange(120) % 2
X = RANDOM.normal(size=(120, 6))
X[:, 0] += CLASSES
X[:, 1:4] *= 1 + 2 * CLASSES[:, None]
Y = np.where(CLASSES, "tumour", "normal")
DONORS = np.arange(120) // 4
SQUARES = make_pipeline(StandardScaler(), PolynomialFeatures(), LogisticRegression(max_iter=1000))
TREE = "sklearn.tree.DecisionTreeClassifier(max_depth=2)"
QUICK = {"n_folds": 3, "n_trials": 2, "max_epochs": 3, "device": "cpu"}
MODELS = ["exact_logistic_regression", "dense(4)", TREE, SQUARES]


class Majority(ClassifierMixin, BaseEstimator):
    """Somebody's own classifier."""

    def fit(self, X, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.most_ = self.classes_[counts.argmax()]
        return self

    def predict(self, X):
        return np.full(len(X), self.most_)


@pytest.fixture(scope="module")
def found():
    return compare(X, Y, DONORS, models=MODELS, **QUICK)


def test_every_model_meets_the_same_folds_with_full_signal_and_removed(found):
    fits = found.fits
    assert len(fits) == len(MODELS) * 2 * 3
    assert fits.groupby(["signal", "model", "seed", "fold"]).size().eq(1).all()
    sizes = fits.groupby("fold")[["train_samples", "validation_samples"]].nunique()
    assert sizes.eq(1).all(axis=None)
    judged = [len(test) for _, test in GroupFolds(3).split(X, Y, DONORS)]
    assert fits.groupby("fold")["validation_samples"].first().tolist() == judged
    assert fits["balanced_accuracy"].notna().all()


def test_the_tables_are_tidy_and_the_verdict_says_what_is_there(found):
    assert len(found.summary) == 2 * len(MODELS)
    assert len(found.differences) == 2 * 6
    full = found.summary.set_index(["signal", "model"])["mean"]
    row = found.differences.iloc[0]
    first, second = (full[row["signal"], row[side]] for side in ("first", "second"))
    assert row["difference"] == pytest.approx(first - second)
    assert (found.differences["lower"] <= found.differences["difference"]).all()
    squares = str(given_model(SQUARES))
    assert full["removed", squares] > 0.75 > 0.6 > full["removed", "exact_logistic_regression"]
    assert "linear signal" in found.verdict
    assert repr(found).startswith("<Comparison of 4 models: Data")
    for table in (found.fits, found.summary, found.differences):
        assert table.to_parquet() is not None


def test_a_classifier_as_it_is_gets_what_its_import_path_gets(found):
    again = compare(pd.DataFrame(X), list(Y), DONORS.astype(float), models=[DecisionTreeClassifier(max_depth=2)], **QUICK)
    assert set(again.fits["model"]) == {TREE}
    once = found.fits[found.fits["model"] == TREE].reset_index(drop=True)
    assert again.fits["balanced_accuracy"].tolist() == once["balanced_accuracy"].tolist()


def test_it_is_silent_and_leaves_nothing_on_the_disk(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    compare(X, Y, models=["exact_logistic_regression"], **QUICK)
    assert capfd.readouterr() == ("", "")
    assert not os.listdir(tmp_path)
    said = []
    found = compare(X, Y, models=["exact_logistic_regression"], say=said.append, **QUICK)
    assert said[-1] == found.verdict
    assert len(said) > 1


def test_a_folder_keeps_fits_and_takes_them_from_there(tmp_path):
    said = []
    options = {"models": MODELS[:1] + MODELS[2:], "results_folder": tmp_path / "results", **QUICK}
    first = compare(X, Y, DONORS, **options)
    second = compare(X, Y, DONORS, say=said.append, **options)
    assert any("18 of 18 units" in line for line in said)
    pd.testing.assert_frame_equal(first.fits, second.fits)
    mine = make_pipeline(StandardScaler(), Majority())
    before = definition(given_model(mine))
    assert definition(given_model(make_pipeline(StandardScaler(), Majority()))) == before
    assert definition(given_model(make_pipeline(StandardScaler(with_mean=False), Majority()))) != before


def test_it_runs_in_a_plain_script_that_asks_for_nothing(tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        "import numpy as np, linear_signal\n"
        "X = np.random.default_rng(0).normal(size=(60, 3)); y = X[:, 0] > 0\n"
        "found = linear_signal.compare(X, y, models=['exact_logistic_regression'], n_folds=3, n_trials=2)\n"
        "import sys\n"
        "print(len(found.fits), *{'IPython', 'rpy2', 'distributed', 'plotnine', 'mlflow'} & set(sys.modules))\n"
    )
    library = {"PYTHONPATH": str(Path(linear_signal.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, env=os.environ | library
    )
    assert (done.stdout, done.stderr, done.returncode) == ("6\n", "", 0)
    assert os.listdir(tmp_path) == ["plain.py"]


@pytest.mark.parametrize(
    ("estimator", "family"),
    [
        (LogisticRegression(C=0.1), "linear"),
        (make_pipeline(StandardScaler(), SVC(kernel="linear")), "linear"),
        (GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {}), "linear"),
        (RidgeLogisticRegression(), "linear"),
        (SQUARES, "other"),
        (SVC(), "other"),
        (make_pipeline(StandardScaler(), RandomForestClassifier()), "trees"),
        (Majority(), "other"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_a_classifier_counts_as(estimator, family):
    assert model_family(given_model(estimator)) == family


def test_a_fresh_copy_is_made_for_every_fit_and_each_draw_has_a_seed():
    forest = RandomForestClassifier(n_estimators=2)
    model = given_model(make_pipeline(StandardScaler(), forest)).classifier
    first, second = model.make(1), model.make(2)
    assert first[-1] is not forest
    assert (first[-1].random_state, second[-1].random_state, forest.random_state) == (1, 2, None)
    fixed = given_model(RandomForestClassifier(random_state=7)).classifier
    assert fixed.make(1).random_state == 7


def test_a_classifier_travels_with_its_name():
    name = given_model(SQUARES)
    again = pickle.loads(pickle.dumps({"model": name}))["model"]
    assert again == str(name)
    assert definition(again) == definition(name)
    assert type(find_model(again).make(0)) is type(SQUARES)
    # What cannot be told apart by what it is, is never taken for another.
    odd = [given_model(GridSearchCV(SVC(), {}, scoring=lambda *_: 0.0)) for _ in range(2)]
    assert definition(odd[0]) != definition(odd[1])
    assert definition(odd[0]) == definition(odd[0])


def test_a_pipeline_weighs_rare_classes_as_its_last_step_would():
    few = np.r_[0:60:2, 1:120:2]  # half as many of the first class
    alone, piped = (
        given_model(one).classifier.fit_and_predict(X[few], CLASSES[few], X, n_classes=2, seed=0)[0]
        for one in (LogisticRegression(), make_pipeline("passthrough", LogisticRegression()))
    )
    np.testing.assert_array_equal(alone, piped)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": "three_layer"}, "a list is needed"),
        ({"models": ["three_lair"]}, "did you mean 'three_layer'"),
        ({"models": [LogisticRegression]}, "hand over a classifier made with it"),
        ({"models": [LinearRegression()]}, "no classifier"),
        ({"models": [3]}, "holds a int"),
        ({"models": [SVC(), SVC()]}, "names a model twice"),
        ({"models": [SVC(C=-1)]}, "cannot be fitted"),
        ({"X": X[:, 0]}, "samples x features"),
        ({"X": np.where(np.arange(120)[:, None] == 5, np.nan, X)}, "sample 5"),
        ({"X": pd.DataFrame({"g": ["a"] * 120})}, "'g'"),
        ({"y": Y[:3]}, "3 entries for 120 samples"),
        ({"y": np.zeros(120)}, "at least two"),
        ({"groups": np.where(CLASSES, "one", DONORS.astype(str))}, "one group"),
        ({"groups": np.arange(120) // 60}, "2 groups"),
        ({"n_seeds": 0}, "n_seeds is 0"),
        ({"n_folds": 2}, "n_folds is 2"),
        ({"scale_on": "al"}, "Unknown scale_on"),
    ],
    ids=range(17),
)
def test_what_cannot_be_compared_is_refused(change, said):
    asked = {"X": X, "y": Y, "groups": DONORS, "models": ["exact_logistic_regression"], **QUICK, **change}
    with pytest.raises(InputError, match=said):
        compare(asked.pop("X"), asked.pop("y"), asked.pop("groups"), **asked)
