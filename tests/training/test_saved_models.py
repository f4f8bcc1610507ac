"""Saved models predict what the results say, in another process and on samples in any form; what cannot be is refused."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file, save_file

import stranger
from linear_signal.book.chapter import check_settings
from linear_signal.book.parameters import Parameters
from linear_signal.crossvalidation.model_folder import ModelFolder
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.datasets import load_gtex
from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.data.tasks import make_task
from linear_signal.errors import InputError
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.models import CATALOGUE, Network, find_model
from linear_signal.training.loop import Member, train
from linear_signal.training.saved_models import architecture_of, load_model, read_record, save_model
from linear_signal.training.settings import TrainingSettings
from stored_tables import bytes_of_results, files_of
from tiny_experiment import tiny_plan, tiny_task, with_fractions

TREE = "sklearn.tree.DecisionTreeClassifier"


def saved(plan, folder, workers=1, say=None):
    return run(
        plan,
        store=ResultsStore(folder / "store"),
        device="cpu",
        workers=workers,
        by_products=ModelFolder(folder / "models"),
        say=say,
    )


def for_a_stranger(folder, results, table):
    """Write what a stranger is given: the expression, what was predicted, the folder of models."""
    results.from_store("predictions").to_parquet(folder / "predictions.parquet")
    table.to_parquet(folder / "expression.parquet")
    return [str(folder / name) for name in ("expression.parquet", "predictions.parquet", "models")]


def as_table(dataset):
    return pd.DataFrame(dataset.expression, index=dataset.sample_ids, columns=dataset.gene_ids)


SAVABLE = [*(name for name in CATALOGUE if name != "boosted_trees"), "dense(5, 4)"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Compute all models of the registry with either signal, with their models kept."""
    folder = tmp_path_factory.mktemp("models")
    plan = tiny_plan(models=SAVABLE, max_epochs=12, learning_rate_range=(1e-3, 3e-2), weight_decay_range=(1e-6, 1e-2))
    return folder, plan, saved(plan, folder)


@pytest.fixture(scope="module")
def gtex(tmp_path_factory):
    """Compute two models on the miniature in GTEx's formats, whose genes are scaled when they are read."""
    folder = tmp_path_factory.mktemp("gtex")
    expression, attributes = write_gtex_miniature(folder / "files", n_donors=12, n_genes=100)
    dataset = load_gtex(expression, attributes, n_genes=30)
    raw = pd.read_csv(expression, sep="\t", skiprows=2, index_col=0).drop(columns="Description").T
    task = make_task(dataset, name="pair", labels=sorted(set(dataset.column("label")))[:2], group="donor")
    plan = tiny_plan(tasks=[task], models=["exact_logistic_regression", "five_layer"], fractions=(1.0,))
    return folder, dataset, raw, saved(plan, folder)


@pytest.fixture
def model(tiny):
    folder, plan, _ = tiny
    unit = next(unit for unit in plan.units if (unit.model, unit.signal) == ("five_layer", "full"))
    return load_model(folder / "models" / f"{unit.key}-fraction-1.0.safetensors")


def test_all_models_predict_in_a_fresh_process_what_the_results_say(tiny):
    folder, plan, results = tiny
    assert len(list((folder / "models").iterdir())) == plan.n_fits == 96
    # Nobody is served by a comparison of constant predictions.
    assert (results.fits.groupby("model")["balanced_accuracy"].max() > 0.6).all()
    arguments = for_a_stranger(folder, results, as_table(tiny_task().dataset))
    command = [sys.executable, "-W", "error", stranger.__file__, *arguments, ""]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(results.from_store("predictions")) > 0


def test_raw_values_are_scaled_as_the_data_set_was(gtex):
    folder, dataset, raw, results = gtex
    checked = stranger.check(*for_a_stranger(folder, results, raw), "raw")
    assert checked == len(results.from_store("predictions")) > 0
    path = next((folder / "models").glob("*.safetensors"))
    one = load_model(path)
    assert one.gene_ids == tuple(dataset.gene_ids)
    np.testing.assert_array_equal(one.features(raw.loc[dataset.sample_ids], values="raw"), dataset.expression)
    np.testing.assert_array_equal(one.features(as_table(dataset), values="scaled"), dataset.expression)
    with pytest.raises(InputError, match=r"trained on genes scaled to \[0, 1\].*values='raw'.*values='scaled'"):
        one.features(raw)
    with pytest.raises(InputError, match=r"Unknown values 'row'; did you mean 'raw'\? Allowed: raw, scaled"):
        one.features(raw, values="row")


