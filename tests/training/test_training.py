"""The training engine against an independent, plain PyTorch loop, member by member, in double precision."""

import runpy
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pytest
import torch
from torch import nn

from linear_signal.errors import InputError
from linear_signal.models import Network, find_model
from linear_signal.seeds import generator
from linear_signal.training.batches import Batches
from linear_signal.training.class_weights import class_weights
from linear_signal.training.constant_answer import constant_losses, left_start
from linear_signal.training.cpu import compiling, processor
from linear_signal.training.gpu.losses import cross_entropy, hinge
from linear_signal.training.gpu.stacked import train_in_stacks
from linear_signal.training.layout import Layout, initial_weights
from linear_signal.training.loop import train
from linear_signal.training.member import Member
from linear_signal.training.module import train_module
from linear_signal.training.settings import TrainingSettings

N_GENES, N_CLASSES = 12, 3


class FixedDropout(nn.Module):
    """Dropout whose mask is handed in, so that two programs can use the same one."""

    mask: torch.Tensor

    def forward(self, x):
        return x * self.mask if self.training else x


def plain_network(network, names):
    widths = network.widths(N_GENES, N_CLASSES)
    layers = []
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(n_in, n_out))
        if layer < len(widths) - 2:
            layers.append(nn.ReLU())
            layers += [nn.BatchNorm1d(n_out)] if network.batch_norm else []
            layers += [FixedDropout()] if network.dropout else []
    model = nn.Sequential(*layers).double()
    layout = Layout(widths, network.batch_norm)
    *matrices, vector = [torch.from_numpy(array).double() for array in initial_weights(layout, names)]
    linear = [module for module in model if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for layer, module in enumerate(linear):
            module.weight.copy_(matrices[layer])
            module.bias.copy_(vector[layout.vectors[layer, "bias"]])
    return model


def plain_training(features, classes, member, network, settings):
    """Train one model the ordinary way; return scores and loss on the judge rows, and the tune losses."""
    model = plain_network(network, member.names)
    masks = generator("dropout", *member.names)
    hidden = network.widths(N_GENES, N_CLASSES)[1:-1]
    threshold = round(256 * network.dropout)

    def set_masks(batch):
        size = settings.batch_size * sum(hidden)
        drawn = np.frombuffer(masks.bytes(-(-size // 8) * 8), dtype=np.uint8)[:size]
        drawn = torch.from_numpy(drawn.reshape(settings.batch_size, -1) >= threshold).double()
        parts = (drawn / (1 - threshold / 256)).split(list(hidden), dim=1)
        dropouts = [module for module in model if isinstance(module, FixedDropout)]
        for module, part in zip(dropouts, parts, strict=True):
            module.mask = part[: len(batch)]

    trained = train_module(
        model,
        features,
        classes,
        member,
        n_classes=N_CLASSES,
        settings=settings,
        loss=network.loss,
        before_step=set_masks if network.dropout else None,
    )
    return trained.scores, trained.judge_loss, trained.tune_loss


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Layers of a dozen units gain nothing from several threads, and lose much where the processor has other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)
    classes = random.integers(0, N_CLASSES, 90)
    features = random.normal(size=(90, N_GENES)) + classes[:, None] * np.linspace(0, 1, N_GENES)
    return torch.from_numpy(features), torch.from_numpy(classes)


def members():
    """Members that differ in all ways: rows, sizes (also a last batch of one), seeds, rates, decay."""
    return [
        Member(
            names=("test", number),
            fit_rows=np.arange(n_fit),
            tune_rows=np.arange(60, 75),
            judge_rows=np.arange(75, 90),
            learning_rate=rate,
            weight_decay=decay,
        )
        for number, n_fit in enumerate((50, 33, 17, 41))
        for rate, decay in ((1e-2, 0.0), (3e-3, 1e-2), (0.3, 1e-3))
    ]


SETTINGS = TrainingSettings(max_epochs=12, batch_size=8, patience=3, clip_norm=0.5)


def in_stacks(features, classes, members, network, settings, stack_bytes=2**25, **more):
    """The engine for GPUs, here on the processor."""
    layout = Layout(network.widths(features.shape[1], N_CLASSES), network.batch_norm)
    return train_in_stacks(features, classes, members, network, layout, settings, stack_bytes=stack_bytes, **more)


def on_processor(features, classes, members, network, settings, **more):
    return train(features, classes, members, network, n_classes=N_CLASSES, settings=settings, **more)


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
@pytest.mark.parametrize("patience_counts", ["since_improvement", "total"])
@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "three_layer", "five_layer"])
def test_every_member_learns_what_a_plain_loop_teaches_it(data, name, patience_counts, engine):
    features, classes = data
    settings = replace(SETTINGS, patience_counts=patience_counts)
    network = find_model(name)
    trained = engine(features, classes, members(), network, settings)
    epochs = set()
    for member, one in zip(members(), trained, strict=True):
        scores, judge_loss, tune_losses = plain_training(features, classes, member, network, settings)
        assert len(one.tune_loss) == len(tune_losses)
        assert one.out_of_patience == (patience_run_out(tune_losses, settings))
        # Batch norm at a learning rate of 0.3 blows up a difference in the last digit by 1e8 in twelve epochs.
        chaotic = network.batch_norm and member.learning_rate == 0.3
        np.testing.assert_allclose(one.tune_loss, tune_losses, rtol=2e-6 if chaotic else 1e-11)
        np.testing.assert_allclose(one.scores, scores, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one.judge_loss, judge_loss, rtol=2e-6 if chaotic else 1e-9)
        epochs.add(len(tune_losses))
    assert len(epochs) > 1, "the test must see members stop at different epochs"


def patience_run_out(losses, settings):
    """Count the epochs without a new best loss; say whether they are as many as patience allows."""
    best = np.minimum.accumulate(losses)
    worse = np.r_[False, losses[1:] >= best[:-1]]
    since = len(losses) - 1 - np.flatnonzero(~worse)[-1]
    return (since if settings.patience_counts == "since_improvement" else worse.sum()) >= settings.patience


@pytest.fixture
def unseen(data):
    """The data with a class that the last five samples alone have, which are judged and never learnt from."""
    features, classes = data[0], data[1] % 2
    return features, torch.where(torch.arange(90) < 85, classes, 2)


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "three_layer", "five_layer"])
def test_a_class_that_training_never_saw_does_not_decide_between_trials(unseen, name, engine):
    trials = members()[:3]
    without = [replace(member, judge_rows=member.judge_rows[:-5]) for member in trials]
    only = [replace(member, judge_rows=member.judge_rows[-5:]) for member in trials]
    trained, judged_without, judged_only = (
        engine(*unseen, some, find_model(name), SETTINGS) for some in (trials, without, only)
    )
    for member, one, known, unknown in zip(trials, trained, judged_without, judged_only, strict=True):
        assert one.judge_loss == pytest.approx(known.judge_loss, rel=1e-12)
        _, judge_loss, _ = plain_training(*unseen, member, find_model(name), SETTINGS)
        assert one.judge_loss == pytest.approx(judge_loss, rel=1e-5)
        assert np.isnan(unknown.judge_loss)
        assert one.scores.shape == (15, N_CLASSES)


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
@pytest.mark.parametrize("name", ["linear_svm", "five_layer"])
def test_further_rows_are_predicted_and_change_nothing_else(data, name, engine):
    further = np.r_[60:64, 0:50]
    with_further = [replace(member, further_rows=further) for member in members()]
    as_judged = [replace(member, judge_rows=further) for member in members()]
    plain, more, judged = (engine(*data, some, find_model(name), SETTINGS) for some in (members(), with_further, as_judged))
    for one, other, same in zip(plain, more, judged, strict=True):
        assert one.scores.tobytes() == other.scores.tobytes()
        assert (one.judge_loss, one.tune_loss.tolist()) == (other.judge_loss, other.tune_loss.tolist())
        assert one.further_scores.shape == (0, N_CLASSES)
        np.testing.assert_array_equal(other.further_scores, same.scores)
    elsewhere = [replace(member, further_rows=np.arange(len(further))) for member in members()]
    apart = engine(*data, elsewhere, find_model(name), SETTINGS, further=data[0][further])
    for other, same in zip(apart, judged, strict=True):
        np.testing.assert_array_equal(other.further_scores, same.scores)


