"""Plans of chapters without a run: they are those of their own cells, and the table says what its hours rest on."""

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.book import plan_speeds, plan_table
from linear_signal.book.__main__ import main
from linear_signal.book.chapter_plan import plans_of
from linear_signal.book.parameter_files import declared_parameters, parameters_cell, parameters_of_file
from linear_signal.book.parameters import check_given
from linear_signal.book.plan_speeds import Speed, hours_of, speeds
from linear_signal.book.plan_table import ChapterPlan, planned_chapters, print_plan, table_of
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.crossvalidation.sizes import Work, work_of
from linear_signal.crossvalidation.speed import Pace, calibrate, made_up_units, memory_bound
from linear_signal.data.dataset import Dataset
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tasks import make_task
from linear_signal.data.transfer import transfer_tasks
from linear_signal.errors import InputError
from linear_signal.experiment.execution import find_execution
from linear_signal.experiment.expected_time import ExpectedTime
from linear_signal.experiment.plan import Plan
from linear_signal.studies.heil2023.published import published_curves
from tiny_experiment import tiny_design

PROJECT = Path(__file__).parents[2]
TREE = "sklearn.tree.DecisionTreeClassifier(max_depth=2)"


def even_dataset(name="even", n_samples=60):
    """Make a dataset whose every sample is its own group, so that all folds have one size."""
    ids = np.array([f"{name} {number}" for number in range(n_samples)])
    return Dataset(
        name=name,
        expression=np.random.default_rng(0).random((n_samples, 8)),
        samples=pd.DataFrame({"label": np.array(["A", "B"])[np.arange(n_samples) % 2]}, index=ids),
        gene_ids=np.array([f"g{number}" for number in range(8)]),
        source="made by a test",
        synthetic=True,
    )


def even_task(split="group"):
    if split == "transfer":
        sides = (make_task(dataset, name="A vs B", group=None) for dataset in (even_dataset(), even_dataset("odd", 45)))
        return transfer_tasks(*sides, names=("even to odd", "odd to even"))[0]
    return make_task(even_dataset(), name="A vs B", group=None)


@pytest.mark.parametrize(
    ("signals", "pretraining", "design"),
    [
        (("full", "removed"), ("none",), {"n_folds": 5, "n_inner_folds": 4, "n_trials": 3}),
        (("full",), ("none",), {"n_folds": 5, "split": "transfer", "fractions": (1.0,)}),
        (("full", "removed"), ("none", "pretrained"), {"n_folds": 5, "n_trials": 0}),
        (("full",), ("pretrained",), {"n_folds": 3, "n_trials": 0}),
    ],
)
def test_the_work_of_a_unit_has_the_sizes_of_its_folds(signals, pretraining, design):
    pretrains, which = "pretrained" in pretraining, {"signals": signals, "pretraining": pretraining}
    models = ["logistic_regression", "five_layer"] + ([] if pretrains else ["exact_logistic_regression", TREE])
    task, design = even_task(design.get("split", "group")), tiny_design(**design)
    plan = make_plan([task], models=models, **which, seeds=range(2), design=design)
    for unit in plan.units:
        work = work_of(unit)
        folds = design.split.folds(task, n_folds=design.n_folds, seed=unit.seed)
        fold = design.split.with_pretraining(folds, unit.fold) if pretrains else folds[unit.fold]
        assert work.train == pytest.approx(len(fold.train))
        assert work.pretrain == pytest.approx(len(fold.pretrain) if unit.pretraining == "pretrained" else 0)
        (inner,) = design.split.inner_folds(folds, unit.fold, n_inner=1)
        assert work.inner == pytest.approx(len(inner.train))


def work(model="three_layer", *, genes=100, classes=2, samples=1000, pretrain=0.0, **design):
    design = tiny_design(**design)
    train = samples * (1 - 1 / design.n_folds) - pretrain
    inner = samples * (1 - 2 / design.n_folds)
    sizes = {"genes": genes, "classes": classes, "train": train, "inner": inner, "pretrain": pretrain}
    return Work(model=model, design=design, **sizes)


