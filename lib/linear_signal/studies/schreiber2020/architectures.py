"""The networks that the study trains: the paper's grids, samples of them, and the few that a quick run takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator

INPUTS = ("signal", "sequence", "both")
KERNEL, POOL = 8, 4  # bases that a convolution sees, and outputs of which the largest is kept
# A single unit behind two single ones hardly ever learns: its ReLU is soon off for all loci. The paper gives no width.
NARROWEST_JOINT = 16


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Hidden layers over one input, each with a ReLU: convolutions with max-pooling, where there are any, then dense ones.

    Attributes:
        depth: dense layers.
        width: of each.
        convolutions: convolutions, each followed by pooling.
        filters: of each.
    """

    depth: int
    width: int
    convolutions: int = 0
    filters: int = 0

    @property
    def name(self) -> str:
        """Write it down, as ``dense 2 x 64`` or ``conv 1 x 16, dense 1 x 64``."""
        if self.convolutions:
            return f"conv {self.convolutions} x {self.filters}, dense {self.depth} x {self.width}"
        return f"dense {self.depth} x {self.width}"

    def widths(self, n_positions: int, n_channels: int) -> tuple[int, ...]:
        """Widths of the dense layers, from what goes into the first of them.

        Args:
            n_positions: of the input: bases, numbers or marks.
            n_channels: numbers at each: 4 for a base.
        """
        left = pooled(n_positions, self.convolutions)
        return (left * (self.filters if self.convolutions else n_channels), *[self.width] * self.depth)

    def channels(self, n_channels: int) -> tuple[int, ...]:
        """Numbers at each position, before the first convolution and behind each."""
        return (n_channels, *[self.filters] * self.convolutions)

    def n_parameters(self, n_positions: int, n_channels: int) -> int:
        """Number of weights and biases for an input of this shape."""
        of_convolutions = sum(n_out * (KERNEL * n_in + 1) for n_in, n_out in pairwise(self.channels(n_channels)))
        return of_convolutions + n_dense(self.widths(n_positions, n_channels))

    def n_multiplications(self, n_positions: int, n_channels: int) -> int:
        """Multiplications by which a sample is scored, about: a convolution does its own at every position."""
        return n_dense(self.widths(n_positions, n_channels)) + sum(
            n_out * KERNEL * n_in * (pooled(n_positions, done) - KERNEL + 1)
            for done, (n_in, n_out) in enumerate(pairwise(self.channels(n_channels)))
        )


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One network with a single sigmoid output.

    Attributes:
        signal: hidden layers over the marks; None: it does not see them.
        sequence: hidden layers over what is constant over cell types; None likewise.
        joint: with both, the width of one more hidden layer over the last ones of the two.

    Raises:
        InputError: it sees nothing, or has a joint layer without two branches or the other way round.
    """

    signal: Branch | None = None
    sequence: Branch | None = None
    joint: int = 0

    def __post_init__(self) -> None:
        n_branches = (self.signal is not None) + (self.sequence is not None)
        if not n_branches or (n_branches == 2) != (self.joint > 0):
            raise InputError(
                f"An architecture with {n_branches} branches and a joint layer of {self.joint} units cannot be: it needs "
                "one branch and no joint layer, or two and one."
            )

    @property
    def input(self) -> str:
        """What it sees, one of ``INPUTS``."""
        return "both" if self.joint else "signal" if self.signal else "sequence"

    @property
    def name(self) -> str:
        """Write its layers down; unique among architectures of one input."""
        if self.joint:
            return f"({self.sequence.name}) + ({self.signal.name}), dense {self.joint}"
        return (self.signal or self.sequence).name

    @property
    def is_dense(self) -> bool:
        """Whether it is one stack of dense layers, which the fast engine trains."""
        return not self.joint and not (self.signal or self.sequence).convolutions

    def n_parameters(self, n_marks: int, n_positions: int, n_channels: int) -> int:
        """Number of weights and biases, the output's included.

        Args:
            n_marks: of the signal.
            n_positions, n_channels: of the constant input: bases and 4, or numbers and 1.

        >>> largest = Architecture(sequence=Branch(depth=1, width=1024, convolutions=1, filters=256))
        >>> f"{largest.n_parameters(5, 2000, 4):,}"
        '130,558,209'
        """
        shapes = self._shapes(n_marks, n_positions, n_channels)
        return self._n_last() + sum(branch.n_parameters(*shape) for branch, shape in shapes)

    def n_multiplications(self, n_marks: int, n_positions: int, n_channels: int) -> int:
        """Multiplications by which a sample is scored, about; arguments as above."""
        shapes = self._shapes(n_marks, n_positions, n_channels)
        return self._n_last() + sum(branch.n_multiplications(*shape) for branch, shape in shapes)

    def _shapes(self, n_marks: int, n_positions: int, n_channels: int) -> list[tuple[Branch, tuple[int, int]]]:
        both = ((self.sequence, (n_positions, n_channels)), (self.signal, (n_marks, 1)))
        return [(branch, shape) for branch, shape in both if branch]

    def _n_last(self) -> int:
        """Weights and biases behind the branches."""
        last = [branch.width for branch in (self.sequence, self.signal) if branch]
        return n_dense((sum(last), self.joint, 1) if self.joint else (*last, 1))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the settings of a unit."""
        return asdict(self)


