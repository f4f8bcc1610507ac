"""What the study's names are called on pages and in figures, in their order, and the colours of inputs."""

from __future__ import annotations

SCHEME_TITLES = {
    "cross_chromosome": "Across chromosomes",
    "cross_cell_type": "Across cell types",
    "hybrid": "Hybrid: both",
}
INPUT_TITLES = {"both": "Signal and sequence", "signal": "Signal alone", "sequence": "Sequence alone"}
# The paper's: green, orange and blue.
INPUT_COLOURS = {"both": "#2f7d32", "signal": "#f08a24", "sequence": "#1b62a5"}
INPUT_SHAPES = {"both": "s", "signal": "^", "sequence": "o"}
