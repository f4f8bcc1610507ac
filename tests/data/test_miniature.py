"""The synthetic GTEx files: the same bytes each time, read by the real loader, with both kinds of signal."""

import gzip
import os
import subprocess
import sys

import numpy as np
import pytest

from linear_signal.data.gtex.datasets import load_gtex
from linear_signal.data.made_up.genes import FEMALE_GENES, MALE_GENES
from linear_signal.data.made_up.gtex_miniature import TISSUES, write_gtex_miniature
from linear_signal.errors import InputError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_gtex_miniature(tmp_path_factory.mktemp("miniature"))


@pytest.fixture(scope="module")
def dataset(files):
    return load_gtex(*files, n_genes=200, synthetic=True)


def test_the_same_arguments_give_the_same_bytes(tmp_path, files):
    again = write_gtex_miniature(tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]
    other = write_gtex_miniature(tmp_path, seed=1)
    assert other[0].read_bytes() != files[0].read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_what_was_written_is_left_alone_and_what_was_damaged_comes_back(tmp_path, monkeypatch):
    files = write_gtex_miniature(tmp_path, n_donors=5, n_genes=100)
    whole = [path.read_bytes() for path in files]
    with monkeypatch.context() as patch:
        patch.setattr("linear_signal.data.made_up.gtex_miniature.write_whole", lambda *_: pytest.fail("written again"))
        assert write_gtex_miniature(tmp_path, n_donors=5, n_genes=100) == files
    for path, content in zip(files, whole, strict=True):
        path.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
        with pytest.warns(UserWarning, match=rf"{path.name} is not as it was written; it was set aside as"):
            write_gtex_miniature(tmp_path, n_donors=5, n_genes=100)
        assert path.read_bytes() == content


def test_three_processes_on_a_new_cache_do_not_disturb_each_other(tmp_path):
    code = """
import sys
from linear_signal.data.gtex.source import open_gtex
print("ready", flush=True)
sys.stdin.readline()
print(open_gtex("miniature", folder=sys.argv[1], n_genes=30).fingerprint)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "cache")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    readers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(3)]
    for reader in readers:
        assert reader.stdout.readline() == "ready\n"
    for reader in readers:
        reader.stdin.write("\n")
        reader.stdin.flush()
    said = [reader.communicate()[0].strip() for reader in readers]
    assert len(set(said)) == 1
    assert said[0]
    assert not list(tmp_path.rglob(".*.partial"))


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("linear_signal.data.made_up.gtex_miniature.write_whole", full)
    with pytest.raises(InputError, match=r"The cache cannot be written: .*No space left on device.* Make room"):
        write_gtex_miniature(tmp_path, n_donors=5, n_genes=100)


def test_the_files_say_that_they_are_synthetic(files):
    assert all("synthetic" in path.name for path in files)
    with gzip.open(files[0], "rt") as file:
        lines = file.read().splitlines()
    assert lines[0] == "#1.2"
    assert lines[1] == f"400\t{len(lines[2].split()) - 2}"
    invented = [line.split("\t", 2)[1].startswith("SYNTH") for line in lines[3:]]
    assert sum(invented) == 400 - len(FEMALE_GENES) - len(MALE_GENES)


def test_values_are_transcripts_per_million(files):
    with gzip.open(files[0], "rt") as file:
        lines = file.read().splitlines()[3:]
    tpm = np.array([line.split("\t")[2:] for line in lines], dtype=float)
    np.testing.assert_allclose(tpm.sum(axis=0), 1e6, rtol=1e-3)
    assert tpm.min() == 0


def test_unlabelled_samples_are_dropped_and_counted(dataset):
    assert "6 of" in dataset.notes[0]
    assert "4 without a tissue (SMTS), 2 not in the attributes table" in dataset.notes[0]


def test_donors_give_several_samples_and_not_every_tissue(dataset):
    _, counts = np.unique(dataset.column("donor"), return_counts=True)
    assert 60 <= len(counts) <= 90
    assert counts.min() >= 3
    assert set(dataset.column("label")) == set(TISSUES)
    tissues_per_donor = dataset.samples.groupby("donor")["label"].nunique().tolist()
    assert min(tissues_per_donor) < len(TISSUES)
    assert 700 <= dataset.n_samples <= 900


def test_sex_genes_agree_within_a_donor_and_exclude_each_other(dataset):
    column = {gene: index for index, gene in enumerate(dataset.gene_ids.tolist())}
    high = {gene: dataset.expression[:, column[gene]] > 0.1 for gene in (FEMALE_GENES | MALE_GENES).values()}
    female = high[FEMALE_GENES["XIST"]]
    for gene in MALE_GENES.values():
        assert (high[gene] != female).mean() > 0.99
    donors = dataset.column("donor")
    for donor in np.unique(donors):
        assert len(set(female[donors == donor].tolist())) == 1


def removed(expression, labels):
    classes = np.unique(labels)
    means = np.stack([expression[labels == name].mean(axis=0) for name in classes])
    centred = expression.copy()
    for name, mean in zip(classes, means, strict=True):
        centred[labels == name] += means.mean(axis=0) - mean
    return centred


@pytest.mark.parametrize("pair", [("Blood", "Brain"), ("Esophagus", "Blood Vessel")])
def test_signal_is_linear_and_non_linear(dataset, pair):
    """Two of the ten pairs: any two tissues differ in the same number of programs."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold
    from sklearn.svm import SVC

    data = dataset.take(np.isin(dataset.column("label"), pair))
    scores = {"linear, full": [], "linear, removed": [], "non-linear, removed": []}
    labels = data.column("label")
    for train, held in GroupKFold(5).split(data.expression, labels, data.column("donor")):
        x, y, x_held, y_held = (values[rows] for rows in (train, held) for values in (data.expression, labels))
        without, without_held = removed(x, y), removed(x_held, y_held)
        for name, model, seen, asked in (
            ("linear, full", LogisticRegression(), x, x_held),
            ("linear, removed", LogisticRegression(), without, without_held),
            ("non-linear, removed", SVC(C=3), without, without_held),
        ):
            scores[name].append(balanced_accuracy_score(y_held, model.fit(seen, y).predict(asked)))
    means = {name: np.mean(values) for name, values in scores.items()}
    assert means["linear, full"] > 0.98
    assert abs(means["linear, removed"] - 0.5) < 0.05
    assert 0.75 < means["non-linear, removed"] < means["linear, full"]


def test_too_small_is_an_error(tmp_path):
    with pytest.raises(InputError, match="at least 5 and 100"):
        write_gtex_miniature(tmp_path / "new", n_donors=2)
    assert not (tmp_path / "new").exists()
