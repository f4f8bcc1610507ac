"""A finding of a study: what was said, of which data, which chapter asks it again, and by which claim it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.claims import Claim


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that some findings of a study answer together: a heading on the page of findings, and a text below it.

    Attributes:
        title: the heading.
        text: HTML, a sentence or two; may be empty.
    """

    title: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding and how it is asked again. Studies whose findings pick rows or have published numbers derive from it.

    Attributes:
        question: key of one of the study's questions.
        says: what the paper found, or what is expected where it says nothing.
        about: the data, in words.
        chapter: whose results table answers.
        section: the heading of its figure, as the end of a link.
        claim: from the rows that ``select`` picks to a judged claim (:mod:`linear_signal.analysis.claims`). Rows that are
            not about models of the catalogue name what they are about in a column ``compared``.
        figure: the published figure or table behind it; empty where nothing was published.
        simulated_there: whether the paper itself simulated these data, so that synthetic results count.
    """

    question: str
    says: str
    about: str
    chapter: str
    section: str
    claim: Callable[[pd.DataFrame], Claim]
    figure: str = ""
    simulated_there: bool = False

    def select(self, results: pd.DataFrame) -> pd.DataFrame:
        """Pick the rows of the chapter's results table that the finding is about; here all of them."""
        return results

    def published(self, row: Mapping[str, object], selected: pd.DataFrame) -> float:
        """Look up what the paper has for a judged row: its accuracy, or the difference of two; NaN where it has none."""
        return float("nan")