def test_the_processor_reads_features_where_they_lie(data, monkeypatch):
    """Arrays that may not be written to are neither copied nor compiled for anew."""
    features, classes = (array.numpy().copy() for array in data)
    features.flags.writeable = False
    seen, scores_of = [], processor.scores_of

    def looking(weights, running, widths, places, values, rows, batch_norm):
        seen.append(values)
        return scores_of(weights, running, widths, places, values, rows, batch_norm)

    monkeypatch.setattr(processor, "scores_of", looking)
    compiled = len(processor.train_steps.signatures)
    trained = on_processor(features, classes, members(), find_model("linear_svm"), SETTINGS)
    assert all(np.shares_memory(values, features) for values in seen)
    monkeypatch.undo()
    from_tensors = on_processor(*data, members(), find_model("linear_svm"), SETTINGS)
    assert [one.scores.tobytes() for one in trained] == [one.scores.tobytes() for one in from_tensors]
    assert len(processor.train_steps.signatures) <= compiled + 1  # in double precision, where no test before needed it


def test_a_network_that_never_left_its_start_scores_as_the_best_constant_answer():
    """With one sample of twenty in the rarer class that is far below the logarithm of the number of classes."""
    random = np.random.default_rng(7)
    features, classes = torch.from_numpy(random.normal(size=(300, 8))), torch.from_numpy((np.arange(300) % 20 == 0) + 0)
    rows = np.arange(300)
    stuck = Member(
        names=("stuck",), fit_rows=rows[:240], tune_rows=rows[240:], judge_rows=rows, learning_rate=1e-4, weight_decay=1e4
    )
    settings = TrainingSettings(max_epochs=40, patience=40)
    learnt = replace(stuck, learning_rate=3e-3, weight_decay=0.0)
    weights = class_weights(classes.numpy(), 2)
    constant = constant_losses(stuck.names, stuck.fit_rows, classes.numpy(), weights, batch_size=16, n_epochs=40)
    trained = train(features, classes, [stuck, learnt], Network(hidden=(1.0,)), n_classes=2, settings=settings)
    assert constant.mean() < 0.95 * np.log(2)
    # The output layer starts at small random scores, which its bias forgets; no epoch is better than a constant.
    assert not left_start(trained[0].train_loss, constant)
    assert left_start(trained[1].train_loss, constant)
    assert not left_start(np.full(40, np.nan), constant)
    even = constant_losses(("even",), rows, np.arange(300) % 3, np.ones(3), batch_size=300, n_epochs=2)
    np.testing.assert_allclose(even, np.log(3))