@pytest.fixture(scope="module")
def one_fold(tiny):
    """The first fold of every model and signal, and what is stored of it, computed with all others."""
    folder, plan, _ = tiny
    some = CrossValidationPlan(plan.units[::3], plan.design)
    keys = {f"{unit.key}.zip" for unit in some.units}
    assert len(keys) == 16
    return some, {place: content for place, content in bytes_of_results(folder / "store").items() if place[0] in keys}


def test_keeping_models_changes_no_byte_of_the_results(one_fold, tmp_path):
    plan, with_models = one_fold
    run(plan, store=ResultsStore(tmp_path), device="cpu", say=None)
    assert bytes_of_results(tmp_path) == with_models


def test_two_workers_save_the_same_results_and_weights(tiny, one_fold, tmp_path):
    plan, with_one = one_fold
    saved(plan, tmp_path, workers=2)
    assert bytes_of_results(tmp_path / "store") == with_one
    paths = sorted((tmp_path / "models").iterdir())
    assert len(paths) == 32
    for path in paths:
        ours, theirs = load_file(path), load_file(tiny[0] / "models" / path.name)
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name])


def test_a_file_says_what_it_is(tiny):
    folder, plan, results = tiny
    unit = next(unit for unit in plan.units if (unit.model, unit.signal) == ("three_layer", "removed"))
    one = load_model(folder / "models" / f"{unit.key}-fraction-0.5.safetensors")
    found = results.trace(unit.key)
    assert one.record["architecture"] == {
        "kind": "network",
        "widths": [12, 6, 3, 2],
        "activation": "relu",
        "batch_norm": False,
        "batch_norm_epsilon": 1e-5,
        "dropout": 0.5,
        "loss": "cross_entropy",
    }
    assert (one.class_names, one.signal, one.record["fraction"]) == (("A", "B"), "removed", 0.5)
    assert one.gene_ids == tuple(tiny_task().dataset.gene_ids)
    assert one.record["key"] == unit.key
    assert one.record["settings"] == found.settings
    chosen = found.fits[["learning_rate", "weight_decay"]].iloc[0]
    assert one.record["hyperparameters"] == chosen.to_dict()
    assert one.record["run"]["code"] == found.code
    assert one.record["run"]["data"]["fingerprint"] == tiny_task().fingerprint
    assert one.record["best_epoch"] == found.fits.set_index("fraction")["best_epoch"][0.5]
    assert {name: array.shape for name, array in one.state.items()} == {
        "layers.0.weight": (6, 12),
        "layers.0.bias": (6,),
        "layers.1.weight": (3, 6),
        "layers.1.bias": (3,),
        "layers.2.weight": (2, 3),
        "layers.2.bias": (2,),
    }
    assert one.scaling is None


def test_a_table_is_aligned_by_gene(model):
    table = as_table(tiny_task().dataset)
    expected = model.scores(table.to_numpy())
    assert expected.shape == (60, 2)
    turned = table.iloc[:, ::-1].assign(another=1.0)
    np.testing.assert_array_equal(model.scores(turned), expected)
    np.testing.assert_array_equal(model.scores(table.astype(np.float64)), expected)
    assert model.predict(table).tolist() == [model.class_names[place] for place in expected.argmax(axis=1)]


@pytest.mark.parametrize(
    ("made", "part"),
    [
        (lambda t: t.drop(columns=["L00001", "N00007"]), r"2 of the 12 genes .* 'L00001', 'N00007'\. Every gene is needed"),
        (lambda t: t.iloc[:, :5], r"7 of the 12 genes .*: 'L00005', 'N00006', 'N00007' and 4 more"),
        (lambda t: t.T, r"12 of the 12 genes .* They are in its index: pass table\.T"),
        (lambda t: pd.concat([t, t[["L00001"]]], axis=1), r"genes of the model twice: 'L00001'"),
        (lambda t: t.assign(L00002=np.nan), r"sample 'S00000', gene 'L00002' is nan; 59 more values are missing"),
        (lambda t: t.assign(L00002=np.inf), r"gene 'L00002' is inf"),
        (lambda t: t.assign(L00002=1e39), r"gene 'L00002' is 1e\+39"),
        (lambda t: t.assign(L00002="high"), r"columns 'L00002' hold no numbers"),
        (lambda t: t.iloc[:0], r"no samples to predict"),
        (lambda t: t.to_numpy()[:, :5], r"shape \(60, 5\); samples x 12 genes are needed, in the order of model\.gene_ids"),
        (lambda t: t.to_numpy()[0], r"shape \(12,\); samples x 12 genes"),
        (lambda t: t.to_numpy().astype(str), r"values of type <U\d+; numbers are needed"),
        (lambda t: t.to_numpy().tolist(), r"Expression is a list; a pandas table or a NumPy array"),
    ],
)
def test_samples_that_cannot_be_predicted_are_refused(model, made, part):
    with pytest.raises(InputError, match=part):
        model.predict(made(as_table(tiny_task().dataset)))


