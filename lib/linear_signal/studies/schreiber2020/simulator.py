"""Simulated loci: activity mostly the locus's own, noisy marks that tell of it, a sequence that knows its baseline."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import scipy.special

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator
from linear_signal.studies.schreiber2020.loci import LociTable

# Protein-coding genes by autosome, in hundreds; the share of the first one is a setting.
_GENES = (20, 13, 11, 8, 9, 10, 9, 7, 8, 8, 13, 10, 3, 6, 6, 8, 12, 3, 14, 6, 2, 4)
MARKS = ("H3K4me3", "H3K4me1", "H3K36me3", "H3K27me3", "H3K9me3")
_MOST_VALUES = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What decides the simulated numbers, beside the seed. Three kinds of loci: off, on and variable.

    Attributes:
        task: what a label says.
        n_loci, n_cell_types: how many.
        n_chromosomes: chr1 and on.
        chr1_share: of the loci on chr1, on which two schemes judge: below a tenth its average precision is mostly noise.
        mix: shares of the three kinds.
        locus_means, locus_sd: a locus's baseline is normal, with the mean of its kind.
        deviation_sds: by kind, the standard deviation of what is a cell type's own.
        n_factors: these deviations are partly of this rank,
        factor_sd, own_sd: with these weights of the part of low rank and of noise of each locus in each cell type.
        label_noise: standard deviation of what is added before a label is taken.
        mark_weights: how much each mark follows activity, and in which direction.
        mark_offset, mark_gain: of a mark's level before noise.
        mark_noise: standard deviation of the marks' noise. Below about 1.5 marks say all, and there is no pitfall to see.
        sequence_length: bases.
        gc_lowest, gc_span: share of G and C in a locus's sequence, its floor and how far it can rise.
        gc_slope, gc_noise: how it follows the locus's baseline.
        permute_baselines: deal the baselines out anew among the loci of every cell type (negative control 1).
        permute_sequences: give the loci of every cell type the sequences of others (negative control 2).
    """

    task: str = "expression"
    n_loci: int = 1600
    n_cell_types: int = 16
    n_chromosomes: int = 22
    chr1_share: float = 0.114
    mix: tuple[float, float, float] = (0.45, 0.30, 0.25)
    locus_means: tuple[float, float, float] = (-2.5, 2.5, 0.0)
    locus_sd: float = 0.6
    deviation_sds: tuple[float, float, float] = (0.3, 0.3, 1.0)
    n_factors: int = 4
    factor_sd: float = 0.8
    own_sd: float = 0.6
    label_noise: float = 0.4
    mark_weights: tuple[float, ...] = (1.0, 0.55, 0.7, -0.8, -0.35)
    mark_offset: float = 1.0
    mark_gain: float = 2.0
    mark_noise: float = 2.6
    sequence_length: int = 48
    gc_lowest: float = 0.25
    gc_span: float = 0.5
    gc_slope: float = 0.35
    gc_noise: float = 0.8
    permute_baselines: bool = False
    permute_sequences: bool = False

    def __post_init__(self) -> None:
        for name, least in (("n_loci", 100), ("n_cell_types", 3), ("n_factors", 1), ("sequence_length", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; at least {least} are needed.")
        for name in (each.name for each in fields(self) if each.name.endswith(("_sd", "_noise", "_sds"))):
            if np.min(getattr(self, name)) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; a standard deviation is zero or more.")
        for name in ("mix", "locus_means", "deviation_sds"):
            if len(getattr(self, name)) != 3:
                raise InputError(f"{name} has {len(getattr(self, name))} numbers; three are needed: off, on, variable.")
        if min(self.mix) < 0 or abs(sum(self.mix) - 1) > 1e-9:
            raise InputError(f"mix is {self.mix}; shares of zero or more are needed that add up to 1.")
        if not 3 <= self.n_chromosomes <= len(_GENES):
            raise InputError(f"n_chromosomes is {self.n_chromosomes}; 3 (to train, tune and judge on) to {len(_GENES)}.")
        if not 0 < self.chr1_share < 1:
            raise InputError(
                f"chr1_share is {self.chr1_share}; a share between 0 and 1 is needed (the paper's genes: 0.11)."
            )
        if self.gc_lowest < 0 or self.gc_lowest + self.gc_span > 1:
            raise InputError(f"gc_lowest {self.gc_lowest} and gc_span {self.gc_span} leave the range of 0 to 1.")
        values = self.n_loci * max(self.n_cell_types * max(len(self.mark_weights), self.n_factors), self.sequence_length)
        if values > _MOST_VALUES:
            raise InputError(f"These sizes make a table of {values:,} values; {_MOST_VALUES:,} are the most here.")


BOUNDARIES = "domain boundaries"
STANDARD = Simulation()
PRESETS = {
    "standard": STANDARD,
    # No baseline is shared, so there is nothing to remember; the marks tell what they told.
    "baselines permuted": replace(STANDARD, permute_baselines=True),
    # There is a baseline to remember, and nothing to recognise the locus by.
    "sequences permuted": replace(STANDARD, permute_sequences=True),
    # Cell types differ, and the marks say how.
    "cell types differ": replace(STANDARD, mix=(0.2, 0.1, 0.7), deviation_sds=(0.5, 0.5, 3.0), mark_noise=0.8),
    # As rare as the borders of domains, in as few cell types, on the three chromosomes that the paper looks at.
    BOUNDARIES: replace(
        STANDARD,
        task=BOUNDARIES,
        n_loci=3000,
        n_cell_types=7,
        n_chromosomes=3,
        chr1_share=0.36,
        mix=(0.88, 0.04, 0.08),
    ),
}


def simulate_loci(preset: str = "standard", *, seed: int = 0, **changes: object) -> LociTable:
    """Simulate a table of loci: z = baseline of the locus + deviation of the cell type; active where z + noise is above 0.

    With k the kind of locus g, u and v standard normal::

        a_g   ~ N(locus_means[k], locus_sd^2)
        d_gc  = deviation_sds[k] * (factor_sd * u_g.v_c / sqrt(n_factors) + own_sd * N(0, 1))
        z_gc  = a_g + d_gc,                activity_gc = z_gc + N(0, label_noise^2)
        E_gck = arcsinh(softplus(mark_offset + mark_gain * w_k * tanh(z_gc / 2) + N(0, mark_noise^2)))
        GC_g  = gc_lowest + gc_span * sigmoid(gc_slope * a_g + gc_noise * N(0, 1))

    Every part has random numbers of its own: the controls have the loci, marks' noise and sequences of the standard preset.

    Args:
        preset: one of ``PRESETS``: "standard"; two negative controls, "baselines permuted" and "sequences permuted"; a
            positive one, "cell types differ"; and "domain boundaries", the second task.
        seed: the same seed gives the same table.
        changes: fields of :class:`Simulation` that are to be other than in the preset.

    Returns:
        Table with cell types "C00" and on, loci in random order over the chromosomes; annotation knows the truth, how alike
        cell types' factors v are.

    Raises:
        InputError: an unknown preset or field, or a value out of its range.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    known = [each.name for each in fields(Simulation)]
    for name in changes:
        if name not in known:
            raise unknown("setting of the simulation", name, known)
    of = replace(PRESETS[preset], **changes)
    shape = (of.n_loci, of.n_cell_types)

    def drawn(part: str) -> np.random.Generator:
        return generator("loci", part, *shape, seed)

    kinds = drawn("kinds").choice(3, size=of.n_loci, p=of.mix)
    baselines = np.array(of.locus_means)[kinds] + of.locus_sd * drawn("baselines").normal(size=of.n_loci)
    places = np.broadcast_to(np.arange(of.n_loci)[:, None], shape)
    dealt = _permuted(drawn("permuted baselines"), shape) if of.permute_baselines else places
    factors = drawn("factors of loci").normal(size=(of.n_loci, of.n_factors))
    profiles = drawn("factors of cell types").normal(size=(of.n_cell_types, of.n_factors))
    deviations = of.factor_sd * factors @ profiles.T / np.sqrt(of.n_factors) + of.own_sd * drawn("deviations").normal(
        size=shape
    )
    z = baselines[dealt] + np.array(of.deviation_sds)[kinds[dealt]] * deviations
    activity = (z + of.label_noise * drawn("labels").normal(size=shape)).astype(np.float32)
    names = tuple(f"C{number:02d}" for number in range(of.n_cell_types))
    return LociTable(
        name=f"simulated {of.task}" if preset in ("standard", of.task) else f"simulated {of.task}, {preset}",
        source=f"Simulated, preset {preset!r}, with seed {seed}",
        synthetic=True,
        task=of.task,
        loci=np.array([f"L{number:05d}" for number in range(of.n_loci)]),
        chromosomes=_chromosomes(drawn("chromosomes"), of),
        cell_types=names,
        labels=activity > 0,
        activity=activity,
        signal=_marks(z, of, drawn("marks")),
        marks=_mark_names(len(of.mark_weights)),
        constant=_sequences(baselines, of, drawn),
        constant_order=_permuted(drawn("permuted sequences"), shape) if of.permute_sequences else None,
        relatives=_relatives(names, profiles),
    )


def _permuted(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A permutation of the loci for every cell type, int64 [loci, cell types]."""
    return random.permuted(np.broadcast_to(np.arange(shape[0])[:, None], shape), axis=0)


def _chromosomes(random: np.random.Generator, of: Simulation) -> np.ndarray:
    """Deal loci out to chromosomes, every one of which gets its share to within one locus."""
    shares = np.array(_GENES[: of.n_chromosomes], dtype=float)
    shares[0] = shares[1:].sum() * of.chr1_share / (1 - of.chr1_share)
    ends = np.round(np.cumsum(shares) / shares.sum() * of.n_loci).astype(int)
    names = [f"chr{number + 1}" for number in range(len(shares))]
    return random.permutation(np.repeat(names, np.diff(ends, prepend=0)))


def _marks(z: np.ndarray, of: Simulation, random: np.random.Generator) -> np.ndarray:
    noise = of.mark_noise * random.standard_normal((*z.shape, len(of.mark_weights)), dtype=np.float32)
    level = of.mark_offset + of.mark_gain * np.tanh(z / 2)[:, :, None] * np.array(of.mark_weights)
    return np.arcsinh(np.logaddexp(0, level + noise)).astype(np.float32)


def _mark_names(n_marks: int) -> tuple[str, ...]:
    return MARKS if n_marks == len(MARKS) else tuple(f"mark {number + 1}" for number in range(n_marks))


def _sequences(baselines: np.ndarray, of: Simulation, drawn: object) -> np.ndarray:
    """Bases in the order A, C, G, T, uint8 [loci, length], independent of each other but for the share of G and C."""
    noise = of.gc_noise * drawn("share of G and C").normal(size=of.n_loci)
    gc = of.gc_lowest + of.gc_span * scipy.special.expit(of.gc_slope * baselines + noise)
    uniform = drawn("bases").random((of.n_loci, of.sequence_length), dtype=np.float32)
    bases = np.zeros(uniform.shape, dtype=np.uint8)
    for above in ((1 - gc) / 2, np.full(of.n_loci, 0.5), (1 + gc) / 2):
        bases += uniform >= above[:, None]
    return bases


def _relatives(names: tuple[str, ...], profiles: np.ndarray) -> dict[str, tuple[str, ...]]:
    unit = profiles / np.linalg.norm(profiles, axis=1, keepdims=True)
    order = np.argsort(-unit @ unit.T, axis=1, kind="stable")
    return {name: tuple(names[each] for each in of if names[each] != name) for name, of in zip(names, order, strict=True)}
