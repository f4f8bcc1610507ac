"""How far a long job has come: a bar where somebody watches, sparse plain lines in a log, one last line on a page."""

from __future__ import annotations

import html
import math
import sys
import time
from types import TracebackType
from typing import Any

LOG_SECONDS = 5.0
PAGE_SECONDS = 1.0
# What a kernel's messages about progress carry, so that whoever runs a chapter can tell them from its results.
MARK = "linear_signal_progress"
# Beside the mark: what is said however short a time ago something else was.
SAID = "linear_signal_said"


class Progress:
    """Count work done and show it where people look.

    On a terminal this is a tqdm bar; in a log (stderr is no terminal) a plain line every five seconds; in a Jupyter
    kernel a bar that is drawn again and again in its place, of which the page keeps the last line alone. The last line
    is written when the work ends without an error.

    Args:
        total: steps there are; 0 where that is not known.
        label: what is going on (``"Reading genes"``).
        unit: what one step is (``"genes"``).
        silent: show nothing, wherever people look.

    >>> with Progress(3, "Fitting", "fits") as progress:
    ...     progress.advance(3)
    """

    def __init__(self, total: int, label: str, unit: str = "", *, silent: bool = False) -> None:
        self.total = total
        self.label = label
        self.unit = unit
        self.done = 0
        self._note = ""
        self._seconds_left: float | None = None
        self._started = self._shown_at = time.monotonic()
        self._shown_done = -1
        self._closed = self._silent = silent
        self._in_kernel = _in_kernel()
        self._display: Any = None
        self._bar = None
        if not silent and not self._in_kernel and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total or None, desc=label, unit=f" {unit}" if unit else "", unit_scale=total >= 1_000_000)

    def advance(self, n: int = 1, note: str = "", seconds_left: float | None = None) -> None:
        """Report ``n`` more steps done.

        Args:
            n: steps.
            note: shown until the next one replaces it.
            seconds_left: until the end, where the caller knows better than that all steps take the same time; NaN where
                nothing can be said yet.
        """
        self.done += n
        self._note = note or self._note
        self._seconds_left = seconds_left
        if self._silent:
            return
        if self._bar is not None:
            tells = seconds_left is not None and not math.isnan(seconds_left) and self.done < self.total
            left = [f"about {duration(seconds_left)} left"] if tells else []
            if note or left:
                self._bar.set_postfix_str(", ".join([*left, *([self._note] if self._note else [])]), refresh=False)
            self._bar.update(n)
        elif time.monotonic() - self._shown_at >= (PAGE_SECONDS if self._in_kernel else LOG_SECONDS):
            self._show()

    def close(self) -> None:
        """Show the last state; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._bar is not None:
            self._bar.close()
        elif self.done != self._shown_done or self._in_kernel:
            self._show()

    def __enter__(self) -> Progress:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close; after an error without a last line, which would promise an end that does not come."""
        if kind is not None and self._bar is None:
            self._closed = True
        self.close()

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        self._shown_done = self.done
        if self._in_kernel:
            self._draw()
        else:
            print(self._line(), file=sys.stderr, flush=True)

    def _draw(self) -> None:
        # Plain mime bundles under one display id: a widget would stay on the page, dead, once the kernel is gone.
        from IPython.display import display

        content = {"text/plain": self._line()}
        if self.total and not self._closed:
            bar = f'<progress value="{self.done}" max="{self.total}" style="vertical-align: middle"></progress>'
            content["text/html"] = f"{bar} {html.escape(self._line())}"
        if self._display is None:
            self._display = display(content, raw=True, display_id=True, transient={MARK: True})
        else:
            display(content, raw=True, display_id=self._display.display_id, update=True, transient={MARK: True})

    def _line(self) -> str:
        seconds = time.monotonic() - self._started
        unit = f" {self.unit}" if self.unit else ""
        if self.total:
            parts = [f"{self.label}: {self.done:,} of {self.total:,}{unit} ({self.done / self.total:.0%})"]
        else:
            parts = [f"{self.label}: {self.done:,}{unit}"]
        parts.append(duration(seconds))
        if 0 < self.done < self.total:
            even = seconds * (self.total - self.done) / self.done
            left = even if self._seconds_left is None else self._seconds_left
            if not math.isnan(left):
                parts.append(f"about {duration(left)} left")
        return ", ".join(parts + ([self._note] if self._note else []))


def duration(seconds: float) -> str:
    """Write a time for people.

    >>> duration(7.4), duration(125), duration(5000), duration(200000)
    ('7 s', '2 min 05 s', '1 h 23 min', '56 h')
    """
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(seconds / 3600):,} h"
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _in_kernel() -> bool:
    # Whoever runs in a kernel has IPython imported already; importing it here would slow everybody else down.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None
