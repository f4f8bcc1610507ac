"""The one error type that readers of a chapter are meant to see, and the nearest-match hint its messages use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

_MOST = 40  # names that are shown of those allowed: columns of a table may be thousands


class InputError(ValueError):
    """Something the user handed over cannot be used; the message says what was seen, what is allowed and what to do."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: the mistake is in the input, not in the code of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def unknown(kind: str, seen: str, allowed: Iterable[str], *, renamed: Mapping[str, str] | None = None) -> InputError:
    """Build the error for a name that is not on a list; ``renamed`` says of former names what they are now.

    >>> print(unknown("model", "three_layr", ["three_layer", "five_layer"]))
    Unknown model 'three_layr'; did you mean 'three_layer'? Allowed: three_layer, five_layer.
    >>> print(unknown("tune_on", "condition", ["same", "full"], renamed={"condition": "'same'"}))
    Unknown tune_on 'condition'; it is now 'same'. Allowed: same, full.
    """
    allowed = list(allowed)
    close = difflib.get_close_matches(str(seen), allowed, n=1)
    folded = {name.casefold(): name for name in allowed}
    nearest = folded.get(str(seen).casefold()) or (close[0] if close else None)
    shown = ", ".join(allowed[:_MOST]) + (f" and {len(allowed) - _MOST:,} more" if len(allowed) > _MOST else "")
    hint = f"; did you mean {nearest!r}?" if nearest else "."
    if renamed and seen in renamed:
        hint = f"; it is now {renamed[seen]}."
    return InputError(f"Unknown {kind} {seen!r}{hint} Allowed: {shown}.")


def listed(names: Iterable[str], *, most: int = 1) -> str:
    """Name the first offenders and count the rest.

    >>> listed(["S1", "S2", "S3"])
    "'S1' and 2 more"
    """
    names = [str(name) for name in names]
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