def test_a_model_and_its_samples_agree_on_the_removal(tiny, model):
    folder, plan, _ = tiny
    table = as_table(tiny_task().dataset)
    for unit in plan.units:
        if unit.signal == "removed":
            one = load_model(folder / "models" / f"{unit.key}-fraction-1.0.safetensors")
            with pytest.raises(
                InputError, match=r"trained with the linear signal removed.*predictions mean nothing.*labels"
            ):
                one.predict(table)
            samples = remove_linear_signal(one.features(table), tiny_task().classes)
            assert len(one.predict(samples, signal_removed=True)) == 60
    with pytest.raises(InputError, match=r"trained with full signal, but signal_removed=True"):
        model.predict(table, signal_removed=True)
    with pytest.raises(InputError, match=r"trained on values as they are, without scaling"):
        model.predict(table, values="scaled")


def without_ours(path):
    save_file({"weight": np.zeros(3, dtype=np.float32)}, path)


def with_other_weights(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def with_other_genes(path):
    path.write_bytes(path.read_bytes().replace(b"L00001", b"L00009"))


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-10]), r"cannot be read as a model.*cut short"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), r"cannot be read as a model"),
        (lambda path: path.write_bytes(b""), r"cannot be read as a model"),
        (lambda path: path.write_text("<html>not found</html>"), r"cannot be read as a model"),
        (without_ours, r"was not written by this program.*None.*'linear-signal model 1' is needed"),
        (with_other_weights, r"is damaged: its content is not what was written"),
        (with_other_genes, r"is damaged"),
        (lambda path: path.unlink(), r"There is no model at"),
    ],
)
def test_a_file_that_is_not_whole_or_not_ours_is_refused(model, tmp_path, damage, part):
    path = tmp_path / "one.safetensors"
    path.write_bytes(model.path.read_bytes())
    load_model(path)
    damage(path)
    with pytest.raises(InputError, match=part):
        load_model(path)


def test_units_without_their_models_are_computed_again_and_said(tmp_path):
    plan = tiny_plan(models=["logistic_regression", "exact_logistic_regression"], signals=["full"])
    store = ResultsStore(tmp_path / "store")
    run(plan, store=store, device="cpu", say=None)
    said = []
    again = saved(plan, tmp_path, say=said.append)
    assert (again.n_reused, again.n_computed) == (0, 6)
    assert f"6 of them have no models in {tmp_path / 'models'}; they are computed again, to keep them." in said
    before = files_of(tmp_path / "models")
    assert len(before) == 12
    assert saved(plan, tmp_path).n_computed == 0
    # A model that is torn or gone, and one that stems from another computation than the stored result.
    torn, gone, other = sorted((tmp_path / "models").iterdir())[0:6:2]
    torn.write_bytes(torn.read_bytes()[:-1])
    gone.unlink()
    assert saved(plan, tmp_path).n_computed == 2
    archive = store.path(other.name.partition("-")[0])
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist()}
    members["run.json"] = json.dumps(json.loads(members["run.json"]) | {"seconds": 1e6}).encode()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    assert saved(plan, tmp_path).n_computed == 1
    assert files_of(tmp_path / "models").keys() == before.keys()
    assert read_record(other)["run"]["seconds"] < 1e6
    assert saved(plan, tmp_path).n_computed == 0
    # Two models of one computation under each other's names.
    first, second = sorted((tmp_path / "models").iterdir())[:2]
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    assert saved(plan, tmp_path).n_computed == 1
    assert all(path.stem.endswith(f"fraction-{read_record(path)['fraction']}") for path in (first, second))


def test_a_fit_that_was_impossible_has_no_model(tmp_path):
    plan = with_fractions(tiny_plan(models=["logistic_regression"], signals=["full"]), (0.02, 1.0))
    assert saved(plan, tmp_path).fits.balanced_accuracy.isna().sum() == 3
    assert all(path.name.endswith("-fraction-1.0.safetensors") for path in (tmp_path / "models").iterdir())
    assert saved(plan, tmp_path).n_computed == 0


