"""Train many members of one architecture, each stopped early by its own tune set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from linear_signal.models import Network
from linear_signal.training.device import matrix_precision, stack_bytes_of
from linear_signal.training.layout import Layout
from linear_signal.training.member import Member, Trained
from linear_signal.training.settings import TrainingSettings


def train(
    features: Tensor | np.ndarray,
    classes: Tensor | np.ndarray,
    members: Sequence[Member],
    network: Network,
    *,
    n_classes: int,
    settings: TrainingSettings,
    feature_rows: Tensor | np.ndarray | None = None,
    further: Tensor | np.ndarray | None = None,
    keep_states: bool = False,
) -> list[Trained]:
    """Train members and judge each in its best state; where the features lie decides on the engine.

    Args:
        features: float [rows, genes], on the device to train on (an array: the processor, which reads it where it lies and
            copies nothing); its dtype is that of the training.
        classes: int64 [rows], in the same place.
        members: what to train; the result has their order.
        n_classes: number of classes.
        feature_rows: int64 [samples], in the same place as the features: which row of them each sample has. The members'
            rows and ``classes`` are then those of samples, many of which may share a row. None: every sample its own.
        further: the matrix that the members' further rows are rows of; None: they are samples like all others.
        keep_states: hand out the weights as well (``Trained.state``).

    Raises:
        ValueError: members with the same names and different fit rows or steps, which would share mini-batches wrongly.
        InputError: balanced batches of a single class, or of a size that cannot be dealt out evenly.
    """
    of_names = {member.names: member for member in members}
    for member in members:
        other = of_names[member.names]
        if not np.array_equal(member.fit_rows, other.fit_rows) or member.balanced_steps != other.balanced_steps:
            raise ValueError(f"Members named {member.names} have different fit rows.")
    layout = Layout(network.widths(features.shape[1], n_classes), network.batch_norm)
    # Imported late: each engine brings a compiler or a GPU library that the other does not need.
    if isinstance(features, np.ndarray) or features.device.type == "cpu":
        from linear_signal.training.cpu.processor import train_on_processor

        arrays = np.ascontiguousarray(features), np.asarray(classes)
        return train_on_processor(
            *arrays,
            members,
            network,
            layout,
            settings,
            feature_rows=None if feature_rows is None else np.asarray(feature_rows, dtype=np.int64),
            further=None if further is None else np.ascontiguousarray(further),
            keep_states=keep_states,
        )
    from linear_signal.training.gpu.stacked import train_in_stacks

    with matrix_precision(tf32=settings.tf32):
        stack_bytes = stack_bytes_of(features.device)
        return train_in_stacks(
            features,
            classes,
            members,
            network,
            layout,
            settings,
            feature_rows=feature_rows,
            further=further,
            stack_bytes=stack_bytes,
            keep_states=keep_states,
        )
