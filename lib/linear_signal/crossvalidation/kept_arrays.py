"""Keeps the last computed arrays in memory, up to a size, for who computes the same from the same once more."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np


class KeptArrays:
    """The last arrays that a function made, under digests of all that it made them from.

    Args:
        n_bytes: of all arrays together, at most; a larger one is not kept.
    """

    def __init__(self, n_bytes: int) -> None:
        self._n_bytes = n_bytes
        self._arrays: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()  # workers may be threads of one process

    def made(self, make: Callable[[], np.ndarray], *given: np.ndarray | Hashable) -> np.ndarray:
        """Return what ``make`` returns, read-only: from memory where it was made from the same before.

        Args:
            make: is called with nothing; what it returns depends on ``given`` alone.
            given: all that it depends on: arrays of numbers or texts, and what Python prints in full.
        """
        key = _digest(given)
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = make()
        array.flags.writeable = False
        with self._lock:
            self._arrays[key] = array
            while sum(one.nbytes for one in self._arrays.values()) > self._n_bytes:
                self._arrays.popitem(last=False)
        return array


def _digest(given: tuple[np.ndarray | Hashable, ...]) -> bytes:
    digest = hashlib.blake2b(digest_size=20)
    for one in given:
        if isinstance(one, np.ndarray):
            if one.dtype.hasobject:
                raise TypeError("An array of Python objects is told apart by where these lie in memory, which says nothing.")
            digest.update(f"{one.dtype} {one.shape}\0".encode())
            digest.update(np.ascontiguousarray(one))
        else:
            digest.update(f"{one!r}\0".encode())
    return digest.digest()
