"""Figures of settings: what the tuning tried and chose, and what the ridge penalty does."""

from __future__ import annotations

import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    facet_grid,
    facet_wrap,
    geom_hline,
    geom_line,
    geom_point,
    ggplot,
    labs,
    scale_color_manual,
    scale_linetype_manual,
    scale_shape_manual,
    scale_x_log10,
)

from linear_signal.errors import InputError, unknown
from linear_signal.figures.axes import decades, powers_of_ten
from linear_signal.figures.style import (
    GREY,
    INK,
    Synthetic,
    book_theme,
    caption,
    columns_of_panels,
    model_scale,
    required,
    runs_phrase,
    titled,
)
from linear_signal.names import counted

_SETTINGS = {"learning_rate": "Learning rate", "weight_decay": "Weight decay"}

# Three variants at most are told apart by lightness as well as by hue.
_VARIANT_COLOURS = (INK, "#f08a24", "#6db3e3", "#8a8a8a")


def trials_plot(trials: pd.DataFrame, x: str = "learning_rate", *, synthetic: Synthetic) -> ggplot:
    """Draw what each tuning trial reached on the inner folds against a setting, one panel per model.

    Args:
        trials: the trials table; several signals become rows of panels.
        x: ``learning_rate`` or ``weight_decay`` (logarithmic axis; trials where it is 0 are left out and counted).
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table, a missing column, an unknown setting.
    """
    if x not in _SETTINGS:
        raise unknown("setting", x, _SETTINGS)
    needed = ["task", "model", "signal", "seed", "fold", "trial", x, "inner_balanced_accuracy", "chosen"]
    trials = required(trials, needed, what="trials")
    usable = (trials[x] > 0) & trials["inner_balanced_accuracy"].notna()
    left_out = int((~usable).sum())
    trials = required(trials[usable], needed, what="trials with a setting above zero and a result")
    tunings = trials.groupby(["task", "model", "signal", "seed", "fold"]).ngroups
    per_tuning = trials.groupby(["task", "model", "signal", "seed", "fold"]).size()
    each = f"{per_tuning.min()} to {per_tuning.max()}" if per_tuning.nunique() > 1 else f"{per_tuning.iloc[0]}"
    colours, _ = model_scale(trials["model"])
    trials["model"] = titled(trials["model"], wrap=20)
    colours = dict(zip(trials["model"].cat.categories, colours.values(), strict=True))
    several = trials["signal"].nunique() > 1
    trials["signal"] = titled(trials["signal"], wrap=18)
    models, signals = trials["model"].nunique(), trials["signal"].nunique()
    across = models if several else columns_of_panels(models)
    down = signals if several else -(-models // across)
    seeds, folds = counted(trials["seed"].nunique(), "seed"), counted(trials["fold"].nunique(), "fold")
    tasks = counted(trials["task"].nunique(), "task")
    return (
        ggplot(trials, aes(x, "inner_balanced_accuracy", color="model"))
        + geom_point(size=1.3, alpha=0.4, stroke=0)
        + geom_point(data=trials[trials["chosen"].astype(bool)], fill="white", shape="o", size=2.6, stroke=0.9)
        + (facet_grid("signal", "model") if several else facet_wrap("model", ncol=across))
        + scale_color_manual(values=colours, guide=None)
        + scale_x_log10(breaks=decades(trials[x], most=4), labels=powers_of_ten)
        + labs(
            x=_SETTINGS[x],
            y="Balanced accuracy, inner folds",
            caption=caption(
                f"{counted(tunings, 'tuning')} ({tasks}, {seeds} × {folds}) of {each} trials each; a dot is one "
                "trial, its mean over the inner folds. Rings: the trials chosen (smallest inner loss).",
                f"{counted(left_out, 'trial')} without a result or with this setting at 0 left out." if left_out else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.4 + 1.7 * down)
    )


def penalty_plot(table: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw balanced accuracy of exact ridge logistic regression against its penalty, a line per variant.

    Args:
        table: penalty, balanced_accuracy, train_samples, variant (str), seed, fold; ``naive_accuracy`` if there.
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table, a missing column, a penalty that is not above zero.
    """
    needed = ["penalty", "balanced_accuracy", "train_samples", "variant", "seed", "fold"]
    table = required(table, needed, what="penalties")
    if not (table["penalty"] > 0).all():
        raise InputError(f"A penalty of {table['penalty'].min()} has no place on a logarithmic axis; use values above 0.")
    variants = list(dict.fromkeys(table["variant"]))
    table["variant"] = pd.Categorical(table["variant"], categories=variants)
    means = table.groupby(["train_samples", "variant", "penalty"], as_index=False, observed=True).agg(
        mean=("balanced_accuracy", "mean"),
        n_runs=("balanced_accuracy", "size"),
        n_seeds=("seed", "nunique"),
        n_folds=("fold", "nunique"),
    )
    panels = {size: f"{size:,.0f} training samples" for size in sorted(table["train_samples"].unique())}
    for each in (table, means):
        each["panel"] = pd.Categorical(each["train_samples"].map(panels), categories=list(panels.values()))
    across = columns_of_panels(len(panels))
    plot = ggplot(means, aes("penalty", "mean", color="variant", shape="variant", linetype="variant"))
    naive = table["naive_accuracy"].iloc[0] if "naive_accuracy" in table else None
    if naive is not None:
        plot += geom_hline(yintercept=naive, linetype="dashed", color=GREY, size=0.6)
    plot += geom_point(aes(y="balanced_accuracy"), table, size=0.8, alpha=0.25, show_legend=False)
    if means["penalty"].nunique() > 1:
        plot += geom_line(size=0.9)
    lowest = min(table["balanced_accuracy"].min(), 1.0 if naive is None else naive)
    return (
        plot
        + geom_point(size=2)
        + facet_wrap("panel", ncol=across)
        + scale_color_manual(values=dict(zip(variants, _VARIANT_COLOURS, strict=False)))
        + scale_shape_manual(values=dict(zip(variants, "oDs^", strict=False)))
        # Where two variants agree, the one below shows through the gaps of the one above.
        + scale_linetype_manual(values=dict(zip(variants, ("solid", "solid", "dashed", "dotted"), strict=False)))
        + scale_x_log10(breaks=decades(table["penalty"], most=5), labels=powers_of_ten)
        + coord_cartesian(ylim=(max(0.0, lowest - 0.03), 1.01))
        + labs(
            x="Penalty",
            y="Balanced accuracy",
            caption=caption(
                f"Lines: mean of {runs_phrase(means)}; faint dots: single runs.",
                "Dashed: chance." if naive is not None else "",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=1.6 + 2.2 * -(-len(panels) // across))
    )
