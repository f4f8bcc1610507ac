"""The sex genes drawn: XIST against the genes of the Y chromosome, with the labels of the samples."""

from __future__ import annotations

import pandas as pd
from plotnine import aes, geom_abline, geom_point, ggplot, labs, scale_color_manual, scale_shape_manual

from linear_signal.figures.style import GREY, Synthetic, book_theme, caption, required
from linear_signal.names import counted

_COLOURS = {"female": "#b5301c", "male": "#1b62a5"}
_SHAPES = {"female": "o", "male": "^"}


def sex_genes_plot(told: pd.DataFrame, *, synthetic: Synthetic) -> ggplot:
    """Draw one point per sample, XIST against the mean of the Y genes; above the line the genes say female.

    Args:
        told: table of :func:`~linear_signal.studies.heil2023.sex_check.sex_told_by_genes`.
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Raises:
        InputError: an empty table or a missing column.
    """
    told = required(told, ["label", "told", "xist", "y_genes"], what="samples").rename(columns={"label": "Label"})
    wrong = int((told["Label"] != told["told"]).sum())
    return (
        ggplot(told, aes("y_genes", "xist", color="Label", shape="Label"))
        + geom_abline(slope=1, intercept=0, linetype="dashed", color=GREY, size=0.6)
        + geom_point(size=1.6, alpha=0.6, stroke=0.2)
        + scale_color_manual(values=_COLOURS)
        + scale_shape_manual(values=_SHAPES)
        + labs(
            x="Mean of the Y genes, log2(1 + TPM)",
            y="XIST, log2(1 + TPM)",
            caption=caption(
                f"{counted(len(told), 'labelled sample')}; above the dashed line the genes say female, below male.",
                f"They contradict the label of {wrong:,}.",
                synthetic=synthetic,
            ),
        )
        + book_theme(height=4.0)
    )
