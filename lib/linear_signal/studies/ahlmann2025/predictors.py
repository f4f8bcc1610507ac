"""The models that predict perturbations, by name: what each is, for which kind of split, and what else it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.additive import (
    additive,
    additive_denoised,
    additive_with_slope,
    mean_of_training,
    no_change,
)
from linear_signal.studies.ahlmann2025.linear_model import linear_prediction
from linear_signal.studies.ahlmann2025.networks import network_prediction
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk
from linear_signal.studies.ahlmann2025.ridge import (
    covariance_prediction,
    ridge_multi_hot,
    shuffled_covariance,
    transfer_prediction,
)

DOUBLES, SINGLES = "doubles", "singles"


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A model with a name.

    Attributes:
        title: in figures.
        family: "baseline" (knows nothing of the condition), "linear" or "network".
        predicts: "doubles" of known singles, or unseen "singles".
        predict: from data, training conditions and wanted ones to predicted means [wanted, genes].
        needs: keyword arguments that must be given: ``other`` (another cell line), ``covariance`` (of control cells).
        seeded: whether it takes a ``seed``.
        known_in: where the gene of a single must be found to be predicted: "genes" (read out), "other" (perturbed there).
    """

    title: str
    family: str
    predicts: tuple[str, ...]
    predict: Callable[..., pd.DataFrame]
    needs: tuple[str, ...] = ()
    seeded: bool = False
    known_in: tuple[str, ...] = ()


def _from_other_line(
    data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, other: Pseudobulk, dimensions: int = 10
) -> pd.DataFrame:
    return linear_prediction(data, train, wanted, perturbations=other, dimensions=dimensions)


def _from_shuffled_covariance(
    data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, covariance: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """The null of the covariance baseline: the same rows, each of another gene."""
    shuffled = shuffled_covariance(covariance, generator("shuffled covariance", data.name, seed))
    return covariance_prediction(data, train, wanted, covariance=shuffled)


PREDICTORS = {
    "no_change": Predictor(title="No change", family="baseline", predicts=(DOUBLES, SINGLES), predict=no_change),
    "mean": Predictor(title="Mean", family="baseline", predicts=(DOUBLES, SINGLES), predict=mean_of_training),
    "additive": Predictor(title="Additive", family="linear", predicts=(DOUBLES,), predict=additive),
    "additive_slope": Predictor(
        title="Additive, one fitted slope", family="linear", predicts=(DOUBLES,), predict=additive_with_slope
    ),
    "additive_denoised": Predictor(
        title="Additive on denoised changes", family="linear", predicts=(DOUBLES,), predict=additive_denoised
    ),
    "ridge": Predictor(title="Ridge on multi-hot", family="linear", predicts=(DOUBLES,), predict=ridge_multi_hot),
    "mlp": Predictor(
        title="Perceptron on multi-hot",
        family="network",
        predicts=(DOUBLES,),
        predict=partial(network_prediction, kind="mlp"),
        seeded=True,
    ),
    "latent_additive": Predictor(
        title="Latent-additive network",
        family="network",
        predicts=(DOUBLES,),
        predict=partial(network_prediction, kind="latent_additive"),
        seeded=True,
    ),
    "decoder_only": Predictor(
        title="Decoder-only network",
        family="network",
        predicts=(DOUBLES,),
        predict=partial(network_prediction, kind="decoder_only"),
        seeded=True,
    ),
    "linear": Predictor(
        title="Linear model", family="linear", predicts=(SINGLES,), predict=linear_prediction, known_in=("genes",)
    ),
    "linear_other_line": Predictor(
        title="Linear model, P from the other line",
        family="linear",
        predicts=(SINGLES,),
        predict=_from_other_line,
        needs=("other",),
        known_in=("other",),
    ),
    "linear_random_p": Predictor(
        title="Linear model, random P",
        family="linear",
        predicts=(SINGLES,),
        predict=partial(linear_prediction, perturbations="random"),
        seeded=True,
    ),
    "linear_random_g": Predictor(
        title="Linear model, random G",
        family="linear",
        predicts=(SINGLES,),
        predict=partial(linear_prediction, genes="random"),
        seeded=True,
        known_in=("genes",),
    ),
    "transfer": Predictor(
        title="Transfer from the other line",
        family="linear",
        predicts=(SINGLES,),
        predict=transfer_prediction,
        needs=("other",),
        known_in=("other",),
    ),
    "covariance": Predictor(
        title="Control covariance",
        family="linear",
        predicts=(SINGLES,),
        predict=covariance_prediction,
        needs=("covariance",),
        known_in=("genes",),
    ),
    "covariance_shuffled": Predictor(
        title="Control covariance, shuffled",
        family="linear",
        predicts=(SINGLES,),
        predict=_from_shuffled_covariance,
        needs=("covariance",),
        seeded=True,
        known_in=("genes",),
    ),
}


def predict(
    name: str, data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, seed: int = 0, **given: object
) -> pd.DataFrame:
    """Predict conditions by a model of ``PREDICTORS``.

    Args:
        name: of the model.
        data: pseudobulk that holds the training conditions.
        train: conditions to learn from, the control among them.
        wanted: conditions to predict.
        seed: of models that draw.
        **given: what some models need; others are not handed it.

    Returns:
        Predicted means [wanted, genes].

    Raises:
        InputError: an unknown model, something it needs that is not given, or as of the model.
    """
    if name not in PREDICTORS:
        raise unknown("model of perturbations", name, PREDICTORS)
    predictor = PREDICTORS[name]
    lacking = [one for one in predictor.needs if given.get(one) is None]
    if lacking:
        raise InputError(f"Model {name!r} needs {', '.join(lacking)}; give it as a keyword, or leave the model out.")
    options = {one: given[one] for one in predictor.needs}
    if predictor.seeded:
        options["seed"] = seed
    return predictor.predict(data, train, wanted, **options)
