"""The published results of Ahlmann-Eltze et al. 2025, read from a folder and analysed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.analysis.cluster_bootstrap import bootstrap_mean
from linear_signal.errors import InputError, listed, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.interactions import predicted_classes

# What the tables are, by the name they are asked for: file and the columns that are read.
TABLES = {
    "doubles": ("double_metrics.csv", ("seed", "method", "perturbation", "train", "pearson", "pearson_delta", "l2")),
    "singles": ("single_metrics.csv", ("dataset_name", "seed", "method", "perturbation", "train", "pearson_delta", "l2")),
    "all singles": (
        "single_metrics_all_methods_common_perts.csv.gz",
        ("dataset_name", "seed", "method", "perturbation", "train", "pearson_delta", "l2"),
    ),
    "calls": (
        "double_top500_calls_per_method.csv.gz",
        (*("seed", "method", "perturbation", "gene_name", "baseline", "ref", "value"), "obs_minus_add", "interaction_label"),
    ),
    "classes": ("double_interaction_class_counts.csv", ("label", "n")),
    "tpr by fdp": ("double_tpr_fdp.csv", ("method", "fdp", "tpr")),
    "errors by genes": ("double_error_vs_topn.csv", ("method", "rank", "sorted_by", "dist_mean")),
    "example": (
        "double_example_CEBPE_CEBPB.csv.gz",
        ("method", "gene_name", "expr_rank", "baseline", "observed", "prediction"),
    ),
    "errors of singles by genes": ("single_error_vs_topn.csv", ("method", "dataset_name", "rank", "dist_mean")),
    "control expression of both lines": (
        "k562_rpe1_baseline_expression.csv",
        ("gene_name", "k562_baseline", "rpe1_baseline"),
    ),
    "transfer by perturbed gene": (
        "k562_rpe1_transfer_target.csv",
        ("data", "gene_name", "perturbation", "r2_delta", "k562_baseline", "rpe1_baseline"),
    ),
    "recurring perturbations": ("recurring_perturbations_top100.csv", ("seed", "method", "perturbation", "n")),
    "recurring genes": ("recurring_genes_top100.csv", ("seed", "method", "gene_name", "n")),
    "resources": ("resource_usage.csv", ("name", "metric", "value")),
}
# Those that are shown beside the errors of doubles.
FURTHER = ("example", "tpr by fdp", "calls", "classes", "recurring genes", "recurring perturbations")
# Fitted slopes of the additive model, by the data they were fitted to.
SLOPES = {"Norman": "sbb_lse_norman19.csv", "Wessels": "sbb_lse_wessels23.csv"}
# Our name, and whether it predicts perturbations: embeddings of cells with a regression behind them do not.
METHODS = {
    "additive_model": "Additive",
    "no_change": "No change",
    "mean": "Mean",
    "gears": "GEARS",
    "scgpt": "scGPT",
    "scfoundation": "scFoundation",
    "cpa": "CPA",
    "geneformer": "Geneformer, with ridge",
    "scbert": "scBERT, with ridge",
    "uce": "UCE, with ridge",
    "uce33": "UCE of 33 layers, with ridge",
    "lpm_selftrained": "Linear model",
    "lpm_k562PertEmb": "Linear model, P from K562",
    "lpm_rpe1PertEmb": "Linear model, P from RPE1",
    "lpm_gearsPertEmb": "Linear model, P from GEARS",
    "lpm_scgptGeneEmb": "Linear model, G from scGPT",
    "lpm_scFoundationGeneEmb": "Linear model, G from scFoundation",
    "lpm_randomPertEmb": "Linear model, random P",
    "lpm_randomGeneEmb": "Linear model, random G",
}
# The perturbations of the data that are predicted are among those that the embedding was made of.
LEAKS = {("replogle_k562_essential", "lpm_k562PertEmb"), ("replogle_rpe1_essential", "lpm_rpe1PertEmb")}
HELD_OUT = ("test", "val")


def published(folder: Path, name: str) -> pd.DataFrame:
    """Read a published table.

    Args:
        folder: where the tables lie, under the file names of ``TABLES``.
        name: of ``TABLES``.

    Raises:
        InputError: an unknown table, a file that is not there or cannot be read, or one that lacks columns.

    Source: source data of Ahlmann-Eltze et al. 2025, tidied: columns r2 and r2_delta are called what they are, ``pearson``
    and ``pearson_delta``. MIT licence.
    """
    if name not in TABLES:
        raise unknown("published table", name, TABLES)
    file, columns = TABLES[name]
    path = Path(folder) / file
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: {error}. Give the folder with the published tables, {file} among them."
        ) from error
    lacking = [one for one in columns if one not in table]
    if lacking:
        raise InputError(f"{path} lacks the columns {listed(lacking, most=9)}; it has {listed(table.columns, most=9)}.")
    return table


def doubles_summary(doubles: pd.DataFrame) -> pd.DataFrame:
    """Summarise the errors of doubles by method, best first.

    Returns:
        method, n, l2, median_l2, pearson_delta, beats_additive, beats_no_change (shares of pairs and seeds).
    """
    wide = doubles.pivot_table(index=["seed", "perturbation"], columns="method", values="l2")
    by = doubles.groupby("method")
    table = pd.DataFrame(
        {
            "n": by.size(),
            "l2": by["l2"].mean(),
            "median_l2": by["l2"].median(),
            "pearson_delta": by["pearson_delta"].mean(),
            "beats_additive": wide.lt(wide["additive_model"], axis=0).mean(),
            "beats_no_change": wide.lt(wide["no_change"], axis=0).mean(),
        }
    )
    return table.sort_values("l2").rename_axis("method").reset_index()


def forest(singles: pd.DataFrame, *, n_draws: int = 10_000) -> pd.DataFrame:
    """Errors relative to the mean, by data set and method, with two intervals.

    The paper's bootstrap draws perturbations of both seeds as if they were different ones; many are held out by both. The
    other interval keeps the seeds of a perturbation together.

    Args:
        singles: the table "all singles"; held-out perturbations that every method predicts are used.
        n_draws: of each bootstrap.

    Returns:
        dataset_name, method, n, n_perturbations, relative_error, paper_lower, paper_upper, lower, upper, leak.

    Source: Ahlmann-Eltze et al. 2025, Figure 2c.
    """
    held_out = singles[singles["train"].isin(HELD_OUT)]
    wide = held_out.pivot_table(index=["dataset_name", "seed", "perturbation"], columns="method", values="l2").dropna()
    relative, rows = wide.div(wide["mean"], axis=0), []
    for dataset, part in relative.groupby(level="dataset_name"):
        perturbations = part.index.get_level_values("perturbation")
        as_paper = bootstrap_mean(part.to_numpy(), random=generator("forest", str(dataset), "single"), n_draws=n_draws)
        kept = bootstrap_mean(part.to_numpy(), perturbations, random=generator("forest", str(dataset)), n_draws=n_draws)
        columns = {
            "dataset_name": dataset,
            "method": part.columns,
            "n": len(part),
            "n_perturbations": kept.n_clusters,
            "relative_error": kept.mean,
            "paper_lower": as_paper.lower,
            "paper_upper": as_paper.upper,
            "lower": kept.lower,
            "upper": kept.upper,
            "leak": [(dataset, method) in LEAKS for method in part.columns],
        }
        rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def call_composition(calls: pd.DataFrame) -> pd.DataFrame:
    """Count what the 500 strongest calls of each method claim, and how many of each claim were observed.

    Returns:
        method, predicted_class, n, right (observed to be of that class).
    """
    claimed = predicted_classes(calls["value"].to_numpy(), calls["ref"].to_numpy(), calls["baseline"].to_numpy())
    right = calls["interaction_label"].str.lower().to_numpy() == claimed
    table = calls[["method"]].assign(predicted_class=claimed, right=right)
    counted = table.groupby(["method", "predicted_class"], sort=True)["right"].agg(n="size", right="sum")
    return counted.reset_index()


def published_thresholds(calls: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Enclose the published thresholds: each lies between a departure that was called and one that was not."""
    additive = calls["interaction_label"] == "Additive"
    inside, outside = calls.loc[additive, "obs_minus_add"], calls.loc[~additive, "obs_minus_add"]
    return {
        "lower": (float(outside[outside < 0].max()), float(inside.min())),
        "upper": (float(inside.max()), float(outside[outside > 0].min())),
    }


def published_slopes(folder: Path) -> pd.DataFrame:
    """Read the fitted slopes of the additive model: data (Norman or Wessels), fold, slope by least squares, robust slope.

    Raises:
        InputError: a file is not there or is another one.

    Source: Vollenweider & Buehlmann 2026, repository michavol/sbb-perturbation-benchmark (MIT).
    """
    parts = []
    for data, file in SLOPES.items():
        path = Path(folder) / file
        try:
            table = pd.read_csv(path).dropna(subset="type").pivot(index="fold", columns="type", values="c")
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path} cannot be read: {error}. Give the folder that holds {file}.") from error
        parts.append(table.reset_index().assign(data=data))
    names = {"universal_ols": "slope", "universal_robust": "robust_slope"}
    return pd.concat(parts, ignore_index=True).rename(columns=names)[["data", "fold", *names.values()]]


def example_slope(example: pd.DataFrame) -> float:
    """Fit the slope of the additive model to the published example, one double and 1,000 genes."""
    rows = example[example["method"] == "additive_model"].drop_duplicates("gene_name")
    sums, seen = (rows[name] - rows["baseline"] for name in ("prediction", "observed"))
    return float(np.dot(sums, seen) / np.dot(sums, sums))
