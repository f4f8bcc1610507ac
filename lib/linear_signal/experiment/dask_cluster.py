"""The connection to a Dask cluster: whether its scheduler answers, which workers work, and whether they do for us."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from linear_signal.deadline import within
from linear_signal.errors import InputError
from linear_signal.experiment.dask_worker import check_software, check_threads, describe_software, device_problem
from linear_signal.progress import duration

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
# How long a run waits while no worker works or the scheduler says nothing: batch systems restart their jobs.
WITHOUT_WORKERS_SECONDS = 300.0
# How long scheduler and workers have to say what they have: for that they import PyTorch, which on a busy network disk
# takes minutes.
CHECK_SECONDS = 300.0
# A worker sends a heartbeat every few seconds, though not while R keeps it from anything else. After so long without one
# it gets no more work.
SILENT_SECONDS = 30.0
LOOK_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_CLOSE_SECONDS = 5
# After so long without a word the run says what it waits for.
_SAY_SECONDS = 15.0
CONTINUES = "Results that had arrived are stored. Start a cluster and run again: it continues from there."


class DaskCluster:
    """A connection to a scheduler, and what is known of its workers.

    Args:
        address: of the scheduler, ``tcp://host:port`` or ``tls://host:port``; the certificates for the latter come from
            Dask's own configuration.

    Attributes:
        client: Dask's own; None while nothing is connected.
        software: of this process.
        workers: addresses of the workers that work: running, and heard of by the scheduler since it was last asked.
        say: told what is waited for; None for silence.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.client: Client | None = None
        self.software = describe_software()
        self.workers: list[str] = []
        self.say: Callable[[str], None] | None = None
        self._looked = self._worked = 0.0
        self._heard: dict[str, tuple[float, float]] = {}
        self._worked_of: dict[str, float] = {}
        self._trouble, self._said = "", False
        self._silence = ExitStack()

    def connect(self, device: str) -> None:
        """Connect, find workers and compare versions.

        Raises:
            InputError: ``distributed`` is not installed, nobody answers, there are no workers, or their software, threads
                or devices do not do.
        """
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is not installed, which execution {self.address!r} needs. Type: make dask, or "
                "pip install linear-signal[dask]"
            ) from None
        self._check_certificates()
        self._silence.enter_context(_silence())
        try:
            try:
                self.client = Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False, name="linear_signal")
            except OSError as error:
                fits = ", do its certificates fit the ones here" if self.address.startswith("tls:") else ""
                raise InputError(
                    f"No Dask scheduler answered at {self.address} within {CONNECT_SECONDS} s ({error}). Is it running, is "
                    f"this the address it printed when it started{fits}, and may this machine connect to it? execution "
                    "'local' needs none."
                ) from None
            self._check(device)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect; the scheduler then drops whatever of this run was not finished."""
        client, self.client = self.client, None
        # A scheduler that is gone cannot be said good-bye to, and there is nothing to be done about it.
        with self._silence, suppress(Exception):
            client.close(timeout=_CLOSE_SECONDS)

    def look(self) -> bool:
        """Ask the scheduler which workers work, every two seconds at most; say whether it was asked.

        Raises:
            InputError: the scheduler is gone; or it has not answered, or no worker has worked, for five minutes.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        try:
            known = self.ask(self.client.sync, self.client.scheduler.identity)["workers"]
        except TimeoutError:
            self.workers, self._trouble = [], "its scheduler accepts connections and does not answer: it is stopped or stuck"
        except Exception as error:
            raise self.gone(error) from None
        else:
            self._take_in(known)
        self._looked = now = time.monotonic()
        if self.workers:
            self._worked, self._said = max(self._worked_of[worker] for worker in self.workers), False
        elif now - self._worked >= WITHOUT_WORKERS_SECONDS:
            waited = duration(WITHOUT_WORKERS_SECONDS)
            raise InputError(f"The Dask cluster at {self.address} has not worked for {waited}: {self._trouble}. {CONTINUES}")
        elif self.say and not self._said and now - self._worked >= _SAY_SECONDS:
            self._said = True
            self.say(
                f"The Dask cluster at {self.address} does not work: {self._trouble}. Waiting for it, "
                f"{duration(WITHOUT_WORKERS_SECONDS)} at most."
            )
        return True

    def stuck(self, holders: Mapping[str, str]) -> list[str]:
        """Name the keys of work that lies on workers which are there and have not worked for five minutes.

        Args:
            holders: worker by key, as it was handed out; the scheduler may have given it to another since.
        """
        if all(worker in self.workers for worker in holders.values()):
            return []
        try:
            moved = {key: worker for worker, keys in self.ask(self.client.processing).items() for key in keys}
        except Exception:
            return []  # whatever it is, the next look finds it too
        since = time.monotonic() - WITHOUT_WORKERS_SECONDS
        holders = {key: moved.get(key, worker) for key, worker in holders.items()}
        return [key for key, worker in holders.items() if self._worked_of.get(worker, since) < since]

    def ask(self, function: Callable[..., Any], *arguments: Any, seconds: float = 0.0, **named: Any) -> Any:
        """Call a function of the client, which may hang, and wait ten seconds for it, or so many.

        Raises:
            TimeoutError: it has not come back.
        """
        return within(seconds or _ANSWER_SECONDS, function, *arguments, **named)

    def gone(self, error: Exception) -> InputError:
        """Make the error that says how a connection ended."""
        if self.client.status == "running" and getattr(error, "reason", "") != "scheduler-connection-lost":
            return InputError(f"The Dask cluster at {self.address} gave up the work: {error}. {CONTINUES}")
        return InputError(
            f"The Dask scheduler at {self.address} is gone: ended, killed, out of time, or the network failed. {CONTINUES}"
        )

    def _take_in(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        now, states = time.monotonic(), {}
        for worker, about in known.items():
            seen, since = self._heard.get(worker, (None, now))
            if seen != about["last_seen"]:
                since = now
            self._heard[worker] = (about["last_seen"], since)
            states[worker] = "silent" if now - since > SILENT_SECONDS else about["status"]
            self._worked_of.setdefault(worker, now)
            if states[worker] == "running":
                self._worked_of[worker] = since
        for memory in (self._heard, self._worked_of):
            for worker in [worker for worker in memory if worker not in known]:
                del memory[worker]
        self.workers = [worker for worker, state in states.items() if state == "running"]
        self._trouble = _trouble(states)

    def _check_certificates(self) -> None:
        import dask
        from distributed.security import Security

        if not self.address.startswith("tls:") or dask.config.get("distributed.client.security-loader", None):
            return
        names = "ca-file, client.cert and client.key below distributed.comm.tls (the page Scale out shows how)"
        try:
            context = Security().get_connection_args("client")["ssl_context"]
        except (OSError, ValueError) as error:
            raise InputError(
                f"execution is {self.address!r}, but a certificate that Dask's configuration names cannot be used: {error}. "
                f"It needs {names}."
            ) from None
        if context is None:
            raise InputError(
                f"execution is {self.address!r}, but Dask's configuration has no certificates for it. It needs {names}."
            )

    def _check(self, device: str) -> None:
        self._worked = time.monotonic()
        deadline = self._worked + CONNECT_SECONDS
        while True:
            self._looked = 0.0
            self.look()
            if self.workers:
                break
            if time.monotonic() > deadline:
                raise InputError(
                    f"The Dask cluster at {self.address} cannot work: {self._trouble}. Start workers, for example: dask "
                    f"worker {self.address} --nthreads 1 --nworkers 4"
                )
            time.sleep(0.2)
        workers = self._answers("nthreads", self.client.nthreads)
        for worker, threads in workers.items():
            check_threads(worker, threads)
        theirs = self._answers("software", self.client.run, describe_software, workers=self.workers, on_error="return")
        with suppress(Exception):  # a scheduler that cannot import this library says so below
            theirs["the scheduler"] = self._answers("software", self.client.run_on_scheduler, describe_software)
        theirs.setdefault("the scheduler", ModuleNotFoundError("linear_signal"))
        self._check_alive(theirs)
        check_software(self.software, theirs)
        problems = self._answers("device", self.client.run, device_problem, device, workers=self.workers, on_error="return")
        self._check_alive(problems)
        for worker, problem in problems.items():
            if problem:
                raise InputError(f"Dask worker {worker}: {problem}")

    def _answers(self, what: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            return self.ask(function, *arguments, seconds=CHECK_SECONDS, **named)
        except TimeoutError:
            raise InputError(
                f"The Dask cluster at {self.address} was asked for its {what} and has not answered within "
                f"{duration(CHECK_SECONDS)}: its scheduler or one of its workers is stopped or stuck. Nothing was computed. "
                "Start them again, or name another cluster."
            ) from None
        except OSError as error:
            raise self.gone(error) from None

    def _check_alive(self, answers: Mapping[str, Any]) -> None:
        for worker, answer in answers.items():
            if isinstance(answer, OSError):  # Dask's CommClosedError is one
                raise InputError(
                    f"The Dask scheduler at {self.address} answers, but its worker {worker} ended when it was asked what it "
                    f"has ({answer}). Most likely its memory limit is too low: a worker needs about 500 MB and its data, "
                    "and twice that to be at ease. Its log says more. Nothing was computed."
                )


def _trouble(states: Mapping[str, str]) -> str:
    """Say why none of the workers works."""
    if not states:
        return "it has no workers"
    counts = {state: sum(1 for one in states.values() if one == state) for state in dict.fromkeys(states.values())}
    words = {
        "paused": "paused, which Dask does to a worker whose memory is nearly full (dask worker --memory-limit)",
        "silent": "not heard of, as if stopped or without a network",
    }
    return f"of its {len(states):,} workers " + ", ".join(
        f"{count:,} {'is' if count == 1 else 'are'} {words.get(state, state)}" for state, count in counts.items()
    )


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
