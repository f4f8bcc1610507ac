"""Assess the reader's data: checks first, then tests and comparisons within a budget of minutes, then an answer in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.own.matching import AUTO
from linear_signal.data.own.open_own import OwnData, open_own_data
from linear_signal.errors import InputError, unknown
from linear_signal.progress import duration
from linear_signal.studies.own_data.answers import CANNOT, Brief, answer_in_brief, answer_in_words, recommendation
from linear_signal.studies.own_data.checks import CODES, FEWEST_GROUPS, Check, run_checks, table_of_checks
from linear_signal.studies.own_data.clock import Clock
from linear_signal.studies.own_data.confounded import confounded_with
from linear_signal.studies.own_data.sections import Section, sections_of

KINDS = ("found", "none found", "cannot be judged", CANNOT)
_MOST_MINUTES = 100_000
_FIRST = ("OD202", "OD201")  # of several reasons why nothing can be asked, the one that says most


@dataclass(frozen=True, eq=False, kw_only=True)
class Assessment:
    """What came of :func:`assess`.

    Attributes:
        answers: sentences by the name of their question (``answers.QUESTIONS``); ``signal`` is always there, and first.
        briefs: the same in a few words.
        kind: "found", "none found", "cannot be judged" (too little to tell) or "cannot be assessed" (no analysis could).
        advice: what to do next, sentences.
        checks: in the order of their codes.
        sections: parts of the page, each with its sentences, tables and figures.
        own: the data, of which the models saw what ``notes`` of a section say.
        asked: the arguments that the page is made again with.
    """

    answers: Mapping[str, str]
    briefs: Mapping[str, Brief]
    kind: str
    advice: tuple[str, ...]
    checks: tuple[Check, ...]
    sections: tuple[Section, ...]
    own: OwnData
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """All answers, as a paragraph."""
        return " ".join(self.answers.values())

    @property
    def answered(self) -> bool:
        """Whether the data could be assessed at all."""
        return self.kind != CANNOT

    @property
    def results(self) -> dict[str, pd.DataFrame]:
        """Every table by name, the checks among them."""
        tables = {name: table for section in self.sections for name, table in section.tables.items()}
        return {"checks": table_of_checks(list(self.checks)), **tables}

    @property
    def figures(self) -> dict[str, str]:
        """Every figure by name, as SVG."""
        return {name: svg for section in self.sections for name, svg in section.figures.items()}

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that needs no other, and return where it is.

        Raises:
            InputError: it cannot be written there.
        """
        from linear_signal.studies.own_data.report import page_of

        return _written(Path(path), page_of(self))

    def save_tables(self, folder: str | Path) -> Path:
        """Write every table as CSV and Parquet into a folder, and return it.

        Raises:
            InputError: it cannot be written there.
        """
        folder = Path(folder)
        for name, table in self.results.items():
            _written(folder / f"{name}.csv", table.to_csv(index=False))
            try:
                table.to_parquet(folder / f"{name}.parquet", index=False)
            except OSError as error:
                raise _not_written(folder, error) from error
        return folder

    def __str__(self) -> str:
        """Return the answer."""
        return self.verdict

    def __repr__(self) -> str:
        """Show the answer."""
        return f"<Assessment, {self.kind}: {self.verdict}>"


class RaisedOn(Exception):
    """Raised by :func:`assess` where it came to what ``raise_on`` named; ``assessment`` has all of it."""

    def __init__(self, assessment: Assessment, reasons: Sequence[str]) -> None:
        super().__init__(f"{', '.join(reasons)}: {assessment.verdict}")
        self.assessment = assessment
        self.reasons = tuple(reasons)


def assess(
    expression: Any,
    labels: Any = None,
    groups: str | Sequence[str] | None = None,
    *,
    label: str = "label",
    covariates: Sequence[str] = (),
    minutes: float = 3.0,
    layer: str = "",
    orientation: str = AUTO,
    scaling: str = AUTO,
    raise_on: Sequence[str] = (),
    say: Callable[[str], None] | None = None,
) -> Assessment:
    """Ask of your data: is there signal that is not linear, of what kind, is the split leaking, is the label the batch?

    Args:
        expression: a path (.csv, .tsv, .gct, .parquet, .feather, .h5ad, .rda, .rds), a DataFrame or an AnnData; samples in
            rows or in columns.
        labels: a table with one row per sample, as a path or a DataFrame; a Series or list of classes in the order of the
            rows of a DataFrame; None where ``expression`` has the columns.
        groups: columns that must not be torn apart, such as donor, study or batch. Splits hold out groups of the first one;
            checks look at all of them. None says that every sample stands for itself.
        label: the column of classes.
        covariates: columns such as age or sex: a floor among the models, and one of the other causes.
        minutes: for all of it, from now on, whatever the machine; what is left out for lack of time is said.
        layer: of an AnnData, "" for X.
        orientation, scaling: as of :func:`~linear_signal.data.own.open_own.open_own_data`.
        raise_on: raise ``RaisedOn`` where it comes to one of these: "found", "none found", "cannot be judged", "cannot be
            assessed", or the code of a check that must have no issue ("OD202").
        say: is told what is being done, such as ``print``; None for silence.

    Raises:
        InputError: input that cannot be used, with what to change.
        RaisedOn: as told.
    """
    for one in [raise_on] if isinstance(raise_on, str) else raise_on:
        if one not in (*KINDS, *CODES):
            raise unknown("name in raise_on", one, (*KINDS, *CODES))
    if isinstance(minutes, bool) or not isinstance(minutes, Real) or not 0 < minutes < _MOST_MINUTES:
        raise InputError(
            f"minutes is {minutes!r}; a number of more than 0 and less than {_MOST_MINUTES:,} is needed, such as 3."
        )
    clock = Clock.of(minutes)
    say = _timed(say, minutes)
    asked = _asked(expression, labels, groups, label, covariates, minutes, layer, orientation, scaling)
    expression, labels, label = _as_table(expression, labels, label)
    say("Reading the data.")
    own = open_own_data(
        expression,
        labels,
        label=label,
        groups=groups or (),
        covariates=covariates,
        layer=layer,
        orientation=orientation,
        scaling=scaling,
    )
    say(f"Read {own.dataset.n_samples:,} samples x {own.dataset.n_genes:,} genes. Checking them.")
    return _raising(assess_own(own, clock=clock, asked=asked, say=say), raise_on)


