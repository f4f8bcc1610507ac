"""Units of the study: what they leave behind, what their keys hold, and that memory of loci is all a code can give."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from linear_signal.errors import InputError
from linear_signal.experiment.execution import find_execution
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.studies.schreiber2020 import expected_time, fitting
from linear_signal.studies.schreiber2020.architectures import Architecture, Branch
from linear_signal.studies.schreiber2020.expected_time import Pace
from linear_signal.studies.schreiber2020.gaussian_unit import GaussianFit, gaussian_plan
from linear_signal.studies.schreiber2020.plan import make_plan
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.studies.schreiber2020.schemes import make_scheme
from linear_signal.studies.schreiber2020.unit import Baseline, Fit
from made_up_loci import loci_table

CPU = torch.device("cpu")
QUICK = Protocol(max_epochs=4, steps_per_epoch=15, batch_size=8, validation_samples=40)
DENSE = Branch(depth=1, width=16)
SIGNAL, SEQUENCE = Architecture(signal=DENSE), Architecture(sequence=DENSE)
BOTH = Architecture(signal=DENSE, sequence=Branch(depth=1, width=4, convolutions=1, filters=3), joint=5)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scheme_of(table, name="cross_cell_type"):
    return make_scheme(name, table, target="A", validation_cell_types=("B", "C"))


def unit(table=None, architecture=SIGNAL, seed=0, scheme="cross_cell_type", protocol=QUICK):
    table = loci_table() if table is None else table
    return Fit(table=table, scheme=scheme_of(table, scheme), architecture=architecture, seed=seed, protocol=protocol)


@pytest.mark.parametrize("architecture", [SIGNAL, SEQUENCE, BOTH], ids=lambda one: one.input)
@pytest.mark.parametrize("scheme", ["cross_cell_type", "hybrid"])
def test_a_fit_leaves_its_scores_and_a_row(architecture, scheme):
    one = unit(architecture=architecture, scheme=scheme)
    tables, _ = one.compute(CPU)
    (fit,), scores = tables["fits"].to_dict("records"), tables["scores"]
    np.testing.assert_array_equal(scores["locus"], one.scheme.judge.loci)
    labels = one.table.labels[one.scheme.judge.loci, 0]
    assert fit["average_precision"] == pytest.approx(average_precision_score(labels, scores["score"]))
    assert fit["prevalence"] == pytest.approx(labels.mean())
    assert (fit["n_loci"], fit["n_positives"]) == (len(labels), labels.sum())
    assert fit["train_pairs"] == len(one.scheme.train)
    assert 1 <= fit["best_epoch"] <= fit["epochs"] <= QUICK.max_epochs
    assert fit["n_parameters"] == one.work.n_parameters
    assert set(tables) == set(Fit.TABLES)


def test_the_same_unit_gives_the_same_bytes_wherever_it_is_computed():
    one = unit(architecture=BOTH)
    sent = pickle.loads(pickle.dumps(one.with_data(()))).with_data(pickle.loads(pickle.dumps(one.data)))
    assert sent.key == one.key
    here, there = (some.compute(CPU)[0]["scores"]["score"].to_numpy() for some in (one, sent))
    assert here.tobytes() == there.tobytes()
    assert here.tobytes() != unit(architecture=BOTH, seed=1).compute(CPU)[0]["scores"]["score"].to_numpy().tobytes()


def test_everything_that_decides_numbers_is_in_the_key():
    one, table = unit(), loci_table()
    others = [
        unit(loci_table(seed=1)),
        unit(loci_table(name="another")),
        unit(architecture=SEQUENCE),
        unit(seed=1),
        unit(scheme="hybrid"),
        unit(protocol=replace(QUICK, patience=3)),
        replace(one, scheme=make_scheme("cross_cell_type", table, target="A", validation_cell_types=("B",))),
        Baseline(table=table, scheme=scheme_of(table), baseline="average_label"),
        Baseline(table=table, scheme=scheme_of(table), baseline="prevalence"),
    ]
    assert len({other.key for other in (one, *others)}) == 1 + len(others)
    assert unit().key == one.key


def test_a_network_in_the_engine_learns_what_it_learns_as_a_module(monkeypatch):
    one = unit()
    in_engine = fitting.fit(one, CPU)
    monkeypatch.setattr(Architecture, "is_dense", False)
    as_module = fitting.fit(one, CPU)
    np.testing.assert_allclose(in_engine.tune_loss, as_module.tune_loss, rtol=1e-4)
    np.testing.assert_allclose(in_engine.scores, as_module.scores, atol=1e-3)


def test_random_codes_score_by_memory_alone():
    """In another cell type a code says what its locus was elsewhere; of loci never seen, or dealt anew, it says nothing."""
    random = np.random.default_rng(2)
    cell_types = tuple("ABCDEFGH")
    active = random.random((400, 1)) < 0.3
    labels = np.where(random.random((400, 8)) < 0.05, ~active, active)
    codes = random.normal(size=(400, 24)).astype(np.float32)
    facts = {"n_loci": 400, "cell_types": cell_types, "labels": labels, "activity": labels + 0.0, "constant": codes}
    facts |= {"signal": np.zeros((400, 8, 0)), "marks": ()}
    dealt = random.permuted(np.tile(np.arange(400)[:, None], 8), axis=0)
    tables = {"own": loci_table(**facts), "dealt anew": loci_table(**facts, constant_order=dealt)}
    protocol = Protocol(max_epochs=8, steps_per_epoch=100, validation_samples=200)
    wide = Architecture(sequence=Branch(depth=1, width=128))

    def above_prevalence(table, scheme):
        (fit,) = unit(table, wide, scheme=scheme, protocol=protocol).compute(CPU)[0]["fits"].to_dict("records")
        return fit["average_precision"] - fit["prevalence"]

    assert above_prevalence(tables["own"], "cross_cell_type") > 0.5
    assert abs(above_prevalence(tables["own"], "hybrid")) < 0.15
    assert abs(above_prevalence(tables["dealt anew"], "cross_cell_type")) < 0.15


def test_a_plan_runs_and_its_baselines_stand_beside_its_networks(tmp_path):
    table = loci_table()
    problems = [(table, scheme_of(table, name)) for name in ("cross_cell_type", "hybrid")]
    some = {"inputs": ("signal",), "widths": (1, 4), "seeds": (0, 1), "protocol": QUICK, "baselines": ("average_label",)}
    plan = make_plan(problems, **some)
    assert (len(plan.units), plan.n_fits) == (2 + 8, 8)
    results = run(plan, store=ResultsStore(tmp_path / "results"), say=None)
    fits = results.fits
    assert fits["n_parameters"].isna().sum() == fits["failed_training"].isna().sum() == 2
    assert set(fits["model"]) == {"average_label", "dense 1 x 1", "dense 1 x 4"}
    scores = results.from_store("scores")
    assert scores.groupby("key").size().to_dict() == fits.set_index("key")["n_loci"].to_dict()
    assert len(plan.listed(fits)) == len(plan.units)


def test_an_architecture_of_a_plan_is_the_same_in_every_scheme():
    table = loci_table(constant=np.zeros((80, 60), dtype=np.uint8))
    problems = [(table, scheme_of(table, name)) for name in ("cross_cell_type", "hybrid")]
    plan = make_plan(problems, inputs=("sequence", "both"), n_models=5, seeds=(0,), baselines=())
    by_scheme = {}
    for one in plan.units:
        by_scheme.setdefault(one.scheme.name, []).append((one.names["input"], one.names["model"]))
    assert by_scheme["hybrid"] == by_scheme["cross_cell_type"]
    assert len(set(by_scheme["hybrid"])) == 10


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"inputs": ("signals",)}, "did you mean 'signal'"),
        ({"inputs": ("signal", "signal")}, "twice"),
        ({"baselines": ("averag_label",)}, "did you mean 'average_label'"),
        ({"seeds": (1, 1)}, "twice"),
        ({"seeds": (), "baselines": ()}, "empty"),
        ({"n_models": -1}, "n_models"),
        ({"widths": (0,)}, "positive"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes, part):
    table = loci_table()
    with pytest.raises(InputError, match=part):
        make_plan([(table, scheme_of(table))], **{"seeds": (0,), "inputs": ("signal",)} | changes)


def test_inputs_that_a_table_lacks_are_refused():
    bare = loci_table(signal=np.zeros((80, 6, 0)), marks=())
    with pytest.raises(InputError, match="no marks"):
        unit(bare)
    two = Architecture(sequence=Branch(depth=1, width=4, convolutions=2, filters=3))
    with pytest.raises(InputError, match="too short"):
        unit(architecture=two)


def test_what_trainings_take_is_foretold_from_their_steps(monkeypatch):
    # The large networks of a calibration take seconds; what is asked here does not depend on how large they are.
    convolutions = [replace(BOTH.sequence, filters=filters) for filters in (1, 8)]
    of_kind = {True: [DENSE, replace(DENSE, width=64)], False: convolutions}
    smaller = {kind: tuple(Architecture(sequence=one) for one in two) for kind, two in of_kind.items()}
    monkeypatch.setattr(expected_time, "_CALIBRATED", smaller)
    table = loci_table()
    some = {"inputs": ("signal", "both"), "widths": (4,), "seeds": (0,), "baselines": ("average_label",)}
    plans = [
        make_plan([(table, scheme_of(table))], **some, protocol=replace(QUICK, max_epochs=epochs)) for epochs in (10, 30)
    ]
    with find_execution(device="cpu", workers=2) as place:
        expected = plans[0].foretold(place)
        assert plans[0].expected_time(plans[0].units, place) is None, "150 steps are not worth a calibration"
    assert expected.at_once == 2
    assert [expected.of_unit[unit.key] > 0 for unit in plans[0].units] == [False, True, True]
    # Every epoch is 15 steps, and 40 samples judged, which is as much as 5 / 3 of a step.
    n_steps = 10 * (15 + 5 / 3)
    dense = plans[0].units[1]
    pace = Pace(per_step=1e-3, per_multiplication=0.0)
    assert pace.seconds(dense.work) == pytest.approx(1e-3 * n_steps)
    assert plans[1].weight_steps == pytest.approx(3 * plans[0].weight_steps)


@pytest.mark.parametrize(
    "changes",
    [{"batch_size": 31}, {"validation_samples": 0}, {"steps_per_epoch": 0}, {"learning_rate": 0.0}, {"patience": 0}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_training_that_cannot_be_is_refused(changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        Protocol(**changes)


def test_on_two_normal_distributions_a_larger_network_is_no_better():
    protocol = Protocol(max_epochs=6, steps_per_epoch=100, learning_rate=1e-2)
    plan = gaussian_plan(seeds=(0,), protocol=protocol)
    fits = [replace(one, n_judge=4000).compute(CPU)[0]["fits"].iloc[0] for one in plan.units]
    precisions = [fit["average_precision"] for fit in fits]
    assert fits[0]["best_possible"] - 0.03 < min(precisions) <= max(precisions) < fits[0]["best_possible"] + 0.03
    assert max(precisions) - min(precisions) < 0.02
    assert fits[0]["n_parameters"] == 5
    assert isinstance(plan.units[0], GaussianFit)
    with pytest.raises(InputError, match="distance"):
        gaussian_plan(distances=())
