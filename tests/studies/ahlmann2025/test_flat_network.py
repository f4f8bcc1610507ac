"""The loop that is written out takes the steps of PyTorch's own modules, autograd and AdamW."""

import pytest
import torch
from torch import nn

from linear_signal.studies.ahlmann2025.flat_network import FlatNetwork

RATES = {"learning_rate": 1e-2, "weight_decay": 1e-1}


def made(*, base):
    random = torch.Generator().manual_seed(0)
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        layers = [nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 3)]
    inputs, wanted = torch.randn(40, 5, generator=random), torch.randn(40, 3, generator=random)
    return layers, inputs, wanted, torch.randn(3, generator=random) if base else None


@pytest.mark.parametrize("base", [False, True], ids=["alone", "on a base"])
def test_it_moves_as_pytorch_moves(base):
    layers, inputs, wanted, added = made(base=base)
    ours = FlatNetwork(layers, base=added, **RATES)
    theirs = nn.Sequential(*layers)
    adam = torch.optim.AdamW(theirs.parameters(), lr=RATES["learning_rate"], weight_decay=RATES["weight_decay"])

    def said():
        return theirs(inputs) if added is None else added + theirs(inputs)

    before = ours(inputs)
    assert torch.equal(before, said())
    for batch in (slice(0, 16), slice(16, 33), slice(33, 40), slice(0, 1)):
        ours.step(inputs[batch], wanted[batch])
        adam.zero_grad()
        nn.functional.mse_loss(said()[batch], wanted[batch]).backward()
        adam.step()
    assert torch.allclose(ours(inputs), said(), atol=1e-6)
    assert not torch.allclose(ours(inputs), before, atol=1e-2)


def test_the_layers_that_it_was_made_of_stay_as_they_were():
    layers, inputs, wanted, _ = made(base=False)
    first = layers[0].weight.detach().clone()
    FlatNetwork(layers, base=None, **RATES).step(inputs, wanted)
    assert torch.equal(layers[0].weight, first)
