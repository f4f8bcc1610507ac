"""The parts of an assessment behind its checks: what each computes, its sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from linear_signal.data.own.open_own import OwnData
from linear_signal.data.own.scales import CPM_LOG1P, LOG1P
from linear_signal.names import counted
from linear_signal.studies.own_data import charts
from linear_signal.studies.own_data.causes import other_causes
from linear_signal.studies.own_data.clock import Clock
from linear_signal.studies.own_data.comparison import N_TOP, OwnComparison, compare_own
from linear_signal.studies.own_data.signal_test import SignalTest, test_signal

_SHARE = {"signal": 0.5, "comparison": 0.35, "causes": 0.15}
"""Of the minutes."""
_ALL_BUT_THE_PAGE = 0.9  # of what is left for the last section: floors, tables and figures come behind its folds
_MOST_BARS = 60


@dataclass(frozen=True, eq=False, kw_only=True)
class Section:
    """A part of the page.

    Attributes:
        name: stays the same.
        title: a question.
        says: sentences.
        tables: by name.
        figures: SVG by name.
        notes: what was cut or left out.
        found: what it was made from, for the answer.
    """

    name: str
    title: str
    says: tuple[str, ...]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    found: object = None


def sections_of(own: OwnData, *, blocked: bool, clock: Clock, say: Callable[[str], None]) -> tuple[Section, ...]:
    """Compute every section; where no question can be answered, only what there is of each class.

    Sections have a share of the time each; what one leaves goes to those behind it.
    """
    counts = counts_section(own)
    if blocked:
        return (counts,)
    values, labels = own.dataset.expression, own.labels
    groups = own.dataset.column(own.groups[0]) if own.groups else None
    names = (own.dataset.name, own.label)
    minutes, share = clock.minutes, _SHARE
    until = clock.until(share["signal"])
    test = test_signal(
        values,
        labels,
        groups,
        names=names,
        minutes=share["signal"] * minutes,
        until=until,
        part_of_all=share["signal"],
        gone=clock.gone,
        say=say,
    )
    parts = [counts, signal_section(test)]
    if test.found and test.closed_form:
        say("Looking for other causes.")
        causes = other_causes(
            values,
            labels,
            groups,
            scaling=own.scaling,
            totals=own.totals if own.scaling in (LOG1P, CPM_LOG1P) else None,
            zeros=own.zeros,
            raw=_counts(own),
            covariates=_covariates(own),
            names=names,
            minutes=share["causes"] * minutes,
            until=clock.until(share["causes"] / (share["causes"] + share["comparison"])),
            say=say,
        )
        parts.append(_causes_section(causes))
    compared = compare_own(
        values,
        labels,
        groups,
        gene_ids=own.dataset.gene_ids,
        sample_ids=own.dataset.sample_ids,
        depth=_depth(own),
        covariates=_covariates(own),
        further={one: own.dataset.column(one) for one in own.groups[1:]},
        names=names,
        minutes=share["comparison"] * minutes,
        until=clock.until(_ALL_BUT_THE_PAGE),
        say=say,
    )
    parts += comparison_sections(compared)
    return tuple(parts)


def counts_section(own: OwnData) -> Section:
    """Tell how many samples and groups every class has."""
    table = pd.DataFrame({"class": own.labels, **{group: own.dataset.column(group) for group in own.groups}})
    counts = table.groupby("class").agg(samples=("class", "size"), **{one: (one, "nunique") for one in own.groups})
    n_groups = own.dataset.samples[own.groups[0]].nunique() if own.groups else 0
    crossed = {}
    if own.groups and n_groups <= _MOST_BARS // 4:
        crossed["counts_by_group"] = pd.crosstab(table["class"], table[own.groups[0]]).reset_index()
    size = f"{own.dataset.n_samples:,} samples, {own.dataset.n_genes:,} genes, {len(counts):,} classes of {own.label}"
    return Section(
        name="counts",
        title="What was looked at",
        says=(f"{size}{f', {n_groups:,} groups of {own.groups[0]}' if own.groups else ''}.",),
        tables={"counts": counts.reset_index(), **crossed},
        notes=own.notes,
    )


def signal_section(test: SignalTest) -> Section:
    """Tell of the test of signal beyond class means."""
    # Less chance, which a reader of the page cannot know from the name that it has in the test.
    probes = test.probes.rename(columns={"accuracy": "accuracy_above_chance"})
    tables = {"probes": probes, "rungs": test.rungs, "planted_signals": test.planted}
    figures = {"probes": charts.probes_chart(test.probes)} if len(test.probes) else {}
    says = [test.why]
    if len(test.planted):
        known = test.planted.dropna(subset=["smallest"])
        says += [
            f"A planted signal of kind '{row.kind}' is found four times in five from {row.smallest:g} {row.unit} on."
            for row in known.itertuples()
        ]
        open_ones = test.planted[test.planted["smallest"].isna()]
        for done, words in (
            (True, "Not even the largest tried is found of"),
            (False, "Time did not suffice to find out of"),
        ):
            kinds = open_ones.loc[open_ones["complete"] == done, "kind"]
            says += [f"{words}: {', '.join(kinds)}."] if len(kinds) else []
    return Section(
        name="signal",
        title="Do classes differ in more than the means of single genes?",
        says=tuple(says),
        tables={name: table for name, table in tables.items() if len(table)},
        figures=figures,
        notes=test.notes,
        found=test,
    )


def comparison_sections(compared: OwnComparison) -> list[Section]:
    """Tell of the models on the full signal, the split, the learning curve, genes and samples."""
    done = len(compared.models) > 0
    parts = [
        Section(
            name="models",
            title="With the full signal, is a complex model ahead of a linear one?",
            says=(compared.says,),
            tables={"models": compared.models} if done else {},
            figures={"models": charts.models_chart(compared.models)} if done else {},
            notes=tuple(compared.notes),
            found=compared,
        )
    ]
    for name, title, table, says, chart in (
        ("leak", "Is the split leaking?", compared.leak, compared.leak_says, charts.leak_chart),
        ("curve", "Would more data help?", compared.curve, compared.curve_says, charts.curve_chart),
        ("genes", "Which genes does the linear model rest on?", compared.genes, _genes_say(compared), None),
        ("errors", "Which samples does every model get wrong?", compared.errors, _errors_say(compared), None),
    ):
        if len(table):
            figures, lines = {name: chart(table)} if chart else {}, (says,) if says else ()
            parts.append(Section(name=name, title=title, says=lines, tables={name: table}, figures=figures))
    return parts


def _depth(own: OwnData) -> pd.DataFrame | None:
    """What is measured of a sample without any gene of its own: where values are counts or their like."""
    if own.scaling in (LOG1P, CPM_LOG1P):
        return pd.DataFrame({"totals": own.totals, "zeros": own.zeros})
    return pd.DataFrame({"zeros": own.zeros}) if own.zeros.std() > 0 else None


def _covariates(own: OwnData) -> pd.DataFrame | None:
    """Take the columns that were named."""
    return own.dataset.samples[list(own.covariates)] if own.covariates else None


def _counts(own: OwnData) -> np.ndarray | None:
    """Counts as they came, which the scaling can be turned back to."""
    if own.scaling != CPM_LOG1P:
        return None
    return np.rint(np.expm1(own.dataset.expression, dtype=np.float64) * (own.totals / 1e6)[:, None])


def _genes_say(compared: OwnComparison) -> str:
    says = (
        f"{counted(len(compared.genes), 'gene')} among the {N_TOP} of largest weight in nearly every split, with one sign; "
    )
    says += "+1 is higher in the class."
    nothing = " The model is not shown to be above chance, so that they tell nothing."
    return f"{says}{nothing if compared.linear_at_chance else ''}"


def _errors_say(compared: OwnComparison) -> str:
    says = counted(len(compared.errors), "sample")
    if compared.linear_at_chance:
        return f"{says}; of models at chance this says nothing of the samples."
    return f"{says}: mislabelled, mixed, or of a kind that the others do not show."


def _causes_section(table: pd.DataFrame) -> Section:
    return Section(
        name="causes",
        title="Could something else look like this?",
        says=("Signal beyond class means is called non-linear only where none of these explains it.",),
        tables={"causes": table},
        found=table,
    )
