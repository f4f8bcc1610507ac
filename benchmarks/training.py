"""The training engine against the textbook loop: nn.Module, DataLoader, Adam, one model after the other."""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.measure import ratio, report, side_by_side, spread
from linear_signal.models import Network, find_model
from linear_signal.training.device import find_device
from linear_signal.training.hyperparameters import draw_trials
from linear_signal.training.layout import Layout
from linear_signal.training.loop import train
from linear_signal.training.member import Member
from linear_signal.training.settings import TrainingSettings

BATCH, N_SAMPLES, N_TUNE, N_CLASSES = 16, 640, 160, 2


def data(n_genes: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Generate samples, float32 [fit + tune samples, genes], and their classes."""
    random = np.random.default_rng(0)
    classes = random.integers(0, N_CLASSES, N_SAMPLES + N_TUNE)
    features = random.random((len(classes), n_genes), dtype=np.float32)
    features += classes[:, None].astype(np.float32) * np.float32(0.1)
    return torch.from_numpy(features).to(device), torch.from_numpy(classes).to(device)


def tuning_members(n_trials: int, n_folds: int) -> list[Member]:
    """Members of one tuning: every trial on every inner fold."""
    trials = draw_trials(max(n_trials, 1), learning_rate_range=(1e-6, 1e-2), weight_decay_range=(1e-6, 1e-2), names=("x",))
    fit, tune = np.arange(N_SAMPLES), np.arange(N_SAMPLES, N_SAMPLES + N_TUNE)
    return [
        Member(
            names=("benchmark", fold),
            fit_rows=fit,
            tune_rows=tune,
            judge_rows=tune,
            learning_rate=trial.learning_rate,
            weight_decay=trial.weight_decay,
        )
        for fold in range(n_folds)
        for trial in trials
    ]


def textbook(features: torch.Tensor, classes: torch.Tensor, members: list[Member], network: Network, n_epochs: int) -> None:
    """Train one member after the other as a tutorial would, with the same sizes, clipping, early stopping and best state."""
    widths = network.widths(features.shape[1], N_CLASSES)
    weights = 1 / (torch.bincount(classes, minlength=N_CLASSES) + 1).to(features)
    for member in members:
        layers: list[nn.Module] = []
        for layer, (n_in, n_out) in enumerate(pairwise(widths)):
            layers.append(nn.Linear(n_in, n_out))
            if layer < len(widths) - 2:
                layers += [nn.ReLU(), *([nn.BatchNorm1d(n_out)] if network.batch_norm else []), nn.Dropout(network.dropout)]
        model = nn.Sequential(*layers).to(features.device)
        loss_of = nn.CrossEntropyLoss(weight=weights)
        optimizer = torch.optim.Adam(model.parameters(), lr=member.learning_rate, weight_decay=member.weight_decay)
        samples = TensorDataset(features[member.fit_rows], classes[member.fit_rows])
        best, best_loss = None, np.inf
        for _ in range(n_epochs):
            model.train()
            for batch, truth in DataLoader(samples, batch_size=BATCH, shuffle=True):
                optimizer.zero_grad()
                loss_of(model(batch), truth).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 0.01)
                optimizer.step()
            model.eval()
            with torch.no_grad():
                tune_loss = loss_of(model(features[member.tune_rows]), classes[member.tune_rows]).item()
            if tune_loss < best_loss:
                best, best_loss = copy.deepcopy(model.state_dict()), tune_loss
        if best is not None:
            model.load_state_dict(best)
    if features.device.type == "cuda":
        torch.cuda.synchronize()


def ours(features: torch.Tensor, classes: torch.Tensor, members: list[Member], network: Network, n_epochs: int) -> None:
    """Train the same members with the library; nobody stops early, so that the work is equal."""
    settings = TrainingSettings(max_epochs=n_epochs, batch_size=BATCH, patience=n_epochs)
    train(features, classes, members, network, n_classes=N_CLASSES, settings=settings)


def copy_rate(device: torch.device, mebibytes: int = 256) -> float:
    """Bytes read and written per second by copying so much, median of 15 copies."""
    source = torch.ones(mebibytes * 2**18, device=device)  # float32
    target = torch.empty_like(source)
    seconds = []
    for _ in range(16):
        start = time.perf_counter()
        target.copy_(source)
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return 2 * source.nbytes / statistics.median(seconds[1:])


def bytes_per_step(network: Network, n_genes: int) -> int:
    """Bytes of memory traffic that one step of one member cannot do without, if nothing stays in a cache between steps.

    Forward reads every weight once; backward reads those of all layers but the first; Adam reads and writes weight and
    both moments. A gradient need never reach memory: it is the product of two thin matrices.
    """
    widths = network.widths(n_genes, N_CLASSES)
    size = Layout(widths, network.batch_norm).size
    return 4 * (size + (size - widths[0] * widths[1]) + 6 * size)


# Members of a tuning: trials x folds. Training always has several, and the processor trains one per core.
CASES: dict[str, dict[str, Any]] = {
    "linear, 25 trials x 4 folds": {
        "model": "logistic_regression",
        "genes": 5000,
        "trials": 25,
        "folds": 4,
        "epochs": 10,
        "target": 15,
    },
    "three-layer, paper size": {"model": "three_layer", "genes": 5000, "trials": 2, "folds": 1, "epochs": 2, "target": 3},
    "five-layer, paper size": {"model": "five_layer", "genes": 5000, "trials": 2, "folds": 1, "epochs": 2, "target": 3},
    "three-layer, 500 genes, 100 members": {
        "model": "three_layer",
        "genes": 500,
        "trials": 25,
        "folds": 4,
        "epochs": 2,
        "target": 8,
    },
    "five-layer, 500 genes, 100 members": {
        "model": "five_layer",
        "genes": 500,
        "trials": 25,
        "folds": 4,
        "epochs": 2,
        "target": 8,
    },
    "five-layer, 100 genes, 100 members": {
        "model": "five_layer",
        "genes": 100,
        "trials": 25,
        "folds": 4,
        "epochs": 4,
        "target": 8,
    },
}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--members", type=int, default=0, help="members instead of the number of trials and folds")
    parser.add_argument("--tiny", action="store_true", help="sizes that only show that it runs")
    options = parser.parse_args(arguments)
    device = find_device(options.device)
    rate = copy_rate(device, 1 if options.tiny else 256)
    rows, raw = [], {"copy_rate_bytes_per_second": rate}
    for name, case in CASES.items():
        if options.only not in name:
            continue
        network = find_model(case["model"])
        genes = 20 if options.tiny else case["genes"]
        members = tuning_members(1, 1) if options.tiny else tuning_members(case["trials"], case["folds"])
        if options.members:
            members = (members * options.members)[: options.members]
        features, classes = data(genes, device)
        epochs = 1 if options.tiny else case["epochs"]
        repeats = 1 if options.tiny else options.repeats
        work = (features, classes, members, network, epochs)
        ours(features, classes, members, network, 1)  # the first call pays for what later ones share
        seconds = side_by_side(
            {"textbook": lambda work=work: textbook(*work), "ours": lambda work=work: ours(*work)}, repeats=repeats
        )
        n_steps = len(members) * epochs * N_SAMPLES // BATCH
        median, low, high = ratio(seconds["textbook"], seconds["ours"])
        floor = bytes_per_step(network, genes) / rate
        step = statistics.median(seconds["ours"]) / n_steps
        rows.append(
            {
                "work": name,
                "members": len(members),
                "textbook s per member and epoch": spread([s / len(members) / epochs for s in seconds["textbook"]], 3),
                "ours s per member and epoch": spread([s / len(members) / epochs for s in seconds["ours"]], 3),
                "times faster": f"{median:.1f} ({low:.1f} to {high:.1f})",
                "target": case["target"],
                "ms per step and member": f"{1e3 * step:.2f}",
                "memory floor ms": f"{1e3 * floor:.2f}",
                "share of floor": f"{100 * floor / step:.0f} %",
            }
        )
        raw[name] = seconds
        print(f"{name}: {rows[-1]['times faster']} times faster", flush=True)
    report("training", rows, raw=raw)
    print(f"Copy rate: {rate / 1e9:.1f} GB/s read and written.")


if __name__ == "__main__":
    main()
