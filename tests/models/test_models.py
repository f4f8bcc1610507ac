"""Models by import path: classifiers alone, from allowed packages, with settings that hold; and what makes a model."""

import contextlib
import importlib
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.models import CATALOGUE, check_model, definition, find_model
from linear_signal.models.nearest import nearest_classifier
from linear_signal.models.trees import binned
from tiny_experiment import tiny_plan

KNN = "sklearn.neighbors.KNeighborsClassifier"
OWN = """\
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
class Mine(ClassifierMixin, BaseEstimator):
    def __init__(self, sign=1):
        self.sign = sign
    def fit(self, X, y):
        self.inner_ = LogisticRegression().fit(X, y)
        return self
    def predict(self, X):
        return self.inner_.predict(X)
class Untagged:
    def fit(self, X, y):
        return self
    def predict(self, X):
        return [0] * len(X)
class Halves(Mine):
    def predict(self, X):
        return [0.5] * len(X)
class Short(Mine):
    def predict(self, X):
        return [0]
class Broken(Mine):
    def fit(self, X, y):
        raise RuntimeError("no licence")
"""


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Put modules of a user's own on the path: a good one, and those that end an import in all ways there are."""
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in {
        "own_good": OWN,
        "own_exits": "import sys; sys.exit(3)",
        "own_syntax": "def (:",
        "own_divides": "1/0",
        "own_mark": f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    importlib.invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sklearn.linear_model.Ridge", r"is not a classifier\. Did you mean 'sklearn\.linear_model\.RidgeClassifier'"),
        ("sklearn.svm.SVR(C=2)", r"is not a classifier\. Did you mean 'sklearn\.svm\.SVC'"),
        ("sklearn.ensemble.RandomForestRegressor", r"Did you mean 'sklearn\.ensemble\.RandomForestClassifier'"),
        ("sklearn.svm.SVC(gamma='foo')", r"refuses its settings: .*'gamma' parameter of SVC must be .*Got 'foo'"),
        ("sklearn.linear_model.LogisticRegression(C=-1)", r"refuses its settings: .*'C' parameter"),
        (f"{KNN}(**{{'n_neighbors': 1}})", r"\*\* cannot stand for them"),
        (f"{KNN}(n_neighbors=1, n_neighbors=3)", r"setting n_neighbors is there twice"),
        (f"{KNN}(3)", r"settings need names"),
        (f"{KNN}()()", r"no path of names and dots"),
        (f"{KNN}(n_neighbors=__import__('os').getpid())", r"cannot be read"),
        (f"{KNN}(n_neighbors={'-' * 900}1)", r"refuses its settings|cannot be read"),
        (f"{KNN}(n_neighbors={'9' * 5000})", r"has 5,\d+ characters; 1,000 are allowed"),
        (
            "sklearn.pipeline.Pipeline(steps=[])",
            r"is not a classifier\. Name .*; a pipeline, .*in a class of your own.*allow_models",
        ),
        ("sklearn.pipeline.Pipeline", r"It needs steps: .*a class of your own.*allow_models"),
        ("sklearn.model_selection.GridSearchCV(estimator=None, param_grid={})", r"'sklearn\.model_selection\.GridSearchCV'"),
        ("sklearn.multiclass.OneVsRestClassifier", r"It needs estimator: .*a class of your own.*allow_models"),
        ("os.system('true')", r"settings need names"),
        ("os.system", r"in the package 'os'\. .*only scikit-learn's.*-y 'allow_models: \[os\]'"),
        ("antigravity.X", r"in the package 'antigravity'"),
        ("sklearn.tests.no_such_module.X", r"cannot be imported: No module named"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_in_one_sentence(name, part):
    with pytest.raises(InputError, match=part) as refused:
        find_model(name)
    assert len(str(refused.value)) < 900


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sklearn.linear_model.LogisticRegression(l1_ratio=1)", r"cannot be fitted: ValueError"),
        ("sklearn.svm.SVC(kernel='precomputed')", r"cannot be fitted: ValueError"),
        (f"{KNN}(n_neighbors=10000)", r"cannot be fitted: ValueError"),
        ("own_good.Broken", r"own_good\.Broken .*cannot be fitted: RuntimeError: no licence"),
        ("own_good.Halves", r"predicts \[0\.5, 0\.5, 0\.5\]"),
        ("own_good.Short", r"in the shape \(1,\)"),
    ],
)
def test_what_only_a_fit_can_tell_is_told_before_a_plan_is_made(modules, name, part):
    find_model(name, ["own_good"])
    with pytest.raises(InputError, match=part):
        check_model(name, ["own_good"])


