"""Where training runs: the processor or a CUDA GPU."""

from __future__ import annotations

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
    return torch.device("cuda" if has_gpu and name != "cpu" else "cpu")


def device_title(device: torch.device) -> str:
    """Name of the device for the record: "cpu" or the GPU's model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
