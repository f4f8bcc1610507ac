"""Small networks that predict from which genes are perturbed: a perceptron, latent-additive and decoder-only ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from torch import nn

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator, seed_of
from linear_signal.studies.ahlmann2025.additive import predictions
from linear_signal.studies.ahlmann2025.conditions import multi_hot
from linear_signal.studies.ahlmann2025.flat_network import FlatNetwork
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk
from linear_signal.studies.ahlmann2025.ridge import all_targets

NETWORKS = {
    "mlp": "multi-hot perceptron: from the marks of the perturbed genes to the change, one stack of layers",
    "latent_additive": "latent-additive: vectors of the perturbed genes and of the control add up; a decoder reads the sum",
    "decoder_only": "decoder-only: from the marks to expression itself; it never sees the control",
}


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """How a small network is built and trained.

    Attributes:
        hidden: units of each hidden layer; the first is as well the length of the vectors of the latent-additive one.
        epochs: passes over the training conditions.
        batch_size: conditions per step; the last part of a pass is a step as well.
        learning_rate, weight_decay: of AdamW.
    """

    hidden: tuple[int, ...] = (64,)
    epochs: int = 200
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2

    def __post_init__(self) -> None:
        """Refuse sizes and rates that cannot be."""
        if not self.hidden or min(*self.hidden, self.epochs, self.batch_size) < 1:
            raise InputError(f"hidden {self.hidden}, epochs {self.epochs}, batch_size {self.batch_size}: all at least 1.")
        if not self.learning_rate > 0 or not self.weight_decay >= 0:
            raise InputError(
                f"learning_rate {self.learning_rate} must be above 0, weight_decay {self.weight_decay} not below."
            )


def network_prediction(
    data: Pseudobulk,
    train: Sequence[str],
    wanted: Sequence[str],
    *,
    kind: str = "mlp",
    settings: NetworkSettings | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Train a small network on the training conditions and predict the wanted ones; plainly, on the processor.

    All see marks of the perturbed genes, and are trained by the squared error of every gene. They stand in for the nets of
    PerturBench; none stops early, so that no held-out condition is looked at.

    Args:
        data, train, wanted: as of every model.
        kind: a name of ``NETWORKS``.
        settings: size and training.
        seed: of weights and order, derived from names.

    Raises:
        InputError: an unknown kind, or a gene that no training condition perturbs.
    """
    if kind not in NETWORKS:
        raise unknown("network", kind, NETWORKS)
    settings = settings or NetworkSettings()
    targets = all_targets(data, train)
    marks, asked = (_tensor(multi_hot(names, targets, control=data.control)) for names in (train, wanted))
    control = _tensor(data.control_mean.to_numpy())
    seen = _tensor(data.rows(train).to_numpy())
    names = ("small network", kind, data.name, seed)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed_of(*names) % 2**63)
        layers = _layers(kind, len(targets), seen.mean(dim=0), settings.hidden)
    base = control if kind == "mlp" else None
    rates = {"learning_rate": settings.learning_rate, "weight_decay": settings.weight_decay}
    network = FlatNetwork(layers, base=base, **rates)
    order = generator("order", *names)
    for _ in range(settings.epochs):
        for batch in np.array_split(order.permutation(len(seen)), -(-len(seen) // settings.batch_size)):
            network.step(marks[batch], seen[batch])
    return predictions(data, wanted, network(asked).double().numpy() - data.control_mean.to_numpy())


def _layers(kind: str, n_targets: int, mean: torch.Tensor, hidden: tuple[int, ...]) -> list[nn.Module]:
    """Layers with their first weights; what the perceptron's are added to, the control, is no layer."""
    if kind == "mlp":
        return _stack(n_targets, hidden, len(mean))
    # One control for all conditions: what an encoder would make of it is one vector, the intercept of the sum.
    vectors = [nn.Linear(n_targets, hidden[0]), nn.ReLU()] if kind == "latent_additive" else []
    decoder = _stack(hidden[0] if vectors else n_targets, hidden, len(mean))
    with torch.no_grad():
        decoder[-1].bias.copy_(mean)  # expression lies far from 0; steps of the usual size would take long to get there
    return [*vectors, *decoder]


def _stack(n_inputs: int, hidden: tuple[int, ...], n_outputs: int) -> list[nn.Module]:
    sizes, layers = (n_inputs, *hidden), []
    for size, following in pairwise(sizes):
        layers += [nn.Linear(size, following), nn.ReLU()]
    return [*layers, nn.Linear(sizes[-1], n_outputs)]


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)  # a copy: workers get arrays that cannot be written to