def test_settings_for_larger_data_than_the_made_up_ones_are_taken():
    assert check_model(f"{KNN}(n_neighbors=200)").settings == {"n_neighbors": 200}


def test_nothing_is_imported_that_was_not_allowed(modules):
    with pytest.raises(InputError, match=r"in the package 'own_mark'"):
        find_model("own_mark.X", ["own_good"])
    assert "own_mark" not in sys.modules
    assert not (modules / "ran").exists()
    with pytest.raises(InputError, match=r"'own_mark\.X' cannot be imported"):
        find_model("own_mark.X", ["own_mark"])
    with pytest.raises(InputError, match=r"allow_models names 'own good'; name packages"):
        find_model("own_good.Mine", ["own good"])


@pytest.mark.parametrize("module", ["own_exits", "own_syntax", "own_divides"])
def test_whatever_an_import_raises_ends_in_a_sentence(modules, module):
    with pytest.raises(InputError, match=rf"Model '{module}\.X' cannot be imported: \w+"):
        find_model(f"{module}.X", [module])


def test_a_class_without_tags_is_told_what_to_derive_from(modules):
    with pytest.raises(InputError, match=r"own_good\.Untagged.*derives from sklearn\.base\.ClassifierMixin and"):
        find_model("own_good.Untagged", ["own_good"])


def test_a_name_that_is_near_no_classifier_gets_no_wild_guess():
    assert nearest_classifier("sklearn.preprocessing.Qqqqqqqq").startswith(" Name the import path of a classifier;")


@pytest.mark.parametrize("name", [*CATALOGUE, "dense(64, 64, dropout=0.5)"])
def test_the_definition_of_a_model_is_every_attribute_of_it(name):
    plain = json.loads(json.dumps(definition(name)))
    assert plain == definition(name)
    assert set(plain) == {"kind", *vars(find_model(name))}


def test_definitions_of_different_models_differ():
    names = [
        *CATALOGUE,
        "dense(64)",
        "dense(64, 64)",
        KNN,
        f"{KNN}(n_neighbors=1)",
        f"{KNN}(n_neighbors=True)",
        "sklearn.svm.SVC",
    ]
    assert len({json.dumps(definition(name)) for name in names}) == len(names)
    assert definition(KNN)["package"].startswith("scikit-learn 1.")


def test_what_the_key_of_a_unit_is_made_of_holds_the_definition(monkeypatch):
    before = tiny_plan(models=["three_layer"]).units[0]
    assert before.settings["definition"] == definition("three_layer")
    monkeypatch.setitem(CATALOGUE, "three_layer", CATALOGUE["five_layer"])
    assert tiny_plan(models=["three_layer"]).units[0].key != before.key


def test_networks_are_named_by_their_layers():
    assert find_model("dense(64, 32)").widths(5000, 7) == (5000, 64, 32, 7)
    assert find_model("dense( 8,batch_norm=True, dropout=0.2 )").hidden == (8,)


@pytest.mark.parametrize(
    "name",
    [
        *("dense", "dense()", "dense(0)", "dense(-3)", "dense(200000)", "dense(64.0)", "dense(True)", "dense(64)(3)"),
        *("dense(64, 64", "dense(64, width=3)", "dense(*[3])", "dense(64, **{})", f"dense({'1,' * 999})"),
        *("dense(64, dropout=1.0)", "dense(64, dropout='a')", "dense(64, dropout=0.1, dropout=0.2)"),
        "dense(__import__('os').getpid())",
    ],
)
def test_networks_that_cannot_be_are_refused_in_a_sentence(name):
    with pytest.raises(InputError, match=r"(?s)dense.*dense\(64, 64\)|characters"):
        check_model(name)


