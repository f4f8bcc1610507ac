"""What a reader must know of the training behind a verdict: fits that were not finished, failed, or chose at an edge."""

from __future__ import annotations

import pandas as pd

from linear_signal.models.titles import model_family
from linear_signal.names import counted


def training_warnings(fits: pd.DataFrame) -> list[str]:
    """List what casts doubt on the fits of a table, for the place where its verdict stands; empty where nothing does.

    Args:
        fits: rows of the results table, or of averages over tasks, that the verdict rests on.

    Returns:
        Phrases: network fits that ended at the last epoch; best settings in the outermost tenth of their range; network
        trainings that never left their start. Tables without these columns give none.
    """
    if fits.empty or "model" not in fits:
        return []
    weight = fits["n_tasks"] if "n_tasks" in fits else pd.Series(1, fits.index)
    # Studies of networks that are not in the catalogue say of each how many parameters it has.
    counted_in = fits["n_parameters"].notna() if "n_parameters" in fits else False
    network = (fits["model"].map(model_family) == "network") | counted_in
    warnings = []
    if "ended_at_last_epoch" in fits:
        ended, all_fits = _counted(fits["ended_at_last_epoch"], weight, network)
        if ended:
            warnings.append(f"{ended:,} of {counted(all_fits, 'network fit')} ended at the last epoch")
    if "failed_training" in fits:
        failed, all_fits = _counted(fits["failed_training"], weight, network)
        if failed:
            warnings.append(f"{failed:,} of {counted(all_fits, 'network training')} never left their start")
    if "at_edge" in fits:
        edge = fits["at_edge"]
        at_edge = (edge != "").astype(float) if edge.dtype == object else edge.astype(float)
        tuned = fits["learning_rate"].notna() & network if "learning_rate" in fits else network
        hit, all_fits = _counted(at_edge, weight, tuned)
        if hit:
            warnings.append(
                f"the best setting lay at the edge of its range in {hit:,} of {counted(all_fits, 'network fit')}"
            )
    return warnings


def _counted(column: pd.Series, weight: pd.Series, chosen: pd.Series) -> tuple[int, int]:
    known = chosen & column.notna()
    return round(float((column[known].astype(float) * weight[known]).sum())), int(weight[known].sum())
