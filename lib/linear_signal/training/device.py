"""Where training runs: the processor or a CUDA GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from linear_signal.errors import InputError, unknown

DEVICES = ("auto", "cpu", "cuda")


def find_device(name: str = "auto") -> torch.device:
    """Turn "auto", "cpu" or "cuda" into a device; "auto" takes the GPU where there is one.

    Raises:
        InputError: unknown name, or "cuda" without a usable GPU.
    """
    if name not in DEVICES:
        raise unknown("device", name, DEVICES)
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise InputError("Device 'cuda' was asked for, but PyTorch sees no GPU. Use device 'auto' or 'cpu'.")
    if has_gpu and name != "cpu":
        # Read when the first matrix product runs: without it cuBLAS may add up in another order from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        return torch.device("cuda")
    return torch.device("cpu")


def stack_bytes_of(device: torch.device) -> int:
    """Memory for one stack of members on a GPU, by a fixed rule.

    The largest power of two that is at most half of the GPU's free memory: a power of two, so that small differences in
    free memory don't change how a plan is cut.
    """
    free, _ = torch.cuda.mem_get_info(device)
    return 2 ** ((free // 2).bit_length() - 1)


@contextmanager
def matrix_precision(*, tf32: bool) -> Iterator[None]:
    """Let matrix products on a GPU round their inputs to TF32 (19 bits), or not, for the length of a block."""
    before = torch.backends.cuda.matmul.fp32_precision
    torch.backends.cuda.matmul.fp32_precision = "tf32" if tf32 else "ieee"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.fp32_precision = before


def device_title(device: torch.device) -> str:
    """Name of the device for the record: "cpu" or the GPU's model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