RUN = """\
import sys; sys.path[:0] = {paths!r}
from tiny_experiment import tiny_task, tiny_design
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
design = tiny_design(fractions=(1.0,))
settings = dict(signals=["full"], seeds=[0], design=design)
plan = make_plan([tiny_task()], models=[{model!r}], allow_models=["own_pack"], **settings)
for _ in range(2):
    done = run(plan, store=ResultsStore({store!r}), device="cpu", say=None)
    print(done.n_computed, done.n_reused, round(done.fits.balanced_accuracy.mean(), 6))
"""


def test_editing_a_classifier_of_ones_own_yields_new_numbers(tmp_path, monkeypatch):
    package = tmp_path / "own_pack"
    package.mkdir()
    (package / "__init__.py").write_text("from own_pack.inside import Mine\n")
    good = "from sklearn.linear_model import LogisticRegression\nclass Mine(LogisticRegression):\n    pass\n"
    bad = f"{good}    def predict(self, X):\n        return 1 - super().predict(X)\n"

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    paths = [str(tmp_path), *(path for path in sys.path if path.endswith("support"))]
    script = RUN.format(paths=paths, model="own_pack.Mine", store=str(tmp_path / "store"))

    def in_this_process():
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(script, {})
        return said.getvalue()

    def in_the_next_one():
        done = subprocess.run([sys.executable, "-B", "-c", script], text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def numbers(said):
        rows = map(str.split, said.splitlines())
        return [(int(computed), int(reused), float(mean)) for computed, reused, mean in rows]

    (package / "inside.py").write_text(good)
    first, again = numbers(in_this_process())
    assert first[:2] == (3, 0)
    assert again == (0, 3, first[2]), "the same source: what is stored is taken"
    (package / "inside.py").write_text(bad)
    edited, _ = numbers(in_the_next_one())
    assert edited[:2] == (3, 0)
    np.testing.assert_allclose(edited[2], 1 - first[2], atol=1e-5)


def test_a_unit_is_not_computed_with_another_source_than_its_key_says(modules):
    from dataclasses import replace

    import torch

    from linear_signal.experiment.compute import compute

    unit = tiny_plan(models=[KNN]).units[0]
    other = replace(unit, definition=unit.definition | {"source": "of yesterday"})
    with pytest.raises(InputError, match="is not the same where it was planned and where it is computed"):
        compute(other, device=torch.device("cpu"))


def test_trees_bin_genes_in_their_order_and_fill_bins_equally():
    random = np.random.default_rng(0)
    values, others = random.normal(size=(1000, 3)).astype(np.float32), random.normal(size=(50, 3)).astype(np.float32)
    values[:, 1] = np.maximum(values[:, 1], 0)  # half of them are zeros
    codes, other_codes = binned(values, others, n_bins=100)
    for gene in range(3):
        everything = np.concatenate([values[:, gene], others[:, gene]])
        numbers = np.concatenate([codes[:, gene], other_codes[:, gene]])
        assert (np.diff(numbers[np.argsort(everything)].astype(int)) >= 0).all()
    assert set(np.bincount(codes[:, 0])) == {10}
    assert len(np.unique(codes[values[:, 1] == 0, 1])) == 1


@pytest.mark.parametrize("n_samples", [60, 600])
def test_trees_learn_what_scikit_learns_trees_learn(n_samples):
    random = np.random.default_rng(1)
    features = random.normal(size=(2 * n_samples, 5)).astype(np.float32)
    classes = (features[:, 0] * features[:, 1] > 0).astype(np.int64)
    halves = features[:n_samples], classes[:n_samples], features[n_samples:]
    trees = find_model("boosted_trees")
    plain = find_model(f"{trees.path}(max_depth=3, max_bins=64)")
    (ours, _), (theirs, _) = (model.fit_and_predict(*halves, n_classes=2, seed=0) for model in (trees, plain))
    agree = (ours == theirs).mean()
    assert agree == 1 if n_samples < trees.n_bins else agree > 0.95
    assert n_samples < trees.n_bins or (ours == classes[n_samples:]).mean() > 0.8
    assert definition("boosted_trees") != definition(f"{trees.path}(max_depth=3, max_bins=64)")
