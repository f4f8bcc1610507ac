"""Units on a Dask cluster: one future per task's data, one per unit, and results that come back as they complete."""

from __future__ import annotations

import logging
import pickle
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from linear_signal.errors import InputError
from linear_signal.experiment.dask_worker import (
    check_software,
    check_threads,
    compute_on_worker,
    describe_software,
    device_problem,
    packed,
)
from linear_signal.experiment.plan import Unit
from linear_signal.experiment.unit import UnitResult, compute

if TYPE_CHECKING:
    from distributed import Client, Future

    from linear_signal.data.tasks import Task

CONNECT_SECONDS = 10
# How long a run waits for a new worker once the last one is gone: batch systems restart their jobs.
WITHOUT_WORKERS_SECONDS = 300.0
_POLL_SECONDS = 2.0
_CLOSE_SECONDS = 5
_CONTINUES = "Results that had arrived are stored. Start a cluster and run again: it continues from there."


class DaskExecution:
    """A Dask cluster that somebody has started; connected to while the context is open, and never shut down.

    The data of a task are sent to the scheduler once and from there, or from worker to worker, once to each worker that
    needs them. The tasks of units hold settings alone. Only this process writes results, so workers need no shared disk.

    Args:
        address: of the scheduler, ``tcp://host:port``.
        device: "auto", "cpu" or "cuda"; every worker looks for itself.
    """

    def __init__(self, address: str, *, device: str) -> None:
        self.address, self.device = address, device
        self._client: Client | None = None
        self._workers: list[str] = []
        self._looked = self._seen = 0.0
        self._software = describe_software()
        self._packed: dict[int, tuple[Task, Future]] = {}
        self._data: dict[tuple[int, str], Future] = {}
        self._silence = ExitStack()

    def __enter__(self) -> DaskExecution:
        """Connect and compare versions.

        Raises:
            InputError: ``distributed`` is not installed, nobody answers, there are no workers, or their software,
                threads or devices do not do.
        """
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is not installed, which execution {self.address!r} needs. Type: pip install distributed"
            ) from None
        self._silence.enter_context(_silence())
        try:
            self._client = Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False, name="linear_signal")
            self._check_cluster()
        except BaseException as error:
            self._close()
            if isinstance(error, OSError):
                raise InputError(
                    f"No Dask scheduler answered at {self.address} within {CONNECT_SECONDS} s. Is it running, is this the "
                    "address it printed when it started, and may this machine connect to it? execution 'local' needs none."
                ) from None
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Disconnect; the scheduler then drops whatever of this run was not finished."""
        self._close()

    def at_once(self, units: Sequence[Unit]) -> int:
        """Say how many of ``units`` are computed at the same time: one per worker."""
        return max(1, min(len(self._workers), len(units)))

    def prepare(self, units: Sequence[Unit], say: Callable[[str], None] | None) -> None:
        """Do nothing: workers on machines of their own compile for themselves, with their first unit."""

    def apply(self, function: Callable[..., Any], units: Sequence[Unit]) -> list[Any]:
        """Return ``function(unit, device=...)`` of every unit, in their order; ``function`` is one that can be imported."""
        with closing(self._completed(function, units)) as completed:
            results = dict(completed)
        return [results[unit] for unit in units]

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, UnitResult]]:
        """Compute units and hand each out as soon as it is done, in any order.

        Raises:
            InputError: the scheduler or all workers are gone, or a unit that several workers died of.
        """
        return self._completed(compute, units)

    def _completed(self, function: Callable[..., Any], units: Sequence[Unit]) -> Iterator[tuple[Unit, Any]]:
        # One unit per worker is handed out at a time, and the next when it is done: a worker that dies takes no other
        # unit with it, and a unit that kills its workers is the one that is blamed.
        left, done = deque(units), SimpleQueue()
        busy: dict[str, tuple[Unit, Future, str]] = {}
        hand_out = partial(self._hand_out, function, uuid4().hex[:8], left, busy, done)
        try:
            while left or busy:
                hand_out()
                try:
                    unit, future, _ = busy.pop(done.get(timeout=_POLL_SECONDS))
                except Empty:
                    self._look_for_workers()
                    continue
                if time.monotonic() - self._looked > _POLL_SECONDS:
                    self._look_for_workers()
                hand_out()
                result = self._result(unit, future)
                del future  # once it is here it need not stay in a worker's memory
                yield unit, result
        finally:
            # A connection that is closed would do the same, but not while somebody else holds on to it.
            with suppress(Exception):
                self._client.cancel([future for _, future, _ in busy.values()])

    def _hand_out(
        self,
        function: Callable[..., Any],
        run: str,
        left: deque[Unit],
        busy: dict[str, tuple[Unit, Future, str]],
        done: SimpleQueue[str],
    ) -> None:
        """Give a unit to every worker that has none."""
        import dask

        taken = {worker for _, _, worker in busy.values()}
        try:
            # Dask warns of large graphs; here the large part is the data, sent once.
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
                for worker in [worker for worker in self._workers if worker not in taken][: len(left)]:
                    unit = left.popleft()
                    work = packed(function, unit, device=self.device, software=self._software)
                    # Keys are this run's own: Dask takes equal keys of two clients for the same work. Named workers,
                    # because Dask would rather queue units where the data are than send the data to an idle worker.
                    future = self._client.submit(
                        compute_on_worker,
                        work,
                        self._data_of(unit.task, worker),
                        key=f"unit-{run}-{unit.key}",
                        workers=[worker],
                        allow_other_workers=True,
                    )
                    busy[future.key] = (unit, future, worker)
                    future.add_done_callback(lambda future: done.put(future.key))
        except Exception as error:
            raise self._gone(error) from None

    def _data_of(self, task: Task, worker: str) -> Future:
        # Not client.scatter, whose data are lost with the workers that hold them: the scheduler keeps these bytes. Every
        # worker unpacks them under a key of its own, since Dask's memory manager drops second copies of one key.
        if id(task) not in self._packed:
            content = pickle.dumps(task, protocol=5)
            self._packed[id(task)] = task, self._client.submit(bytes, content, key=f"packed-{uuid4().hex}")
        if (id(task), worker) not in self._data:
            self._data[id(task), worker] = self._client.submit(
                pickle.loads,
                self._packed[id(task)][1],
                key=f"data-{uuid4().hex}",
                workers=[worker],
                allow_other_workers=True,
            )
        return self._data[id(task), worker]

    def _result(self, unit: Unit, future: Future) -> Any:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        while True:
            try:
                return future.result(timeout=_POLL_SECONDS)
            except TimeoutError:
                if future.status == "error":
                    raise
                # It was done, and its worker died before it could be fetched: Dask computes it again.
                self._look_for_workers()
            except KilledWorker as error:
                raise InputError(
                    f"{error.allowed_failures + 1} workers died one after the other with this unit: {_title(unit)}. Most "
                    f"likely it needs more memory than they have. {_CONTINUES}"
                ) from None
            except (CancelledError, CommClosedError) as error:
                raise self._gone(error) from None

    def _look_for_workers(self) -> None:
        try:
            self._workers = list(self._client.nthreads())
        except Exception as error:
            raise self._gone(error) from None
        self._looked = time.monotonic()
        if self._workers:
            self._seen = self._looked
        elif self._looked - self._seen >= WITHOUT_WORKERS_SECONDS:
            raise InputError(
                f"All workers of the Dask cluster at {self.address} are gone, and none came back in "
                f"{WITHOUT_WORKERS_SECONDS:,.0f} s. {_CONTINUES}"
            )

    def _gone(self, error: Exception) -> InputError:
        if self._client.status == "running" and getattr(error, "reason", "") != "scheduler-connection-lost":
            return InputError(f"The Dask cluster at {self.address} gave up the work: {error}. {_CONTINUES}")
        return InputError(
            f"The Dask scheduler at {self.address} is gone: ended, killed, out of time, or the network failed. {_CONTINUES}"
        )

    def _check_cluster(self) -> None:
        workers = self._client.nthreads()
        if not workers:
            with suppress(TimeoutError):
                self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            workers = self._client.nthreads()
        if not workers:
            raise InputError(
                f"The Dask scheduler at {self.address} has no workers. Start some, for example: "
                f"dask worker {self.address} --nthreads 1 --nworkers 4"
            )
        self._workers, self._looked, self._seen = list(workers), time.monotonic(), time.monotonic()
        for worker, threads in workers.items():
            check_threads(worker, threads)
        theirs = self._client.run(describe_software, on_error="return")
        with suppress(Exception):  # a scheduler that cannot import this library says so below
            theirs["the scheduler"] = self._client.run_on_scheduler(describe_software)
        theirs.setdefault("the scheduler", ModuleNotFoundError("linear_signal"))
        check_software(self._software, theirs)
        for worker, problem in self._client.run(device_problem, self.device).items():
            if problem:
                raise InputError(f"Dask worker {worker}: {problem}")

    def _close(self) -> None:
        client, self._client = self._client, None
        self._packed.clear()
        self._data.clear()
        # A scheduler that is gone cannot be said good-bye to, and there is nothing to be done about it.
        with self._silence, suppress(Exception):
            client.close(timeout=_CLOSE_SECONDS)


def _title(unit: Unit) -> str:
    return f"{unit.task.name}, {unit.model}, {unit.condition}, seed {unit.seed}, fold {unit.fold}"


@contextmanager
def _silence() -> Iterator[None]:
    """Silence Dask's own log and warnings: what matters of them is said in our words, and a page has no room for them."""
    # Dask writes through handlers of its own, set up when it is imported and shared by all of its loggers.
    handlers = {handler for name in ("distributed", "distributed.client") for handler in logging.getLogger(name).handlers}
    before = {handler: handler.level for handler in handlers}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        for handler in handlers:
            handler.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for handler, level in before.items():
                handler.setLevel(level)
