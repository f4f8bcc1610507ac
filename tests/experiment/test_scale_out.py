"""A plan on a real Dask cluster: the numbers of one process, and nothing finished is lost, whoever is killed."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
import torch
import yaml

import linear_signal
import tiny_experiment
from dask_cluster import Cluster
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import binary_pairs, make_task
from linear_signal.errors import InputError
from linear_signal.experiment import dask_cluster
from linear_signal.experiment.dask_worker import check_software, check_threads, describe_software, packed
from linear_signal.experiment.execution import check_execution
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from processes import Forked, wait_until
from stored_tables import assert_same_tables, bytes_of_results, files_of, run_quietly, tables_of
from tiny_experiment import CountedDataset, donors_dataset, slow_plan, tiny_plan

PAGE = Path(__file__).parents[2] / "book/scale_out.md"

# Dask's event loop, stopped in mid-flight when a scheduler was killed, leaves sockets and tasks to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers; a unit is given up when it has cost a second one."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), workers=2, scheduler__allowed_failures=1)
    yield cluster
    cluster.end()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Run the tiny plan once in this process."""
    folder = tmp_path_factory.mktemp("reference") / "store"
    return folder, tables_of(run_quietly(tiny_plan(), folder), folder)


def fits_of(folder):
    """Count the fits of the slow plan by unit, whose seed names it."""
    return Counter(line.split()[1] for line in (folder / "fits").read_text().splitlines())


def once_stored(folder, number, action):
    """Do something as soon as so many results are stored; return the thread that waits for it."""

    def wait():
        deadline = time.monotonic() + 300
        while len(list(folder.glob("*.zip"))) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def in_mid_fit(folder, process, action):
    """Do something in the middle of the next fit of the slow plan that this process begins."""

    def begun():
        return sum(line.split()[0] == str(process.pid) for line in (folder / "fits").read_text().splitlines())

    before, deadline = begun(), time.monotonic() + 300
    while begun() == before and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)  # what the process did before is on its way when the next begins
    action()


def test_a_cluster_writes_what_one_process_writes_byte_for_byte(cluster, reference, tmp_path):
    folder, tables = reference
    results = run_quietly(tiny_plan(), tmp_path / "store", execution=cluster.address)
    assert results.n_computed == 18
    assert_same_tables(tables_of(results, tmp_path / "store"), tables)
    assert bytes_of_results(tmp_path / "store") == bytes_of_results(folder)
    # A finished plan needs no cluster.
    again = run_quietly(tiny_plan(), tmp_path / "store", execution="tcp://127.0.0.1:9")
    assert (again.n_computed, again.device) == (0, "cpu")


def test_data_travel_once_to_each_worker_and_never_with_a_unit(cluster, tmp_path, monkeypatch):
    # Wide enough that a unit which carried its data would show it.
    plain = donors_dataset(3)
    fields = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
    dataset = CountedDataset(**fields | {"source": str(tmp_path / "unpacked")})
    plan = tiny_plan(
        tasks=binary_pairs(dataset, "ABC", group="donor"),
        models=["exact_logistic_regression"],
        seeds=range(3),
        fractions=(1.0,),
    )
    data = len(plan.units[0].task.dataset.expression.tobytes())
    sizes = {len(packed(run, unit, device="cpu", software=describe_software())) for unit in plan.units}
    assert max(sizes) < 2000 < data
    # The calibration uses the same data: it must not send them again.
    monkeypatch.setattr("linear_signal.crossvalidation.expected_time.worth_calibrating", lambda units: True)
    said = []
    run(plan, store=ResultsStore(tmp_path / "store"), device="cpu", execution=cluster.address, say=said.append)
    assert said[1].startswith("Expected training time: about ")
    unpacked = Counter((tmp_path / "unpacked").read_text().split())
    assert set(unpacked.values()) == {1}
    assert set(unpacked) <= {str(worker.pid) for worker in cluster.workers}


