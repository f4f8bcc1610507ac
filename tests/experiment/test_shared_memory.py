"""What worker processes of one machine are handed lies in memory once, and is what it was."""

import mmap
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import torch

from linear_signal.data.tasks import binary_pairs
from linear_signal.errors import InputError
from linear_signal.experiment import local_workers
from linear_signal.experiment.execution import compute_units
from linear_signal.experiment.shared_memory import SharedObject
from tiny_experiment import donors_dataset, tiny_plan

_arrived = []


def arrive(value):
    _arrived.append(value)


def what_arrived():
    return _arrived[0]


def look(_):
    """Say what has arrived: is an array mapped, may it be written to, what is in it, and is what was shared still so."""
    (value,) = _arrived
    array = value["array"]
    owner = array
    while getattr(owner, "base", None) is not None:
        owner = owner.base
    while isinstance(owner, memoryview):
        owner = owner.obj
    same = value["tasks"][0].dataset is value["tasks"][2].dataset
    facts = value["tasks"][0].dataset.samples
    return os.getpid(), isinstance(owner, mmap.mmap), array.flags.writeable, float(array.sum()), same, facts


def test_arrays_arrive_mapped_and_all_else_as_it_was():
    tasks = binary_pairs(donors_dataset(3), "ABC", group="donor")
    value = {"array": np.arange(100_000.0), "tasks": tasks, "empty": np.empty(0)}
    shared = SharedObject(value)
    with ProcessPoolExecutor(2, get_context("forkserver"), arrive, (shared,)) as pool:
        seen = list(pool.map(look, range(4)))
    shared.close()
    for _, is_mapped, is_writeable, total, same, facts in seen:
        assert (is_mapped, is_writeable, total, same) == (True, False, value["array"].sum(), True)
        pd.testing.assert_frame_equal(facts, tasks[0].dataset.samples)


def test_what_holds_no_array_arrives_all_the_same():
    shared = SharedObject({"array": None})
    with ProcessPoolExecutor(1, get_context("forkserver"), arrive, (shared,)) as pool:
        assert pool.submit(what_arrived).result() == {"array": None}
    shared.close()


def test_no_room_for_the_data_is_said_in_a_sentence(monkeypatch):
    def full(value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local_workers, "SharedObject", full)
    units = tiny_plan(models=["exact_logistic_regression"]).units
    with pytest.raises(InputError, match="No space left on device"):
        list(compute_units(units, device=torch.device("cpu"), workers=2))
