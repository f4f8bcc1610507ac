"""The cores and the memory a process may use are those it was granted, not those the machine has."""

import os
from pathlib import Path

import pytest
import torch

import linear_signal
from linear_signal.experiment import machine, worker_memory
from linear_signal.experiment.execution import LocalExecution, find_execution
from linear_signal.experiment.machine import available_memory, usable_cores
from linear_signal.experiment.threads import with_its_threads
from linear_signal.experiment.worker_memory import PROCESS_BYTES, WorkerMemory
from tiny_experiment import tiny_plan

GB = 10**9


@pytest.fixture
def granted(tmp_path, monkeypatch):
    """Return a function that lays out a machine of 16 cores with these control groups; nothing else grants anything."""
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(16)), raising=False)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: type("Memory", (), {"available": 64 * GB}))
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_OWN_GROUPS", tmp_path / "own")

    def lay_out(own, **files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return lay_out


def test_a_machine_without_limits_is_used_whole(granted):
    granted("0::/\n", cpu_DOT_max="max 100000\n", memory_DOT_max="max\n", memory_DOT_current="5\n")
    assert (usable_cores(), available_memory()) == (16, 64 * GB)


def test_affinity_counts_and_not_the_number_of_cores(granted, monkeypatch):
    granted("")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    assert usable_cores() == 1
    assert find_execution(device="cpu", workers=0).at_once(tiny_plan().units) == 1


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        ("0::/job\n", {"job__cpu_DOT_max": "250000 100000\n"}, 3),  # two and a half, rounded up
        ("0::/a/b\n", {"a__b__cpu_DOT_max": "max 100000\n", "a__cpu_DOT_max": "200000 100000\n"}, 2),  # of a group above
        ("0::/../../x\n", {"cpu_DOT_max": "100000 100000\n"}, 1),  # of a container, which sees its own root
        ("4:cpu,cpuacct:/j\n", {"cpu__j__cpu_DOT_cfs_quota_us": "400000", "cpu__j__cpu_DOT_cfs_period_us": "100000"}, 4),
        ("4:cpu,cpuacct:/j\n", {"cpu__cpu_DOT_cfs_quota_us": "-1", "cpu__cpu_DOT_cfs_period_us": "100000"}, 16),
        ("9:cpuset:/j\n", {"cpu__cpu_DOT_cfs_quota_us": "100000", "cpu__cpu_DOT_cfs_period_us": "100000"}, 16),  # not ours
        ("0::/\n", {"cpu_DOT_max": "nonsense\n"}, 16),
    ],
)
def test_the_quota_of_the_control_groups_counts(granted, own, files, cores):
    granted(own, **files)
    assert usable_cores() == cores


@pytest.mark.parametrize(
    ("granted_by_slurm", "cores"),
    [
        ({"SLURM_CPUS_ON_NODE": "4"}, 4),
        ({"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "8"}, 2),
        ({"SLURM_CPUS_PER_TASK": "64"}, 16),  # bounded by affinity
        ({"SLURM_CPUS_PER_TASK": "", "SLURM_CPUS_ON_NODE": "72(x2)"}, 16),
        ({"SLURM_CPUS_PER_TASK": "0"}, 1),
    ],
)
def test_what_slurm_granted_counts(granted, monkeypatch, granted_by_slurm, cores):
    granted("")
    for name, value in granted_by_slurm.items():
        monkeypatch.setenv(name, value)
    assert usable_cores() == cores


def test_a_limit_of_memory_counts_and_what_is_kept_of_files_does_not(granted):
    files = {
        "memory_DOT_max": f"{4 * GB}",
        "memory_DOT_current": f"{3 * GB}",
        "memory_DOT_stat": f"inactive_file {2 * GB}\n",
    }
    granted("0::/job\n", **{f"job__{name}": text for name, text in files.items()})
    assert available_memory() == 3 * GB
    old = {"limit_in_bytes": 2 * GB, "usage_in_bytes": 3 * GB, "stat": f"cache 1\ntotal_inactive_file {GB // 2}"}
    granted("4:memory:/j\n", **{f"memory__j__memory_DOT_{name}": str(text) for name, text in old.items()})
    assert available_memory() == 0


def test_no_more_workers_than_memory_allows_and_that_is_said(granted, monkeypatch):
    granted("")
    units, said = tiny_plan(models=["exact_logistic_regression"]).units, []
    assert LocalExecution(torch.device("cpu"), 4).at_once(units) == 4
    data = units[0].task.dataset.expression.nbytes
    memory = WorkerMemory.of(units)
    assert (memory.shared, memory.each) == (data, PROCESS_BYTES + 4 * data), "a dataset that all units share counts once"
    monkeypatch.setattr(worker_memory, "available_memory", lambda: 2 * PROCESS_BYTES + 9 * data)
    place = LocalExecution(torch.device("cpu"), 4)
    place.prepare(units, said.append)
    assert place.at_once(units) == 2
    (sentence,) = said
    assert sentence.startswith("2 worker processes compute, not 4 side by side: each needs about 400 MB of memory")
    assert sentence.endswith("800 MB are available here.")
    # Later on the workers themselves have taken theirs.
    monkeypatch.setattr(worker_memory, "available_memory", lambda: 0)
    assert place.at_once(units) == 2
    assert LocalExecution(torch.device("cpu"), 4).at_once(units) == 1, "this process itself can always compute"


def test_what_workers_take_is_said_and_nothing_of_a_single_process(granted):
    granted("")
    units, said = tiny_plan(models=["exact_logistic_regression"]).units, []
    for workers in (1, 2):
        LocalExecution(torch.device("cpu"), workers).prepare(units, said.append)
    assert said == [
        "2 worker processes, each with about 400 MB of memory (400 MB for the process, 1 MB for data) "
        "beside the 1 MB of data that they share."
    ]


def test_a_large_unit_takes_the_cores_there_are_and_no_others(granted, monkeypatch):
    granted("")
    unit = tiny_plan().units[0]
    monkeypatch.setattr("linear_signal.crossvalidation.unit.GENES_FOR_ALL_THREADS", 1)

    def threads(unit, device):
        return torch.get_num_threads()

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
        assert with_its_threads(threads, unit, torch.device("cpu")) == 2
        monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
        assert with_its_threads(threads, unit, torch.device("cpu")) == 3, "what the user has set is respected"
        assert with_its_threads(threads, unit, torch.device("cpu"), set_low=True) == 4
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_nothing_else_counts_cores():
    for path in Path(linear_signal.__file__).parent.rglob("*.py"):
        text = path.read_text()
        assert path.name == "machine.py" or not any(name in text for name in ("cpu_count", "sched_getaffinity")), path
