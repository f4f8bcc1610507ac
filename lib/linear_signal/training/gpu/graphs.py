"""CUDA graphs: a training step is recorded once and then replayed, so that launching its kernels costs no time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP = 3  # ordinary calls before a recording: libraries set themselves up in the first ones


class Graphed:
    """A function of tensors that works in place, replayed from a CUDA graph once it has been called a few times.

    A recording holds the memory addresses of all that the function touches: ``forget`` must be called whenever one of its
    buffers is replaced. Inputs may have several shapes; each gets its own recording.

    Args:
        function: takes tensors (or None) and returns nothing; it must not wait for the GPU.

    Source: PyTorch documentation, "CUDA semantics", section "CUDA Graphs".
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self._stream = torch.cuda.Stream()
        self.forget()

    def forget(self) -> None:
        """Drop all recordings."""
        torch.cuda.synchronize()
        self._calls: Counter[tuple] = Counter()
        self._recordings: dict[tuple, tuple[torch.cuda.CUDAGraph, list[Tensor | None]]] = {}

    def __call__(self, *inputs: Tensor | None) -> None:
        """Do one call: an ordinary one, or a replay."""
        shapes = tuple(None if one is None else (one.shape, one.dtype) for one in inputs)
        self._calls[shapes] += 1
        if self._calls[shapes] <= _WARM_UP:
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                self._function(*inputs)
            torch.cuda.current_stream().wait_stream(self._stream)
            return
        if shapes not in self._recordings:
            held = [None if one is None else one.clone() for one in inputs]
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream):
                self._function(*held)
            self._recordings[shapes] = graph, held
        graph, held = self._recordings[shapes]
        for mine, given in zip(held, inputs, strict=True):
            if mine is not None and given is not None:
                mine.copy_(given, non_blocking=True)
        graph.replay()