def test_pretraining_adds_one_training_to_those_of_the_fractions():
    after = work(pretrain=1000 / 3, n_trials=0)
    before = replace(after, pretrain=0.0)
    added = Pace(per_step=1.0, per_member=0.5).seconds(after) - Pace(per_step=1.0, per_member=0.5).seconds(before)
    epochs, steps = 3, 1000 / 3 * 0.8 / 16
    assert added == pytest.approx(epochs * steps * 1.5)


def test_fits_without_steps_grow_by_their_power_and_from_some_size_on_in_proportion():
    pace = Pace(per_fit=1.0, samples=100, exponent=2.0, linear_from=200)
    few, many = (work("exact_logistic_regression", n_trials=0, fractions=(1.0,), samples=samples) for samples in (225, 1200))
    assert pace.seconds(few) == pytest.approx(1.5**2)
    assert pace.seconds(many) == pytest.approx(2**2 * 4)


def test_the_bound_from_memory_traffic_counts_every_weight_once_a_step():
    # 100 x 50 + 50 x 25 + 25 x 2 weights, 40 bytes each.
    pace = memory_bound(work("three_layer"), bandwidth=1e9)
    assert pace == Pace(per_member=40 * (5000 + 1250 + 50) / 1e9)
    assert memory_bound(work("logistic_regression"), bandwidth=1e9) == Pace(per_member=40 * 200 / 1e9)
    assert memory_bound(work("exact_logistic_regression"), bandwidth=1e9) is None
    assert memory_bound(work(TREE), bandwidth=1e9) is None


def test_made_up_values_have_the_sizes_of_the_work_and_say_what_they_are():
    works = [work(), work("exact_logistic_regression"), work(classes=31, split="transfer")]
    first, second, third = made_up_units(works)
    assert first.task is second.task
    assert [work_of(unit).kind for unit in (first, second, third)] == [each.kind for each in works]
    assert first.task.dataset.synthetic
    assert "made up" in first.task.dataset.source
    assert third.task.n_classes == len(set(third.task.classes.tolist())) == 31


def test_every_kind_is_calibrated_on_made_up_values():
    works = [work("logistic_regression"), work("exact_logistic_regression", n_trials=3), work(TREE)]
    with find_execution(device="cpu") as place:
        paces = calibrate(made_up_units(works), place, seconds=0.3)
    assert set(paces) == {each.kind for each in works}
    assert all(paces[each.kind].seconds(each) > 0 for each in works)


def test_sizes_without_values_are_those_of_the_published_data():
    gtex = open_gtex("download", folder="nowhere", n_genes=7, sizes_only=True)
    assert (gtex.n_samples, gtex.n_genes, gtex.samples.label.nunique(), gtex.samples.donor.nunique()) == (17_362, 7, 30, 948)
    recount3 = open_recount3("recount3", folder="nowhere", n_genes=7, sizes_only=True).tissues()
    assert recount3.samples.label.nunique() == 21
    assert recount3.n_samples == pytest.approx(published_samples("recount_multiclass_combined")["all tissues"], rel=0.01)
    for pair, samples in published_samples("recount_binary_combined").items():
        assert recount3.samples.label.isin(pair.split(" vs ")).sum() == pytest.approx(samples, rel=0.07)
    sexes = open_recount3("recount3", folder="nowhere", n_genes=7, sizes_only=True).sexes()
    assert sexes.n_samples == pytest.approx(published_samples("sex_prediction_combined")["sex"], abs=1)


def published_samples(figure):
    """Return the samples behind the tasks of a published figure: the largest training set is four fifths of them."""
    curves = published_curves(figure)
    largest = curves[curves.split == "group"].groupby(curves.task.str.casefold()).train_samples.max()
    return {task: round(samples / 0.8) for task, samples in largest.items()}


