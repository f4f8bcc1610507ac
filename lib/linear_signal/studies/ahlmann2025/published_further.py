"""What the published values of doubles hold beside errors, in tables small enough to ship, and as pages show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.numbers import accuracy, share
from linear_signal.studies.ahlmann2025.interactions import PREDICTED_CLASSES
from linear_signal.studies.ahlmann2025.predictors import DOUBLES
from linear_signal.studies.ahlmann2025.published import call_composition, published, published_slopes
from linear_signal.studies.ahlmann2025.published_unit import NORMAN, SAME, published_place
from linear_signal.studies.ahlmann2025.titles import family_of, method_title

EXAMPLE = "CEBPE+CEBPB"
OBSERVED = "ground_truth"
TITLES = {
    "slopes": "Slope of the additive model, by Vollenweider and Buehlmann 2026 (MIT licence), two folds",
    "example": f"Observed and predicted changes of 1,000 genes by {EXAMPLE}, first split",
    "found": "Share of interactions found by share of false calls, mean over five splits",
    "claims": "What the 500 strongest calls of each method claim, five splits together",
    "classes": "Observed classes of the departures from the sum",
    "recurring": "Genes and pairs among the 100 strongest calls of a split, mean over five splits",
}


def further_tables(folder: Path, dataset: str = NORMAN) -> dict[str, pd.DataFrame]:
    """Lay out the published values of doubles beside the errors: a table for each of ``TITLES``.

    Args:
        folder: with the tables of :mod:`linear_signal.studies.ahlmann2025.published`.
        dataset: whose they are, for the column of that name.

    Returns:
        slopes: data, fold, slope, robust_slope. example: method, observed_change, predicted_change. found: method, fdp, tpr.
        claims: method, predicted_class, n, right. classes: label, n. recurring: method, what, name, n.

    Raises:
        InputError: a table is missing or another one.
    """
    example = published(folder, "example")
    changes = {
        f"{name}_change": (example[column] - example["baseline"]).astype(np.float32)
        for name, column in (("observed", "observed"), ("predicted", "prediction"))
    }
    tables = {
        "slopes": published_slopes(folder),
        "example": example[["method"]].assign(**changes),
        "found": published(folder, "tpr by fdp")[["method", "fdp", "tpr"]],
        "claims": call_composition(published(folder, "calls")),
        "classes": published(folder, "classes")[["label", "n"]],
        "recurring": _recurring(folder),
    }
    for name, table in tables.items():
        # Methods that are ours as well go by our names, as those of the errors do.
        ours = {"method": table["method"].replace(SAME)} if "method" in table else {}
        tables[name] = table.assign(**ours, dataset=dataset)
    return tables


def open_further(published_folder: str, *, folder: Path | str) -> dict[str, pd.DataFrame]:
    """Lay out the tables of a chapter's parameter ``published_folder`` (:func:`further_tables`)."""
    return further_tables(Path(published_place(published_folder, folder=folder, judges=DOUBLES)))


def _recurring(folder: Path) -> pd.DataFrame:
    parts = []
    for what, column in (("gene", "gene_name"), ("pair", "perturbation")):
        counts = published(folder, f"recurring {'genes' if what == 'gene' else 'perturbations'}")
        # The sum makes no call, so whatever stands first in the table stands for it.
        counts = counts[counts["method"] != "additive_model"]
        wide = counts.pivot_table(index=["method", "seed"], columns=column, values="n", fill_value=0)
        means = wide.groupby(level="method").mean().melt(ignore_index=False, var_name="name", value_name="n").reset_index()
        parts.append(means.assign(what=what))
    return pd.concat(parts, ignore_index=True)[["method", "what", "name", "n"]]


def found_curves(found: pd.DataFrame) -> pd.DataFrame:
    """Turn the published curves into fits, as figures of interactions read them: method, family, tpr (float [101])."""
    rows = [
        {"method": method, "family": family_of(str(method)), "tpr": part.sort_values("fdp")["tpr"].to_numpy()}
        for method, part in found.groupby("method", sort=False)
    ]
    return pd.DataFrame(rows)


def slopes_table(slopes: pd.DataFrame) -> pd.DataFrame:
    """Write the slopes out for a page: a row a data set and fold."""
    return pd.DataFrame(
        {
            "Data": slopes["data"],
            "Fold": (slopes["fold"] + 1).astype(str),
            "Least squares": slopes["slope"].map(accuracy),
            "Robust": slopes["robust_slope"].map(accuracy),
        }
    )


def claims_table(claims: pd.DataFrame) -> pd.DataFrame:
    """Write out for a page what the strongest calls claim, and how many are right, most right calls first."""
    rows = []
    for method, part in claims.groupby("method", sort=False):
        its = part.set_index("predicted_class").reindex(PREDICTED_CLASSES, fill_value=0)
        said = {name.capitalize(): f"{its.loc[name, 'n']} ({its.loc[name, 'right']} right)" for name in PREDICTED_CLASSES}
        rows.append({"Method": method_title(str(method)), **said, "right": its["right"].sum() / its["n"].sum()})
    table = pd.DataFrame(rows).sort_values("right", ascending=False, kind="stable")
    return table.assign(**{"Right of all": table.pop("right").map(share)})


def recurring_table(recurring: pd.DataFrame) -> pd.DataFrame:
    """Write out for a page what recurs among the 100 strongest calls; what was observed stands first."""
    titles = recurring["method"].map(lambda name: "Observed" if name == OBSERVED else method_title(name))
    named = recurring[recurring["name"] != "Other"]
    order = named.groupby(["what", "name"])["n"].sum().sort_values(ascending=False)
    columns = [name for what in ("gene", "pair") for name in order.loc[what].index]
    wide = named.assign(title=titles).pivot_table(index="title", columns="name", values="n", fill_value=0)[columns]
    genes = list(order.loc["gene"].index)
    sums = wide[genes].sum(axis=1).sort_values(ascending=False)
    wide = wide.loc[["Observed", *(name for name in sums.index if name != "Observed")]]
    return wide.map(lambda n: f"{n:.0f}").rename_axis(index="Method", columns=None).reset_index()


def class_shares(classes: pd.DataFrame | None) -> dict[str, str]:
    """Shares of the observed classes as pages print them, by ``published_additive`` and so on; dashes without a table."""
    names = ("Additive", "Buffering", "Synergy")
    shares = pd.Series(dtype=float) if classes is None else classes.set_index("label")["n"] / classes["n"].sum()
    return {f"published_{name.lower()}": share(float(shares.get(name, np.nan))) for name in names}
