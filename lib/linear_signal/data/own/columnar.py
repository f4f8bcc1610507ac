"""Tables in memory and in Parquet or Feather files, as numbers with the facts beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.own.delimited import distinct
from linear_signal.data.own.kinds import PARQUET
from linear_signal.data.own.raw_table import INDEX, RawTable, check_shape
from linear_signal.data.text_lines import AGAIN
from linear_signal.errors import InputError, listed

_VALUES_AT_ONCE = 1 << 22


def table_of(frame: pd.DataFrame, *, name: str = "The table", texts: tuple[str, ...] = ()) -> RawTable:
    """Take a DataFrame: its columns of numbers, and as facts its index and other columns.

    Args:
        frame: samples x genes or genes x samples.
        name: for messages.
        texts: columns that are facts whatever stands in them.

    Raises:
        InputError: no numbers, or a column that mixes numbers and text.
    """
    if not len(frame):
        raise InputError(f"{name} has no rows; samples and genes are needed. Is it the right one?")
    check_shape(name, *frame.shape)
    names = [str(column) for column in frame.columns]
    frame = _with_numbers(name, frame, texts)
    is_number = np.array(
        [
            pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind) and one not in texts
            for kind, one in zip(frame.dtypes, names, strict=True)
        ],
        dtype=bool,
    )
    if not is_number.any():
        raise _no_numbers(name, names, frame.iat[0, -1] if len(names) else None)
    facts = facts_of(frame, np.flatnonzero(~is_number))
    _check_mixed(name, facts, texts)
    numbers = np.flatnonzero(is_number)
    rows = max(1, _VALUES_AT_ONCE // len(numbers))

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, len(frame), rows):
            part = frame.iloc[start : start + rows, numbers]
            with np.errstate(over="ignore"):  # infinite then, and refused as such
                block = part.to_numpy(dtype=np.float32, na_value=np.nan)
            yield block

    return RawTable(name=name, facts=facts, columns=[names[place] for place in numbers], blocks=blocks())


def facts_of(frame: pd.DataFrame, places: np.ndarray | None = None) -> pd.DataFrame:
    """Set facts of rows apart: the index first, unless it only counts, then columns, numbers or text ("" where missing)."""
    kept = frame if places is None else frame.iloc[:, places]
    facts: dict[str, Any] = {}
    if not isinstance(frame.index, pd.RangeIndex):
        for level in range(frame.index.nlevels):
            name = str(frame.index.names[level] or (f"{INDEX} {level + 1}" if level else INDEX))
            facts[name] = frame.index.get_level_values(level).astype(str).to_numpy(dtype=object)
    names = distinct([*facts, *map(str, kept.columns)])[len(facts) :]
    for place, column in enumerate(names):
        values = kept.iloc[:, place]
        is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
        plain = values.to_numpy() if is_number else values.astype(object).to_numpy()
        if not is_number:
            plain = np.array(["" if one is None or one is pd.NA or one != one else str(one) for one in plain], dtype=object)
        facts[column] = plain
    return pd.DataFrame(facts, index=range(len(frame)))


def read_columnar(path: Path, kind: str, *, texts: tuple[str, ...] = ()) -> RawTable:
    """Read a Parquet or Feather file, some rows at a time.

    Raises:
        InputError: it is damaged, or as of :func:`table_of`.
    """
    import pyarrow as pa
    from pyarrow import ipc, parquet, types

    try:
        if kind == PARQUET:
            file = parquet.ParquetFile(path)
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
        else:
            file = ipc.open_file(pa.memory_map(str(path)))
            schema, n_rows = file.schema, sum(file.get_batch(number).num_rows for number in range(file.num_record_batches))
    except (pa.ArrowException, OSError) as error:
        words = str(error).splitlines()[0][:160]
        raise InputError(f"{path.name} cannot be read as a {kind} file: {words}. {AGAIN}") from None
    if not n_rows:
        raise InputError(f"{path.name} has no rows.")
    check_shape(path.name, n_rows, len(schema))
    is_number = [
        (types.is_integer(one.type) or types.is_floating(one.type)) and one.name not in texts and not _is_index(one.name)
        for one in schema
    ]
    numbers = [place for place, number in enumerate(is_number) if number]
    others = [place for place, number in enumerate(is_number) if not number]
    if not numbers:
        raise _no_numbers(path.name, schema.names)

    def batches() -> Iterator[Any]:
        if kind == PARQUET:
            yield from file.iter_batches(batch_size=max(1, _VALUES_AT_ONCE // len(schema)))
        else:
            yield from (file.get_batch(number) for number in range(file.num_record_batches))

    def blocks() -> Iterator[np.ndarray]:
        for batch in batches():
            block = np.empty((batch.num_rows, len(numbers)), dtype=np.float32)
            for column, place in enumerate(numbers):
                block[:, column] = batch.column(place).to_numpy(zero_copy_only=False)
            yield block

    try:
        table = (
            file.read(columns=[schema.names[one] for one in others]) if kind == PARQUET else file.read_all().select(others)
        )
        frame = pd.DataFrame(
            {
                (INDEX if _is_index(one) else one): table.column(place).to_pandas()
                for place, one in enumerate(table.column_names)
            },
            index=range(n_rows),
        )
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name} is damaged: {str(error).splitlines()[0][:160]}. {AGAIN}") from None
    facts = facts_of(frame)
    _check_mixed(path.name, facts, texts)
    return RawTable(name=path.name, facts=facts, columns=[schema.names[one] for one in numbers], blocks=blocks())


def _with_numbers(name: str, frame: pd.DataFrame, texts: tuple[str, ...]) -> pd.DataFrame:
    """Make columns of objects that are numbers, but for a few, columns of numbers."""
    mended = {}
    for place in np.flatnonzero([kind == np.dtype(object) for kind in frame.dtypes]):
        if str(frame.columns[place]) in texts:
            continue
        values = frame.iloc[:, place]
        is_number = np.array([isinstance(one, Number) for one in values])
        if is_number.mean() > 0.5:
            wrong = [one for one, number in zip(values, is_number, strict=True) if not number and one is not None]
            if wrong:
                raise _mixed(name, str(frame.columns[place]), wrong[0])
            try:
                mended[place] = pd.to_numeric(values, errors="coerce")
            except OverflowError:
                digits = max(len(str(abs(one))) for one, number in zip(values, is_number, strict=True) if number)
                raise _mixed(name, str(frame.columns[place]), f"a number of {digits} digits") from None
    if not mended:
        return frame
    columns = [mended.get(place, frame.iloc[:, place]) for place in range(frame.shape[1])]
    return pd.concat(columns, axis=1)


def _no_numbers(name: str, columns: Sequence[str], seen: object = None) -> InputError:
    hint = ""
    if isinstance(seen, str):
        hint = f" The last holds {seen[:20]!r}, a text; make numbers of it, with nothing between thousands."
    return InputError(f"{name} has no column of numbers; its columns are {listed(columns, most=4)}.{hint}")


def _mixed(name: str, column: str, value: object) -> InputError:
    return InputError(
        f"{name}: column {column!r} holds {str(value)[:40]!r} among numbers. Write a number there, or leave the sample or "
        "gene out."
    )


def _is_index(name: str) -> bool:
    return name.startswith("__index_level_")


def _check_mixed(name: str, facts: pd.DataFrame, texts: tuple[str, ...]) -> None:
    for column in facts.columns[1:]:
        if column in texts or facts[column].dtype != object:
            continue
        values = facts[column].iloc[:1000]
        numbers = pd.to_numeric(values, errors="coerce").notna()
        if numbers.sum() > len(values) / 2 and not numbers.all():
            raise _mixed(name, column, values[~numbers].iloc[0])
