"""Training on a GPU: members in stacks, all of a stack one step forward at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from linear_signal.models import Network
from linear_signal.training.batches import Batches, steps_per_epoch
from linear_signal.training.class_weights import weights_of
from linear_signal.training.gpu.adam import Adam
from linear_signal.training.gpu.graphs import Graphed
from linear_signal.training.gpu.losses import LOSSES, weighted_mean
from linear_signal.training.gpu.stack import Batch, Stack, scores_of
from linear_signal.training.layout import Layout, first_buffers, named_state
from linear_signal.training.member import EarlyStopping, Member, Trained
from linear_signal.training.settings import TrainingSettings

# Weights, gradient, two moments and the best state: what every member needs of each parameter.
_BUFFERS = 5


def train_in_stacks(
    features: Tensor,
    classes: Tensor,
    members: Sequence[Member],
    network: Network,
    layout: Layout,
    settings: TrainingSettings,
    *,
    stack_bytes: int,
    feature_rows: Tensor | None = None,
    further: Tensor | None = None,
    keep_states: bool = False,
) -> list[Trained]:
    """Train members in stacks.

    Args:
        features: float [rows, genes]; classes: int64 [rows], on the same device.
        stack_bytes: memory for one stack. Its width follows from this and from the size of a member alone.
        feature_rows: int64, on the same device, which row of ``features`` each sample has; None: its own.
        further: the matrix of the members' further rows, on the same device; None: they are samples like all others.
        keep_states: hand out the weights as well.
    """
    width = max(1, stack_bytes // (_BUFFERS * layout.size * features.element_size()))
    # Long epochs first, and members that see the same samples side by side.
    n_steps = [member.balanced_steps or steps_per_epoch(len(member.fit_rows), settings.batch_size) for member in members]
    order = sorted(range(len(members)), key=lambda i: (-n_steps[i], repr(members[i].names), i))
    trained: dict[int, Trained] = {}
    for start in range(0, len(order), width):
        some = order[start : start + width]
        run = _StackRun(features, classes, feature_rows, [members[i] for i in some], network, layout, settings)
        trained |= dict(zip(some, run.finish(further, keep_states=keep_states), strict=True))
    return [trained[i] for i in range(len(members))]


class _StackRun:
    """One stack from first weights to scores. Members are kept in the order of falling steps per epoch."""

    def __init__(
        self,
        features: Tensor,
        classes: Tensor,
        feature_rows: Tensor | None,
        members: list[Member],
        network: Network,
        layout: Layout,
        settings: TrainingSettings,
    ) -> None:
        self.features, self.classes, self.feature_rows, self.members = features, classes, feature_rows, members
        self.network, self.layout, self.settings = network, layout, settings
        self.loss = LOSSES[network.loss]
        # Drawn once for all that start alike, such as the trials of an inner fold.
        starts = {_start_of(member): member for member in members}
        first = {key: first_buffers(layout, member) for key, member in starts.items()}
        buffers = [
            torch.from_numpy(np.stack([first[_start_of(member)][place] for member in members])).to(features)
            for place in range(len(first[_start_of(members[0])]))
        ]
        rows = buffers[: len(layout.shapes)]
        self.stack = Stack(rows, buffers[len(layout.shapes) :], network, layout)
        self.adam = Adam(
            rows,
            np.array([member.learning_rate for member in members]),
            np.array([member.weight_decay for member in members]),
            clip_norm=settings.clip_norm,
        )
        classes_here = classes.cpu().numpy()
        n_weights = max(2, layout.widths[-1])
        weights = np.stack([weights_of(member, classes_here, n_weights) for member in members])
        self.class_weights = torch.from_numpy(weights).to(features)
        names = list(dict.fromkeys(member.names for member in members))
        self.group_numbers = [names.index(member.names) for member in members]
        of_names = {member.names: member for member in members}
        self.batches = [
            Batches(
                some,
                of_names[some].fit_rows,
                batch_size=settings.batch_size,
                dropout=network.dropout,
                n_hidden=sum(layout.hidden),
                balanced_steps=of_names[some].balanced_steps,
                classes=classes_here,
            )
            for some in names
        ]
        self.best = [buffer.clone() for buffer in self.stack.state]
        self.tuning = [EarlyStopping(settings) for _ in members]
        self.train_loss: list[list[float]] = [[] for _ in members]
        self.step = Graphed(self._step) if features.device.type == "cuda" else self._step
        self._activate(list(range(len(members))))

    def finish(self, further: Tensor | None, *, keep_states: bool) -> list[Trained]:
        """Train until every member has stopped; return what became of them, with the scores of further rows."""
        while self.active:
            self._epoch()
            self._stop_early()
        everybody = range(len(self.members))
        judged = self._judge(everybody, "judge_rows", self.best)
        further_scores = [
            scores for scores, _, _ in self._scored(everybody, "further_rows", self.best, further) for scores in scores
        ]
        return [
            Trained(
                scores=scores.float().cpu().numpy(),
                further_scores=further_scores[i].float().cpu().numpy(),
                judge_loss=loss,
                best_epoch=self.tuning[i].best_epoch,
                out_of_patience=self.tuning[i].out_of_patience,
                train_loss=np.array(self.train_loss[i]),
                tune_loss=np.array(self.tuning[i].losses),
                state=self._state(i) if keep_states else {},
            )
            for i, (scores, loss) in enumerate(judged)
        ]

    def _state(self, member: int) -> dict[str, np.ndarray]:
        buffers = [buffer[member].cpu().numpy() for buffer in self.best]
        n_layers, n_normalised = self.layout.n_layers, len(self.stack.running_mean)
        statistics = buffers[n_layers + 1 :]
        means, variances = statistics[:n_normalised], statistics[n_normalised:]
        return named_state(self.layout, buffers[:n_layers], buffers[n_layers], means, variances)

    def _features_of(self, rows: Tensor) -> Tensor:
        """Rows of the feature matrix that samples have."""
        return rows if self.feature_rows is None else self.feature_rows[rows]

    def _activate(self, active: list[int]) -> None:
        """Note who is still trained, and what follows from it."""
        self.active = active
        runs = [(group, len(list(some))) for group, some in groupby(self.group_numbers[i] for i in active)]
        self.groups, self.sizes = [group for group, _ in runs], [size for _, size in runs]
        of_member = np.repeat(np.arange(len(runs)), self.sizes)
        self.group_of = torch.from_numpy(of_member).to(self.features.device)
        self.active_weights = self.class_weights[torch.tensor(active, dtype=torch.int64, device=self.features.device)]
        self.totals = self.features.new_zeros(len(active))
        if isinstance(self.step, Graphed):
            self.step.forget()

    def _epoch(self) -> None:
        drawn = [self.batches[group].epoch() for group in self.groups]
        n_steps = [len(lengths) for _, lengths in drawn]
        shape = (max(n_steps), len(drawn), self.settings.batch_size)
        rows, valid = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
        for place, (some_rows, lengths) in enumerate(drawn):
            rows[: len(lengths), place] = some_rows
            valid[: len(lengths), place] = np.arange(shape[2]) < lengths[:, None]
        rows_there = torch.from_numpy(rows).to(self.features.device)
        valid_there = torch.from_numpy(valid).to(self.features)
        self.totals.zero_()
        for step in range(len(rows)):
            n_groups = sum(steps > step for steps in n_steps)
            masks = None
            if self.batches[0].threshold:
                bytes_of = [self.batches[group].masks(1)[0] for group in self.groups[:n_groups]]
                masks = torch.from_numpy(np.stack(bytes_of)).to(self.features.device)
            self.step(rows_there[step, :n_groups], valid_there[step, :n_groups], masks)
        steps = np.maximum(np.repeat(n_steps, self.sizes), 1)
        for i, loss in zip(self.active, (self.totals.cpu().double().numpy() / steps).tolist(), strict=True):
            self.train_loss[i].append(loss)

    def _step(self, rows: Tensor, valid: Tensor, masks: Tensor | None) -> None:
        """One step of all members of the leading groups, and their losses added to ``totals``; all in place."""
        sizes = self.sizes[: len(rows)]
        group_of = self.group_of[: sum(sizes)]
        kept = None
        if masks is not None:
            threshold = self.batches[0].threshold
            scaled = (masks >= threshold).to(self.features) * (256 / (256 - threshold))
            kept = [part[group_of] for part in scaled.split(list(self.layout.hidden), dim=2)]
        batch = Batch(self.features[self._features_of(rows)], sizes, group_of, valid[group_of], kept)
        classes = self.classes[rows][group_of]
        scores, tape = self.stack.forward(batch)
        losses, error = self.loss(scores, classes, gradient=True)
        weights = self.active_weights[: len(scores)].gather(1, classes) * batch.valid
        error *= (weights / weights.sum(1, keepdim=True)).unsqueeze(-1)
        gradient = self.stack.backward(batch, error, tape)
        self.adam.step(self.stack.rows, gradient, group_of)
        self.totals[: len(scores)] += weighted_mean(losses, weights)

    def _stop_early(self) -> None:
        judged = self._judge(self.active, "tune_rows", self.stack.state)
        active = np.array(self.active)
        better = np.array([self.tuning[i].improves(loss) for i, (_, loss) in zip(self.active, judged, strict=True)])
        self._remember(active[better], np.flatnonzero(better))
        going = np.flatnonzero([not self.tuning[i].stopped for i in self.active])
        if len(going) < len(active):
            kept = torch.from_numpy(going).to(self.features.device)
            self.stack.keep(kept)
            self.adam.keep(kept)
            self._activate(active[going].tolist())

    def _remember(self, members: np.ndarray, places: np.ndarray) -> None:
        to, come = (torch.from_numpy(index).to(self.features.device) for index in (members, places))
        for best, now in zip(self.best, self.stack.state, strict=True):
            best[to] = now[come]

    def _judge(self, which: Sequence[int], kind: str, state: list[Tensor]) -> list[tuple[Tensor, float]]:
        """Scores and weighted loss on each member's own rows; members with the same rows are judged together.

        The loss is NaN where a member knows none of the classes of its rows.
        """
        judged: list[tuple[Tensor, float]] = []
        for scores, rows, group in self._scored(which, kind, state):
            classes = self.classes[rows].expand(len(scores), -1)
            losses, _ = self.loss(scores, classes, gradient=False)
            class_weights = self.class_weights[list(which[group])]
            means = weighted_mean(losses, class_weights.gather(1, classes)).tolist()
            judged += list(zip(scores, means, strict=True))
        return judged

    def _scored(
        self, which: Sequence[int], kind: str, state: list[Tensor], features: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor, slice]]:
        """Scores of members that have the same rows, those rows, and which of the members they are; group by group.

        Args:
            features: the matrix whose rows are meant; None: rows are samples.
        """
        members = [self.members[i] for i in which]
        for _, same in groupby(range(len(which)), lambda i: (members[i].names, getattr(members[i], kind).tobytes())):
            places = list(same)
            group = slice(places[0], places[-1] + 1)
            rows = torch.from_numpy(getattr(members[group.start], kind)).to(self.features.device)
            matrix, its_rows = (self.features, self._features_of(rows)) if features is None else (features, rows)
            yield scores_of(matrix, its_rows, [buffer[group] for buffer in state], self.layout), rows, group


def _start_of(member: Member) -> tuple:
    return id(member.start) if member.start else 0, member.first_weights or member.names