@pytest.mark.parametrize("name", ["logistic_regression", "five_layer"])
def test_the_width_of_a_stack_does_not_matter(data, name):
    wide = in_stacks(*data, members(), find_model(name), SETTINGS)
    narrow = in_stacks(*data, members(), find_model(name), SETTINGS, stack_bytes=1)
    for one, other in zip(wide, narrow, strict=True):
        np.testing.assert_allclose(one.tune_loss, other.tune_loss, rtol=1e-9)
        assert one.best_epoch == other.best_epoch


@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "three_layer", "five_layer"])
def test_threads_and_company_change_no_byte_on_the_processor(data, name):
    features, classes = data[0].float(), data[1]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        network = find_model(name)
        together = on_processor(features, classes, members(), network, SETTINGS)
        torch.set_num_threads(1)
        alone = [on_processor(features, classes, [member], network, SETTINGS)[0] for member in members()[::-1]][::-1]
    finally:
        torch.set_num_threads(before)
    for one, other in zip(together, alone, strict=True):
        assert one.scores.tobytes() == other.scores.tobytes()
        assert one.train_loss.tobytes() == other.train_loss.tobytes()


def test_an_interrupt_reaches_the_threads(data, monkeypatch):
    features, classes = data
    started = threading.Event()

    class Interrupting(processor.EarlyStopping):
        def improves(self, loss):
            if not started.is_set():
                started.set()
                raise KeyboardInterrupt
            return super().improves(loss)

    monkeypatch.setattr(processor, "EarlyStopping", Interrupting)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    endless = replace(SETTINGS, max_epochs=10**6, patience=10**6)
    with pytest.raises(KeyboardInterrupt):
        on_processor(features, classes, members(), find_model("logistic_regression"), endless)
    deadline = time.monotonic() + 20
    while any(thread.name.startswith("training") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "a thread goes on training"
        time.sleep(0.01)


@pytest.mark.parametrize("engine", [on_processor, in_stacks])
def test_a_member_that_diverges_keeps_its_first_weights_and_leaves_the_others_alone(data, engine):
    wild = replace(members()[0], learning_rate=1e200, names=("test", "wild"))
    calm = members()[0]
    trained = engine(*data, [wild, calm], find_model("three_layer"), SETTINGS)
    alone = engine(*data, [calm], find_model("three_layer"), SETTINGS)
    assert trained[0].best_epoch == 0
    assert np.isfinite(trained[0].scores).all()
    np.testing.assert_allclose(trained[1].tune_loss, alone[0].tune_loss, rtol=1e-9)


@pytest.mark.parametrize(("batch_size", "dropout"), [(7, 0.5), (16, 0.25)])
def test_masks_do_not_depend_on_how_many_steps_are_drawn_at_a_time(batch_size, dropout):
    def batches():
        return Batches(("test", 1), np.arange(50), batch_size=batch_size, dropout=dropout, n_hidden=9)

    one, other = batches(), batches()
    np.testing.assert_array_equal(one.masks(5), np.concatenate([other.masks(2), other.masks(3)]))


def test_wide_networks_are_trained_as_narrow_ones(data):
    """More values than a tile holds, and numbers of units that are no multiple of four."""
    random = np.random.default_rng(3)
    features = torch.from_numpy(random.normal(size=(40, 1100)))
    classes = torch.from_numpy(random.integers(0, N_CLASSES, 40))
    member = Member(
        names=("wide",),
        fit_rows=np.arange(25),
        tune_rows=np.arange(25, 32),
        judge_rows=np.arange(32, 40),
        learning_rate=1e-3,
        weight_decay=1e-2,
    )
    network = Network(hidden=(0.04, 0.005), batch_norm=True, dropout=0.5)
    settings = TrainingSettings(max_epochs=3, batch_size=7, patience=3)
    one, other = (
        on_processor(features, classes, [member], network, settings)[0],
        in_stacks(features, classes, [member], network, settings)[0],
    )
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5)
    np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-8)


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@needs_gpu
@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "three_layer", "five_layer"])
def test_a_gpu_learns_what_the_processor_learns(data, name):
    there = [tensor.cuda() for tensor in data]
    for one, other in zip(
        train(*there, members(), find_model(name), n_classes=N_CLASSES, settings=SETTINGS),
        on_processor(*data, members(), find_model(name), SETTINGS),
        strict=True,
    ):
        np.testing.assert_allclose(one.tune_loss, other.tune_loss, rtol=1e-6)
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-4, atol=1e-4)


