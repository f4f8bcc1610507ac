"""Balanced epochs and samples that share rows of features: both engines against the plain loop, in double precision."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from linear_signal.errors import InputError
from linear_signal.models import Network
from linear_signal.training.batches import BalancedRows, Batches
from linear_signal.training.gpu.stacked import train_in_stacks
from linear_signal.training.layout import Layout, initial_weights
from linear_signal.training.loop import train
from linear_signal.training.member import Member
from linear_signal.training.module import train_module, weighted_loss
from linear_signal.training.settings import TrainingSettings

N_ROWS, N_GENES, N_SAMPLES = 40, 9, 200
SETTINGS = TrainingSettings(max_epochs=6, batch_size=8, patience=2, clip_norm=float("inf"))
NETWORKS = {
    "one output": Network(hidden=(6,), loss="binary_cross_entropy"),
    "two outputs": Network(hidden=(5, 3)),
    "no hidden layer": Network(loss="binary_cross_entropy"),
}


@pytest.fixture(scope="module")
def data():
    """Features of few rows, classes of many samples (one in six is of class 1), and the row of each."""
    random = np.random.default_rng(4)
    features = random.normal(size=(N_ROWS, N_GENES))
    rows = random.integers(0, N_ROWS, N_SAMPLES)
    classes = (features[rows, 0] + random.normal(size=N_SAMPLES) > 1.4).astype(np.int64)
    assert 0.1 < classes.mean() < 0.25
    return features, classes, rows


def members():
    return [
        Member(
            names=("balanced", number),
            fit_rows=np.arange(n_fit),
            tune_rows=np.r_[120:160, 120:130],
            judge_rows=np.arange(160, 200),
            learning_rate=rate,
            weight_decay=0.0,
            balanced_steps=steps,
        )
        for number, (n_fit, rate, steps) in enumerate([(120, 1e-2, 7), (60, 3e-2, 5), (90, 0.1, 7)])
    ]


def on_processor(data, some, network, **more):
    features, classes, rows = data
    return train(features, classes, some, network, n_classes=2, settings=SETTINGS, feature_rows=rows, **more)


def in_stacks(data, some, network, **more):
    features, classes, rows = map(torch.from_numpy, data)
    layout = Layout(network.widths(N_GENES, 2), network.batch_norm)
    return train_in_stacks(
        *(features, classes, some, network, layout, SETTINGS), feature_rows=rows, stack_bytes=2**25, **more
    )


def as_module(data, member, network):
    """Train the same network with the plain loop, from the same first weights."""
    features, classes, rows = map(torch.from_numpy, data)
    layout = Layout(network.widths(N_GENES, 2), network.batch_norm)
    *matrices, vector = (torch.from_numpy(array).double() for array in initial_weights(layout, member.names))
    layers = []
    for layer, matrix in enumerate(matrices):
        linear = nn.Linear(matrix.shape[1], matrix.shape[0]).double()
        with torch.no_grad():
            linear.weight.copy_(matrix)
            linear.bias.copy_(vector[layout.vectors[layer, "bias"]])
        layers += [linear, nn.ReLU()]
    module = nn.Sequential(*layers[:-1])
    return train_module(
        module,
        features,
        classes,
        member,
        n_classes=2,
        settings=SETTINGS,
        loss=network.loss,
        feature_rows=rows,
        rows_at_once=7,
    )


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_balanced_epoch_has_half_of_either_class_in_every_step():
    classes = (np.arange(1000) % 10 == 0).astype(np.int64)
    fit_rows = np.arange(100, 700)
    draw = partial(Batches, ("a",), fit_rows, batch_size=8, dropout=0.0, n_hidden=0, balanced_steps=50, classes=classes)
    batches, again = draw(), draw()
    rows, lengths = batches.epoch()
    assert rows.shape == (50, 8)
    assert (lengths == 8).all()
    assert (classes[rows].sum(axis=1) == 4).all()
    assert np.isin(rows, fit_rows).all()
    active = rows[classes[rows] == 1]
    assert len(np.unique(active)) < len(active), "200 draws of 60 samples have repeats"
    np.testing.assert_array_equal(rows, again.epoch()[0])
    assert (batches.epoch()[0] != rows).any()


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
@pytest.mark.parametrize("name", NETWORKS)
def test_both_engines_learn_what_the_plain_loop_teaches(data, name, engine):
    network = NETWORKS[name]
    epochs = set()
    for member, one in zip(members(), engine(data, members(), network), strict=True):
        plain = as_module(data, member, network)
        np.testing.assert_allclose(one.train_loss, plain.train_loss, rtol=1e-10)
        np.testing.assert_allclose(one.tune_loss, plain.tune_loss, rtol=1e-10)
        np.testing.assert_allclose(one.scores, plain.scores, rtol=1e-5, atol=1e-6)
        assert one.judge_loss == pytest.approx(plain.judge_loss, rel=1e-9)
        assert one.scores.shape == (40, 2 if name == "two outputs" else 1)
        epochs.add((len(one.tune_loss), one.best_epoch))
    assert len(epochs) > 1, "the test must see members stop at different epochs"


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
def test_in_balanced_training_every_sample_counts_the_same(data, engine):
    (one, *_) = engine(data, members(), NETWORKS["one output"])
    truth, score = data[1][160:200], one.scores[:, 0].astype(float)
    assert one.judge_loss == pytest.approx(np.mean(np.logaddexp(0, score) - truth * score), rel=1e-5)


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
@pytest.mark.parametrize("balanced_steps", [0, 5])
def test_samples_that_share_a_row_are_learnt_as_if_each_had_its_own(data, engine, balanced_steps):
    features, classes, rows = data
    some = [replace(one, balanced_steps=balanced_steps, further_rows=np.arange(30)) for one in members()]
    expanded = features[rows], classes, np.arange(N_SAMPLES)
    shared, own = (engine(which, some, NETWORKS["two outputs"]) for which in (data, expanded))
    for one, other in zip(shared, own, strict=True):
        assert one.scores.tobytes() == other.scores.tobytes()
        assert one.further_scores.tobytes() == other.further_scores.tobytes()
        assert one.tune_loss.tobytes() == other.tune_loss.tobytes()


def test_how_many_rows_are_scored_at_a_time_changes_nothing(data):
    features, classes, _ = map(torch.from_numpy, data)
    small = replace(members()[0], fit_rows=np.arange(20), tune_rows=np.arange(20, 40), judge_rows=np.arange(40))

    def run(rows_at_once):
        torch.manual_seed(0)
        module = nn.Linear(N_GENES, 2).double()
        settings = replace(SETTINGS, clip_norm=0.5)
        return train_module(
            module, features, classes[:N_ROWS], small, n_classes=2, settings=settings, rows_at_once=rows_at_once
        )

    np.testing.assert_allclose(run(3).tune_loss, run(4096).tune_loss, rtol=1e-12)


def test_the_binary_loss_is_that_of_pytorch_and_of_two_outputs():
    random = torch.Generator().manual_seed(1)
    scores, classes = torch.randn(50, 1, dtype=torch.float64, generator=random) * 5, torch.arange(50) % 2
    weights = torch.tensor([0.25, 2.0], dtype=torch.float64)
    binary = weighted_loss("binary_cross_entropy", scores, classes, weights)
    two = torch.cat([torch.zeros_like(scores), scores], dim=1)
    torch.testing.assert_close(binary, weighted_loss("cross_entropy", two, classes, weights))


def test_what_cannot_be_balanced_is_refused(data):
    features, classes, _ = data
    one_class = replace(members()[0], fit_rows=np.flatnonzero(classes[:120] == 0))
    with pytest.raises(InputError, match="two classes"):
        train(features, classes, [one_class], NETWORKS["one output"], n_classes=2, settings=SETTINGS)
    with pytest.raises(InputError, match="multiple of 2"):
        BalancedRows(np.arange(120), classes).draw(np.random.default_rng(0), (3, 7))