def n_dense(widths: Sequence[int]) -> int:
    """Weights and biases of dense layers of these widths, from input to output."""
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(widths))


def pooled(n_positions: int, convolutions: int) -> int:
    """Positions that are left of a sequence behind convolutions and pooling.

    Raises:
        InputError: none would be.

    >>> pooled(2000, 3)
    28
    """
    left = _left(n_positions, convolutions)
    if left < 1:
        raise InputError(
            f"A sequence of {n_positions:,} positions is too short for {convolutions} convolutions (of {KERNEL} positions, "
            f"with pooling by {POOL}). Choose fewer of them or a longer sequence."
        )
    return left


def grid(which: str, *, n_positions: int) -> list[Architecture]:
    """List the paper's grid for the models of one input; that of both is too large to list and has its parts drawn.

    Args:
        which: "signal" (65) or "sequence" (330; fewer where the sequence is short).
        n_positions: of the constant input.

    Source: Schreiber et al. 2020, Methods. That the filters of convolutions are powers of two as well is our reading.
    """
    if which == "signal":
        return [Architecture(signal=Branch(depth=depth, width=2**power)) for depth in range(1, 6) for power in range(13)]
    dense = [Branch(depth=depth, width=2**power) for depth in range(1, 4) for power in range(11)]
    convolutional = [
        Branch(depth=1, width=2**power, convolutions=n, filters=2**of_filters)
        for n in range(1, 4)
        if _left(n_positions, n)
        for of_filters in range(9)
        for power in range(11)
    ]
    return [Architecture(sequence=branch) for branch in (*dense, *convolutional)]


def sample(which: str, n_models: int, *, n_positions: int, names: tuple[str | int, ...]) -> list[Architecture]:
    """Draw architectures of one input from the paper's grid, without repeating any; all of it where it is no larger.

    Args:
        which: one of ``INPUTS``; for both, a network of either grid each, and a joint layer of 1 to 1,024 units.
        n_models: how many at most.
        n_positions: of the constant input.
        names: what the draw is derived from.

    Raises:
        InputError: an unknown input, or fewer than one.
    """
    if which not in INPUTS:
        raise unknown("input", which, INPUTS)
    if n_models < 1:
        raise InputError(f"n_models is {n_models}; it must be 1 or more.")
    random = generator("architectures", which, n_positions, *names)
    if which != "both":
        everything = grid(which, n_positions=n_positions)
        chosen = random.choice(len(everything), size=min(n_models, len(everything)), replace=False)
        return [everything[place] for place in sorted(chosen.tolist())]
    of_sequence, of_signal = (grid(one, n_positions=n_positions) for one in ("sequence", "signal"))
    shape = (len(of_sequence), len(of_signal), 11)
    n_all = shape[0] * shape[1] * shape[2]
    chosen = np.unravel_index(np.sort(random.choice(n_all, size=min(n_models, n_all), replace=False)), shape)
    return [
        Architecture(sequence=of_sequence[one].sequence, signal=of_signal[other].signal, joint=2**power)
        for one, other, power in zip(*(axis.tolist() for axis in chosen), strict=True)
    ]


def selection(which: str, widths: Sequence[int], *, n_positions: int) -> list[Architecture]:
    """Choose a few architectures of one input: one hidden layer of every width, and of sequence a convolutional one.

    Args:
        which: one of ``INPUTS``; for both, either branch has the width, and so has the joint layer unless it were narrower
            than ``NARROWEST_JOINT``.
        widths: of the hidden layers, different ones.
        n_positions: of the constant input; where it is too short there is no convolution.

    Raises:
        InputError: an unknown input, or no width, a repeated one, or one that is not positive.
    """
    if which not in INPUTS:
        raise unknown("input", which, INPUTS)
    if not widths or len(set(widths)) < len(widths) or min(widths) < 1:
        raise InputError(f"widths are {list(widths)}; one or more different positive whole numbers are needed.")
    branches = [Branch(depth=1, width=width) for width in widths]
    if which == "signal":
        return [Architecture(signal=branch) for branch in branches]
    if which == "both":
        return [Architecture(sequence=one, signal=one, joint=max(one.width, NARROWEST_JOINT)) for one in branches]
    convolution = [Branch(depth=1, width=64, convolutions=1, filters=16)] if _left(n_positions, 1) else []
    return [Architecture(sequence=branch) for branch in (*branches, *convolution)]


def _left(n_positions: int, convolutions: int) -> int:
    for _ in range(convolutions):
        n_positions = max(0, n_positions - KERNEL + 1) // POOL
    return n_positions