@pytest.mark.parametrize(("n_genes", "threads"), [(1498, 1), (1500, len(os.sched_getaffinity(0)))])
def test_a_unit_has_the_threads_it_has_anywhere(cluster, tmp_path, n_genes, threads):
    task = make_task(simulate("Simulated 3", n_samples=30, n_features=n_genes), name="wide", group=None)
    model = f"tiny_experiment.SlowAndCounted(seconds=0, file={str(tmp_path / 'fits')!r})"
    plan = tiny_plan(tasks=[task], models=[model], signals=["full"], fractions=(1.0,))
    run_quietly(plan, tmp_path / "store", execution=cluster.address)
    assert {line.split()[2] for line in (tmp_path / "fits").read_text().splitlines()} == {str(threads)}


@pytest.fixture
def two_workers(cluster):
    """Return the cluster with two workers that work."""
    cluster.top_up(2)
    yield cluster
    cluster.set_status("running")


def test_a_worker_killed_in_mid_run_costs_what_it_had_at_most(two_workers, tmp_path):
    cluster = two_workers
    plan, victim = slow_plan(tmp_path, seconds=0.4), cluster.living()[0]
    # Between two units a kill costs nothing, so it has to come while a fit goes on.
    killer = once_stored(tmp_path / "store", 3, lambda: in_mid_fit(tmp_path, victim, lambda: cluster.kill(victim)))
    results = run_quietly(plan, tmp_path / "store", execution=cluster.address)
    killer.join()
    assert results.n_computed == len(plan.units) == 12
    assert victim.returncode == -signal.SIGKILL
    fits = fits_of(tmp_path)
    assert len(fits) == 12
    # The unit that was under way; on a busy machine also the one before, which was done but not fetched yet.
    assert 12 < sum(fits.values()) <= 14, "more than the killed worker had was computed again"
    here = run_quietly(plan, tmp_path / "here")
    assert_same_tables(tables_of(results, tmp_path / "store"), tables_of(here, tmp_path / "here"))


def test_an_interrupted_run_takes_its_units_back(cluster, tmp_path):
    plan = slow_plan(tmp_path)

    class Interrupted(ResultsStore):
        def save(self, unit, result):
            super().save(unit, result)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, store=Interrupted(tmp_path / "store"), device="cpu", execution=cluster.address, say=None)
    time.sleep(1)
    assert len(fits_of(tmp_path)) < 12
    stored = len(list((tmp_path / "store").glob("*.zip")))
    assert stored == 1
    assert run_quietly(plan, tmp_path / "store", execution=cluster.address).n_reused == stored


def test_a_cluster_of_other_software_is_refused_before_any_compute(cluster, tmp_path, monkeypatch):
    there, here = linear_signal.__version__, "0.0.1"
    monkeypatch.setattr(linear_signal, "__version__", here)
    with pytest.raises(InputError, match=rf"has linear_signal {there} .*; here it is linear_signal {here}"):
        run_quietly(tiny_plan(), tmp_path / "store", execution=cluster.address)
    assert not (tmp_path / "store").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_the_workers_lack_is_named(cluster, tmp_path):
    with pytest.raises(InputError, match=r"worker tcp://.*: Device 'cuda' was asked for, but PyTorch sees no GPU"):
        run(tiny_plan(), store=ResultsStore(tmp_path / "store"), device="cuda", execution=cluster.address, say=None)


@pytest.fixture
def impatient(monkeypatch):
    """Wait a second where five minutes are waited for."""
    for name, seconds in (("WITHOUT_WORKERS_SECONDS", 1.0), ("LOOK_SECONDS", 0.2), ("CONNECT_SECONDS", 1)):
        monkeypatch.setattr(dask_cluster, name, seconds)
    monkeypatch.setattr(dask_cluster, "_ANSWER_SECONDS", 0.5)