@pytest.mark.parametrize("chapter", sorted(path.stem for path in (PROJECT / "notebooks").glob("*.py")))
def test_the_plans_of_every_chapter_are_its_own_and_fetch_nothing(chapter, tmp_path, monkeypatch):
    monkeypatch.setattr("requests.sessions.Session.request", lambda *_, **__: pytest.fail("fetched"))
    source, file = PROJECT / "notebooks" / f"{chapter}.py", PROJECT / "params/paper" / f"{chapter}.yaml"
    paper = parameters_of_file(source, file).as_dict()
    # Counting is the same with few genes, and takes little memory.
    sizes = {"n_genes": 20, "n_features": 20, "n_targets": 10}
    small = {name: size for name, size in sizes.items() if name in paper} | {"results_folder": str(tmp_path / "results")}
    plans = plans_of(source, check_given(parameters_cell(source), paper | small))
    assert all(plan.n_fits > 0 for plan in plans)
    assert bool(plans) == ("page.run(" in source.read_text())
    assert not (tmp_path / "results").exists()


def test_the_plans_of_a_chapter_follow_its_parameters(tmp_path):
    chapter = PROJECT / "notebooks/20_gtex.py"
    mine = "source: download\nn_genes: 20\ntissues: [Lung, Blood, Brain]\nn_seeds: 2\nn_trials: 0\nfractions: [0.5]\n"
    (tmp_path / "mine.yaml").write_text(mine)
    parameters = parameters_of_file(chapter, tmp_path / "mine.yaml")
    (plan,) = plans_of(chapter, parameters)
    sizes = {unit.task.name: len(unit.task.classes) for unit in plan.units}
    assert sizes == {
        "Blood vs Brain": 929 + 2642,
        "Blood vs Lung": 929 + 578,
        "Brain vs Lung": 2642 + 578,
        "all tissues": 17_362,
    }
    n_models = len(parameters.models)
    assert (plan.n_fits, plan.n_tuning_fits) == (4 * 2 * n_models * 2 * 5, 0)


def chapter_plan(name="20_gtex", n_seeds=1):
    models = ("three_layer", "exact_logistic_regression")
    plan = make_plan([even_task()], models=models, signals=("full",), seeds=range(n_seeds), design=tiny_design())
    return ChapterPlan(name=name, file=Path("params/paper") / f"{name}.yaml", plans=(plan,))


def speed(seconds, *, at_once=1, measured=True):
    paces = {each.kind: Pace(per_fit=seconds) for each in chapter_plan().works}
    return Speed(paces=paces, at_once=lambda works: at_once, measured=measured)


def test_the_table_has_a_row_per_chapter_and_one_for_all():
    chapters = [chapter_plan(), chapter_plan("30_recount3", n_seeds=2)]
    lines = table_of(chapters, cpu=speed(1.0, at_once=2), gpu=speed(1.0, measured=False))
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    # 40 training samples and 20 in an inner fold: half and all of the ones, and two trials of the others.
    hours = 6 * (20 + 40 + 2 * 20) / 3600
    assert rows[0] == ["chapter", "fits", "tuning fits", "CPU hours", "GPU hours"]
    assert rows[1] == ["20_gtex", "12", "12", f"{hours / 2:.2g}", f"> {hours:.2g}"]
    assert rows[2] == ["30_recount3", "24", "24", f"{hours:.2g}", f"> {2 * hours:.2g}"]
    assert rows[3] == ["all", "36", "36", f"{1.5 * hours:.2g}", f"> {3 * hours:.2g}"]
    assert len({len(line) for line in lines}) == 1


def test_hours_of_a_gpu_that_was_measured_are_no_bound():
    (_, row) = table_of([chapter_plan()], cpu=speed(1.0), gpu=speed(0.5))
    assert ">" not in row


class Foretelling(Plan):
    """A plan of other units than those of cross-validation, which knows how long they take."""

    weight_steps = 1e13

    def foretold(self, place):
        return ExpectedTime(of_unit={"a": 3600.0}, at_once=1, calibration=0.0)


