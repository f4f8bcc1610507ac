"""The paper's grids and samples of them; networks have the parameters they say, and first weights after Glorot."""

import numpy as np
import pytest
import torch

from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.architectures import INPUTS, Architecture, Branch, grid, pooled, sample, selection
from linear_signal.studies.schreiber2020.networks import LookUpNetwork, first_state

DENSE, CONVOLUTIONAL = Branch(depth=2, width=8), Branch(depth=1, width=4, convolutions=1, filters=3)


def network(architecture, *, constant=None, n_marks=5):
    # Of its own: what another test draws before this one must not decide what it sees.
    random = torch.Generator().manual_seed(0)
    constant = torch.randint(0, 5, (6, 48), dtype=torch.uint8, generator=random) if constant is None else constant
    return LookUpNetwork(architecture, constant, torch.randn(12, n_marks, generator=random), names=("a test",))


def test_the_grids_have_the_sizes_of_the_paper():
    assert len(grid("signal", n_positions=2000)) == 65
    assert len(grid("sequence", n_positions=2000)) == 33 + 297
    assert len(grid("sequence", n_positions=48)) == 33 + 99, "48 bases have room for one convolution with its pooling"


@pytest.mark.parametrize("which", INPUTS)
def test_a_sample_has_no_architecture_twice_and_depends_on_names_alone(which):
    drawn = sample(which, 100, n_positions=2000, names=("a",))
    assert len({one.name for one in drawn}) == len(drawn) == (65 if which == "signal" else 100)
    assert {one.input for one in drawn} == {which}
    assert drawn == sample(which, 100, n_positions=2000, names=("a",))
    assert sample(which, 10, n_positions=2000, names=("a",)) != sample(which, 10, n_positions=2000, names=("b",))


def test_a_quick_run_takes_one_hidden_layer_of_every_width_and_a_convolution():
    chosen = {which: selection(which, (1, 16, 256), n_positions=48) for which in INPUTS}
    assert [len(chosen[which]) for which in INPUTS] == [3, 4, 3]
    assert [one.sequence.convolutions for one in chosen["sequence"]] == [0, 0, 0, 1]
    assert [one.joint for one in chosen["both"]] == [16, 16, 256]
    assert len(selection("sequence", (1, 16), n_positions=7)) == 2, "no convolution fits"


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(signal=DENSE),
        Architecture(sequence=DENSE),
        Architecture(sequence=CONVOLUTIONAL),
        Architecture(sequence=CONVOLUTIONAL, signal=DENSE, joint=7),
    ],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("kind", ["bases", "numbers"])
def test_a_network_has_as_many_parameters_as_it_says(architecture, kind):
    constant = torch.randn(6, 40, generator=torch.Generator().manual_seed(1)) if kind == "numbers" else None
    module = network(architecture, constant=constant)
    said = architecture.n_parameters(5, *((40, 1) if kind == "numbers" else (48, 4)))
    assert sum(one.numel() for one in module.parameters()) == said
    assert module(torch.tensor([[0, 3], [5, 11]])).shape == (2, 1)
    assert sum(value.numel() for value in module.state_dict().values()) == said, "tables are no part of what is learnt"


def test_an_unknown_base_counts_as_none():
    module = network(Architecture(sequence=Branch(depth=1, width=8)), constant=torch.full((2, 20), 4, dtype=torch.uint8))
    assert module(torch.zeros(1, 2, dtype=torch.int64)).item() == 0, "biases are zero, and so is what goes in"


def test_a_network_sees_what_it_is_meant_to():
    places = torch.tensor([[0, 0], [1, 0], [0, 1]])

    # One at a time: how many rows a product has decides its last digit.
    def scores_of(architecture):
        module = network(architecture)
        return [module(place[None]).item() for place in places]

    for which, same in (("signal", (0, 1)), ("sequence", (0, 2))):
        scores = scores_of(Architecture(**{which: DENSE}))
        assert scores[same[0]] == scores[same[1]]
        assert len(set(scores)) == 2
    assert len(set(scores_of(Architecture(signal=DENSE, sequence=DENSE, joint=9)))) == 3


def test_first_weights_are_uniform_between_the_bounds_of_glorot():
    state = first_state((40, 60, 1), ("a",))
    weights = state["layers.0.weight"]
    assert weights.shape == (60, 40)
    assert 0.99 * np.sqrt(6 / 100) < np.abs(weights).max() <= np.sqrt(6 / 100)
    assert weights.std() == pytest.approx(np.sqrt(2 / 100), rel=0.05)
    assert not state["layers.1.bias"].any()
    module = network(Architecture(sequence=Branch(depth=1, width=4, convolutions=1, filters=64)))
    convolution = module.convolutions[0].weight.detach().abs().max().item()
    assert 0.95 < convolution / np.sqrt(6 / (8 * 4 + 8 * 64)) <= 1
    np.testing.assert_array_equal(weights, first_state((40, 60, 1), ("a",))["layers.0.weight"])
    assert (weights != first_state((40, 60, 1), ("b",))["layers.0.weight"]).any()


def test_what_cannot_be_built_is_refused():
    with pytest.raises(InputError, match="too short"):
        pooled(48, 2)
    with pytest.raises(InputError, match="joint"):
        Architecture(signal=DENSE, sequence=DENSE)
    with pytest.raises(InputError, match="branch"):
        Architecture()
    with pytest.raises(InputError, match="did you mean 'signal'"):
        selection("signals", (1,), n_positions=48)
    with pytest.raises(InputError, match="different"):
        selection("signal", (16, 16), n_positions=48)
    with pytest.raises(InputError, match="n_models"):
        sample("both", 0, n_positions=48, names=())
