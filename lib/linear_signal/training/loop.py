"""The loop: train many members of one architecture side by side, each stopped early by its own tune set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from linear_signal.models import Network
from linear_signal.seeds import generator
from linear_signal.training.adam import Adam
from linear_signal.training.losses import LOSSES, weighted_mean
from linear_signal.training.settings import TrainingSettings
from linear_signal.training.stack import Layout, Stack, initial_row, scores_of, view_of

# Weights, gradient, two moments and the best state: float32 buffers that every member needs.
_BUFFERS = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Member:
    """One model to train. What it learns depends on these settings only, not on who shares its stack.

    Attributes:
        names: what its random numbers (first weights, order of samples, dropout) are derived from. Members with the same
            names and rows see the same mini-batches: the trials of one inner fold are compared on equal terms.
        fit_rows: int64, rows of the feature matrix to learn from.
        tune_rows: int64, rows whose loss stops the training.
        judge_rows: int64, rows to predict in the best state.
        learning_rate: of Adam.
        weight_decay: L2 penalty added to the gradient by Adam.
    """

    names: tuple[str | int, ...]
    fit_rows: np.ndarray
    tune_rows: np.ndarray
    judge_rows: np.ndarray
    learning_rate: float
    weight_decay: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """What became of a member.

    Attributes:
        scores: float32 [judge rows, classes], before the softmax, in the best state.
        judge_loss: class-weighted mean loss on the judge rows.
        best_epoch: epoch (from 1) whose state was kept; 0 where no epoch had a finite tune loss, so that the first
            weights were kept.
        train_loss: float64 [epochs], mean over the steps of an epoch.
        tune_loss: float64 [epochs].
        state: the best state by name, float32, where it was asked for: per layer weight [in, out] and bias [out], with
            batch norm also gain, offset, running_mean and running_variance [out] ("layers.0.weight"). Empty otherwise.
    """

    scores: np.ndarray
    judge_loss: float
    best_epoch: int
    train_loss: np.ndarray
    tune_loss: np.ndarray
    state: dict[str, np.ndarray] = field(default_factory=dict)


def train(
    features: Tensor,
    classes: Tensor,
    members: Sequence[Member],
    network: Network,
    *,
    n_classes: int,
    settings: TrainingSettings,
    stack_bytes: int = 2**30,
    keep_states: bool = False,
) -> list[Trained]:
    """Train members in stacks and judge each in its best state.

    Args:
        features: float [rows, genes], on the device to train on; its dtype is that of the training.
        classes: int64 [rows], on the same device.
        members: what to train; the result has their order.
        n_classes: width of the output layer.
        stack_bytes: memory for the weights of one stack. The width of a stack follows from it and from the size of a
            member alone, so that a plan is cut the same way every time on every machine.
        keep_states: hand out the weights as well (``Trained.state``).

    Raises:
        ValueError: members with the same names and different fit rows, which would share mini-batches wrongly.
    """
    fit_rows = {member.names: member.fit_rows for member in members}
    for member in members:
        if not np.array_equal(member.fit_rows, fit_rows[member.names]):
            raise ValueError(f"Members named {member.names} have different fit rows.")
    layout = Layout(network.widths(features.shape[1], n_classes), network.batch_norm)
    width = max(1, stack_bytes // (_BUFFERS * layout.size * features.element_size()))
    # Long epochs first, and members that see the same samples side by side.
    order = sorted(range(len(members)), key=lambda i: (-_n_steps(members[i], settings), repr(members[i].names), i))
    trained: dict[int, Trained] = {}
    for start in range(0, len(order), width):
        some = order[start : start + width]
        run = _StackRun(features, classes, [members[i] for i in some], network, layout, settings)
        trained |= dict(zip(some, run.finish(keep_states=keep_states), strict=True))
    return [trained[i] for i in range(len(members))]


def _n_steps(member: Member, settings: TrainingSettings) -> int:
    full, rest = divmod(len(member.fit_rows), settings.batch_size)
    return full + (rest > 1)


class _StackRun:
    """One stack from first weights to scores. Members are kept in the order of falling steps per epoch."""

    def __init__(
        self,
        features: Tensor,
        classes: Tensor,
        members: list[Member],
        network: Network,
        layout: Layout,
        settings: TrainingSettings,
    ) -> None:
        self.features, self.classes, self.members = features, classes, members
        self.network, self.layout, self.settings = network, layout, settings
        self.loss = LOSSES[network.loss]
        first = {member.names: initial_row(layout, member.names) for member in members}
        rows = torch.from_numpy(np.stack([first[member.names] for member in members])).to(features)
        self.stack = Stack(rows, network, layout)
        self.adam = Adam(
            rows,
            features.new_tensor([member.learning_rate for member in members]),
            features.new_tensor([member.weight_decay for member in members]),
            clip_norm=settings.clip_norm,
        )
        self.class_weights = torch.stack([self._class_weights(member) for member in members])
        self.active_weights = self.class_weights
        self.orders = {member.names: generator("order", *member.names) for member in members}
        self.masks = {member.names: generator("dropout", *member.names) for member in members}
        self.active = list(range(len(members)))
        self.best = rows.clone()
        self.best_mean = [statistic.clone() for statistic in self.stack.running_mean]
        self.best_variance = [statistic.clone() for statistic in self.stack.running_variance]
        self.best_loss = np.full(len(members), np.inf)
        self.best_epoch = np.zeros(len(members), dtype=int)
        self.waited = np.zeros(len(members), dtype=int)
        self.train_loss: list[list[float]] = [[] for _ in members]
        self.tune_loss: list[list[float]] = [[] for _ in members]

    def finish(self, *, keep_states: bool) -> list[Trained]:
        """Train until every member has stopped; return what became of them."""
        for epoch in range(1, self.settings.max_epochs + 1):
            self._epoch()
            self._stop_early(epoch)
            if not self.active:
                break
        judged = self._judge(range(len(self.members)), "judge_rows", self.best, self.best_mean, self.best_variance)
        return [
            Trained(
                scores=scores.float().cpu().numpy(),
                judge_loss=loss,
                best_epoch=int(self.best_epoch[i]),
                train_loss=np.array(self.train_loss[i]),
                tune_loss=np.array(self.tune_loss[i]),
                state=self._state(i) if keep_states else {},
            )
            for i, (scores, loss) in enumerate(judged)
        ]

    def _state(self, i: int) -> dict[str, np.ndarray]:
        """Return the best state of a member by name, float32."""
        tensors = {
            f"layers.{layer}.{name}": view_of(self.best[i : i + 1], *place)[0]
            for (layer, name), place in self.layout.parameters().items()
        }
        for name, statistics in (("running_mean", self.best_mean), ("running_variance", self.best_variance)):
            tensors |= {f"layers.{layer}.{name}": statistic[i] for layer, statistic in enumerate(statistics)}
        # A copy: on the CPU a view would keep the whole stack alive.
        return {name: tensor.float().cpu().numpy().copy() for name, tensor in tensors.items()}

    def _class_weights(self, member: Member) -> Tensor:
        # Inverse class frequency, 1 / (count + 1), over all that the member may learn from (their code).
        rows = torch.from_numpy(np.concatenate([member.fit_rows, member.tune_rows])).to(self.classes.device)
        n_classes = self.layout.widths[-1]
        return 1 / (torch.bincount(self.classes[rows], minlength=n_classes) + 1).to(self.features.dtype)

    def _epoch(self) -> None:
        size = self.settings.batch_size
        members = [self.members[i] for i in self.active]
        n_steps = [_n_steps(member, self.settings) for member in members]
        order = {
            names: self.orders[names].permutation(member.fit_rows)
            for names, member in {member.names: member for member in members}.items()
        }
        totals = self.features.new_zeros(len(members))
        for step in range(max(n_steps, default=0)):
            n_members = sum(steps > step for steps in n_steps)
            groups = _runs_of([member.names for member in members[:n_members]])
            batches, lengths = [], []
            for group in groups:
                rows = order[members[group.start].names][step * size : (step + 1) * size]
                lengths += [len(rows)] * (group.stop - group.start)
                # A short last batch is filled up with its first sample; those copies carry no weight.
                padded = np.concatenate([rows, np.repeat(rows[:1], size - len(rows))])
                batches.append(torch.from_numpy(padded).to(self.features.device))
            totals[:n_members] += self._step(batches, groups, lengths)
        means = (totals.cpu().double() / torch.tensor(n_steps).clamp(min=1)).tolist()
        for i, loss in zip(self.active, means, strict=True):
            self.train_loss[i].append(loss)

    def _step(self, rows: list[Tensor], groups: list[slice], lengths: list[int]) -> Tensor:
        n_members = len(lengths)
        batches = [self.features[some] for some in rows]
        repeats = torch.tensor([group.stop - group.start for group in groups], device=self.features.device)
        classes = torch.stack([self.classes[some] for some in rows]).repeat_interleave(repeats, dim=0)
        place = torch.arange(self.settings.batch_size, device=self.features.device)
        valid = (place < torch.tensor(lengths, device=self.features.device)[:, None]).to(self.features.dtype)
        masks = self._dropout_masks(groups, repeats)
        scores, tape = self.stack.forward(batches, groups, n_members, masks, valid)
        losses, error = self.loss(scores, classes, gradient=True)
        weights = self.active_weights[:n_members].gather(1, classes) * valid
        error *= (weights / weights.sum(1, keepdim=True)).unsqueeze(-1)
        self.stack.backward(batches, groups, error, tape)
        self.adam.step(self.stack.weights[:n_members], self.stack.gradients[:n_members])
        return weighted_mean(losses, weights)

    def _dropout_masks(self, groups: list[slice], repeats: Tensor) -> list[Tensor] | None:
        """Draw masks [members, batch, width] per hidden layer; members with the same names share theirs."""
        if not self.network.dropout:
            return None
        threshold = round(256 * self.network.dropout)
        hidden = self.layout.widths[1:-1]
        batch = self.settings.batch_size
        drawn = []
        for group in groups:
            random = self.masks[self.members[self.active[group.start]].names]
            drawn.append(np.frombuffer(random.bytes(batch * sum(hidden)), dtype=np.uint8).reshape(batch, -1))
        kept = torch.from_numpy(np.stack(drawn) >= threshold).to(self.features) / (1 - threshold / 256)
        return [part.repeat_interleave(repeats, dim=0) for part in kept.split(list(hidden), dim=2)]

    def _stop_early(self, epoch: int) -> None:
        judged = self._judge(
            self.active, "tune_rows", self.stack.weights, self.stack.running_mean, self.stack.running_variance
        )
        for i, (_, loss) in zip(self.active, judged, strict=True):
            self.tune_loss[i].append(loss)
        losses = np.array([loss for _, loss in judged])
        active = np.array(self.active)
        better = losses < self.best_loss[active]
        self.best_loss[active[better]], self.best_epoch[active[better]] = losses[better], epoch
        self._remember(active[better], np.flatnonzero(better))
        if self.settings.patience_counts == "since_improvement":
            self.waited[active[better]] = 0
        self.waited[active[~better]] += 1
        going = np.flatnonzero(self.waited[active] < self.settings.patience)
        if len(going) < len(active):
            self.active = active[going].tolist()
            kept = torch.from_numpy(going).to(self.features.device)
            self.stack.keep(kept)
            self.adam.keep(kept)
            self.active_weights = self.active_weights[kept]

    def _remember(self, members: np.ndarray, places: np.ndarray) -> None:
        to, come = (torch.from_numpy(index).to(self.features.device) for index in (members, places))
        self.best[to] = self.stack.weights[come]
        for best, now in (
            *zip(self.best_mean, self.stack.running_mean, strict=True),
            *zip(self.best_variance, self.stack.running_variance, strict=True),
        ):
            best[to] = now[come]

    def _judge(
        self, which: Sequence[int], kind: str, weights: Tensor, mean: list[Tensor], variance: list[Tensor]
    ) -> list[tuple[Tensor, float]]:
        """Scores and weighted loss on each member's own rows; members with the same rows are judged together."""
        members = [self.members[i] for i in which]
        judged: list[tuple[Tensor, float]] = []
        for group in _runs_of([(member.names, getattr(member, kind).tobytes()) for member in members]):
            rows = torch.from_numpy(getattr(members[group.start], kind)).to(self.features.device)
            statistics = [[layer[group] for layer in statistic] for statistic in (mean, variance)]
            scores = scores_of(self.features, rows, weights[group], *statistics, self.network, self.layout)
            classes = self.classes[rows].expand(len(scores), -1)
            losses, _ = self.loss(scores, classes, gradient=False)
            class_weights = self.class_weights[list(which[group])]
            means = weighted_mean(losses, class_weights.gather(1, classes)).tolist()
            judged += list(zip(scores, means, strict=True))
        return judged


def _runs_of(keys: list) -> list[slice]:
    """Cut a list into runs of equal neighbours."""
    starts = [i for i in range(len(keys)) if i == 0 or keys[i] != keys[i - 1]]
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(keys)], strict=True)]
