"""What a page says of data: a data set says it of itself, and data of any other shape are described by a ``Source``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """Data of any shape, as a page tells of them.

    Attributes:
        name: short name, which results tables have in their column ``dataset``.
        source: one sentence that says where the numbers come from, without a full stop.
        synthetic: whether the numbers were simulated.
        summary: how much there is, and what names this content.
        notes: one sentence per thing a reader should know (what was dropped and why).
    """

    name: str
    source: str
    synthetic: bool
    summary: str
    notes: tuple[str, ...] = ()