def test_a_scikit_learn_classifier_is_refused_before_any_compute(tmp_path):
    with pytest.raises(InputError, match=rf"The model {TREE} cannot be saved.*leave save_models empty"):
        saved(tiny_plan(models=["logistic_regression", TREE]), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_chapter_finds_it_before_its_data_are_read(tmp_path):
    design = tiny_plan().design.as_dict()
    values = {
        **design,
        **design["training"],
        "device": "cpu",
        "execution": "local",
        "workers": 1,
        "models": [TREE],
        "save_models": str(tmp_path),
    }
    with pytest.raises(InputError, match="cannot be saved"):
        check_settings(Parameters(values, {}))
    check_settings(Parameters(values | {"models": ["linear_svm"]}, {}))
    check_settings(Parameters(values | {"save_models": ""}, {}))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file, which is a file"):
        check_settings(Parameters(values | {"models": ["linear_svm"], "save_models": str(tmp_path / "file")}, {}))


def test_a_full_disk_is_named_and_the_result_stays(tmp_path, monkeypatch):
    plan = tiny_plan(models=["logistic_regression"], signals=["full"])
    move = Path.replace

    def failing(path, target):
        if str(target).endswith(".safetensors"):
            raise OSError(28, "No space left on device")
        return move(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(InputError, match=r"A model could not be written to .*models: No space left on device.*save_models"):
        saved(plan, tmp_path)
    monkeypatch.undo()
    assert not list((tmp_path / "models").iterdir())
    assert len(list((tmp_path / "store").glob("*.zip"))) == 1
    assert saved(plan, tmp_path).problems == ()
    assert len(list((tmp_path / "models").iterdir())) == 6


def test_a_scaling_of_other_genes_is_refused():
    dataset = tiny_task().dataset
    fields = {name: getattr(dataset, name) for name in dataset.__dataclass_fields__}
    ranges = np.zeros(5, dtype=np.float32)
    with pytest.raises(InputError, match=r"the scaling is of 5 genes, the expression of 12"):
        Dataset(**fields | {"scaling": ZeroOneScaling(minimum=ranges, maximum=ranges)})
    fitting = np.zeros(12, dtype=np.float32)
    scaled = Dataset(**fields | {"scaling": ZeroOneScaling(minimum=fitting, maximum=fitting)})
    assert scaled.fingerprint == dataset.fingerprint


@pytest.mark.parametrize("name", [name for name in SAVABLE if isinstance(find_model(name), Network)])
def test_the_scores_of_a_loaded_network_are_those_of_the_trained_one(tmp_path, name):
    random = np.random.default_rng(3)
    classes = np.arange(60) % 3
    values = random.normal(size=(60, 16)).astype(np.float32) + classes[:, None].astype(np.float32)
    member = Member(
        names=("a", name),
        fit_rows=np.arange(30),
        tune_rows=np.arange(30, 45),
        judge_rows=np.arange(45, 60),
        learning_rate=1e-2,
        weight_decay=1e-4,
    )
    settings = TrainingSettings(max_epochs=5)
    arguments = (torch.from_numpy(values), torch.from_numpy(classes), [member], find_model(name))
    (trained,) = train(*arguments, n_classes=3, settings=settings, keep_states=True)
    (without,) = train(*arguments, n_classes=3, settings=settings)
    assert without.state == {}
    np.testing.assert_array_equal(without.scores, trained.scores)
    record = {
        "architecture": architecture_of(find_model(name), n_genes=16, n_classes=3),
        "gene_ids": [f"g{gene}" for gene in range(16)],
        "class_names": list("ABC"),
        "signal": "full",
        "pretraining": "none",
    }
    save_model(tmp_path / "one.safetensors", state=trained.state, record=record, scaling=None)
    scores = load_model(tmp_path / "one.safetensors").scores(values[45:])
    np.testing.assert_allclose(scores, trained.scores, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("condition", "signal", "pretraining"),
    [
        ("full", "full", "none"),
        ("removed", "removed", "none"),
        ("removed_full_dataset", "removed_on_all_data", "none"),
        ("not_pretrained", "full", "none"),
        ("pretrained", "full", "pretrained"),
    ],
)
def test_a_model_that_was_saved_with_a_condition_still_loads(tmp_path, condition, signal, pretraining):
    record = {
        "architecture": architecture_of(find_model("exact_logistic_regression"), n_genes=3, n_classes=2),
        "gene_ids": ["a", "b", "c"],
        "class_names": ["A", "B"],
        "condition": condition,
    }
    state = {"weights": np.eye(3, 2), "intercepts": np.zeros(2)}
    save_model(tmp_path / "old.safetensors", state=state, record=record, scaling=None)
    model = load_model(tmp_path / "old.safetensors")
    assert (model.signal, model.pretraining) == (signal, pretraining)
    assert read_record(tmp_path / "old.safetensors")["signal"] == signal
    answers = model.predict(np.eye(3, dtype=np.float32)[:2], signal_removed=signal != "full")
    assert list(answers) == ["A", "B"]
