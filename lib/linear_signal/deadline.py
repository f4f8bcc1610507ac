"""Call a function that may never come back, and wait for it so long and no longer."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any


def within(seconds: float, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return ``function(*arguments, **named)``, or raise what it raises.

    It runs in a thread of its own, which is left behind where it takes longer: nothing can end it, and it keeps no program
    from ending.

    Raises:
        TimeoutError: it has not come back within ``seconds``.

    >>> within(5, max, 1, 2)
    2
    """
    answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def call() -> None:
        try:
            answers.put((function(*arguments, **named), None))
        except BaseException as error:
            answers.put((None, error))

    Thread(target=call, name=f"within {seconds:g} s", daemon=True).start()
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return answer
