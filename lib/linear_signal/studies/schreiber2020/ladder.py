"""The ladder of baselines with networks beside it: mean average precision, its interval, and the skill over the average."""

from __future__ import annotations

import pandas as pd

from linear_signal.analysis.average_precision import skill
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.judged import by_size, mean_interval
from linear_signal.studies.schreiber2020.titles import INPUT_TITLES

REFERENCE = "average_label"


def ladder(fits: pd.DataFrame) -> pd.DataFrame:
    """Put baselines and the large networks of every input below one another, for every scheme.

    Args:
        fits: networks and baselines of one task.

    Returns:
        scheme, kind ("baseline", "network"), model, title, n_runs, average_precision, lower, upper (95 %; missing for a
        single run), prevalence, and skill: the share of what the average label leaves to win; missing where there is none.
    """
    rows = []
    for scheme, of_scheme in fits.groupby("scheme", sort=False):
        parts = [("baseline", name, rung.title, of_scheme[of_scheme["model"] == name]) for name, rung in BASELINES.items()]
        for name, title in INPUT_TITLES.items():
            networks = of_scheme[of_scheme["input"] == name]
            if len(networks):
                parts.append(("network", name, f"Network: {title.lower()}", by_size(networks, "large")))
        rows += [
            {"scheme": scheme, "kind": kind, "model": name, "title": title, **mean_interval(part)}
            for kind, name, title, part in parts
            if len(part)
        ]
    table = pd.DataFrame(rows)
    reference = table[table["model"] == REFERENCE].set_index("scheme")["average_precision"]
    return table.assign(skill=skill(table["average_precision"], table["scheme"].map(reference)))
