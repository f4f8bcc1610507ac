"""Comparisons of average precisions as rows that the rule book judges: paired by run, with an interval over loci and runs.

A run is a seed. In simulations every seed has loci of its own, so the spread over seeds holds all there is to chance. On
genuine data all seeds share their loci: the spread over seeds is that of training alone, and what other loci would have said
is added from a bootstrap over loci, whose draws are the same for all fits that are judged on the same loci.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from linear_signal.analysis.metrics import AVERAGE_PRECISION
from linear_signal.analysis.student_t import quantile

_PARTS = 3


def contrast(compared: str, left: pd.DataFrame, right: pd.DataFrame | None = None, **names: object) -> pd.DataFrame:
    """Compare the mean average precision of some fits with that of others, or with their prevalence: one row.

    Args:
        compared: what is compared, in words.
        left: fits with ``seed``, ``average_precision``, ``draws`` (float [bootstrap draws]) and ``data`` (what names the
            loci they are judged on); several of one seed are averaged.
        right: the same, paired by seed, or baselines, paired by data; None compares with ``prevalence``.
        names: further columns of the row.

    Returns:
        The columns that :mod:`linear_signal.analysis.rules` looks at; no row where no seed has both.
    """
    first = _grouped(left, "seed", "average_precision")
    data = dict(zip(left["seed"], left["data"], strict=True))
    if right is None:
        second, partner = _grouped(left, "seed", "prevalence"), {seed: seed for seed in data}
    elif right["n_parameters"].isna().all():  # a baseline is computed once for all seeds of the same data
        second, partner = _grouped(right, "data", "average_precision"), data
    else:
        second, partner = _grouped(right, "seed", "average_precision"), {seed: seed for seed in data}
    seeds = sorted(seed for seed in first if partner[seed] in second)
    if not seeds:
        return pd.DataFrame()
    pairs = [(first[seed], second[partner[seed]]) for seed in seeds]
    values = np.array([[one.value, other.value] for one, other in pairs]).T
    by_draw = np.array([one.draws - other.draws for one, other in pairs])
    each = values[0] - values[1]
    shares_loci = len(seeds) > 1 and left["data"].nunique() == 1
    return pd.DataFrame(
        [
            {
                "comparison": "naive" if right is None else "paired",
                "compared": compared,
                "model": "left",
                "other_model": None if right is None else "right",
                **names,
                "difference": each.mean(),
                **_bounds(each, np.mean(by_draw, axis=0) if shares_loci else np.zeros(1)),
                "first_mean": values[0].mean(),
                "second_mean": values[1].mean(),
                "n_pairs": len(seeds),
                "margin": AVERAGE_PRECISION.margin(values[1].mean() if right is None else float("nan")),
                "best": AVERAGE_PRECISION.best,
            }
        ]
    )


def by_size(fits: pd.DataFrame, part: str) -> pd.DataFrame:
    """Cut the fits of one input to its small, middle or large models: thirds of the range of log(number of parameters).

    The smallest networks, of a single hidden unit, can learn hardly anything, so what becomes of larger networks is asked of
    the middle and the large ones.
    """
    size = np.log(fits["n_parameters"].astype(float))
    cuts = size.min() + (size.max() - size.min()) * np.arange(1, _PARTS) / _PARTS
    return fits[np.searchsorted(cuts, size) == ("small", "middle", "large").index(part)]


def growth(fits: pd.DataFrame, first: str, last: str, *, titles: Mapping[str, str]) -> list[pd.DataFrame]:
    """Compare larger networks with smaller ones, for every input: a row each.

    Args:
        fits: networks under one scheme.
        first, last: parts of :func:`by_size`; the row is the last minus the first.
        titles: of the inputs asked about, by name.
    """
    rows = []
    for name, title in titles.items():
        part = fits[fits["input"] == name]
        if part["n_parameters"].nunique() > 1:
            sides = by_size(part, last), by_size(part, first)
            rows.append(contrast(f"{title}: {last} minus {first} networks", *sides, input=name))
    return [row for row in rows if len(row)]


def behind(fits: pd.DataFrame, reference: pd.DataFrame, *, titles: Mapping[str, str], of: str) -> list[pd.DataFrame]:
    """Compare the large networks of every input with a baseline: a row each, the network minus the baseline."""
    rows = []
    for name, title in titles.items():
        part = fits[fits["input"] == name]
        if len(part):
            rows.append(contrast(f"{title}, large networks, minus {of}", by_size(part, "large"), reference, input=name))
    # What a good baseline leaves to win can be less than what otherwise counts as level: a quarter of it does then.
    return [
        row.assign(margin=np.minimum(row["margin"], (AVERAGE_PRECISION.best - row["second_mean"]) / 4))
        for row in rows
        if len(row)
    ]


class _Mean(NamedTuple):
    """A mean over fits, and the same over every bootstrap draw."""

    value: float
    draws: np.ndarray


def _grouped(fits: pd.DataFrame, by: str, column: str) -> dict[int | str, _Mean]:
    """Average the fits of every seed, or of every data set; prevalence counts as the same in every draw."""
    means = {}
    for name, group in fits.groupby(by):
        value = float(group[column].mean())
        kept = group["draws"].to_list() if "draws" in group else [None]
        draws = np.zeros(1) if any(one is None for one in kept) else np.mean(np.stack(kept), axis=0)
        means[name] = _Mean(value, np.full_like(draws, value) if column == "prevalence" else draws)
    return means


def _bounds(each: np.ndarray, by_draw: np.ndarray) -> dict[str, float]:
    """Bounds of the mean, 95 % and, for equivalence, 90 %: t with as many degrees of freedom as the two parts allow."""
    names = ("lower", "upper", "level_lower", "level_upper")
    n = len(each)
    if n < 2:
        return dict.fromkeys(names, float("nan"))
    of_seeds, of_loci = each.var(ddof=1) / n, by_draw.var()
    variance = of_seeds + of_loci
    if not variance > 0:
        return dict.fromkeys(names, float("nan"))
    # Satterthwaite 1946; the bootstrap counts as known.
    freedom = (n - 1) * (variance / of_seeds) ** 2 if of_seeds > 0 else np.inf
    half = [quantile(level, min(freedom, 1e6)) * variance**0.5 for level in (0.975, 0.95)]
    bounds = [each.mean() + sign * width for width in half for sign in (-1, 1)]
    return dict(zip(names, bounds, strict=True))


def in_groups(fits: pd.DataFrame) -> list[pd.DataFrame]:
    """Compare signal with sequence inside the groups of the partition: the share of groups in which signal is ahead, a row.

    A group is ahead where the median average precision over models of the signal is above that over models of the sequence.

    Args:
        fits: with ``of_groups``, float [groups], the average precision within every group; NaN where a group has one class.

    Returns:
        No row where runs share their loci: the spread over runs would leave out that other loci make other groups.
    """
    shares = []
    if fits["data"].nunique() < fits["seed"].nunique():
        return []
    for _, of_seed in fits.groupby("seed"):
        medians = {
            name: np.median(np.stack(of_seed.loc[of_seed["input"] == name, "of_groups"].to_list()), axis=0)
            for name in ("signal", "sequence")
            if (of_seed["input"] == name).any()
        }
        if len(medians) == 2:
            known = np.isfinite(medians["signal"]) & np.isfinite(medians["sequence"])
            if known.any():
                shares.append((medians["signal"] > medians["sequence"])[known].mean())
    if not shares:
        return []
    each = np.array(shares) - 0.5
    # A share lies between 0 and 1; of few runs the t interval reaches beyond.
    bounds = {name: np.clip(bound, -0.5, 0.5) for name, bound in _bounds(each, np.zeros(1)).items()}
    row = {
        "comparison": "naive",
        "compared": "Share of groups in which signal is ahead of sequence",
        "model": "signal",
        "difference": each.mean(),
        **bounds,
        "first_mean": each.mean() + 0.5,
        "second_mean": 0.5,
        "n_pairs": len(each),
        "margin": AVERAGE_PRECISION.level,
        "best": 1.0,
    }
    return [pd.DataFrame([row])]


def mean_interval(fits: pd.DataFrame) -> dict[str, float | int]:
    """Mean average precision over runs, with its 95 % interval over loci and runs.

    Args:
        fits: as for :func:`contrast`; several of one seed are averaged.

    Returns:
        n_runs, average_precision, lower, upper (NaN where a single table was judged once) and prevalence. A baseline
        that was computed once on one table has the bootstrap's interval alone.
    """
    runs = _grouped(fits, "data" if fits["n_parameters"].isna().all() else "seed", "average_precision").values()
    values, draws = np.array([run.value for run in runs]), np.mean([run.draws for run in runs], axis=0)
    one_table = fits["data"].nunique() == 1
    bounds = _bounds(values, draws if one_table else np.zeros(1))
    if len(values) == 1 and one_table and len(draws) > 1:
        bounds = dict(zip(("lower", "upper"), np.quantile(draws, [0.025, 0.975]), strict=True))
    kept = {name: float(np.clip(bounds[name], 0, 1)) for name in ("lower", "upper")}
    return {"n_runs": len(values), "average_precision": values.mean(), **kept, "prevalence": fits["prevalence"].mean()}
