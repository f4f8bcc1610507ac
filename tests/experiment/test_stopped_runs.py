"""A run that stops, for whatever reason, keeps all that was ready, leaves no process behind and says one sentence."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import torch

from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.errors import InputError
from linear_signal.experiment import store as store_module
from linear_signal.experiment.kept_units import compute_and_keep
from linear_signal.experiment.local_workers import compute_in_workers
from linear_signal.experiment.run import Interrupted, run
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.threads import is_out_of_memory
from processes import alive_in, wait_until
from stored_tables import files_of, run_quietly
from tiny_experiment import tiny_plan

CPU = torch.device("cpu")


def plan_of(*models, n_seeds=1):
    return tiny_plan(models=list(models), signals=["full"], seeds=range(n_seeds), fractions=(1.0,))


def slow(folder, seconds):
    return f"tiny_experiment.SlowAndCounted(seconds={seconds}, file={str(folder / 'fits')!r})"


def begun(folder):
    """Return how many fits have begun, by process."""
    return Counter(line.split()[0] for line in (folder / "fits").read_text().splitlines())


@pytest.mark.parametrize("stop", [KeyboardInterrupt, InputError("the disk is full")], ids=["interrupted", "disk full"])
def test_whatever_stops_it_all_that_is_ready_is_handed_out_first(tmp_path, stop):
    units = plan_of(slow(tmp_path, 0), n_seeds=2).units
    computed = compute_in_workers(units, CPU, 2)
    got = [next(computed)[0].key]
    wait_until(lambda: begun(tmp_path).total() == len(units) == 6, 60)
    time.sleep(1)  # for the last results to come back
    workers = [int(process) for process in begun(tmp_path)]
    got.append(computed.throw(stop)[0].key)
    with pytest.raises(type(stop) if isinstance(stop, Exception) else stop):
        got.extend(unit.key for unit, _ in computed)
    assert sorted(got) == sorted(unit.key for unit in units)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_unit_that_fails_costs_no_other(tmp_path):
    """One of six units fails for want of memory while the results of others wait to be stored."""
    units = plan_of(slow(tmp_path, 0), "tiny_experiment.OutOfMemory", n_seeds=2).units
    assert units[-1].model.endswith("OutOfMemory")
    units = (*units[:5], units[-1])

    class Waits(ResultsStore):
        def save(self, unit, result):
            wait_until(lambda: begun(tmp_path).total() == 5, 60)
            time.sleep(0.3)
            super().save(unit, result)

    with pytest.raises(
        InputError, match=r"Memory ran out while this unit was computed: .*OutOfMemory, full, seed 1, fold 2"
    ):
        run(CrossValidationPlan(units, units[0].design), store=Waits(tmp_path / "store"), device="cpu", workers=2, say=None)
    assert len(list((tmp_path / "store").glob("*.zip"))) == 5


def test_memory_that_runs_out_in_this_process_is_a_sentence_too(tmp_path):
    plan = plan_of("exact_logistic_regression", "tiny_experiment.OutOfMemory")
    with pytest.raises(InputError, match=r"Memory ran out.*7 EB.*is stored\. Run again with fewer workers") as caught:
        run_quietly(plan, tmp_path / "store")
    assert caught.value.__context__ is None, "the frames of the failed unit, and what they hold, are kept alive"
    assert len(list((tmp_path / "store").glob("*.zip"))) == 3


def test_memory_that_runs_out_beside_a_unit_is_a_sentence_too(tmp_path):
    class Full(ResultsStore):
        def save(self, unit, result):
            raise MemoryError

    with pytest.raises(InputError, match=r"Memory ran out .*What was finished is stored in"):
        run(plan_of("exact_logistic_regression"), store=Full(tmp_path / "store"), device="cpu", say=None)


def start_a_thread_of_impossible_size():
    before = threading.stack_size(2**46)
    try:
        threading.Thread(target=int).start()
    finally:
        threading.stack_size(before)


def test_each_librarys_want_of_memory_is_known():
    tried = []
    for make in (
        lambda: torch.empty(2**60),
        lambda: np.empty(2**57),
        lambda: pyarrow.allocate_buffer(2**60),
        start_a_thread_of_impossible_size,
    ):
        try:
            make()
        except Exception as error:
            tried.append(error)
    assert [is_out_of_memory(error) for error in tried] == [True] * 4, tried
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_a_result_in_hand_when_it_is_stopped_is_stored_as_well(tmp_path):
    kept, saved = [], []

    def keep(unit, result):
        kept.append(unit.key)
        if len(kept) == 2:
            raise KeyboardInterrupt  # before the second was written
        saved.append(unit.key)

    class Three:
        def __getattr__(self, name):
            return lambda *arguments: 1

        def compute(self, units):
            results = [(unit, run_result) for unit in units]
            try:
                yield results[0]
                yield results[1]
            except BaseException:
                yield results[2]
                raise

    done = run_quietly(plan_of("exact_logistic_regression"), tmp_path)
    units = done.plan.units
    run_result = done.store.load(units[0])
    with pytest.raises(KeyboardInterrupt):
        compute_and_keep(done.plan, units, Three(), keep=keep, say=None)
    assert saved == [unit.key for unit in units]


def test_ctrl_c_ends_the_workers_in_the_midst_of_their_units(tmp_path):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import test_stopped_runs as t\n"
        "from linear_signal.experiment.run import run\n"
        "from linear_signal.experiment.store import ResultsStore\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1])\n"
        "    plan = t.plan_of('exact_logistic_regression', t.slow(folder, 300))\n"
        "    run(plan, store=ResultsStore(folder / 'store'), device='cpu', workers=2)\n"
    )
    (tmp_path / "script.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path)],
        env=environment,
        start_new_session=True,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: (tmp_path / "fits").exists() and begun(tmp_path).total() == 2, 60)
    wait_until(lambda: len(list((tmp_path / "store").glob("*.zip"))) == 3, 60)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said = process.communicate(timeout=20)[1]
    assert "Interrupted: 3 of 6 units are kept in" in said.splitlines()[-1]
    assert "the same command continues from there" in said.splitlines()[-1]
    assert "ForkServerProcess" not in said, "workers tell of it as well"
    wait_until(lambda: not alive_in(process.pid), 5)


def test_an_interrupted_run_shows_one_line_in_a_notebook(tmp_path):
    class Stopped(ResultsStore):
        def save(self, unit, result):
            super().save(unit, result)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    with pytest.raises(Interrupted) as caught:
        run(plan_of("exact_logistic_regression"), store=Stopped(tmp_path / "store"), device="cpu", say=None)
    assert isinstance(caught.value, KeyboardInterrupt)
    (line,) = caught.value._render_traceback_()
    assert line.startswith("Interrupted: 1 of 3 units are kept in ") or line.startswith("Interrupted: 0 of 3")
    assert run_quietly(plan_of("exact_logistic_regression"), tmp_path / "store").n_reused == 1


def test_stored_units_are_read_without_what_nobody_asks_for(undisturbed, monkeypatch):
    folder, results, tables = undisturbed
    read, table = [], store_module._table
    monkeypatch.setattr(store_module, "_table", lambda content: read.append(1) or table(content))
    again = run_quietly(results.plan, folder)
    assert len(read) == 4 * len(results.plan.units)
    read.clear()
    predictions = again.from_store("predictions")
    assert len(read) == len(results.plan.units)
    assert predictions.equals(tables["predictions"])


def test_damage_is_found_in_what_is_not_read_too(undisturbed, tmp_path):
    plan = plan_of("exact_logistic_regression")
    results = run_quietly(plan, tmp_path / "store")
    path = results.store.path(plan.units[0].key)
    content = bytearray(path.read_bytes())
    at = content.index(b"predictions.parquet") + 200
    content[at] ^= 1
    path.write_bytes(bytes(content))
    assert run_quietly(plan, tmp_path / "store").n_computed == 1


def test_predictions_whose_archive_has_gone_are_a_sentence(tmp_path):
    plan = plan_of("exact_logistic_regression")
    results = run_quietly(plan, tmp_path / "store")
    before = files_of(tmp_path / "store")
    assert len(results.from_store("predictions")) > 0
    results.store.path(plan.units[1].key).unlink()
    with pytest.raises(
        InputError, match=r"\.zip, which holds predictions of this plan, is gone or cannot be read\. Run the"
    ):
        results.from_store("predictions")
    assert len(files_of(tmp_path / "store")) == len(before) - 1
