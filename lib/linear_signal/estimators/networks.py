"""The networks of the book for scikit-learn: trained by the library's engine, stopped early on samples held out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from linear_signal.errors import InputError
from linear_signal.estimators.checking import checked_classes, checked_samples
from linear_signal.estimators.on_arrays import held_out
from linear_signal.models import Network, find_model
from linear_signal.models.networks import parse_dense

_PURPOSE = "classifier"


class ThreeLayerNetwork(ClassifierMixin, BaseEstimator):
    """The three-layer network of the book: two hidden layers, half and a quarter as wide as the input, with dropout.

    It is trained with Adam, every class weighing the same, on most of the samples; the others, held out, say when to stop.
    Features are taken as they are: bring them to a common scale first, with a ``MinMaxScaler`` in front of it, say.

    Args:
        learning_rate, weight_decay: of Adam.
        max_epochs: passes over the samples, at most.
        batch_size: samples per step, two or more.
        patience: epochs without a better loss on the held-out samples, after which training stops.
        clip_norm: the gradient of all weights together is shortened to this length.
        held_out_share: share of the samples, or of the groups, that is held out to stop by; between 0 and 1.
        device: "auto" (a GPU where there is one), "cpu" or "cuda".
        random_state: of first weights, batches, dropout and of who is held out.

    Attributes:
        classes_: the labels, sorted.
        n_epochs_: epochs trained; ``best_epoch_`` is the one whose weights were kept, 0 for the first weights.
        train_loss_, tune_loss_: float64 [epochs].
        state_: the weights by name, float32.

    Source: Heil et al. 2023, Methods, "Model architecture" and "Model training".
    """

    _model = "three_layer"
    _as_wide_as_the_input = True

    def __init__(
        self,
        *,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        max_epochs: int = 120,
        batch_size: int = 16,
        patience: int = 7,
        clip_norm: float = 0.01,
        held_out_share: float = 0.2,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.max_epochs, self.batch_size, self.patience, self.clip_norm = max_epochs, batch_size, patience, clip_norm
        self.held_out_share, self.device, self.random_state = held_out_share, device, random_state

    def fit(self, X: Any, y: Any, groups: Iterable[Hashable] | None = None) -> ThreeLayerNetwork:
        """Train from the start.

        Args:
            X: float [samples, features], dense.
            y: one class per sample.
            groups: kept whole when samples are held out; None holds out single samples.

        Raises:
            InputError: values that are missing or infinite, too few samples or classes, or a setting out of its range.
        """
        import torch

        from linear_signal.training.device import find_device
        from linear_signal.training.loop import train
        from linear_signal.training.member import Member
        from linear_signal.training.settings import TrainingSettings

        X, y = checked_samples(self, X, learn=True, y=y)
        self.classes_, classes = checked_classes(y)
        network, device = self.network(), find_device(self.device)
        for name, value in (("learning_rate", self.learning_rate), ("held_out_share", self.held_out_share)):
            if not value > 0:
                raise InputError(f"{name} is {value}; it must be positive.")
        settings = TrainingSettings(
            max_epochs=self.max_epochs, batch_size=self.batch_size, patience=self.patience, clip_norm=self.clip_norm
        )
        seed = int(check_random_state(self.random_state).randint(2**31))
        parts = held_out(classes, groups, share=self.held_out_share, seed=seed)
        if parts is None:
            raise InputError(
                f"Of n_samples = {len(X)} none can be held out to stop the training by so that two classes are on both "
                "sides. More samples or groups of every class are needed, or a smaller held_out_share."
            )
        member = Member(
            names=(_PURPOSE, seed),
            fit_rows=parts[0],
            tune_rows=parts[1],
            judge_rows=parts[0][:0],
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
        )
        with np.errstate(over="ignore"):
            features = torch.tensor(np.ascontiguousarray(X, dtype=np.float32), device=device)
        [trained] = train(
            features,
            torch.tensor(classes, device=device),
            [member],
            network,
            n_classes=len(self.classes_),
            settings=settings,
            keep_states=True,
        )
        self.state_, self.train_loss_, self.tune_loss_ = trained.state, trained.train_loss, trained.tune_loss
        self.n_epochs_, self.best_epoch_ = len(trained.tune_loss), trained.best_epoch
        return self

    def network(self) -> Network:
        """Return what is trained: layers, dropout, batch norm."""
        return find_model(self._model)

    def __sklearn_tags__(self) -> Tags:
        """Say what scikit-learn may expect.

        A network half as wide as its input has two hidden units on the two features that scikit-learn's checks learn from,
        and its dropout sets one of them to zero: no good score is promised there.
        """
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self._as_wide_as_the_input
        return tags

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of every sample."""
        chosen = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[chosen]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, float64 [samples, classes]."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of probabilities, float64 [samples, classes]."""
        from linear_signal.training.saved_models import architecture_of, network_scores

        check_is_fitted(self)
        features = checked_samples(self, X).astype(np.float64)
        architecture = architecture_of(self.network(), n_genes=self.n_features_in_, n_classes=len(self.classes_))
        return log_softmax(network_scores(features, self.state_, architecture), axis=1)


class FiveLayerNetwork(ThreeLayerNetwork):
    """The five-layer network of the book: four hidden layers, three half and one a quarter as wide as the input.

    It has dropout and batch norm. Everything else is as with :class:`ThreeLayerNetwork`.
    """

    _model = "five_layer"


class DenseNetwork(ThreeLayerNetwork):
    """A network with hidden layers of your own choice; everything else is as with :class:`ThreeLayerNetwork`.

    Args:
        widths: units of each hidden layer.
        dropout: share of hidden activations set to zero in training, from 0 to below 1.
        batch_norm: whether hidden layers are normalised.
    """

    _as_wide_as_the_input = False

    def __init__(
        self,
        widths: Sequence[int] = (64, 64),
        *,
        dropout: float = 0.0,
        batch_norm: bool = False,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        max_epochs: int = 120,
        batch_size: int = 16,
        patience: int = 7,
        clip_norm: float = 0.01,
        held_out_share: float = 0.2,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            max_epochs=max_epochs,
            batch_size=batch_size,
            patience=patience,
            clip_norm=clip_norm,
            held_out_share=held_out_share,
            device=device,
            random_state=random_state,
        )
        self.widths, self.dropout, self.batch_norm = widths, dropout, batch_norm

    def network(self) -> Network:
        """Return what is trained: layers, dropout, batch norm.

        Raises:
            InputError: a width, the dropout or batch_norm is none that is possible.
        """
        widths = [self.widths] if np.isscalar(self.widths) else self.widths
        plain = [width.item() if hasattr(width, "item") else width for width in widths]
        settings = f", dropout={self.dropout!r}, batch_norm={self.batch_norm!r}"
        return parse_dense(f"dense({', '.join(map(repr, plain))}{settings})")
