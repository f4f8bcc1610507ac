"""The study's questions as rows of the overview: this copy's runs, measured results, and what the paper published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.claims import non_linear_signal
from linear_signal.analysis.signal import WRITTEN
from linear_signal.studies.heil2023.finding import PAIRS, HeilFinding
from linear_signal.studies.heil2023.installed import ASKED
from linear_signal.studies.heil2023.published import published_models, published_tasks, published_value

GENUINE, SYNTHETIC = "Genuine data", "Synthetic data: what this copy ran"
_SIGNALS = ("full", "removed")
# The paper's tasks of all tissues at once; its GTEx may have had more, which moves a mark by less than its width.
_PUBLISHED_CLASSES = 21


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A question: a heading, whose results table answers it, the task there, and the published figure, if any."""

    title: str
    chapter: str
    task: str
    figure: str = ""
    simulated: bool = False


_QUESTIONS = (
    _Asked(title="GTEx, pairs of tissues", chapter="20_gtex", task=PAIRS, figure="gtex_binary_combined"),
    _Asked(title="GTEx, all tissues at once", chapter="20_gtex", task="all tissues", figure="gtex_multiclass_combined"),
    _Asked(title="Recount3, pairs of tissues", chapter="30_recount3", task=PAIRS, figure="recount_binary_combined"),
    _Asked(
        title="Recount3, all tissues at once",
        chapter="30_recount3",
        task="all tissues",
        figure="recount_multiclass_combined",
    ),
    _Asked(title="Sex", chapter="40_sex_prediction", task="sex", figure="sex_prediction_combined"),
    *(_Asked(title=f"Microarrays, {task}", chapter="26_installed_data", task=task) for task in ASKED),
    _Asked(title="Simulated, both signals", chapter="10_simulation", task="Simulated 1", simulated=True),
    _Asked(title="Simulated, linear signal only", chapter="10_simulation", task="Simulated 2", simulated=True),
    _Asked(title="Simulated, no signal", chapter="10_simulation", task="Simulated 3", simulated=True),
)


def overview_rows(
    tables: Mapping[str, pd.DataFrame | None], measured: Iterable[tuple[str, str, pd.DataFrame]] = ()
) -> pd.DataFrame:
    """Collect the rows of the overview; what was not run has none.

    Args:
        tables: results table of this copy by chapter; None where it is lost.
        measured: of every set of measured results its title, its chapter and its results.

    Returns:
        The columns of :data:`~linear_signal.figures.overview.COLUMNS`: genuine data first, a row of marks a question: what
        was measured before, or else this copy's own, and with it, or alone, what was published. Then this copy's runs on
        synthetic data. Empty where there is nothing.
    """
    own = [("this copy", chapter, table) for chapter, table in tables.items() if table is not None]
    genuine, synthetic = [], []
    for asked in _QUESTIONS:
        found = [_rows(asked, title, table) for title, chapter, table in (*measured, *own) if chapter == asked.chapter]
        of_real = [rows for rows in found if len(rows) and not rows["synthetic"].any()]
        synthetic += [rows for rows in found if len(rows) and rows["synthetic"].any()]
        genuine += [*of_real[:1], _published(asked, of_real[0]["about"].iloc[0] if of_real else "")]
    parts = [rows.assign(block=block) for block, list_ in ((GENUINE, genuine), (SYNTHETIC, synthetic)) for rows in list_]
    parts = [rows for rows in parts if len(rows)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _rows(asked: _Asked, title: str, results: pd.DataFrame) -> pd.DataFrame:
    """Pick the runs of a question at the largest training set; pairs are averaged within each run."""
    named = {"question": "", "says": "", "about": "", "chapter": asked.chapter, "section": "", "claim": non_linear_signal}
    fits = HeilFinding(task=asked.task, signals=_SIGNALS, **named).select(results)
    if fits.empty:
        return fits
    title_of_data = "simulated on purpose" if asked.simulated else f"{fits['dataset'].iloc[0]}"
    classes = f", {fits['n_classes'].max():.0f} classes" if "n_classes" in fits and asked.task == "all tissues" else ""
    about = f"{title_of_data}{classes}" if title == "this copy" else f"measured: {title}{classes}"
    if (non_linear_signal(fits).rows["cause"] == WRITTEN).any():
        about += "; what is left was written by the removal"
    return pd.DataFrame(
        {
            "question": asked.title,
            "about": about,
            "chapter": asked.chapter,
            "signal": fits["signal"],
            "model": fits["model"],
            "published": False,
            "value": fits["balanced_accuracy"],
            "chance": fits["naive_accuracy"],
            "synthetic": fits["synthetic"].astype(bool),
        }
    )


def _published(asked: _Asked, about: str) -> pd.DataFrame:
    if not asked.figure:
        return pd.DataFrame()
    tasks = [None] if asked.task == PAIRS else [task for task in (asked.task,) if task in published_tasks(asked.figure)]
    chance = 1 / _PUBLISHED_CLASSES if asked.task == "all tissues" else 0.5
    row = {"question": asked.title, "about": about or "published", "chapter": asked.chapter, "published": True}
    return pd.DataFrame(
        [
            {**row, "signal": signal, "model": model, "value": value, "chance": chance, "synthetic": False}
            for task in tasks
            for model in published_models(asked.figure)
            for signal in _SIGNALS
            for value in [published_value(asked.figure, model, signal, task=task)]
        ]
    )
