"""Compute units and keep each as soon as it is done; whatever stops that, what is ready is kept first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from math import nan

from linear_signal.experiment.execution import Computed, Execution
from linear_signal.experiment.expected_time import TimeLeft
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.unit import Unit, UnitResult
from linear_signal.progress import Progress


def compute_and_keep(
    plan: Plan,
    units: Sequence[Unit],
    place: Execution,
    *,
    keep: Callable[[Unit, UnitResult], None],
    say: Callable[[str], None] | None,
) -> None:
    """Compute units, and tell before and meanwhile how long it takes, and what the plan has to say.

    Args:
        plan: what the units are of.
        units: one or more.
        place: open.
        keep: called with every unit and its result; a second time with the same ones if it was stopped in its midst.
        say: as for ``run``; None shows no progress either.

    Raises:
        InputError: as ``place`` and ``keep`` do.
    """
    place.prepare(units, say)
    expected = plan.expected_time(units, place) if say else None
    if expected:
        say(expected.sentence())
    left, watch = TimeLeft(units, expected), plan.watcher()
    in_hand: list[tuple[Unit, UnitResult]] = []
    # Closed here: a traceback, which a notebook keeps, would hold on to the workers.
    with closing(place.compute(units)) as computed, Progress(len(units), "units", silent=say is None) as progress:
        try:
            for number, (unit, result) in enumerate(computed, start=1):
                in_hand.append((unit, result))
                keep(unit, result)
                in_hand.clear()
                left.done(unit, result.run["seconds"])
                seconds_left = left.seconds(place.at_once(units[number:]))
                progress.advance(note=watch(unit, result), seconds_left=nan if seconds_left is None else seconds_left)
        except BaseException as error:
            _keep_what_is_ready(in_hand, computed, error, keep)
            raise


def _keep_what_is_ready(
    in_hand: Sequence[tuple[Unit, UnitResult]],
    computed: Computed,
    error: BaseException,
    keep: Callable[[Unit, UnitResult], None],
) -> None:
    # What goes wrong here (a disk that is still full, a second Ctrl-C) is not more to tell than what went wrong before.
    with suppress(BaseException):
        for unit, result in in_hand:
            keep(unit, result)
        keep(*computed.throw(error))
        for unit, result in computed:  # ends by raising: the error comes back when nothing more is ready
            keep(unit, result)
