"""What a page tells of the fits of a run: how many were left out, which classes were missing, and a row per unit."""

from __future__ import annotations

import pandas as pd

from linear_signal.models.titles import model_title
from linear_signal.names import counted, pretraining_title, signal_title, split_title
from linear_signal.numbers import accuracy


def facts_of_fits(fits: pd.DataFrame) -> list[tuple[str, str]]:
    """Count the fits that could not be made, and those whose samples lacked a class; what did not occur is left out."""
    made = fits[fits["balanced_accuracy"].notna()]
    in_training, in_validation = (int((made[f"classes_missing_in_{part}"] > 0).sum()) for part in ("training", "validation"))
    missing = []
    if in_training:
        missing.append(f"in {in_training:,}, the training samples lacked a class (whose samples are then all wrong)")
    if in_validation:
        missing.append(f"in {in_validation:,}, the validation fold lacked one (the mean is over the classes it has)")
    left_out = len(fits) - len(made)
    facts = [("Left out", f"{counted(left_out, 'fit')} with a single class in one of their sets")] if left_out else []
    return facts + ([("Classes missing", f"of the {len(made):,} fits made {'; '.join(missing)}")] if missing else [])


def listed_fits(fits: pd.DataFrame) -> pd.DataFrame:
    """Lay out a row per unit: what it was of, its balanced accuracy at the largest training set, and its key."""
    fits = fits[fits["fraction"] == fits.groupby("key")["fraction"].transform("max")]
    return pd.DataFrame(
        {
            "Task": fits["task"],
            **seen_columns(fits),
            "Model": fits["model"].map(model_title),
            "Seed": fits["seed"],
            "Fold": fits["fold"],
            "Balanced accuracy at the largest training set": fits["balanced_accuracy"].map(accuracy),
            "Key": fits["key"],
        }
    )


def seen_columns(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Say for people what the models of every row saw: the signal, and where it differs the split and the pretraining."""
    columns = {"Signal": table["signal"].map(signal_title)}
    if "split" in table and table["split"].nunique() > 1:
        columns["Split"] = table["split"].map(split_title)
    if "pretraining" in table and set(table["pretraining"]) != {"none"}:
        columns["Pretraining"] = table["pretraining"].map(pretraining_title)
    return columns