def test_hours_of_plans_of_other_kinds_are_added_where_they_are_known():
    plan, (own,) = Foretelling(()), chapter_plan().plans
    both = replace(chapter_plan(), plans=(own, plan))
    # 40 bytes for each of 1e13 weights and steps, at 1e11 bytes a second.
    assert hours_of([plan, plan], bandwidth=100.0) == pytest.approx((2.0, 2 * 4000 / 3600))
    assert hours_of(both.others, bandwidth=100.0)[0] == 1.0
    others = {both.name: hours_of(both.others, bandwidth=100.0)}
    (_, row) = table_of([both], cpu=speed(0.0), gpu=speed(0.0), others=others)
    assert re.split(r"\s{2,}", row.strip())[-2:] == ["1", "> 1.1"]
    assert hours_of([plan, Plan(())], bandwidth=100.0) is None
    (_, row) = table_of([both], cpu=speed(1.0), gpu=speed(1.0), others={both.name: None})
    assert row.count("not known") == 2


def test_without_a_gpu_its_hours_are_a_bound_and_the_exact_model_has_those_of_the_processor(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    kinds = list(chapter_plan().works)
    cpu, gpu = speeds(kinds, bandwidth=100.0)
    assert cpu.measured
    assert not gpu.measured
    network, exact = sorted(kinds, key=lambda each: each.model != "three_layer")
    assert gpu.paces[exact.kind] == cpu.paces[exact.kind]
    assert gpu.paces[network.kind] == memory_bound(network, bandwidth=100e9)
    assert gpu.paces[network.kind].seconds(network) < cpu.paces[network.kind].seconds(network)


def test_with_a_gpu_both_are_measured(monkeypatch):
    asked = []

    def found(execution="local", *, device, workers=1):
        asked.append(device)
        return find_execution(device="cpu", workers=workers)

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(plan_speeds, "find_execution", found)
    cpu, gpu = speeds(list(chapter_plan().works), bandwidth=100.0)
    assert asked == ["cpu", "cuda"]
    assert cpu.measured
    assert gpu.measured


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Lay out a project of one chapter, whose paper is of the size of a stamp."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "params/paper").mkdir(parents=True)
    source = (PROJECT / "notebooks/10_simulation.py").read_text()
    (tmp_path / "notebooks/10_simulation.py").write_text(source)
    small = "n_samples: 60\nn_features: 20\nmodels: [linear_svm, exact_logistic_regression]\nmax_epochs: 2\n"
    (tmp_path / "params/paper/10_simulation.yaml").write_text(small)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    return tmp_path


def test_make_plan_prints_fits_hours_and_what_they_rest_on(project, capsys):
    assert main(["plan", "--name", "", "--parameters", "", "--bandwidth", "50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    printed = " ".join(" ".join(lines).split())
    (chapter,) = planned_chapters(project)
    row = next(line for line in lines if line.startswith("10_simulation"))
    assert row.split()[1:3] == [f"{chapter.n_fits:,}", f"{chapter.n_tuning_fits:,}"]
    assert "10_simulation: 3 tasks of 48 training samples, 10 to 20 genes, 2 classes; parameters of params/paper" in printed
    assert "lower bound that was not measured" in printed
    assert "at 50 GB/s" in printed
    assert "made-up values" in printed
    assert "Left out:" in printed


def test_make_plan_takes_a_parameter_file(project):
    (project / "mine.yaml").write_text("n_seeds: 4\nmodels: [linear_svm]\nn_samples: 60\n")
    (usual,), (mine,) = planned_chapters(project), planned_chapters(project, name="10_simulation", parameters="mine.yaml")
    assert mine.n_fits == usual.n_fits == 2 * 7 * 5 * 2 * 2
    assert mine.n_tuning_fits == usual.n_tuning_fits


def test_a_profile_is_planned_for_its_chapters(project, capsys):
    (project / "params/overnight").mkdir()
    (project / "notebooks/20_gtex.py").write_text((PROJECT / "notebooks/20_gtex.py").read_text())
    (project / "params/overnight/10_simulation.yaml").write_text("n_samples: 60\nn_features: 20\nmodels: [linear_svm]\n")
    assert [chapter.name for chapter in planned_chapters(project, profile="overnight")] == ["10_simulation"]
    assert main(["plan", "--profile", "overnight", "--cores", "4"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "parameters of params/overnight/10_simulation.yaml" in printed
    assert "CPU hours: 4 cores as fast as this machine's" in printed


def test_a_machine_of_other_cores_computes_so_many_units_at_once(monkeypatch):
    monkeypatch.setattr(plan_speeds, "calibrate", lambda units, place, *, seconds: defaultdict(Pace))
    works = chapter_plan().works
    for cores in (1, 2, 10**6):
        cpu, _ = speeds(list(works), bandwidth=1000, cores=cores)
        assert cpu.at_once(works) == min(cores, works.total())


def test_a_large_unit_has_all_cores_of_another_machine_and_they_train_its_models_in_rounds(monkeypatch):
    threads = []

    def measured(units, place, *, seconds):
        threads.append(torch.get_num_threads())
        return {work_of(unit).kind: Pace(per_member=1.0) for unit in units}

    monkeypatch.setattr(plan_speeds, "calibrate", measured)
    large = work(genes=2000, n_trials=6, n_inner_folds=1, fractions=(0.5, 1.0))
    inner, train, steps = large.inner, large.train, large.design.training.max_epochs * 0.8 / 16
    for cores, rounds, final in ((1, 6, 1.5), (2, 3, 1.0), (4, 2, 1.0), (16, 1, 1.0)):
        cpu, _ = speeds([large], bandwidth=1000, cores=cores)
        assert cpu.hours({large: 3}) == pytest.approx(3 * steps * (rounds * inner + final * train) / 3600)
    assert set(threads) == {1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "10_simulatoin"], "Unknown chapter '10_simulatoin'; did you mean '10_simulation'?"),
        (["--parameters", "mine.yaml"], "PARAMS is 'mine.yaml' without NAME"),
        (["--name", "10_simulation", "--parameters", "mine.yaml"], "Cannot read the parameter file"),
        (["--name", "10_simulation", "--parameters", "wrong.yaml"], "did you mean 'n_seeds'?"),
        (["--name", "10_simulation", "--parameters", "type.yaml"], "n_seeds is 'many' (str); allowed is a whole number"),
        (["--bandwidth", "fast"], "BANDWIDTH is 'fast'; it must be a number of GB/s"),
        (["--bandwidth", "0"], "BANDWIDTH is 0.0; it must be a positive number"),
        (["--bandwidth", "nan"], "BANDWIDTH is nan"),
        (["--profile", "overnigth"], "Unknown PROFILE 'overnigth'"),
        (["--cores", "-8"], "CORES is '-8'; it must be a whole number"),
        (["--cores", "many"], "CORES is 'many'; it must be a whole number"),
    ],
)
def test_a_mistake_is_found_before_anything_is_measured(project, capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(plan_table, "speeds", lambda *_, **__: pytest.fail("measured"))
    (project / "wrong.yaml").write_text("n_seds: 4\n")
    (project / "type.yaml").write_text("n_seeds: many\n")
    assert main(["plan", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_folder_without_chapters_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no chapters"):
        print_plan(tmp_path)


def test_declared_parameters_are_those_of_the_cell():
    declared = declared_parameters(PROJECT / "notebooks/10_simulation.py")
    assert declared["n_folds"] == ("int", 5)
    assert declared["fractions"][0] == "list[float]"


def test_small_units_count_side_by_side_and_large_ones_one_after_the_other(monkeypatch):
    monkeypatch.setattr(plan_speeds, "calibrate", lambda units, place, *, seconds: {})
    small = chapter_plan().works
    large = {replace(each, genes=5000): count for each, count in small.items()}
    for works, expected in ((small, 3), (large, 1)):
        measured = plan_speeds._measured(list(works), find_execution(device="cpu", workers=3))
        assert measured.at_once(works) == expected