def test_paused_workers_end_a_run_with_a_sentence_and_what_came_is_stored(two_workers, tmp_path, impatient, monkeypatch):
    monkeypatch.setattr(dask_cluster, "_SAY_SECONDS", 0.3)
    plan, said = slow_plan(tmp_path), []
    pauser = once_stored(tmp_path / "store", 2, lambda: two_workers.set_status("paused"))
    with pytest.raises(InputError, match=r"has not worked for 1 s: of its 2 workers 2 are paused, which Dask does .*stored"):
        run(plan, store=ResultsStore(tmp_path / "store"), device="cpu", execution=two_workers.address, say=said.append)
    pauser.join()
    assert "does not work: of its 2 workers 2 are paused" in said[-1]
    stored = len(list((tmp_path / "store").glob("*.zip")))
    assert 2 <= stored < len(plan.units)
    # Nor does one begin.
    with pytest.raises(InputError, match=r"(cannot work|has not worked for 1 s): of its 2 workers 2 are paused"):
        run_quietly(plan, tmp_path / "store", execution=two_workers.address)
    two_workers.set_status("running")
    assert run_quietly(plan, tmp_path / "store", execution=two_workers.address).n_reused == stored


def test_the_unit_of_a_frozen_worker_is_computed_by_another(two_workers, tmp_path, impatient, monkeypatch):
    monkeypatch.setattr(dask_cluster, "SILENT_SECONDS", 1.5)
    plan, victim = slow_plan(tmp_path, seconds=0.4), two_workers.living()[-1]
    freezer = once_stored(
        tmp_path / "store", 2, lambda: in_mid_fit(tmp_path, victim, lambda: victim.send_signal(signal.SIGSTOP))
    )
    try:
        results = run_quietly(plan, tmp_path / "store", execution=two_workers.address)
        freezer.join()
    finally:
        two_workers.kill(victim)
    assert results.n_computed == len(plan.units)
    assert sum(fits_of(tmp_path).values()) <= len(plan.units) + 2  # as of a killed worker


def test_a_unit_that_kills_workers_is_named_and_then_the_cluster_is_empty(cluster, tmp_path, monkeypatch):
    cluster.top_up(2)
    units = tiny_plan(models=["exact_logistic_regression", "tiny_experiment.KilledInFit"], signals=["full"]).units
    plan = CrossValidationPlan(units[:4], units[0].design)
    with pytest.raises(InputError, match=r"2 workers died.*tiny_experiment\.KilledInFit, full, seed 0.*are stored\. Start"):
        run_quietly(plan, tmp_path / "store", execution=cluster.address)
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match=r"it has no workers\. Start workers, for example: dask worker tcp://"):
        run_quietly(plan, tmp_path / "store", execution=cluster.address)


def test_a_run_ends_when_the_last_worker_does_not_come_back(cluster, tmp_path, monkeypatch):
    cluster.add_workers(1)
    monkeypatch.setattr(dask_cluster, "WITHOUT_WORKERS_SECONDS", 0.5)
    monkeypatch.setattr(dask_cluster, "LOOK_SECONDS", 0.2)
    killer = once_stored(tmp_path / "store", 2, lambda: cluster.kill(cluster.workers[-1]))
    with pytest.raises(InputError, match=r"cluster at tcp://.* has not worked for 0 s: it has no workers\. Results"):
        run_quietly(slow_plan(tmp_path), tmp_path / "store", execution=cluster.address)
    killer.join()
    assert len(list((tmp_path / "store").glob("*.zip"))) >= 2


