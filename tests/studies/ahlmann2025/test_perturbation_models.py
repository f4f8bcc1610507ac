"""Models of perturbations: each recovers what it assumes, and the linear one is what its formula says."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.additive import (
    additive,
    additive_denoised,
    additive_slope,
    additive_with_slope,
    mean_of_training,
    no_change,
)
from linear_signal.studies.ahlmann2025.linear_model import (
    linear_perturbation_model,
    linear_prediction,
    perturbation_embedding,
    principal_components,
)
from linear_signal.studies.ahlmann2025.networks import NETWORKS, NetworkSettings, network_prediction
from linear_signal.studies.ahlmann2025.pseudobulk import make_pseudobulk
from linear_signal.studies.ahlmann2025.ridge import (
    covariance_prediction,
    ridge_multi_hot,
    shuffled_covariance,
    transfer_prediction,
)
from linear_signal.studies.ahlmann2025.splits import split_doubles

GENES = [f"G{n:02d}" for n in range(12)]
TARGETS = GENES[:8]


def sums(slope=1.0, *, rank=8):
    """Doubles that are exactly ``slope`` times the sum of their singles."""
    random = np.random.default_rng(2)
    control = random.uniform(1, 3, 12)
    changes = random.standard_normal((8, rank)) @ random.standard_normal((rank, 12)) / 30
    first, second = np.triu_indices(8, k=1)
    doubles = [f"{TARGETS[one]}+{TARGETS[other]}" for one, other in zip(first, second, strict=True)]
    values = np.vstack([control, control + changes, control + slope * (changes[first] + changes[second])])
    index = ["ctrl", *(f"{one}+ctrl" for one in TARGETS), *doubles]
    return make_pseudobulk(pd.DataFrame(values, index=index, columns=GENES), name="sums", synthetic=True)


DATA = sums()
SPLIT = split_doubles(DATA)


def distance(prediction, data=DATA):
    return float(np.abs(prediction.to_numpy() - data.rows(prediction.index).to_numpy()).max())


def test_sums_are_predicted_by_the_additive_model_and_by_all_that_contain_it():
    for model in (additive, additive_with_slope, partial(additive_denoised, rank=8), partial(ridge_multi_hot, penalty=1e-9)):
        assert distance(model(DATA, SPLIT.train, SPLIT.judged)) < 1e-6
    assert distance(no_change(DATA, SPLIT.train, SPLIT.judged)) > 0.1


def test_a_slope_is_found_where_there_is_one():
    data = sums(0.7)
    assert additive_slope(data, SPLIT.train) == pytest.approx(0.7)
    assert distance(additive_with_slope(data, SPLIT.train, SPLIT.judged), data) < 1e-9
    assert distance(additive(data, SPLIT.train, SPLIT.judged), data) > 0.01
    with pytest.raises(InputError, match="doubles"):
        additive_slope(data, ["ctrl", *data.singles])


def test_denoising_removes_what_lies_outside_of_the_rank():
    truth = sums(rank=2)
    noisy = make_pseudobulk(
        truth.means + 0.05 * np.random.default_rng(0).standard_normal(truth.means.shape), name="noisy", synthetic=True
    )
    errors = [
        np.linalg.norm(model(noisy, SPLIT.train, SPLIT.judged).to_numpy() - truth.rows(SPLIT.judged).to_numpy())
        for model in (additive, partial(additive_denoised, rank=2))
    ]
    assert errors[1] < errors[0]


def test_the_mean_weighs_conditions_equally_with_the_control():
    wanted = mean_of_training(DATA, ["ctrl", "G00+ctrl", "G00+G01"], ["G02+G03", "G04"])
    assert np.allclose(wanted, DATA.rows(["ctrl", "G00+ctrl", "G00+G01"]).mean())
    assert list(wanted.index) == ["G02+G03", "G04+ctrl"]


def test_a_gene_that_was_never_perturbed_alone_is_refused():
    for model in (additive, ridge_multi_hot, network_prediction):
        with pytest.raises(InputError, match="'G07'"):
            model(DATA, ["ctrl", "G00+ctrl", "G01+ctrl"], ["G00+G07"])


def test_the_linear_model_solves_its_two_ridge_regressions():
    random = np.random.default_rng(3)
    genes, right, changes = (random.standard_normal(shape) for shape in ((9, 3), (2, 6), (9, 6)))
    model = linear_perturbation_model(changes, genes, right, ridge=0.3)

    # Two ridge regressions are least squares with rows added: sqrt(ridge) times the identity, against zeros.
    def ridge(inputs, outputs):
        padded = np.vstack([inputs, np.sqrt(0.3) * np.eye(inputs.shape[1])])
        return np.linalg.lstsq(padded, np.vstack([outputs, np.zeros((inputs.shape[1], outputs.shape[1]))]), rcond=None)[0]

    centred = changes - changes.mean(axis=1, keepdims=True)
    assert np.allclose(model.weights, ridge(right.T, ridge(genes, centred).T).T)
    assert np.allclose(model.predict(np.zeros((2, 1)))[0], changes.mean(axis=1))
    with pytest.raises(InputError, match="changes are"):
        linear_perturbation_model(changes.T, genes, right)
    with pytest.raises(InputError, match="ridge"):
        linear_perturbation_model(changes, genes, right, ridge=0)


def bilinear(n=200):
    """Singles whose changes are exactly G W P, with P the rows of G of their targets; the first 40 of these add up to 0.

    The model fits its intercept before P is centred, so that it is exact where P adds up to 0 over what it learns from.
    """
    random = np.random.default_rng(4)
    names = [f"G{n:03d}" for n in range(n)]
    genes = pd.DataFrame(random.standard_normal((n, 4)), index=names)
    genes.iloc[:40] -= genes.iloc[:40].mean()
    changes = genes.to_numpy()[:60] @ random.standard_normal((4, 4)) @ genes.to_numpy().T / 20
    values = np.vstack([np.full(n, 2.0), 2.0 + changes])
    data = make_pseudobulk(
        pd.DataFrame(values, index=["ctrl", *(f"{one}+ctrl" for one in names[:60])], columns=names),
        name="bilinear",
        synthetic=True,
    )
    return data, genes


def test_with_the_right_embeddings_the_linear_model_predicts_what_it_never_saw():
    data, genes = bilinear()
    train, unseen = ["ctrl", *data.singles[:40]], data.singles[40:]
    error = {
        name: np.linalg.norm(linear_prediction(data, train, unseen, **options) - data.rows(unseen))
        for name, options in {
            "known": {"genes": genes, "perturbations": genes, "ridge": 1e-8},
            "identity": {"genes": "identity", "perturbations": genes, "ridge": 1e-8},
            "same data": {"perturbations": data},
            "random": {"perturbations": "random"},
        }.items()
    }
    mean = np.linalg.norm(mean_of_training(data, train, unseen) - data.rows(unseen))
    assert error["known"] < 1e-4 * mean
    assert error["identity"] < 1e-4 * mean
    assert error["same data"] < 0.3 * mean
    assert error["random"] > 0.9 * mean


@pytest.mark.parametrize("side", ["genes", "perturbations"])
def test_an_embedding_that_knows_nothing_predicts_the_mean(side):
    data, _ = bilinear(80)
    train, unseen = ["ctrl", *data.singles[:40]], data.singles[40:]
    mean = mean_of_training(data, train, unseen)
    assert np.allclose(linear_prediction(data, train, unseen, **{side: "zero"}), mean)
    if side == "perturbations":
        assert np.allclose(linear_prediction(data, train, unseen, perturbations="identity"), mean)


def test_the_linear_model_leaves_out_or_refuses_what_has_no_embedding():
    data, genes = bilinear(80)
    train, unseen = ["ctrl", *data.singles[:40]], data.singles[40:]
    fewer = genes.drop(index=data.genes[0])
    assert linear_prediction(data, train, unseen, perturbations=fewer).shape == (20, 80)
    assert linear_prediction(data, train, unseen, genes=fewer).shape == (20, 79)
    with pytest.raises(InputError, match="1 have none"):
        linear_prediction(data, train, [*unseen, data.singles[0]], perturbations=fewer)
    with pytest.raises(InputError, match="in common"):
        linear_prediction(data, train, unseen, genes=genes.set_axis([f"X{n}" for n in range(80)]))
    with pytest.raises(InputError, match="training"):
        linear_prediction(data, train, unseen, genes="trainin")
    with pytest.raises(InputError, match="dimensions"):
        principal_components(data.means, 100, of="genes")


def test_another_line_embeds_a_perturbation_by_what_it_did_there():
    data, _ = bilinear(80)
    embedded = perturbation_embedding(data, ["ctrl", *data.singles], data, dimensions=3)
    expected = principal_components(data.means, 3, of="conditions").loc[data.singles]
    assert np.allclose(embedded.loc[[one.removesuffix("+ctrl") for one in data.singles]], expected)


def test_transfer_finds_a_line_that_does_the_same_in_other_coordinates():
    data, _ = bilinear(80)
    train, unseen = ["ctrl", *data.singles[:40]], data.singles[40:]
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((80, 80)))[0]
    turned = 2.0 + data.effects(data.means.index).to_numpy() @ turn
    other = make_pseudobulk(
        pd.DataFrame(turned, index=data.means.index.str.replace("ctrl", "none"), columns=data.genes),
        name="other", control="none", synthetic=True,
    )  # fmt: skip
    wanted = transfer_prediction(data, train, unseen, other=other, rank=4, penalty=1e-8)
    mean = mean_of_training(data, train, unseen)
    assert np.linalg.norm(wanted - data.rows(unseen)) < 0.01 * np.linalg.norm(mean - data.rows(unseen))
    with pytest.raises(InputError, match="lacks"):
        transfer_prediction(data, train, ["G079"], other=other)


def test_the_covariance_predicts_its_own_multiples_and_shuffled_it_does_not():
    data, _ = bilinear(80)
    covariance = data.effects(data.singles).set_axis([one.removesuffix("+ctrl") for one in data.singles], axis=0) / -3
    train, unseen = ["ctrl", *data.singles[:40]], data.singles[40:]
    assert np.allclose(covariance_prediction(data, train, unseen, covariance=covariance), data.rows(unseen))
    dealt = shuffled_covariance(covariance, np.random.default_rng(0))
    assert sorted(dealt.iloc[:, 0]) == sorted(covariance.iloc[:, 0])
    assert not np.allclose(covariance_prediction(data, train, unseen, covariance=dealt), data.rows(unseen), atol=0.1)
    with pytest.raises(InputError, match="columns"):
        covariance_prediction(data, train, unseen, covariance=covariance.iloc[:, 1:])


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_small_network_learns_and_repeats_itself(kind):
    settings = NetworkSettings(hidden=(32,), epochs=200, learning_rate=1e-2)
    first, again = (network_prediction(DATA, SPLIT.train, SPLIT.train, kind=kind, settings=settings) for _ in range(2))
    assert first.equals(again)
    changes = DATA.effects(SPLIT.train)
    assert np.linalg.norm(first - DATA.rows(SPLIT.train)) < 0.5 * np.linalg.norm(changes)
    assert not first.equals(network_prediction(DATA, SPLIT.train, SPLIT.train, kind=kind, settings=settings, seed=1))


def test_networks_refuse_what_cannot_be():
    with pytest.raises(InputError, match="mlp"):
        network_prediction(DATA, SPLIT.train, SPLIT.judged, kind="mlpp")
    with pytest.raises(InputError, match="epochs"):
        NetworkSettings(epochs=0)
    with pytest.raises(InputError, match="learning_rate"):
        NetworkSettings(learning_rate=0)