@needs_gpu
def test_two_runs_on_a_gpu_give_the_same_bytes(data):
    there = data[0].float().cuda(), data[1].cuda()
    runs = [train(*there, members(), find_model("five_layer"), n_classes=N_CLASSES, settings=SETTINGS) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert one.scores.tobytes() == other.scores.tobytes()


@pytest.mark.parametrize(("loss", "reference"), [(cross_entropy, nn.CrossEntropyLoss), (hinge, nn.MultiMarginLoss)])
def test_losses_and_their_derivatives_agree_with_pytorch(loss, reference):
    scores = torch.randn(2, 7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    classes = torch.arange(14).reshape(2, 7) % 4
    expected = reference(reduction="none")(scores.flatten(0, 1), classes.flatten())
    expected.sum().backward()
    losses, derivative = loss(scores.detach(), classes, gradient=True)
    torch.testing.assert_close(losses.flatten(), expected.detach())
    torch.testing.assert_close(derivative, scores.grad)


def test_layer_widths_follow_the_specification():
    assert find_model("three_layer").widths(5000, 31) == (5000, 2500, 1250, 31)
    assert find_model("five_layer").widths(5000, 31) == (5000, 2500, 2500, 2500, 1250, 31)
    assert Network().widths(5000, 2) == (5000, 2)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"patience_counts": "totl"}, "did you mean 'total'"),
        ({"batch_size": 1}, "at least 2"),
        ({"max_epochs": 0}, "at least 1"),
        ({"clip_norm": 0.0}, "positive"),
    ],
)
def test_settings_out_of_range_are_refused(settings, part):
    with pytest.raises(InputError, match=part):
        TrainingSettings(**settings)