def test_one_sentence_tells_a_dying_worker_from_a_scheduler_that_is_not_there(cluster):
    from distributed.comm import CommClosedError

    one = dask_cluster.DaskCluster(cluster.address)
    one._check_alive({"tcp://a": {}, "the scheduler": {}})
    with pytest.raises(
        InputError, match=r"scheduler at tcp://\S+ answers, but its worker tcp://b ended .*memory limit"
    ) as caught:
        one._check_alive({"tcp://a": {}, "tcp://b": CommClosedError("in <TCP>: Stream is closed")})
    assert "No Dask scheduler answered" not in str(caught.value)


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """Start a cluster with the certificates that the page Scale out has made, by the commands it gives."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    home = tmp_path_factory.mktemp("home")
    (commands,) = (block for block in bash_blocks() if "openssl" in block)
    subprocess.run(["bash", "-euc", commands], env=os.environ | {"HOME": str(home)}, check=True, capture_output=True)
    config = home / ".config/dask"
    assert (config / "key.pem").stat().st_mode & 0o077 == 0, "others can read the key"
    cluster = Cluster(home, workers=1, protocol="tls", config=config)
    tls = yaml.safe_load((config / "tls.yaml").read_text())["distributed"]["comm"]["tls"]
    yield cluster, {"distributed.comm.tls.ca-file": tls["ca-file"], "distributed.comm.tls.client": tls["client"]}
    cluster.end()


def bash_blocks():
    return re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


def test_a_cluster_with_certificates_computes_the_same_and_turns_others_away(certified, reference, tmp_path, monkeypatch):
    import dask

    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 1)
    cluster, config = certified
    assert cluster.address.startswith("tls://127.0.0.1:")
    plan, (_, tables) = tiny_plan(), reference
    with pytest.raises(
        InputError, match=r"Dask's configuration has no certificates for it\. It needs ca-file, client\.cert"
    ):
        run_quietly(plan, tmp_path / "store", execution=cluster.address)
    with pytest.raises(InputError, match="No Dask scheduler answered at tcp://"):
        run_quietly(plan, tmp_path / "store", execution=cluster.address.replace("tls", "tcp"))
    missing = config | {"distributed.comm.tls.ca-file": "/no/such.pem"}
    with (
        dask.config.set(missing),
        pytest.raises(InputError, match=r"a certificate that .* names cannot be used: .*No such file"),
    ):
        run_quietly(plan, tmp_path / "store", execution=cluster.address)
    monkeypatch.undo()
    with dask.config.set(config):
        results = run_quietly(plan, tmp_path / "store", execution=cluster.address)
    assert_same_tables(tables_of(results, tmp_path / "store"), tables)


def test_a_frozen_scheduler_ends_a_run_with_a_sentence(certified, tmp_path, impatient):
    import dask

    cluster, config = certified
    freezer = once_stored(tmp_path / "store", 2, lambda: cluster.scheduler.send_signal(signal.SIGSTOP))
    try:
        with dask.config.set(config), pytest.raises(InputError, match=r"has not worked for 1 s: its scheduler accepts conn"):
            run_quietly(slow_plan(tmp_path), tmp_path / "store", execution=cluster.address)
        freezer.join()
    finally:
        cluster.scheduler.send_signal(signal.SIGCONT)
    assert len(list((tmp_path / "store").glob("*.zip"))) >= 2


# The last of this cluster.
def test_a_lost_scheduler_is_said_in_one_sentence_and_the_run_continues_elsewhere(certified, tmp_path):
    lost, _ = certified
    script = (
        "import sys, tiny_experiment as t\n"
        "from pathlib import Path\n"
        "from linear_signal.errors import InputError\n"
        "try:\n"
        "    plan, folder = t.slow_plan(Path(sys.argv[1])), sys.argv[1] + '/store'\n"
        "    t.run(plan, store=t.ResultsStore(folder), device='cpu', execution=sys.argv[2], say=None)\n"
        "except InputError as error:\n"
        "    print(error)\n"
    )
    killer = once_stored(tmp_path / "store", 4, lambda: lost.kill(lost.scheduler))
    client = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), lost.address],
        env=lost.environment,
        text=True,
        capture_output=True,
        timeout=300,
    )
    killer.join()
    assert client.stdout.startswith(f"The Dask scheduler at {lost.address} is gone")
    assert client.stdout.endswith("Start a cluster and run again: it continues from there.\n")
    assert client.stdout.count("\n") == 1
    said = [line for line in client.stderr.splitlines() if not line.startswith("units:")]
    assert said == [], "Dask's own log reaches the page"
    stored = len(list((tmp_path / "store").glob("*.zip")))
    assert 4 <= stored < 12
    results = run_quietly(slow_plan(tmp_path), tmp_path / "store")
    assert (results.n_reused, results.problems) == (stored, ())
    whole = run_quietly(slow_plan(tmp_path), tmp_path / "whole")
    assert_same_tables(tables_of(results, tmp_path / "store"), tables_of(whole, tmp_path / "whole"))


def test_what_the_page_starts_listens_on_loopback_or_asks_for_certificates(cluster):
    started = [
        line for block in bash_blocks() for line in block.splitlines() if re.search(r"\bdask (scheduler|worker)\b", line)
    ]
    assert len(started) == 6
    for line in started:
        assert "--dashboard-address 127.0.0.1:" in line, line
        assert "--host 127.0.0.1" in line or any(tls in line for tls in ("--protocol tls", "tls://", "$address")), line
    # And that it does: these are started with the same options.
    for process in (cluster.scheduler, *[worker for worker in cluster.workers if worker.poll() is None]):
        listening = [one.laddr.ip for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"]
        assert set(listening) == {"127.0.0.1"}, process.args


def test_two_chapters_that_write_to_one_store_at_once_lose_nothing(tmp_path, reference):
    together, (alone, tables) = tmp_path / "together", reference
    said = tmp_path / "said"
    other = Forked(tiny_experiment.__file__, together, "1", environment=os.environ, output=said)
    wait_until(lambda: list(together.glob("*.zip")) or other.poll() is not None, 60)
    run_quietly(tiny_plan(), together)
    assert other.wait(timeout=300) == 0, said.read_text()
    results = run_quietly(tiny_plan(), together)
    assert (results.n_computed, results.problems) == (0, ())
    assert_same_tables(tables_of(results, together), tables)
    assert bytes_of_results(together) == bytes_of_results(alone)
    assert files_of(together).keys() == files_of(alone).keys()


def test_an_address_where_nobody_answers_is_refused_in_time(tmp_path, monkeypatch):
    assert dask_cluster.CONNECT_SECONDS <= 10
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 1)
    before = logging.getLogger("distributed").handlers
    start = time.monotonic()
    with pytest.raises(
        InputError, match=r"No Dask scheduler answered at tcp://127\.0\.0\.1:9 within 1 s \(.*\)\. Is it running"
    ):
        run_quietly(tiny_plan(), tmp_path / "store", execution="tcp://127.0.0.1:9")
    assert time.monotonic() - start < 5
    assert not (tmp_path / "store").exists()
    assert [handler.level for handler in before] == [logging.NOTSET] * len(before)


def test_a_missing_dask_is_named_with_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"distributed is not installed, which execution 'tcp://127\.0\.0\.1:9' needs"):
        run_quietly(tiny_plan(), tmp_path / "store", execution="tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    "execution",
    ["", "Local", "dask", "10.0.0.5:8786", "tcp://host", "http://host:80", "tcp://h:0", "tls://h:99999", "tcp://user@h:1"],
)
def test_an_execution_that_cannot_be_is_refused(execution):
    with pytest.raises(InputError, match=r"it must be 'local' .* or the address of a Dask scheduler such as 'tcp://"):
        check_execution(execution, device="auto", workers=0)


@pytest.mark.parametrize(
    "execution", ["local", "tcp://10.0.0.5:8786", "tcp://node-7.cluster:1", "tcp://[::1]:8786", "tls://node:8786"]
)
def test_an_execution_that_can_be_is_let_through(execution):
    check_execution(execution, device="cpu", workers=0)
    with pytest.raises(InputError, match="Unknown device 'gpu'"):
        check_execution(execution, device="gpu", workers=0)


def test_software_is_compared_in_what_decides_numbers():
    ours = describe_software()
    assert {"linear_signal", "numba", "torch", "numpy", "distributed"} <= set(ours)
    assert "+" not in ours["torch"]
    check_software(ours, {"tcp://a": dict(ours), "the scheduler": dict(ours)})
    other = ours | {"numpy": "0", "linear_signal": "0.0.1 (source 0)"}
    with pytest.raises(InputError) as caught:
        check_software(ours, {"tcp://a": dict(ours), "tcp://b": other})
    for part in (
        "worker tcp://b has linear_signal 0.0.1",
        "numpy 0;",
        f"here it is linear_signal {ours['linear_signal']}",
    ):
        assert part in str(caught.value)
    with pytest.raises(InputError, match=r"the scheduler has no usable linear_signal .*ModuleNotFoundError: linear_signal"):
        check_software(ours, {"the scheduler": ModuleNotFoundError("linear_signal")})


def test_a_worker_with_several_threads_is_refused():
    check_threads("tcp://a", 1)
    with pytest.raises(InputError, match=r"tcp://a would compute 4 units at once in one process.*--nthreads 1"):
        check_threads("tcp://a", 4)
