"""Any module of PyTorch is trained under the settings of the engines; a network of another make learns what there is."""

import numpy as np
import pytest
import torch
from torch import nn

from linear_signal.training.member import Member
from linear_signal.training.module import train_module
from linear_signal.training.settings import TrainingSettings

SETTINGS = TrainingSettings(max_epochs=40, batch_size=16, patience=40, clip_norm=1.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def sequences():
    """Sequences of two kinds that differ in a short pattern somewhere, and in no position's mean."""
    random = np.random.default_rng(5)
    values, classes = random.normal(0, 0.3, (120, 1, 24)).astype(np.float32), np.arange(120) % 2
    for row, kind in enumerate(classes):
        start = random.integers(0, 20)
        values[row, 0, start : start + 4] += [2, -2, 2, -2] if kind else [2, 2, -2, -2]
    return torch.from_numpy(values), torch.from_numpy(classes)


def convolutional():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv1d(1, 8, 4), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(8, 2)
    )


def member(**changes):
    rows = {"fit_rows": np.arange(70), "tune_rows": np.arange(70, 90), "judge_rows": np.arange(90, 120)}
    return Member(**{"names": ("a module",), "learning_rate": 0.02, "weight_decay": 0.0} | rows | changes)


def test_a_convolutional_network_learns_what_lies_anywhere():
    values, classes = sequences()
    trained = train_module(convolutional(), values, classes, member(), n_classes=2, settings=SETTINGS)
    assert (trained.scores.argmax(axis=1) == classes[90:].numpy()).mean() > 0.9
    assert trained.train_loss[-1] < trained.train_loss[0]
    assert set(trained.state) == set(convolutional().state_dict())


def test_the_same_names_give_the_same_training_and_no_other_random_number_changes():
    values, classes = sequences()
    modules = [convolutional() for _ in range(3)]
    before = torch.get_rng_state()
    one, two, other = (
        train_module(module, values, classes, member(names=names), n_classes=2, settings=SETTINGS)
        for module, names in zip(modules, [("a",), ("a",), ("b",)], strict=True)
    )
    assert (torch.get_rng_state() == before).all()
    np.testing.assert_array_equal(one.scores, two.scores)
    assert (one.scores != other.scores).any()


def test_training_stops_early_and_returns_to_the_best_state():
    values, classes = sequences()
    settings = TrainingSettings(max_epochs=200, batch_size=16, patience=3, clip_norm=1.0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 2))
    trained = train_module(module, values, classes, member(learning_rate=0.05), n_classes=2, settings=settings)
    assert trained.out_of_patience
    assert len(trained.tune_loss) == trained.best_epoch + 3
    assert trained.best_epoch == trained.tune_loss.argmin() + 1
    np.testing.assert_array_equal(trained.state["1.weight"], module[1].weight.detach().numpy())
