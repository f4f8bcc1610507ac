"""The sizes of Roadmap's expression, to count what a plan would compute before anything is downloaded."""

from __future__ import annotations

# Protein-coding genes of the published table by autosome, by GENCODE 10.
GENES_BY_CHROMOSOME = dict(
    zip(
        (f"chr{number}" for number in range(1, 23)),
        (
            2010,
            1241,
            1047,
            752,
            862,
            1016,
            894,
            721,
            795,
            756,
            1294,
            1035,
            323,
            641,
            611,
            852,
            1176,
            276,
            1393,
            539,
            231,
            450,
        ),
        strict=True,
    )
)
CELL_TYPES = tuple(
    f"E{number:03d}"
    for number in (
        *(3, 4, 5, 6, 7, 11, 12, 13, 16, 24, 27, 28, 37, 38, 47, 50, 53, 54, 55, 56, 57, 58, 59, 61, 62, 65, 66, 70, 71),
        *(79, 82, 84, 85, 87, 94, 95, 96, 97, 98, 100, 104, 105, 106, 109, 112, 113, 114, 116, 117, 118, 119, 120, 122),
        *(123, 127, 128),
    )
)
