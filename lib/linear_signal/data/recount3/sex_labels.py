"""Sex labels of human RNA-seq runs: the metadata sex of Flynn, Chang & Altman 2021, from the file they published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from linear_signal.data.text_columns import read_text_columns
from linear_signal.errors import InputError, listed

FILE_NAME = "combined_human_mouse_meta_v2.csv"
SEXES = ("female", "male")

# Genes whose expression tells sex: XIST from the inactive X, the others from the Y chromosome outside the regions it
# shares with the X. Ensembl ids without version -> symbol.
SEX_GENES = {
    "ENSG00000229807": "XIST",
    "ENSG00000129824": "RPS4Y1",
    "ENSG00000067048": "DDX3Y",
    "ENSG00000012817": "KDM5D",
    "ENSG00000183878": "UTY",
}

_RUN, _COLUMNS = "sample_acc", ("sample_acc", "organism", "data_type", "metadata_sex")


@dataclass(frozen=True, eq=False, kw_only=True)
class SexLabels:
    """Sex by run accession, and what was left out on the way.

    Attributes:
        sex: run accession -> "female" or "male".
        counts: rows of the file; human RNA-seq rows; rows that say female or male; repeated rows that agree (collapsed);
            runs in conflict (dropped); runs left, and how many of them are female and male.
        conflicts: runs that the file calls female in one row and male in another, sorted.
        notes: the same in sentences.
    """

    sex: dict[str, str]
    counts: dict[str, int]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


def read_sex_labels(path: Path | str) -> SexLabels:
    """Read the labels of human RNA-seq runs whose metadata say female or male.

    The file has one row per sample with the columns ``sample_acc`` (of RNA-seq samples the run accession, SRR, ERR or
    DRR), ``organism`` (human, mouse), ``data_type`` (rnaseq, microarray), ``platform``, ``study_acc``, ``metadata_sex``
    (female, male, mixed, unknown), ``expr_sex``, ``p_male``, ``present`` and ``num_reads``. Used are the
    first three and ``metadata_sex``: what the submitters wrote, not what was guessed from expression.

    Raises:
        InputError: the file is missing, empty or damaged, lacks a column, or holds no human RNA-seq run that is female
            or male.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(
            f"There is no file {str(path)!r}. The sex labels are {FILE_NAME} of Flynn, Chang & Altman 2021 (BMC "
            "Bioinformatics 22:168), in the archive of their supplement on figshare; give the path of your copy."
        )
    table = read_text_columns(path, _COLUMNS)
    for column in _COLUMNS:
        table[column] = table[column].str.strip()
    of_interest = table[(_lower(table["organism"]) == "human") & _is_rnaseq(table["data_type"])]
    said = of_interest.assign(sex=_lower(of_interest["metadata_sex"]))
    said = said[said["sex"].isin(SEXES) & (said[_RUN] != "")]
    if said.empty:
        raise InputError(
            f"{path.name} has {len(table):,} rows, {len(of_interest):,} of human RNA-seq, and none of those is 'female' or "
            f"'male' in metadata_sex. Is it {FILE_NAME}?"
        )
    return _collapse(said, rows=len(table), human_rnaseq_rows=len(of_interest))


def _collapse(said: pd.DataFrame, *, rows: int, human_rnaseq_rows: int) -> SexLabels:
    different = said.drop_duplicates([_RUN, "sex"])
    in_conflict = different[_RUN].duplicated(keep=False)
    conflicts = tuple(sorted(set(different.loc[in_conflict, _RUN])))
    kept = different[~in_conflict]
    sex = dict(zip(kept[_RUN].tolist(), kept["sex"].tolist(), strict=True))
    agreeing = int((~said[_RUN].isin(conflicts)).sum()) - len(sex)
    counts = {
        "rows": rows,
        "human_rnaseq_rows": human_rnaseq_rows,
        "labelled_rows": len(said),
        "duplicates": agreeing,
        "conflicts": len(conflicts),
        "runs": len(sex),
        "female": sum(value == "female" for value in sex.values()),
        "male": sum(value == "male" for value in sex.values()),
    }
    notes = [
        f"Of {rows:,} rows with a metadata sex {human_rnaseq_rows:,} are human RNA-seq; {len(said):,} of those say female "
        f"or male and name {len(sex):,} runs: {counts['female']:,} female, {counts['male']:,} male."
    ]
    if agreeing:
        notes.append(f"{agreeing:,} repeated rows agree with the first of their run and were collapsed.")
    if conflicts:
        notes.append(
            f"{len(conflicts):,} runs are female in one row and male in another and were left out: "
            f"{listed(conflicts, most=3)}."
        )
    return SexLabels(sex=sex, counts=counts, conflicts=conflicts, notes=tuple(notes))


def _lower(column: pd.Series) -> pd.Series:
    return column.str.casefold()


def _is_rnaseq(column: pd.Series) -> pd.Series:
    # The file says rnaseq; some of the authors' own tables say RNA-seq.
    return _lower(column).str.replace("-", "", regex=False) == "rnaseq"
