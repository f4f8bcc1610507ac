"""The synthetic Recount3 files: the same bytes each time, read by the real reader, with what makes such data hard."""

import csv
import gzip
import zlib

import numpy as np
import pytest

from linear_signal.data.made_up.genes import FEMALE_GENES, MALE_GENES, PROGRAMS, TISSUES, draw_genes
from linear_signal.data.made_up.gtex_miniature import TISSUES as GTEX_TISSUES
from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.data.made_up.recount3_miniature import BROKEN_OFF, OTHER_RUNS, write_recount3_miniature
from linear_signal.data.made_up.recount3_tree import gene_sums_path
from linear_signal.data.made_up.sex_labels import COLUMNS
from linear_signal.data.made_up.studies import N_STUDIES, SPELLINGS, draw_studies
from linear_signal.data.recount3.sex_labels import read_sex_labels
from linear_signal.data.recount3.source import open_recount3
from linear_signal.data.tissue_names import clean_tissues
from linear_signal.errors import InputError
from linear_signal.seeds import generator

COMMON = ["blood", "blood vessel", "brain", "breast", "cervix", "heart", "muscle", "skin", "stem cell"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def opened(folder):
    return open_recount3("miniature", folder=folder, n_genes=150, sex_labels=True)


@pytest.fixture(scope="module")
def files(folder, opened):
    return write_recount3_miniature(folder / "recount3_miniature")


@pytest.fixture(scope="module")
def tissues(opened):
    return opened.tissues()


@pytest.fixture(scope="module")
def genes():
    return draw_genes(400, seed=0)


@pytest.fixture(scope="module")
def drawn(genes):
    return draw_studies(genes, seed=0)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_arguments_give_the_same_bytes(tmp_path, folder, files):
    write_recount3_miniature(tmp_path / "again")
    again = contents(tmp_path / "again")
    assert again == contents(folder / "recount3_miniature")
    assert not [path for path in again if path.name.startswith(".")]


def test_what_was_written_is_left_alone_and_what_was_lost_comes_back(tmp_path):
    first = write_recount3_miniature(tmp_path, n_genes=100)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_recount3_miniature(tmp_path, n_genes=100)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    index, labels = first.mirror / "human/homes_index", first.sex_labels.read_bytes()
    index.unlink()
    first.sex_labels.write_bytes(labels[:100])
    with pytest.warns(UserWarning, match="is not as it was written"):
        write_recount3_miniature(tmp_path, n_genes=100)
    assert index.exists()
    assert first.sex_labels.read_bytes() == labels
    write_recount3_miniature(tmp_path, n_genes=100, seed=1)
    assert first.sex_labels.read_bytes() != labels


def test_the_files_say_that_they_are_synthetic(files, opened):
    assert "synthetic" in files.mirror.name
    assert "Synthetic" in (files.mirror.parent / "README.txt").read_text()
    assert opened.tissues().synthetic


def test_composition_is_uneven(tissues, drawn):
    assert sorted(set(tissues.column("label"))) == COMMON
    assert 900 <= len(drawn.runs) <= 1300
    assert 225 <= len(drawn.accessions) <= 250
    studies_of = {name: set(tissues.column("study")[tissues.column("label") == name]) for name in COMMON}
    # From twenty groups of each class on, a verdict is given.
    assert min(map(len, studies_of.values())) >= 20
    counts = [int((tissues.column("label") == name).sum()) for name in COMMON]
    assert max(counts) > 2 * min(counts)
    _, sizes = np.unique(tissues.column("study"), return_counts=True)
    assert sizes.max() > 2.5 * np.median(sizes)
    held = [
        len(set(tissues.column("label")[tissues.column("study") == study])) for study in np.unique(tissues.column("study"))
    ]
    assert np.mean(np.array(held) == 1) > 0.6
    assert max(held) == 2


def test_rare_tissues_are_left_out_by_the_number_of_studies(tissues):
    rare = [name for name, number in N_STUDIES.items() if number < 10]
    assert sorted(rare) == ["prostate", "spinal cord"]
    assert any(all(name in note for name in rare) and "fewer than 10 studies" in note for note in tissues.notes)


def test_some_runs_are_unlabelled_and_labels_come_in_many_spellings(drawn):
    labels = np.array(drawn.labels)
    silent = [number for number in range(len(drawn.accessions)) if not any(labels[drawn.study == number])]
    assert len(silent) == 6
    partly = (labels == "") & ~np.isin(drawn.study, silent)
    assert 0.02 < partly.mean() < 0.08
    written = {name: {label for label in labels[drawn.tissues == TISSUES.index(name)] if label} for name in N_STUDIES}
    assert all(len(ways) >= 2 for name, ways in written.items() if name in COMMON)


def test_the_cleaning_knows_every_spelling():
    for name, spellings in SPELLINGS.items():
        cleaned = clean_tissues(list(spellings))
        assert set(cleaned.names.tolist()) == {name}
        assert not cleaned.unknown


def test_single_cells_are_there_and_dropped(opened, drawn):
    types, zeros = np.array(drawn.types), (drawn.gene_sums == 0).mean(axis=0)
    flagged, sparse = types == "scrna-seq", zeros > 0.75
    assert (flagged & sparse).any()
    assert (flagged & ~sparse).any()
    assert (sparse & ~flagged).any()
    gone = set(np.array(drawn.runs)[flagged | sparse])
    assert not gone & set(opened.table.sample_ids)


def test_two_studies_are_broken_and_named(files, tissues):
    with gzip.open(gene_sums_path(files.mirror, BROKEN_OFF)) as file, pytest.raises((EOFError, zlib.error)):
        file.read()
    with gzip.open(gene_sums_path(files.mirror, OTHER_RUNS), "rt") as file:
        header = file.read().splitlines()[2].split("\t")
    assert header[0] == "gene_id"
    assert all(len(run) > len("SRR99880100") for run in header[1:])
    note = next(note for note in tissues.notes if "could not be read: 2" in note)
    assert BROKEN_OFF in note
    assert OTHER_RUNS in note


def test_gene_sums_are_reads_times_read_length(drawn):
    assert drawn.gene_sums.dtype == np.int64
    assert not (drawn.gene_sums % 100).any()
    totals = drawn.gene_sums.sum(axis=0)[np.array(drawn.types) == "rna-seq"]
    assert np.quantile(totals, 0.9) > 2 * np.quantile(totals, 0.1)


def test_studies_differ_more_than_the_samples_of_one(genes, drawn):
    """Judged by genes without a role, on logarithms of transcripts per million; medians take no notice of their bursts."""
    bulk = (np.array(drawn.types) == "rna-seq") & ((drawn.gene_sums == 0).mean(axis=0) < 0.75)
    idle = (genes.levels > 0) & ~genes.raised.any(axis=1) & (genes.program < 0) & (genes.sex == 0)
    rate = drawn.gene_sums[:, bulk] / genes.lengths[:, None]
    values = np.log((rate / rate.sum(axis=0))[idle])
    groups = [values[:, drawn.study[bulk] == study] for study in np.unique(drawn.study[bulk])]
    within = np.median([group.std(axis=1, ddof=1) for group in groups if group.shape[1] >= 5])
    between = np.stack([np.median(group, axis=1) for group in groups]).std(axis=0, ddof=1).mean()
    assert between > 2 * within


def test_the_share_of_wrong_sex_labels(opened):
    """The sex genes tell the truth: female samples have XIST, male samples the genes of the Y."""
    dataset = opened.sex_genes()
    column = {gene: index for index, gene in enumerate(dataset.gene_ids)}
    high = {name: dataset.expression[:, column[name]] > 0.03 for name in (*FEMALE_GENES, *MALE_GENES)}
    female = high["XIST"]
    for name in MALE_GENES:
        assert (high[name] != female).mean() > 0.99
    wrong = (np.where(female, "female", "male") != dataset.column("label")).mean()
    assert 0.015 < wrong < 0.035
    assert set(dataset.column("label")) == {"female", "male"}
    assert min((dataset.column("label") == sex).mean() for sex in ("female", "male")) > 0.3


def test_the_sex_table_has_what_the_genuine_one_has(files, drawn):
    with files.sex_labels.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    kinds = {(row["organism"], row["data_type"]) for row in rows}
    assert kinds == {(organism, data) for organism in ("human", "mouse") for data in ("rnaseq", "microarray")}
    assert {row["metadata_sex"] for row in rows} == {"female", "male", "mixed", "unknown"}
    assert set(drawn.runs) <= {row["sample_acc"] for row in rows}
    labels = read_sex_labels(files.sex_labels)
    assert len(labels.conflicts) == 3
    assert len(rows) == len({row["sample_acc"] for row in rows}) + 5 + len(labels.conflicts)


def test_some_genes_have_no_length(tissues):
    assert any("3 without a length were dropped" in note for note in tissues.notes)


def test_both_miniatures_have_the_same_genes(tmp_path, tissues, genes):
    expression, _ = write_gtex_miniature(tmp_path)
    with gzip.open(expression, "rt") as file:
        assert [line.split("\t", 1)[0] for line in file][3:] == genes.ids
    assert set(tissues.gene_ids) <= set(genes.ids)
    shared = {name.lower() for name in GTEX_TISSUES} & set(COMMON)
    assert shared == {"blood", "blood vessel", "brain", "heart", "muscle", "skin"}


def test_the_most_variable_genes_are_those_with_a_role(tissues, genes):
    role = {gene: row for row, gene in enumerate(genes.ids)}
    rows = np.array([role[gene] for gene in tissues.gene_ids])
    linear, switched = genes.raised[rows].any(axis=1), genes.program[rows] >= 0
    assert linear.sum() >= 35
    assert switched.sum() >= 80
    assert (linear | switched | (genes.sex[rows] != 0)).mean() > 0.95


def test_non_linear_programs_leave_class_means_equal_and_spread_unequal(genes):
    tissues = np.repeat(np.arange(len(TISSUES)), 4000)
    factors = genes.draw_switches(generator("test", "switches"), tissues)
    by_tissue = factors.reshape(len(genes.ids), len(TISSUES), 4000)
    # The largest of some thousand means of 4,000 draws with a spread of at most 0.9: four standard errors and a bit.
    np.testing.assert_allclose(by_tissue.mean(axis=2), 1, atol=5 * 0.9 / np.sqrt(4000))
    on = np.array([[mark == "1" for mark in PROGRAMS[name]] for name in TISSUES])
    for number in range(on.shape[1]):
        spread = by_tissue[genes.program == number].std(axis=2).mean(axis=0)
        assert spread[on[:, number]].min() > 5 * spread[~on[:, number]].max()


def test_no_two_tissues_of_a_miniature_have_the_same_programs():
    for names in (list(N_STUDIES), [name.lower() for name in GTEX_TISSUES]):
        assert len({PROGRAMS[name] for name in names}) == len(names)


def test_linear_and_non_linear_signal_survive_the_held_out_studies(tissues):
    """Study-wise folds of one pair: linear models need the class means, a kernel does without."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold
    from sklearn.svm import SVC

    from linear_signal.data.signal_removal import remove_linear_signal

    data = tissues.take(np.isin(tissues.column("label"), ("brain", "blood")))
    classes = (data.column("label") == "brain").astype(int)
    scores = {"linear, full": [], "linear, removed": [], "non-linear, removed": []}
    for train, held in GroupKFold(5).split(data.expression, classes, data.column("study")):
        full = data.expression[train], data.expression[held]
        removed = [remove_linear_signal(data.expression[rows], classes[rows]) for rows in (train, held)]
        for name, model, (seen, asked) in (
            ("linear, full", LogisticRegression(C=10), full),
            ("linear, removed", LogisticRegression(class_weight="balanced"), removed),
            ("non-linear, removed", SVC(C=3, class_weight="balanced"), removed),
        ):
            predicted = model.fit(seen, classes[train]).predict(asked)
            scores[name].append(balanced_accuracy_score(classes[held], predicted))
    means = {name: np.mean(values) for name, values in scores.items()}
    assert means["linear, full"] > 0.93
    assert abs(means["linear, removed"] - 0.5) < 0.05
    assert means["non-linear, removed"] > 0.75


def test_single_samples_held_out_look_easier_than_whole_studies(tissues):
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GroupKFold

    scores = {"study": [], "sample": []}
    for name, groups in (("study", tissues.column("study")), ("sample", tissues.sample_ids)):
        for train, held in GroupKFold(5, shuffle=True, random_state=0).split(tissues.expression, groups=groups):
            model = RidgeClassifier(0.1, class_weight="balanced").fit(
                tissues.expression[train], tissues.column("label")[train]
            )
            scores[name].append(recall(tissues.column("label")[held], model.predict(tissues.expression[held])))
    assert np.mean(scores["sample"]) > np.mean(scores["study"]) + 0.03
    assert np.mean(scores["study"]) > 0.6


def recall(truth, predicted):
    """Mean recall over the classes that are there."""
    return np.mean([(predicted[truth == name] == name).mean() for name in np.unique(truth)])


def test_too_few_genes_are_an_error(tmp_path):
    with pytest.raises(InputError, match="at least 100"):
        write_recount3_miniature(tmp_path / "new", n_genes=50)
    assert not (tmp_path / "new").exists()
