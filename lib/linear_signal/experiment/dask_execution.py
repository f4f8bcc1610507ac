"""Units on a Dask cluster: one future per part of their data, one per unit, and results that come back as they complete."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from linear_signal.errors import InputError
from linear_signal.experiment import dask_cluster
from linear_signal.experiment.compute import compute
from linear_signal.experiment.dask_cluster import CONTINUES, DaskCluster
from linear_signal.experiment.dask_worker import compute_on_worker, packed
from linear_signal.experiment.unit import Unit, UnitResult

if TYPE_CHECKING:
    from distributed import Future

_FETCH_SECONDS = 10.0
_NOT_YET = object()


class DaskExecution:
    """A Dask cluster that somebody has started; connected to while the context is open, and never shut down.

    The data of units are sent to the scheduler once and from there, or from worker to worker, once to each worker that
    needs them. What is sent of each unit are its settings. Only this process writes results, so workers need no shared disk.

    Args:
        address: of the scheduler, ``tcp://host:port`` or ``tls://host:port``.
        device: "auto", "cpu" or "cuda"; every worker looks for itself.
    """

    def __init__(self, address: str, *, device: str) -> None:
        self.device = device
        self._cluster = DaskCluster(address)
        self._packed: dict[int, tuple[Any, Future]] = {}
        self._data: dict[tuple[int, str], Future] = {}

    def __enter__(self) -> DaskExecution:
        """Connect and compare versions.

        Raises:
            InputError: as :meth:`~linear_signal.experiment.dask_cluster.DaskCluster.connect`.
        """
        self._cluster.connect(self.device)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Disconnect; the scheduler then drops whatever of this run was not finished."""
        self._packed.clear()
        self._data.clear()
        self._cluster.close()

    def at_once(self, units: Sequence[Unit]) -> int:
        """Say how many of ``units`` are computed at the same time: one per worker."""
        return max(1, min(len(self._cluster.workers), len(units)))

    def prepare(self, units: Sequence[Unit], say: Callable[[str], None] | None) -> None:
        """Do nothing but listen: workers on machines of their own compile for themselves, with their first unit."""
        self._cluster.say = say

    def apply(self, function: Callable[..., Any], units: Sequence[Unit]) -> list[Any]:
        """Return ``function(unit, device=...)`` of every unit, in their order; ``function`` is one that can be imported."""
        with closing(self._completed(function, units)) as completed:
            results = dict(completed)
        return [results[unit] for unit in units]

    def compute(self, units: Sequence[Unit]) -> Generator[tuple[Unit, UnitResult], None, None]:
        """Compute units and hand each out as soon as it is done, in any order.

        Raises:
            InputError: the scheduler is gone, it or all workers have not worked for five minutes, or a unit that several
                workers died of.
        """
        return self._completed(compute, units)

    def _completed(self, function: Callable[..., Any], units: Sequence[Unit]) -> Generator[tuple[Unit, Any], None, None]:
        # One unit per worker is handed out at a time, and the next when it is done: a worker that dies takes no other
        # unit with it, and a unit that kills its workers is the one that is blamed.
        left, done = deque(units), SimpleQueue()
        busy: dict[str, tuple[Unit, Future, str]] = {}
        hand_out = partial(self._hand_out, function, left, busy, done)
        try:
            while left or busy:
                if self._cluster.look():
                    self._take_back(left, busy)
                hand_out()
                try:
                    key = done.get(timeout=dask_cluster.LOOK_SECONDS)
                except Empty:
                    continue
                if key not in busy:  # it was taken back
                    continue
                unit, future, _ = busy[key]
                busy[key] = (unit, future, "")  # its worker has none now
                hand_out()
                result = self._result(unit, future)
                if result is not _NOT_YET:
                    del busy[key], future  # once it is here it need not stay in a worker's memory
                    yield unit, result
                elif future.status == "finished":
                    done.put(key)
                else:
                    future.add_done_callback(lambda future: done.put(future.key))
        except GeneratorExit:
            raise
        except BaseException:
            yield from self._ready(busy)
            raise
        finally:
            # A connection that is closed would do the same, but not while somebody else holds on to it.
            with suppress(Exception):
                self._cluster.ask(self._cluster.client.cancel, [future for _, future, _ in busy.values()])

    def _hand_out(
        self,
        function: Callable[..., Any],
        left: deque[Unit],
        busy: dict[str, tuple[Unit, Future, str]],
        done: SimpleQueue[str],
    ) -> None:
        """Give a unit to every worker that works and has none."""
        import dask

        taken = {worker for _, _, worker in busy.values()}
        try:
            # Dask warns of large graphs; here the large part is the data, sent once.
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
                for worker in [worker for worker in self._cluster.workers if worker not in taken][: len(left)]:
                    unit = left.popleft()
                    work = packed(function, unit, device=self.device, software=self._cluster.software)
                    # Keys are of this handing out alone: Dask takes equal keys, of two clients or of a unit that was taken
                    # back, for the same work. Named workers, because Dask would rather queue units where the data are
                    # than send the data to an idle worker.
                    future = self._cluster.client.submit(
                        compute_on_worker,
                        work,
                        *(self._part(part, worker) for part in unit.data),
                        key=f"unit-{uuid4().hex[:8]}-{unit.key}",
                        workers=[worker],
                        allow_other_workers=True,
                    )
                    busy[future.key] = (unit, future, worker)
                    future.add_done_callback(lambda future: done.put(future.key))
        except Exception as error:
            raise self._cluster.gone(error) from None

    def _take_back(self, left: deque[Unit], busy: dict[str, tuple[Unit, Future, str]]) -> None:
        """Take units from workers that have not worked for long, for those that do."""
        holders = {key: worker for key, (_, future, worker) in busy.items() if future.status == "pending"}
        for key in self._cluster.stuck(holders):
            unit, future, _ = busy.pop(key)
            left.append(unit)
            with suppress(Exception):
                self._cluster.ask(future.cancel)

    def _part(self, part: Any, worker: str) -> Future:
        # Not client.scatter, whose data are lost with the workers that hold them: the scheduler keeps these bytes. Every
        # worker unpacks them under a key of its own, since Dask's memory manager drops second copies of one key.
        submit = self._cluster.client.submit
        if id(part) not in self._packed:
            content = pickle.dumps(part, protocol=5)
            self._packed[id(part)] = part, submit(bytes, content, key=f"packed-{uuid4().hex}")
        if (id(part), worker) not in self._data:
            self._data[id(part), worker] = submit(
                pickle.loads,
                self._packed[id(part)][1],
                key=f"data-{uuid4().hex}",
                workers=[worker],
                allow_other_workers=True,
            )
        return self._data[id(part), worker]

    def _ready(self, busy: dict[str, tuple[Unit, Future, str]]) -> Iterator[tuple[Unit, Any]]:
        """Fetch what is done, as far as it can still be fetched."""
        for unit, future, _ in list(busy.values()):
            if future.status == "finished":
                try:
                    result = future.result(timeout=_FETCH_SECONDS)
                except Exception:  # the cluster that failed before, or another failure of it
                    return
                yield unit, result

    def _result(self, unit: Unit, future: Future) -> Any:
        """Fetch a result; ``_NOT_YET`` where its worker has died since, so that Dask computes it again, or is silent."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            return future.result(timeout=_FETCH_SECONDS if future.status == "finished" else 0.1)
        except TimeoutError:
            if future.status == "error":
                raise
            return _NOT_YET
        except KilledWorker as error:
            raise InputError(
                f"{error.allowed_failures + 1} workers died one after the other with this unit: {unit.title}. Most "
                f"likely it needs more memory than they have. {CONTINUES}"
            ) from None
        except MemoryError as error:
            raise InputError(f"The Dask cluster lacks memory for this unit: {unit.title} ({error}). {CONTINUES}") from None
        except (CancelledError, CommClosedError) as error:
            raise self._cluster.gone(error) from None
