"""How far a long job has come: a bar on a terminal, sparse plain lines in a log or on a notebook page."""

from __future__ import annotations

import sys
import time
from types import TracebackType

LOG_SECONDS = 5.0
PAGE_SECONDS = 10.0  # a line printed in a kernel is stored in the page for good


class Progress:
    """Count work done and show it where people look.

    On a terminal this is a tqdm bar; in a log (stderr is no terminal) a plain line every five seconds; in a Jupyter
    kernel, whose output becomes part of a page, a plain line every ten seconds. The last line is printed when the work
    ends without an error.

    Args:
        total: steps there are; 0 where that is not known.
        label: what is going on (``"Reading genes"``).
        unit: what one step is (``"genes"``).

    >>> with Progress(3, "Fitting", "fits") as progress:
    ...     progress.advance(3)
    """

    def __init__(self, total: int, label: str, unit: str = "") -> None:
        self.total = total
        self.label = label
        self.unit = unit
        self.done = 0
        self._note = ""
        self._started = self._printed_at = time.monotonic()
        self._printed_done = -1
        self._closed = False
        self._in_kernel = _in_kernel()
        self._bar = None
        if not self._in_kernel and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total or None, desc=label, unit=f" {unit}" if unit else "", unit_scale=total >= 1_000_000)

    def advance(self, n: int = 1, note: str = "") -> None:
        """Report ``n`` more steps done; ``note`` is shown until the next one replaces it."""
        self.done += n
        self._note = note or self._note
        if self._bar is not None:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(n)
        elif time.monotonic() - self._printed_at >= (PAGE_SECONDS if self._in_kernel else LOG_SECONDS):
            self._print()

    def close(self) -> None:
        """Show the last state; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._bar is not None:
            self._bar.close()
        elif self.done != self._printed_done:
            self._print()

    def __enter__(self) -> Progress:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close; after an error without a last line, which would promise an end that does not come."""
        if kind is not None and self._bar is None:
            self._closed = True
        self.close()

    def _print(self) -> None:
        self._printed_at = time.monotonic()
        self._printed_done = self.done
        # A kernel's stderr is drawn as an alarm on the page; this is none.
        print(self._line(), file=sys.stdout if self._in_kernel else sys.stderr, flush=True)

    def _line(self) -> str:
        seconds = time.monotonic() - self._started
        unit = f" {self.unit}" if self.unit else ""
        if self.total:
            parts = [f"{self.label}: {self.done:,} of {self.total:,}{unit} ({self.done / self.total:.0%})"]
        else:
            parts = [f"{self.label}: {self.done:,}{unit}"]
        parts.append(_duration(seconds))
        if 0 < self.done < self.total:
            parts.append(f"about {_duration(seconds * (self.total - self.done) / self.done)} left")
        return ", ".join(parts + ([self._note] if self._note else []))


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def _in_kernel() -> bool:
    # Whoever runs in a kernel has IPython imported already; importing it here would slow everybody else down.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None
