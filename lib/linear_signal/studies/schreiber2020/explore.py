"""The chapter's explorers: average precision against size, and where signal of a cell type overtakes the average."""

from __future__ import annotations

import pandas as pd

from linear_signal.figures.explorer import Explorer, scatter_explorer, surface_explorer
from linear_signal.figures.style import Synthetic
from linear_signal.studies.schreiber2020.baselines import BASELINES
from linear_signal.studies.schreiber2020.titles import INPUT_COLOURS, INPUT_SHAPES, INPUT_TITLES, SCHEME_TITLES


def size_explorer(fits: pd.DataFrame, *, synthetic: Synthetic) -> Explorer:
    """Explore average precision against the number of parameters: scheme, input, task, baselines, intervals.

    Args:
        fits: networks and baselines, with task, scheme, input, model, seed, n_parameters, average_precision, lower, upper
            (over loci), prevalence.
        synthetic: whether the data were simulated, all or in part.
    """
    named = fits.assign(scheme=fits["scheme"].map(SCHEME_TITLES), input=fits["input"].map(INPUT_TITLES))
    networks = named[named["n_parameters"].notna()]
    networks = networks.assign(n_parameters=networks["n_parameters"].astype(int), run=networks["seed"].astype(str))
    lines = named[named["n_parameters"].isna()].groupby(["task", "scheme", "model"], sort=False)["average_precision"].mean()
    lines = lines.reset_index().assign(line=lambda table: table["model"].map({n: r.title for n, r in BASELINES.items()}))
    return scatter_explorer(
        networks,
        name="sizes",
        x="n_parameters",
        y="average_precision",
        log=["n_parameters"],
        panels="scheme",
        colour="input",
        marker="input",
        colours={INPUT_TITLES[name]: colour for name, colour in INPUT_COLOURS.items()},
        shapes={INPUT_TITLES[name]: shape for name, shape in INPUT_SHAPES.items()},
        choose={"task": "one", "input": "many", "run": "many"},
        intervals={"average_precision": ("lower", "upper")},
        lines=lines.drop(columns="model"),
        start={"lines": [BASELINES["average_label"].title, BASELINES["prevalence"].title]},
        fields=["model", "input", "scheme", "n_parameters", "average_precision", "prevalence", "n_loci", "epochs", "run"],
        titles={
            "n_parameters": "Parameters of the network",
            "average_precision": "Average precision",
            "scheme": "Scheme",
            "input": "Input",
            "task": "Task",
            "run": "Run",
            "model": "Architecture",
            "prevalence": "Prevalence",
            "n_loci": "Loci judged",
            "epochs": "Epochs",
        },
        decimals={"average_precision": 3, "prevalence": 3},
        limits={"average_precision": (0.0, 1.0)},
        alt="Average precision of every network against its number of parameters, by scheme of evaluation.",
        synthetic=synthetic,
        words="A point is a network, trained once; intervals are over loci. Lines: baselines without a network.",
    )


def phase_explorer(grid: pd.DataFrame) -> Explorer:
    """Explore where a simple model of the marks overtakes the average label.

    Args:
        grid: from :func:`~linear_signal.studies.schreiber2020.phase.phase_grid`.
    """
    return surface_explorer(
        grid,
        name="phase",
        x="share_between_loci",
        y="mark_noise",
        value="difference",
        fields=["average_label", "by_marks", "prevalence"],
        low="the average is ahead",
        high="signal is ahead",
        titles={
            "share_between_loci": "Share of variance between loci",
            "mark_noise": "Noise of the marks",
            "difference": "Signal minus average",
            "average_label": "Average label",
            "by_marks": "Logistic regression on marks",
            "prevalence": "Prevalence",
        },
        alt="Difference in average precision between a model of the marks and the average label.",
        synthetic=True,
        words="Simulated loci. The line is where both are equal.",
    )
