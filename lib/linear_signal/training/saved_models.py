"""Trained models on disk: one safetensors file per fit, and what it takes to predict on new samples with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.errors import InputError, unknown
from linear_signal.files import write_whole
from linear_signal.models import Model, Network, ScikitLearnClassifier
from linear_signal.stored_names import signal_and_pretraining
from linear_signal.training.derived_features import READ
from linear_signal.training.gpu.stack import scores_of
from linear_signal.training.layout import Layout, buffers_of
from linear_signal.training.new_samples import aligned

FORMAT = "linear-signal model 1"
VALUES = ("raw", "scaled")
# Of batch norm: PyTorch's default, with which the networks are trained. Written into every file.
_EPSILON = 1e-5
# The header of a safetensors file maps texts to texts; all that is ours lies under one name, as JSON.
_HEADER = "linear_signal"
_SCALING = ("scaling.minimum", "scaling.maximum")


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedModel:
    """A trained model that was read back; make one with :func:`load_model`.

    Attributes:
        path: the file.
        record: all that the file says of itself: architecture, gene_ids, class_names, signal, pretraining, fraction,
            hyperparameters, best_epoch, key and settings of its unit, run (device, versions, code, data).
        state: weights by name.
        scaling: how the data set it learnt from was scaled; None where it was not.
    """

    path: Path
    record: dict[str, Any]
    state: dict[str, np.ndarray]
    scaling: ZeroOneScaling | None

    @property
    def gene_ids(self) -> tuple[str, ...]:
        """Genes in the order of the input layer."""
        return tuple(self.record["gene_ids"])

    @property
    def class_names(self) -> tuple[str, ...]:
        """Classes in the order of the scores."""
        return tuple(self.record["class_names"])

    @property
    def signal(self) -> str:
        """Signal it was trained on: "full", "removed", another rung of the ladder of removal, ..."""
        return self.record["signal"]

    @property
    def pretraining(self) -> str:
        """Pretraining before that: "none" or "pretrained"."""
        return self.record["pretraining"]

    def predict(
        self, expression: pd.DataFrame | np.ndarray, *, values: str | None = None, signal_removed: bool = False
    ) -> np.ndarray:
        """Predict the class of every sample: str [samples]. Arguments and errors are those of ``scores``."""
        scores = self.scores(expression, values=values, signal_removed=signal_removed)
        return np.array(self.class_names)[scores.argmax(axis=1)]

    def scores(
        self, expression: pd.DataFrame | np.ndarray, *, values: str | None = None, signal_removed: bool = False
    ) -> np.ndarray:
        """Score every class for every sample, before the softmax: float [samples, classes].

        Args:
            expression: samples x genes. A table is aligned by its column names, whatever their order and whatever further
                genes it has; an array has the genes of ``gene_ids`` in that order.
            values: for a model of scaled data, what the values are: "raw", in the unit of the data set's files (GTEx:
                transcripts per million), or "scaled", the way that data set was. Not needed otherwise.
            signal_removed: has to be True for a model trained with the linear signal removed, whose input are samples from
                which it was removed as well (``remove_linear_signal``, on scaled values; that takes their labels). Such a
                model answers what signal there is; it is no predictor for samples whose label is unknown.

        Raises:
            InputError: genes are missing, a value is missing or infinite, the input is of the wrong kind, ``values`` or
                ``signal_removed`` do not fit the model.
        """
        self._check_removal(signal_removed)
        features = self.features(expression, values=values)
        architecture = self.record["architecture"]
        if architecture["kind"] == "network":
            return network_scores(features, self.state, architecture)
        features = features.astype(np.float64)
        if architecture.get("features") in READ:
            features = READ[architecture["features"]](self.state).apply(features)
        return features @ self.state["weights"] + self.state["intercepts"]

    def features(self, expression: pd.DataFrame | np.ndarray, *, values: str | None = None) -> np.ndarray:
        """Bring samples into the form the model was trained on: float32 [samples, genes], aligned and scaled.

        Arguments and errors are those of ``scores``.
        """
        scale = self._must_scale(values)
        features = aligned(expression, self.gene_ids)
        return self.scaling.apply(features) if scale else features

    def _must_scale(self, values: str | None) -> bool:
        if values is not None and values not in VALUES:
            raise unknown("values", values, VALUES)
        if self.scaling is None:
            if values == "scaled":
                raise InputError("This model was trained on values as they are, without scaling. Leave values out.")
            return False
        if values is None:
            raise InputError(
                "This model was trained on genes scaled to [0, 1]. Say what is handed over: values='raw' for values in "
                "the unit of the data set's files (GTEx: transcripts per million), which are then scaled with its minimum "
                "and range, or values='scaled' where that was done."
            )
        return values == "raw"

    def _check_removal(self, signal_removed: bool) -> None:
        if self.signal != "full" and not signal_removed:
            raise InputError(
                f"This model was trained with the linear signal removed (signal {self.signal!r}); on samples with "
                "full signal its predictions mean nothing. Bring the samples into its form with model.features(...), "
                "remove their signal with linear_signal.data.signal_removal.remove_linear_signal (on a higher rung of the "
                "ladder with linear_signal.make_equal), which needs their labels, and pass the result with "
                "signal_removed=True."
            )
        if self.signal == "full" and signal_removed:
            raise InputError(
                "This model was trained with full signal, but signal_removed=True says that the samples are without. Pass "
                "the samples as they are, or load a model trained with signal 'removed'."
            )


def check_can_be_saved(name: str, model: Model) -> None:
    """Refuse, before anything is computed, a model that cannot be written as arrays.

    Raises:
        InputError: it is a scikit-learn classifier.
    """
    if isinstance(model, ScikitLearnClassifier):
        raise InputError(
            f"The model {name} cannot be saved: a scikit-learn classifier has no form that safetensors could hold. Leave it "
            "out of models, or leave save_models empty."
        )


def architecture_of(model: Model, *, n_genes: int, n_classes: int) -> dict[str, Any]:
    """Describe a model so that its scores can be computed from its arrays alone."""
    if not isinstance(model, Network):
        kind = {"kind": "exact_logistic_regression", "features": model.features}
        return {**kind, "widths": [n_genes, n_classes], "loss": "cross_entropy"}
    return {
        "kind": "network",
        "widths": list(model.widths(n_genes, n_classes)),
        "activation": "relu",
        "batch_norm": model.batch_norm,
        "batch_norm_epsilon": _EPSILON,
        "dropout": model.dropout,
        "loss": model.loss,
    }


def save_model(path: Path, *, state: dict[str, np.ndarray], record: dict[str, Any], scaling: ZeroOneScaling | None) -> None:
    """Write a model: to a temporary file, synced, then moved into place.

    Args:
        path: ends in ``.safetensors``; its folder is made where needed.
        state: arrays by name.
        record: what ``SavedModel.record`` will be; JSON must be able to hold it.
        scaling: of the data set, where it has one.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(array) for name, array in state.items()}
    if scaling is not None:
        tensors |= dict(zip(_SCALING, (scaling.minimum, scaling.maximum), strict=True))
    header = {"format": FORMAT, **record}
    header["digest"] = _digest(header, tensors)
    content = save(tensors, metadata={_HEADER: json.dumps(header, sort_keys=True)})
    try:
        write_whole(path, content)
    except OSError as error:
        raise InputError(
            f"A model could not be written to {path.parent}: {error.strerror or error}. Results and models written before "
            "are intact. Free some space or name another folder as save_models, then run again: it continues from here."
        ) from error