def test_a_change_of_any_kernel_is_compiled_anew(tmp_path, monkeypatch):
    for path in Path(compiling.__file__).parent.glob("*_kernels.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(compiling, "__file__", str(tmp_path / "compiling.py"))
    before = compiling.cache_folder.__wrapped__()
    assert before.is_relative_to(tmp_path)
    with (tmp_path / "adam_kernels.py").open("a") as file:
        file.write("# another line\n")
    assert compiling.cache_folder.__wrapped__() != before


def test_what_was_compiled_is_found_on_disk():
    processor.compile_steps()
    assert processor.steps_are_compiled()


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Keep machine code in a folder of the test."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "code"))
    compiling.cache_folder.cache_clear()
    yield tmp_path / "code"
    compiling.cache_folder.cache_clear()


def test_machine_code_of_a_file_elsewhere_is_not_kept(tmp_path, own_cache):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "one_kernel.py").write_text(
            "from linear_signal.training.cpu.compiling import compiled\n\n\n@compiled()\ndef twice(x):\n    return 2 * x\n"
        )
    made, moved = (runpy.run_path(str(folder / "one_kernel.py"))["twice"] for folder in (here, there))
    assert not compiling.kept(made)
    assert made(2.0) == 4
    assert compiling.kept(made)
    assert not compiling.kept(moved)


def test_damaged_machine_code_is_set_aside_and_compiled_again(tmp_path, own_cache):
    """A flipped bit in each file, one function at a time: same numbers, no crash, and who comes next finds it mended."""
    source = tmp_path / "few_kernels.py"
    source.write_text(
        "import numpy as np\nfrom linear_signal.training.cpu.compiling import compiled\n\n\n"
        "@compiled('contract')\ndef total(values):\n    total = 0.0\n    for value in values:\n"
        "        total += value * value\n    return total\n\n\nsquares = total(np.arange(9.0))\n"
    )

    def run():
        """Do as a new process does: make the function anew, and take its machine code from the disk."""
        return runpy.run_path(str(source))["squares"]

    assert run() == 204
    files = sorted(own_cache.rglob("*.nb?"))
    assert [path.suffix for path in files] == [".nbc", ".nbi"]
    assert run() == 204
    for path in files:
        whole = path.read_bytes()
        for damage in (whole[:-200] + bytes([whole[-200] ^ 4]) + whole[-199:], whole[: len(whole) // 2]):
            path.write_bytes(damage)
            with pytest.warns(UserWarning, match=rf"{path.name}\.damaged"):
                assert run() == 204
    assert run() == 204