def assess_own(
    own: OwnData,
    *,
    clock: Clock,
    asked: Mapping[str, Any] | None = None,
    say: Callable[[str], None] | None = None,
) -> Assessment:
    """Assess data that are open already until the clock runs out; what else it takes and gives is as of :func:`assess`."""
    checks = tuple(run_checks(own))
    blocked = sorted(
        (one for one in checks if one.blocks),
        key=lambda one: (one.code not in _FIRST, _FIRST.index(one.code) if one.code in _FIRST else 0),
    )
    told = own if blocked else _judged(own)
    sections = sections_of(told, blocked=bool(blocked), clock=clock, say=say or (lambda _: None))
    reason = blocked[0].blocks if blocked else ""
    kind, answers = answer_in_words(told, checks, sections, reason=reason)
    return Assessment(
        answers=answers,
        briefs=answer_in_brief(told, checks, sections, reason=reason),
        kind=kind,
        advice=recommendation(told, checks, sections, kind),
        checks=checks,
        sections=sections,
        own=own,
        asked=asked or {},
    )


def _judged(own: OwnData) -> OwnData:
    """Leave out classes with too few groups, and those that cannot be told from a group."""
    groups = own.dataset.column(own.groups[0]) if own.groups else own.dataset.sample_ids
    sizes = pd.Series(groups).groupby(own.labels).nunique()
    left_out = set(sizes.index[sizes < FEWEST_GROUPS])
    for group in own.groups:
        left_out |= set(confounded_with(own.labels, own.dataset.column(group)).lost)
    if not left_out:
        return own
    rows = np.flatnonzero(~np.isin(own.labels, sorted(left_out)))
    return own.take(rows, note=f"Classes that cannot be judged were left out: {', '.join(sorted(left_out))}.")


def _as_table(expression: Any, labels: Any, label: str) -> tuple[Any, Any, str]:
    """Make labels that come as a list, an array or a Series a table with the ids of the expression."""
    if labels is None or isinstance(labels, str | Path | pd.DataFrame):
        return expression, labels, label
    in_order = not isinstance(labels, pd.Series)
    if isinstance(labels, pd.Series) and isinstance(expression, pd.DataFrame) and labels.index.equals(expression.index):
        labels, label, in_order = labels.tolist(), str(labels.name or label), True
    if in_order and isinstance(expression, pd.DataFrame) and isinstance(expression.index, pd.RangeIndex):
        expression = expression.set_axis([f"row {one}" for one in expression.index], axis=0)
    if isinstance(labels, pd.Series):
        return expression, labels.rename(str(labels.name or label)).to_frame(), str(labels.name or label)
    if not isinstance(expression, pd.DataFrame) or isinstance(labels, Mapping):
        raise InputError(
            f"labels is a {type(labels).__name__}; name a table (a path or a DataFrame), or, beside a DataFrame, give one "
            "class per row."
        )
    found = list(labels)
    if len(found) != len(expression):
        raise InputError(f"labels has {len(found):,} entries for {len(expression):,} rows; one for each is needed.")
    return expression, pd.DataFrame({label: found}, index=expression.index.astype(str)), label


def _asked(*values: Any) -> dict[str, Any]:
    names = ("expression", "labels", "groups", "label", "covariates", "minutes", "layer", "orientation", "scaling")
    found = dict(zip(names, values, strict=True))
    found["groups"] = [found["groups"]] if isinstance(found["groups"], str) else list(found["groups"] or ())
    return {
        name: str(value) if isinstance(value, Path) else value if isinstance(value, str | list | float | int) else None
        for name, value in found.items()
    } | {"covariates": list(found["covariates"])}


def _timed(say: Callable[[str], None] | None, minutes: float) -> Callable[[str], None]:
    """Say with every line how much of the time is gone."""
    began = time.monotonic()

    def timed(line: str) -> None:
        if say:
            say(f"{line} ({duration(time.monotonic() - began)} of about {duration(60 * minutes)})")

    return timed


def _raising(found: Assessment, raise_on: Sequence[str]) -> Assessment:
    named = {raise_on} if isinstance(raise_on, str) else set(raise_on)
    issues = {one.code for one in found.checks if one.status == "issue"}
    reasons = sorted(named & ({found.kind} | issues))
    if reasons:
        raise RaisedOn(found, reasons)
    return found


def _written(path: Path, text: str) -> Path:
    from linear_signal.files import write_whole

    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise _not_written(path, error) from error
    return path


def _not_written(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written: {error.strerror or error}. Name another place.")
