"""The classifiers behave as scikit-learn's own: its checks pass, they clone, search and refuse as it asks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from linear_signal import (
    DenseNetwork,
    FiveLayerNetwork,
    GroupFolds,
    InputError,
    RidgeLogisticRegression,
    ThreeLayerNetwork,
    load_classifier,
    save_classifier,
)
from linear_signal.training.saved_models import load_model

QUICK = {"max_epochs": 8, "device": "cpu"}
CLASSIFIERS = [
    RidgeLogisticRegression(penalties=(1.0, 0.01), inner_folds=3),
    DenseNetwork((8,), learning_rate=0.03, clip_norm=1.0, max_epochs=20, device="cpu"),
    ThreeLayerNetwork(**QUICK),
    FiveLayerNetwork(**QUICK),
]


@parametrize_with_checks(CLASSIFIERS)
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 6)).astype(np.float32)
Y = np.array(["a", "b", "c"])[(X[:, 0] > 0.4).astype(int) + (X[:, 0] > -0.4)]
GROUPS = np.arange(90) // 3
HOLED = np.where(np.arange(90)[:, None] == 4, np.nan, X)


@pytest.fixture(params=CLASSIFIERS, ids=lambda one: type(one).__name__)
def classifier(request):
    return clone(request.param)


def test_a_saved_classifier_is_the_same_when_it_is_read(classifier, tmp_path):
    table = pd.DataFrame(X, columns=[f"gene {number}" for number in range(6)])
    for labels in (Y, np.unique(Y, return_inverse=True)[1], Y == "a"):
        classifier.fit(table, labels)
        save_classifier(tmp_path / "one.safetensors", classifier)
        again = load_classifier(tmp_path / "one.safetensors")
        assert type(again) is type(classifier)
        assert again.get_params() == classifier.get_params()
        np.testing.assert_array_equal(again.predict_proba(table), classifier.predict_proba(table))
        np.testing.assert_array_equal(again.classes_, classifier.classes_)
        assert again.predict(table).dtype == classifier.predict(table).dtype
        learnt = {name for name in vars(classifier) if name.endswith("_")}
        assert {name for name in vars(again) if name.endswith("_")} == learnt
        # The book's own reader takes it as well, by the names of the features.
        book = load_model(tmp_path / "one.safetensors")
        assert book.predict(table[table.columns[::-1]]).tolist() == list(map(str, classifier.predict(table)))


def test_nothing_of_pickle_is_in_a_saved_classifier(tmp_path, monkeypatch):
    classifier = RidgeLogisticRegression(0.1).fit(X, Y)

    def never(*arguments, **options):
        raise AssertionError("pickled")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, never)
    save_classifier(tmp_path / "one.safetensors", classifier)
    load_classifier(tmp_path / "one.safetensors")


def test_what_cannot_be_saved_or_read_is_refused(tmp_path):
    path, fitted = tmp_path / "one.safetensors", RidgeLogisticRegression(0.1).fit(X, Y)
    dates = RidgeLogisticRegression(0.1).fit(X, Y.astype(object))
    dates.classes_ = np.array([np.datetime64("2020-01-01")] * 3)
    for one, where, said in (
        (LogisticRegression(), path, "LogisticRegression cannot be saved"),
        (RidgeLogisticRegression(), path, "Call fit first"),
        (fitted, tmp_path / "one.pkl", "safetensors"),
        (dates, path, "text and numbers"),
    ):
        with pytest.raises(InputError, match=said):
            save_classifier(where, one)
    save_classifier(path, fitted)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="damaged"):
        load_classifier(path)


def test_settings_are_searched(classifier):
    pipeline = make_pipeline(MinMaxScaler(), classifier)
    name = f"{type(classifier).__name__.lower()}__random_state"
    search = GridSearchCV(pipeline, {name: [0, 1]}, cv=GroupFolds(3)).fit(X, Y, groups=GROUPS)
    assert search.predict_proba(X).shape == (90, 3)


def test_groups_are_kept_whole_and_change_what_is_learnt(classifier):
    alone, kept = clone(classifier).fit(X, Y), clone(classifier).fit(X, Y, groups=GROUPS)
    own = clone(classifier).fit(X, Y, groups=[f"{number:02}" for number in range(90)])
    losses = "losses_" if isinstance(classifier, RidgeLogisticRegression) else "tune_loss_"
    assert not np.array_equal(getattr(kept, losses), getattr(alone, losses))
    assert getattr(own, losses).shape[0] > 0
    with pytest.raises(InputError, match="groups has 2 entries"):
        clone(classifier).fit(X, Y, groups=[0, 1])


def test_random_state_decides(classifier):
    fits = [clone(classifier).set_params(random_state=state).fit(X, Y).predict_proba(X) for state in (1, 1, 2)]
    np.testing.assert_array_equal(fits[0], fits[1])
    if not isinstance(classifier, RidgeLogisticRegression):
        assert not np.array_equal(fits[0], fits[2])


def test_the_path_of_penalties_is_that_of_scikit_learn():
    y = (Y == "a").astype(int)
    ours = RidgeLogisticRegression((1.0, 0.1, 0.01)).fit(X, y)
    assert ours.converged_
    assert ours.losses_.shape == (5, 3)
    assert ours.penalty_ == (1.0, 0.1, 0.01)[ours.losses_.mean(axis=0).argmin()]
    # The same objective in scikit-learn's terms: classes weigh the same, weights sum to 1; C is 1 / penalty, but of two
    # classes only one has weights there, twice as large, where here both have them.
    counts = np.bincount(y)
    weights = (1 / (counts + 1))[y]
    theirs = LogisticRegression(C=2 / ours.penalty_, tol=1e-8, max_iter=1000)
    theirs.fit(X.astype(float), y, sample_weight=weights / weights.sum())
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)


def test_a_network_learns_what_no_linear_model_can():
    inside = (np.linalg.norm(X[:, :2], axis=1) < 1).astype(int)
    network = DenseNetwork((16,), learning_rate=0.03, clip_norm=1.0, device="cpu").fit(X, inside)
    assert network.score(X, inside) > 0.85 > RidgeLogisticRegression().fit(X, inside).score(X, inside)
    assert network.n_epochs_ >= network.best_epoch_ >= 1
    assert network.tune_loss_[network.best_epoch_ - 1] == network.tune_loss_.min()


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        (lambda: RidgeLogisticRegression().fit(csr_array(X), Y), "sparse"),
        (
            lambda: RidgeLogisticRegression().fit(np.where(np.arange(90)[:, None] == 4, np.nan, X), Y),
            "sample 4, feature 0 is nan",
        ),
        (lambda: RidgeLogisticRegression().fit(X, np.zeros(90)), "1 class"),
        (lambda: RidgeLogisticRegression((1.0, 0.0)).fit(X, Y), "not positive"),
        (lambda: RidgeLogisticRegression(()).fit(X, Y), "one or more positive numbers"),
        (lambda: RidgeLogisticRegression(0.1).fit(X, Y).predict(X[:, :3]), "3 features"),
        (lambda: ThreeLayerNetwork(learning_rate=0).fit(X, Y), "learning_rate is 0"),
        (lambda: ThreeLayerNetwork(max_epochs=0).fit(X, Y), "max_epochs is 0"),
        (lambda: ThreeLayerNetwork(device="gpu").fit(X, Y), "Unknown device 'gpu'"),
        (lambda: DenseNetwork((0,)).fit(X, Y), "hidden layers"),
        (lambda: DenseNetwork((4,), dropout=1.0).fit(X, Y), "dropout"),
        (lambda: ThreeLayerNetwork().fit(X[:3], ["a", "b", "b"]), "n_samples = 3"),
    ],
    ids=range(12),
)
def test_what_cannot_be_learnt_from_is_refused(fit, said):
    with pytest.raises(InputError, match=said):
        fit()
