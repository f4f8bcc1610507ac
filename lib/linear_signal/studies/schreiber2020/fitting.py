"""Train networks of the study: a stack of dense layers in the engine, every other one as a PyTorch module."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from linear_signal.models import Network
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.networks import ONE_HOT, LookUpNetwork, first_state
from linear_signal.studies.schreiber2020.protocol import Protocol
from linear_signal.training.batches import BalancedRows
from linear_signal.training.constant_answer import left_start
from linear_signal.training.loop import train
from linear_signal.training.member import Member, Trained
from linear_signal.training.module import train_module

if TYPE_CHECKING:
    from linear_signal.studies.schreiber2020.unit import Fit

_LOSS = "binary_cross_entropy"
_SCORED_VALUES = 2**26  # of the widest layer that are held while loci are scored: 256 MB


def fit(unit: Fit, device: torch.device) -> Trained:
    """Train the network of a unit; samples are pairs of locus and cell type, numbered locus by locus.

    Args:
        unit: table, scheme, architecture, protocol, seed.
        device: to train on.

    Returns:
        What became of it; scores float32 [judged loci, 1], before the sigmoid.
    """
    table, scheme, protocol = unit.table, unit.scheme, unit.protocol
    classes = table.labels.ravel().astype(np.int64)
    validation = BalancedRows(scheme.tune.numbers(table.n_cell_types), classes)
    random = generator("validation batch", *unit.seed_names)
    member = Member(
        names=unit.seed_names,
        fit_rows=scheme.train.numbers(table.n_cell_types),
        tune_rows=validation.draw(random, (1, protocol.validation_samples))[0],
        judge_rows=scheme.judge.numbers(table.n_cell_types),
        learning_rate=protocol.learning_rate,
        weight_decay=0.0,
        balanced_steps=protocol.steps_per_epoch,
    )
    by = _in_engine if unit.architecture.is_dense else _as_module
    return by(unit, member, classes, device)


def has_learnt(trained: Trained) -> bool:
    """Say whether a network ever did better on its balanced batches than one half, the best of constant answers."""
    return left_start(trained.train_loss, np.full(len(trained.train_loss), np.log(2)))


def constant_rows(table: LociTable) -> np.ndarray:
    """Row of ``table.constant`` that each pair of locus and cell type gets: int64 [pairs]."""
    if table.constant_order is not None:
        return table.constant_order.ravel()
    return np.repeat(np.arange(table.n_loci), table.n_cell_types)


def one_hot(table: LociTable) -> np.ndarray:
    """What is constant over cell types as features, float32 [loci, values]: a base as one of four, numbers as they are."""
    return ONE_HOT[table.constant].reshape(table.n_loci, -1) if table.is_sequence else table.constant


def fit_dense(
    features: np.ndarray,
    classes: np.ndarray,
    member: Member,
    *,
    hidden: tuple[int, ...],
    protocol: Protocol,
    device: torch.device,
    names: tuple[str | int, ...],
    feature_rows: np.ndarray | None = None,
) -> Trained:
    """Train a stack of dense layers with a single output in the engine.

    Args:
        features: float32 [rows, values].
        classes: int64 [samples], 0 and 1.
        member: rows and batches.
        hidden: widths of the hidden layers.
        protocol: epochs and patience.
        device: to train on.
        names: what the first weights are derived from.
        feature_rows: int64 [samples], which row of the features each sample has; None: its own.
    """
    network = Network(hidden=hidden, loss=_LOSS)
    start = first_state(network.widths(features.shape[1], 2), names)
    there = (features, classes, feature_rows)
    if device.type != "cpu":
        there = tuple(None if values is None else torch.tensor(values, device=device) for values in there)
    (trained,) = train(
        *there[:2],
        [replace(member, start=start)],
        network,
        n_classes=2,
        settings=protocol.settings,
        feature_rows=there[2],
    )
    return trained


def _pairs(table: LociTable) -> np.ndarray:
    """Marks of every pair of locus and cell type, float32 [pairs, marks]; there may be none."""
    return table.signal.reshape(table.n_loci * table.n_cell_types, table.n_marks)


def _in_engine(unit: Fit, member: Member, classes: np.ndarray, device: torch.device) -> Trained:
    table, architecture = unit.table, unit.architecture
    branch, names = architecture.signal or architecture.sequence, (*member.names, architecture.input, architecture.name)
    if architecture.signal:
        features, feature_rows = _pairs(table), None
    else:
        features, feature_rows = one_hot(table), constant_rows(table)
    more = {"hidden": (branch.width,) * branch.depth, "protocol": unit.protocol, "device": device, "names": names}
    return fit_dense(features, classes, member, **more, feature_rows=feature_rows)


def _as_module(unit: Fit, member: Member, classes: np.ndarray, device: torch.device) -> Trained:
    table, architecture = unit.table, unit.architecture
    constant, signal, truth, rows = (
        torch.tensor(values, device=device) for values in (table.constant, _pairs(table), classes, constant_rows(table))
    )
    places = torch.stack([rows, torch.arange(len(rows), device=device)], dim=1)
    names = (*member.names, architecture.input, architecture.name)
    module = LookUpNetwork(architecture, constant, signal, names=names).to(device)
    return train_module(
        module,
        places,
        truth,
        member,
        n_classes=2,
        settings=unit.protocol.settings,
        loss=_LOSS,
        rows_at_once=int(np.clip(_SCORED_VALUES // module.widest, 16, 4096)),
    )
