"""Says that work is still going on when nothing else has been said for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

# Nobody who waits should wonder for longer whether anything still happens.
SILENCE = 60.0


class Heartbeat:
    """While open, says a line after every so many seconds of silence.

    Args:
        say: told the line.
        what: asked at that moment what is going on (``"cell 3 of 12"``).
        silence: seconds.
    """

    def __init__(self, say: Callable[[str], None], what: Callable[[], str], *, silence: float = SILENCE) -> None:
        self._say, self._what, self._silence = say, what, silence
        self._began = self._heard = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def heard(self) -> None:
        """Note that something was said."""
        self._heard = time.monotonic()

    def __enter__(self) -> Heartbeat:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Fall silent."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(max(0.01, self._heard + self._silence - time.monotonic())):
            if time.monotonic() - self._heard >= self._silence:
                self._heard = time.monotonic()
                self._say(f"still running: {self._what()}, {self._heard - self._began:.0f} s so far")
