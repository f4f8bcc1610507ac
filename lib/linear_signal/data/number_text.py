"""Parse long lines of numbers: several times faster than NumPy's own reader, to the same values."""

from __future__ import annotations

import numpy as np


def parse_numbers(text: bytes) -> np.ndarray | None:
    r"""Parse numbers with one tab between them; None where anything but a plain number stands in a field.

    Arrow casts texts to numbers fast but is slow to split them. So it is given fields and tabs alike as one list of texts
    that lie in memory as they are, with every other one, the tabs, marked as missing.

    Returns:
        float32 [numbers]; "nan", "inf" and negative numbers are numbers here.

    >>> parse_numbers(b"0\t1.5\t2e3").tolist()
    [0.0, 1.5, 2000.0]
    >>> parse_numbers(b"0\t\t1") is None
    True
    """
    import pyarrow as pa

    tabs = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\t"))
    n_texts = 2 * len(tabs) + 1
    offsets = np.empty(n_texts + 1, dtype=np.int64)
    offsets[0], offsets[1:-1:2], offsets[2:-1:2], offsets[-1] = 0, tabs, tabs + 1, len(text)
    valid = np.full(n_texts // 8 + 1, 0b01010101, dtype=np.uint8)
    buffers = [pa.py_buffer(valid), pa.py_buffer(offsets), pa.py_buffer(text)]
    try:
        numbers = pa.Array.from_buffers(pa.large_string(), n_texts, buffers).cast(pa.float32())
    except pa.ArrowInvalid:
        return None
    return np.frombuffer(numbers.buffers()[1], dtype=np.float32)[:n_texts:2]
