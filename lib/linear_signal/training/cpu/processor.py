"""Training on the processor: every thread trains one member after the other, from first weights to scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

import numpy as np
import torch

from linear_signal.files import alone
from linear_signal.models import Network
from linear_signal.training.batches import Batches
from linear_signal.training.class_weights import weights_of
from linear_signal.training.cpu.compiling import cache_folder, kept
from linear_signal.training.cpu.layer_kernels import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HINGE, loss_and_error
from linear_signal.training.cpu.network_kernels import scores_of, train_steps
from linear_signal.training.cpu.vectors import padded
from linear_signal.training.layout import Layout, first_buffers, named_state
from linear_signal.training.member import EarlyStopping, Member, Trained
from linear_signal.training.settings import TrainingSettings

_LOSSES = {"cross_entropy": CROSS_ENTROPY, "hinge": HINGE, "binary_cross_entropy": BINARY_CROSS_ENTROPY}
_MASK_BYTES = 2**22  # of dropout masks that are drawn at a time


def train_on_processor(
    features: np.ndarray,
    classes: np.ndarray,
    members: Sequence[Member],
    network: Network,
    layout: Layout,
    settings: TrainingSettings,
    *,
    feature_rows: np.ndarray | None = None,
    further: np.ndarray | None = None,
    keep_states: bool = False,
) -> list[Trained]:
    """Train members, as many at a time as PyTorch may use threads; neither their number nor the order matters to a member.

    Args:
        features: float [rows, genes], C-contiguous, of the dtype to train in; read where it lies, never copied.
        classes: int64 [rows].
        feature_rows: int64, which row of ``features`` each sample has; None: its own.
        further: the matrix of the members' further rows, like ``features``; None: they are samples like all others.
        keep_states: hand out the weights as well.
    """
    interrupted = Event()
    # Numba compiles anew for arrays that may be written: to it all are read-only, whoever made them.
    features = read_only(features)
    further = None if further is None else read_only(further)

    def one(member: Member) -> Trained:
        run = _MemberRun(features, classes, feature_rows, member, network, layout, settings, interrupted)
        return run.finish(further, keep_states=keep_states)

    # Long ones first: at the end no thread is left alone with one.
    order = sorted(range(len(members)), key=lambda i: -len(members[i].fit_rows))
    n_threads = min(torch.get_num_threads(), len(members))
    if n_threads < 2:
        trained = [one(members[i]) for i in order]
    else:
        with ThreadPoolExecutor(n_threads, "training") as pool:
            try:
                futures = [pool.submit(one, members[i]) for i in order]
                # What stops one stops all, at once: the members before it may have long to go.
                for done in wait(futures, return_when=FIRST_EXCEPTION).done:
                    done.result()
                trained = [future.result() for future in futures]
            except BaseException:
                interrupted.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [one for _, one in sorted(zip(order, trained, strict=True), key=lambda pair: pair[0])]


def compile_steps() -> None:
    """Compile what trains in single precision, for this process and, on disk, for those that come after it."""
    rows = np.arange(4)
    member = Member(names=("compile",), fit_rows=rows, tune_rows=rows, judge_rows=rows, learning_rate=1e-3, weight_decay=0.0)
    network = Network(hidden=(0.5,))
    layout = Layout(network.widths(4, 2), network.batch_norm)
    settings = TrainingSettings(max_epochs=1, batch_size=4)
    train_on_processor(np.eye(4, dtype=np.float32), rows % 2, [member], network, layout, settings)


def prepare_steps(say: Callable[[str], None] | None) -> None:
    """Compile them where no earlier process on this machine has, and say so."""
    if steps_are_compiled():
        return
    with alone(cache_folder() / "training steps", doing="compiling"):
        if steps_are_compiled():  # another one has, meanwhile
            return
        if say:
            say("Compiling the training steps, once on this machine: about 15 seconds.")
        compile_steps()


def steps_are_compiled() -> bool:
    """Say whether an earlier process on this machine has compiled them."""
    return kept(train_steps)


def read_only(values: np.ndarray) -> np.ndarray:
    """View an array as one that is not written to."""
    view = values.view()
    view.flags.writeable = False
    return view


class _MemberRun:
    """One member from first weights to scores."""

    def __init__(
        self,
        features: np.ndarray,
        classes: np.ndarray,
        feature_rows: np.ndarray | None,
        member: Member,
        network: Network,
        layout: Layout,
        settings: TrainingSettings,
        interrupted: Event,
    ) -> None:
        self.features, self.classes, self.feature_rows = features, classes, feature_rows
        self.member, self.network = member, network
        self.layout, self.settings, self.interrupted = layout, settings, interrupted
        dtype = features.dtype
        # With whole vectors in every row of weights; what fills them up is zero, and stays so.
        self.padded = Layout((*map(padded, layout.widths[:-1]), layout.widths[-1]), layout.batch_norm)
        self.widths, self.units = np.array(self.padded.widths), np.array(layout.hidden, dtype=np.int64)
        self.places = self.padded.places
        self.weights = np.zeros(padded(self.padded.size), dtype)
        self.first, self.second = np.zeros_like(self.weights), np.zeros_like(self.weights)
        self.running = np.zeros((max(1, len(layout.hidden)), 2, max(self.padded.widths[1:])), dtype)
        start, n = first_buffers(layout, member), layout.n_layers
        small = [start[n][place] for place in layout.vectors.values()]
        for part, values in zip(self._parts(), [*start[:n], *small], strict=True):
            part[...] = values
        for number, statistic in enumerate(start[n + 1 :]):
            kind, layer = divmod(number, len(layout.hidden))
            self.running[layer, kind, : len(statistic)] = statistic
        self.class_weights = weights_of(member, classes, max(2, layout.widths[-1])).astype(dtype)
        self.batches = Batches(
            member.names,
            member.fit_rows,
            batch_size=settings.batch_size,
            dropout=network.dropout,
            n_hidden=sum(layout.hidden),
            balanced_steps=member.balanced_steps,
            classes=classes,
        )
        self.n_steps = 0

    def finish(self, further: np.ndarray | None, *, keep_states: bool) -> Trained:
        """Train until patience or epochs run out; judge in the best state, and score the further rows of their matrix."""
        tuning, train_loss = EarlyStopping(self.settings), []
        best = self.weights.copy(), self.running.copy()
        while not tuning.stopped:
            train_loss.append(self._epoch())
            _, loss = self._judge(self.member.tune_rows)
            if tuning.improves(loss):
                np.copyto(best[0], self.weights)
                np.copyto(best[1], self.running)
        self.weights, self.running = best
        scores, loss = self._judge(self.member.judge_rows)
        further_rows = self.member.further_rows
        if further is None:
            further, further_rows = self.features, self._features_of(further_rows)
        return Trained(
            scores=scores.astype(np.float32, copy=False),
            further_scores=self._scores(further, further_rows).astype(np.float32, copy=False),
            judge_loss=loss,
            best_epoch=tuning.best_epoch,
            out_of_patience=tuning.out_of_patience,
            train_loss=np.array(train_loss),
            tune_loss=np.array(tuning.losses),
            state=self._state() if keep_states else {},
        )

    def _parts(self) -> list[np.ndarray]:
        """View the matrices, then biases, gains and offsets, without what fills them up."""
        matrices = [
            self.weights[start : start + n_out * n_in].reshape(n_out, n_in)[:, :used]
            for start, (n_out, n_in), used in zip(self.places[:, 0], self.padded.matrices, self.layout.widths, strict=False)
        ]
        small = self.weights[self.places[0, 1] :]
        widths = self.layout.widths[1:]
        return [
            *(matrix[:width] for matrix, width in zip(matrices, widths, strict=True)),
            *(small[place][: widths[layer]] for (layer, _), place in self.padded.vectors.items()),
        ]

    def _state(self) -> dict[str, np.ndarray]:
        parts, n = self._parts(), self.layout.n_layers
        hidden = self.layout.hidden if self.network.batch_norm else ()
        means, variances = ([self.running[i, kind, :width] for i, width in enumerate(hidden)] for kind in (0, 1))
        return named_state(self.layout, parts[:n], np.concatenate(parts[n:]), means, variances)

    def _epoch(self) -> float:
        """Train for an epoch; return the mean loss of its steps."""
        rows, lengths = self.batches.epoch()
        n_at_once = max(1, _MASK_BYTES // max(1, self.batches.batch_size * self.batches.n_hidden))
        total = 0.0
        for start in range(0, len(rows), n_at_once):
            if self.interrupted.is_set():
                raise InterruptedError
            some = slice(start, start + n_at_once)
            total += train_steps(
                self.weights,
                self.first,
                self.second,
                self.running,
                self.widths,
                self.units,
                self.places,
                self.features,
                self._features_of(rows[some]),
                self.classes[rows[some]],
                self.class_weights,
                lengths[some],
                read_only(self.batches.masks(len(lengths[some]))),  # which some that are drawn are anyway
                self.batches.threshold,
                self.network.batch_norm,
                _LOSSES[self.network.loss],
                self.member.learning_rate,
                self.member.weight_decay,
                self.settings.clip_norm,
                self.n_steps,
            )
            self.n_steps += len(lengths[some])
        return total / max(1, len(rows))

    def _judge(self, rows: np.ndarray) -> tuple[np.ndarray, float]:
        """Scores of samples, and their class-weighted mean loss: NaN where the member knows none of their classes."""
        scores, truth = self._scores(self.features, self._features_of(rows)), self.classes[rows]
        loss = loss_and_error(
            scores, len(rows), truth, self.class_weights, _LOSSES[self.network.loss], np.empty_like(scores)
        )
        return scores, loss

    def _features_of(self, rows: np.ndarray) -> np.ndarray:
        """Rows of the feature matrix that samples have."""
        return rows if self.feature_rows is None else self.feature_rows[rows]

    def _scores(self, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Scores in evaluation mode, float [rows, classes]."""
        return scores_of(self.weights, self.running, self.widths, self.places, features, rows, self.network.batch_norm)
