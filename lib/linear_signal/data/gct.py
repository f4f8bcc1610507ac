"""Read GCT 1.2 files (``.gct``, ``.gct.gz``) gene by gene, in memory that does not grow with the file.

The format: ``#1.2``; number of genes and of samples; a header ``Name``, ``Description``, one id per sample; then one
line per gene. Separator: tab.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from linear_signal.data.number_text import parse_numbers
from linear_signal.data.read_ahead import UnpackedAhead
from linear_signal.errors import InputError, listed

_AGAIN = "Get the file again, or compare its size with the one at the source."
_READ_AT_ONCE = 1 << 20
_VALUES_AT_ONCE = 1 << 13


class GctReader:
    """A GCT 1.2 file, opened and its header checked; :meth:`blocks` reads the body once.

    Compression is recognised by content, not by name. Use as a context manager.

    Attributes:
        path: the file.
        n_genes: number of genes that line 2 promises.
        sample_ids: str [samples], from the header.

    Raises:
        InputError: the file is missing or unreadable, the first line is not ``#1.2``, line 2 is not two numbers, the
            header disagrees with it, a sample id is empty or repeated.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._lines_read = 0
        self._file = _open(self.path)
        try:
            self.n_genes, n_samples = self._read_counts()
            self.sample_ids = self._read_header(n_samples)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> GctReader:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def blocks(
        self,
        kept: np.ndarray | None = None,
        *,
        block_genes: int = 32,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield the genes in file order, a block at a time.

        Args:
            kept: which samples to return, as integer columns or as a boolean mask [samples]; default: all. The other
                columns are checked all the same.
            block_genes: genes per block.
            progress: called after each block with the genes read so far and the genes promised.

        Yields:
            Gene ids, and their values as float32 [genes in block, kept samples].

        Raises:
            InputError: the body ends early or goes on for longer than line 2 promises, a line has another number of
                fields than the header, a value is empty, not a number, negative or infinite, a gene is named twice.
        """
        columns = np.arange(len(self.sample_ids)) if kept is None else np.arange(len(self.sample_ids))[kept]
        take_all = len(columns) == len(self.sample_ids) and bool((columns == np.arange(len(columns))).all())
        seen: set[str] = set()
        names: list[str] = []
        texts: list[bytes] = []
        for line in self._body():
            name, text = self._split(line)
            if name in seen:
                raise self._error(f"line {self._lines_read} names gene {name!r} again; gene ids must be unique.")
            seen.add(name)
            if len(seen) > self.n_genes:
                extra = sum(1 for _ in self._body())
                raise self._count_error(len(seen) + extra)
            names.append(name)
            texts.append(text)
            if len(names) == block_genes or len(seen) == self.n_genes:
                values = self._parse(names, texts)
                self._check(names, values)
                yield names, values if take_all else values[:, columns]
                names, texts = [], []
                if progress is not None:
                    progress(len(seen), self.n_genes)
        if len(seen) != self.n_genes:
            raise self._count_error(len(seen))

    def _read_counts(self) -> tuple[int, int]:
        version = self._line().decode(errors="replace").strip()
        if version != "#1.2":
            raise self._error(f"the first line is {version[:60]!r}; a GCT 1.2 file starts with '#1.2'.")
        counts = self._line().decode(errors="replace").split()
        if len(counts) < 2 or not all(count.isdecimal() for count in counts[:2]) or "0" in counts[:2]:
            raise self._error(
                f"line 2 is {' '.join(counts)[:60]!r}; it must hold the number of genes and the number of samples."
            )
        return int(counts[0]), int(counts[1])

    def _read_header(self, n_samples: int) -> np.ndarray:
        header = self._line().decode(errors="replace").rstrip("\r\n").split("\t")
        if len(header) < 3 or header[0].casefold() != "name" or header[1].casefold() != "description":
            raise self._error(
                f"the header starts with {header[:2]}; it must be 'Name', 'Description' and one id per sample, "
                "separated by tabs."
            )
        ids = header[2:]
        if len(ids) != n_samples:
            raise self._error(f"line 2 promises {n_samples:,} samples, the header names {len(ids):,}. {_AGAIN}")
        if "" in ids:
            raise self._error(f"column {ids.index('') + 3} of the header is empty; every sample needs an id.")
        repeated = [name for name, count in Counter(ids).items() if count > 1]
        if repeated:
            raise self._error(f"sample ids must be unique; repeated: {listed(repeated)}. Remove or rename them.")
        return np.array(ids)

    def _body(self) -> Iterator[bytes]:
        while line := self._line():
            line = line.rstrip(b"\r\n")
            if line:
                yield line

    def _line(self) -> bytes:
        try:
            line = self._file.readline()
        except EOFError:
            raise self._error(
                f"the compressed file breaks off after line {self._lines_read:,}: it is truncated. {_AGAIN}"
            ) from None
        except (OSError, zlib.error) as error:
            raise self._error(f"unreadable after line {self._lines_read:,} ({error}). {_AGAIN}") from None
        self._lines_read += 1
        return line

    def _split(self, line: bytes) -> tuple[str, bytes]:
        """Return the gene id and the text of the values."""
        n_samples = len(self.sample_ids)
        fields = line.count(b"\t") + 1
        name = line.split(b"\t", 1)[0].decode(errors="replace")
        if fields != n_samples + 2:
            raise self._error(
                f"line {self._lines_read} (gene {name!r}) has {fields:,} fields; the header has {n_samples + 2:,}. {_AGAIN}"
            )
        if not name:
            raise self._error(f"line {self._lines_read} has no gene id; every gene needs one.")
        return name, line.split(b"\t", 2)[2]

    def _parse(self, names: list[str], texts: list[bytes]) -> np.ndarray:
        """Parse the values of some genes, float32 [genes, samples]."""
        n_samples = len(self.sample_ids)
        values = np.empty((len(names), n_samples), dtype=np.float32)
        # Few lines at once where they are long: what is being parsed should fit into the processor's cache.
        step = max(1, _VALUES_AT_ONCE // n_samples)
        for start in range(0, len(names), step):
            rows = range(start, min(start + step, len(names)))
            numbers = parse_numbers(b"\t".join(texts[start : rows.stop]))
            if numbers is not None:
                values[start : rows.stop] = numbers.reshape(-1, n_samples)
            else:
                for row in rows:
                    values[row] = self._parse_carefully(names[row], texts[row])
        return values

    def _parse_carefully(self, name: str, text: bytes) -> np.ndarray:
        """Parse the values of one gene with NumPy, which knows more ways to write a number, or say what is wrong."""
        values = np.empty(0, dtype=np.float32)
        # To the parser any run of blanks is one separator, so an empty field would pass unseen.
        if b" " not in text and b"\t\t" not in text:
            with contextlib.suppress(ValueError):
                values = np.fromstring(text, dtype=np.float32, sep="\t")
        if len(values) != len(self.sample_ids):
            raise self._value_error(name, text)
        return values

    def _value_error(self, name: str, text: bytes) -> InputError:
        """Find the value that stopped the parser; slow, and only ever called once."""
        for sample, value in zip(self.sample_ids, text.decode(errors="replace").split("\t"), strict=True):
            try:
                float(value)
                plain = "_" not in value and value == value.strip()
            except ValueError:
                plain = False
            if not plain:
                seen = f"is {value[:40]!r}" if value.strip() else "is empty"
                return self._bad_value(name, sample, seen)
        return self._error(f"line {self._lines_read} (gene {name!r}) cannot be read as numbers.")

    def _check(self, names: list[str], values: np.ndarray) -> None:
        # Comparisons with NaN are false, so this catches NaN as well.
        if values.min() >= 0 and values.max() < np.inf:
            return
        row, column = np.argwhere(~((values >= 0) & (values < np.inf)))[0]
        raise self._bad_value(names[row], self.sample_ids[column], f"is {values[row, column]:g}")

    def _bad_value(self, gene: str, sample: str, seen: str) -> InputError:
        return self._error(
            f"the value of gene {gene!r} in sample {str(sample)!r} {seen}; expression must be a finite number of zero "
            "or more."
        )

    def _count_error(self, found: int) -> InputError:
        return self._error(
            f"line 2 promises {self.n_genes:,} genes, the file holds {found:,}. "
            + (f"It is truncated. {_AGAIN}" if found < self.n_genes else "Correct line 2, or get the file again.")
        )

    def _error(self, what: str) -> InputError:
        return InputError(f"{self.path}: {what}")


def _open(path: Path) -> io.BufferedReader:
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
        raw = UnpackedAhead(path) if compressed else path.open("rb", buffering=0)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the path, or download the file first.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror or error}. A GCT file is needed.") from None
    return io.BufferedReader(raw, _READ_AT_ONCE)