def read_record(path: Path | str) -> dict[str, Any]:
    """Read what a file says of its model, without reading the weights.

    Raises:
        InputError: the file is missing, cut short or none of ours.
    """
    return _in_todays_names(_opened(Path(path), weights=False)[0])


def load_model(path: Path | str) -> SavedModel:
    """Read a model back.

    Raises:
        InputError: the file is missing, cut short, damaged or none of ours.
    """
    path = Path(path)
    record, tensors = _opened(path, weights=True)
    if record.pop("digest", None) != _digest(record, tensors):
        raise InputError(f"{path} is damaged: its content is not what was written. Run the chapter again to replace it.")
    scaling = None
    if _SCALING[0] in tensors:
        minimum, maximum = (tensors.pop(name) for name in _SCALING)
        scaling = ZeroOneScaling(minimum=minimum, maximum=maximum)
    return SavedModel(path=path, record=_in_todays_names(record), state=tensors, scaling=scaling)


def _in_todays_names(record: dict[str, Any]) -> dict[str, Any]:
    """Split the condition that older files have into signal and pretraining."""
    if "condition" not in record:
        return record
    signal, pretraining = signal_and_pretraining(record["condition"])
    kept = {name: value for name, value in record.items() if name != "condition"}
    return kept | {"signal": signal, "pretraining": pretraining}


def _opened(path: Path, *, weights: bool) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise InputError(f"There is no model at {path}. A model is a file that ends in .safetensors.")
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get(_HEADER, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()} if weights else {}  # noqa: SIM118 - no mapping
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(
            f"{path} cannot be read as a model ({error}): it is cut short, damaged or no safetensors file. Run the chapter "
            "again to replace it."
        ) from None
    found = header.get("format") if isinstance(header, dict) else None
    if found != FORMAT:
        raise InputError(
            f"{path} was not written by this program, or by another version of it: its format is {found!r}, {FORMAT!r} is "
            "needed."
        )
    return header, tensors


def _digest(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 of everything in a file: safetensors itself notices a file cut short, but no changed byte."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"\0{name}\0{tensors[name].dtype.str}\0{tensors[name].shape}\0".encode() + tensors[name].tobytes())
    return digest.hexdigest()


def network_scores(features: np.ndarray, state: dict[str, np.ndarray], architecture: dict[str, Any]) -> np.ndarray:
    """Scores of a trained network before the softmax, [samples, classes], in the precision of the features.

    Args:
        features: float [samples, genes].
        state: as of ``Trained.state``.
        architecture: from :func:`architecture_of`.
    """
    layout = Layout(tuple(architecture["widths"]), architecture["batch_norm"])
    samples = torch.from_numpy(features)
    buffers = [torch.from_numpy(array).to(samples.dtype).unsqueeze(0) for array in buffers_of(layout, state)]
    return scores_of(samples, torch.arange(len(samples)), buffers, layout)[0].numpy()
