"""The reader's own data, of any kind of file: the same numbers whichever it is, and a sentence for what cannot be used."""

import gzip

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.own.open_own import open_own_data
from linear_signal.data.own.raw_table import MOST_GENES
from linear_signal.errors import InputError

N, GENES = 24, 12
IDS = [f"S-{number}" for number in range(N)]
RANDOM = np.random.default_rng(5)
COUNTS = pd.DataFrame(RANDOM.poisson(20, (N, GENES)), index=IDS, columns=[f"G{number}" for number in range(GENES)])
LABELS = pd.DataFrame(
    {"tissue": ["a", "b"] * (N // 2), "donor": [f"D{number // 2}" for number in range(N)], "age": np.arange(N) / 7},
    index=IDS,
)


def table(values, path):
    """Write a table by its ending."""
    if path.suffix == ".parquet":
        values.to_parquet(path)
    elif path.suffix == ".feather":
        values.to_feather(path)
    elif path.suffix == ".gct":
        genes = values.T
        genes.insert(0, "Description", "any")
        text = genes.rename_axis("Name").to_csv(sep="\t")
        path.write_text(f"#1.2\n{len(genes)}\t{values.shape[0]}\n{text}")
    elif path.suffix == ".h5ad":
        anndata = pytest.importorskip("anndata")
        from scipy import sparse

        obs, var = pd.DataFrame(index=values.index), pd.DataFrame(index=values.columns)
        made = anndata.AnnData(sparse.csr_matrix(values.to_numpy(dtype=np.float32)), obs=obs, var=var)
        made.layers["columns"] = sparse.csc_matrix(made.X)
        made.write_h5ad(path)
    else:
        values.to_csv(path, sep="\t" if ".tsv" in path.name else ",")
    return path


@pytest.mark.parametrize("transposed", [False, True], ids=["samples in rows", "genes in rows"])
@pytest.mark.parametrize("ending", ["csv", "tsv.gz", "parquet", "feather"])
def test_every_kind_of_table_gives_the_same_data_either_way_round(tmp_path, ending, transposed):
    own = open_own_data(
        table(COUNTS.T if transposed else COUNTS, tmp_path / f"x.{ending}"), LABELS, label="tissue", groups="donor"
    )
    expected = np.log1p(COUNTS / COUNTS.sum(axis=1).to_numpy()[:, None] * 1e6)
    np.testing.assert_allclose(own.dataset.expression, expected, rtol=1e-5)
    assert own.dataset.gene_ids.tolist() == list(COUNTS)
    assert own.labels.tolist() == LABELS["tissue"].tolist()
    assert own.totals.tolist() == COUNTS.sum(axis=1).tolist()
    assert own.scaling == "cpm_log1p"


@pytest.mark.parametrize("ending", ["gct", "h5ad"])
def test_gct_and_h5ad_are_read_as_the_tables_are(tmp_path, ending):
    own = open_own_data(table(COUNTS, tmp_path / f"x.{ending}"), LABELS, label="tissue")
    assert own.totals.tolist() == COUNTS.sum(axis=1).tolist()
    if ending == "h5ad":
        layer = open_own_data(tmp_path / "x.h5ad", LABELS, label="tissue", layer="columns")
        assert layer.dataset.fingerprint == own.dataset.fingerprint


def test_labels_may_stand_beside_the_genes_and_look_like_numbers(tmp_path):
    beside = COUNTS.assign(state=[0, 1] * (N // 2))
    beside.to_csv(tmp_path / "x.csv")
    for given in (beside, tmp_path / "x.csv"):
        own = open_own_data(given, label="state")
        assert set(own.labels) == {"0", "1"}
        assert own.dataset.n_genes == GENES


def test_summary_rows_constant_genes_and_samples_without_labels_are_left_out_and_counted(tmp_path):
    counts = COUNTS.assign(flat=3, none=0, __no_feature=9, N_unmapped=1)
    labels = LABELS.drop(IDS[0])
    labels.loc[IDS[1], "tissue"] = None
    own = open_own_data(table(counts.T, tmp_path / "counts.tsv"), labels, label="tissue")
    assert own.dataset.n_samples == N - 2
    assert own.dataset.n_genes == GENES
    assert (own.tally["genes_constant"], own.tally["genes_zero"], own.tally["summary_rows"]) == (2, 1, 2)
    assert own.tally["samples_unasked"] == 1
    assert sum("left out" in note for note in own.notes) >= 4


@pytest.mark.parametrize(
    ("values", "scaling"),
    [
        (COUNTS, "cpm_log1p"),
        (COUNTS / COUNTS.sum(axis=1).to_numpy()[:, None] * 1e6, "log1p"),
        (np.log2(COUNTS + 1.5), "none"),
        (COUNTS - COUNTS.mean() + 0.25, "none"),
        (COUNTS * 40.5 - 0.01, "log1p"),
    ],
    ids=["counts", "per million", "logarithms", "centred", "corrected"],
)
def test_the_scale_is_seen_from_the_values_and_said(values, scaling):
    own = open_own_data(values, LABELS, label="tissue")
    assert own.scaling == scaling
    assert np.isfinite(own.dataset.expression).all()
    assert any("taken as" in note or "left as" in note for note in own.notes)


def test_of_an_index_of_several_levels_one_has_the_ids():
    levels = pd.MultiIndex.from_arrays([COUNTS.index, COUNTS.index.str.lower()])
    found, plain = (open_own_data(one, LABELS, label="tissue").dataset for one in (COUNTS.set_axis(levels), COUNTS))
    assert np.array_equal(found.sample_ids, plain.sample_ids)
    assert np.array_equal(found.expression, plain.expression)


def test_classes_spelt_in_two_ways_and_numbers_beside_labels_are_told_of():
    spelt = LABELS.assign(tissue=np.resize(["Brain", "brain", "Lung"], len(LABELS)))
    assert any("'Brain', 'brain'" in note for note in open_own_data(COUNTS, spelt, label="tissue").notes)
    beside = pd.concat([spelt, COUNTS], axis=1)
    assert any("'age'" in note and "taken for genes" in note for note in open_own_data(beside, label="tissue").notes)


def test_ids_that_do_not_fit_are_shown_from_each_side():
    with pytest.raises(InputError) as error:
        open_own_data(COUNTS.rename(index=lambda one: one.replace("-", ".")), LABELS, label="tissue")
    assert all(repr(one) in str(error.value) for one in ("S.0", "S.1", "S.2", "S-0", "S-1", "S-2"))
    assert "differ in signs" in str(error.value)


def test_samples_that_are_lost_by_the_spelling_of_their_ids_are_told_of():
    spelt = LABELS.rename(index={"S-1": "s-1", "S-2": "S.2"})
    own = open_own_data(COUNTS, spelt, label="tissue")
    assert own.tally["samples_misspelt"] == 2
    assert any("2 of these" in note and "'S-1' and 's-1'" in note and "case only" in note for note in own.notes)
    assert open_own_data(COUNTS, LABELS.iloc[:20], label="tissue").tally["samples_misspelt"] == 0


def test_one_is_written_as_one():
    labels = LABELS.copy()
    labels.loc["S-1", "tissue"] = None
    notes = " ".join(open_own_data(COUNTS.assign(flat=3), labels, label="tissue").notes)
    assert "1 sample without tissue was left out." in notes
    assert "1 gene with one value over all samples was left out." in notes


def test_an_h5ad_without_x_is_told_from_a_damaged_one(tmp_path):
    anndata = pytest.importorskip("anndata")
    made = anndata.AnnData(obs=LABELS, var=pd.DataFrame(index=COUNTS.columns))
    made.layers["counts"] = COUNTS.to_numpy(dtype=np.float32)
    made.write_h5ad(tmp_path / "x.h5ad")
    for data in (tmp_path / "x.h5ad", made):
        with pytest.raises(InputError, match=r"has no X.*layer: counts"):
            open_own_data(data, label="tissue")
        assert open_own_data(data, label="tissue", layer="counts").dataset.n_genes == GENES


def test_of_many_columns_the_first_are_named(tmp_path):
    with pytest.raises(InputError) as error:
        open_own_data(COUNTS, pd.DataFrame(index=IDS, columns=[f"C{number}" for number in range(500)]), label="C4x")
    assert "did you mean 'C4" in str(error.value)
    assert "and 461 more" in str(error.value)


def changed(value, dtype=float):
    values = COUNTS.astype(dtype)
    values.iloc[3, 4] = value
    return values


TWICE = pd.concat([LABELS, LABELS["tissue"][::-1].set_axis(LABELS.index)], axis=1)
# name: (expression, labels, label, parts of the message)
REFUSED = {
    "text among numbers": (changed("abc", object), LABELS, "tissue", ["'G4'", "'abc'"]),
    "missing value": (
        changed(np.nan),
        LABELS,
        "tissue",
        ["'S-3'", "'G4'", "1 value is missing", "in 1 of 12 genes, 1 of 24 samples"],
    ),
    "a gene without values": (
        COUNTS.assign(G4=np.nan),
        LABELS,
        "tissue",
        ["24 values are missing", "in 1 of 12 genes, 24 of"],
    ),
    "infinite value": (changed(np.inf), LABELS, "tissue", ["'S-3'", "1 value is infinite"]),
    "logarithm of zero": (changed(-np.inf), LABELS, "tissue", ["1 value is infinite", "log(1 + x)"]),
    "negative count": (changed(-4) * 10, LABELS, "tissue", ["below zero", "-40"]),
    "nothing but zeros": (COUNTS * 0, LABELS, "tissue", ["every gene is zero"]),
    "sample id twice": (COUNTS.rename(index={"S-1": "S-0"}), LABELS, "tissue", ["unique", "'S-0'"]),
    "label id twice": (COUNTS, LABELS.rename(index={"S-1": "S-0"}), "tissue", ["unique", "'S-0'"]),
    "no such column": (COUNTS, LABELS, "tisue", ["did you mean 'tissue'"]),
    "label is a measurement": (COUNTS, LABELS, "age", ["measurement", "cut it"]),
    "label of each sample": (COUNTS, LABELS.assign(name=IDS), "name", ["differs between all"]),
    "one class": (COUNTS, LABELS.assign(tissue="a"), "tissue", ["two classes"]),
    "no label at all": (COUNTS, LABELS.assign(tissue=""), "tissue", ["No sample"]),
    "two columns of one name": (COUNTS, TWICE, "tissue", ["two columns 'tissue'"]),
    "a number too large": (changed(10**400, object), LABELS, "tissue", ["'G4'", "401 digits"]),
    "numbers as text": (COUNTS.map("{:,}".format), LABELS, "tissue", ["a text"]),
    "rows that are counted": (COUNTS.reset_index(drop=True), LABELS, "tissue", ["only counted"]),
    "an array": (COUNTS.to_numpy(), LABELS, "tissue", ["DataFrame"]),
    "a million genes": (
        pd.DataFrame(np.ones((4, 1_000_000), np.float32), index=IDS[:4]),
        LABELS,
        "tissue",
        [f"{MOST_GENES:,}"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence(name):
    expression, labels, label, parts = REFUSED[name]
    with pytest.raises(InputError) as error:
        open_own_data(expression, labels, label=label)
    assert all(part in str(error.value) for part in parts), str(error.value)


def test_what_cannot_be_squared_is_refused_before_anything_is_computed():
    with pytest.raises(InputError, match="squares"):
        open_own_data(1e30 * COUNTS, LABELS, label="tissue", scaling="none")
    with pytest.raises(InputError, match="other units"):
        open_own_data(COUNTS, LABELS.assign(age=1e300), label="tissue", covariates=["age"])


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("x.csv", b"", ["empty"]),
        ("x.csv", b"id,G1\n", ["no rows"]),
        ("x.csv", b"PAR1 and so on", ["Parquet", ".parquet"]),
        ("x.csv", b"PK\x03\x04 sheet", ["Excel", ".csv"]),
        ("x.csv", "id,G1\nS-0,1\n".encode("utf-16"), ["UTF-16"]),
        ("x.csv", b"id,G1\nS-0,\xff1\n", ["UTF-8"]),
        ("x.csv", b"id,G1,G2\nS-0,1,2\nS-1,1\n", ["2 fields", "3"]),
        ("x.csv.gz", gzip.compress(b"id,G1\n" + b"S-0,1\n" * 9999)[:-9], ["breaks off"]),
        ("x.csv.gz", b"id,G1\nS-0,1\n", ["gzip"]),
        ("x.parquet", b"id,G1\nS-0,1\n", ["not what its ending says"]),
        ("x.parquet", b"PAR1 and no more", ["cannot be read"]),
        ("x.h5ad", b"\x89HDF\r\n\x1a\n and no more", ["cannot be read"]),
        ("x.gct", b"#1.2\n5\t1\nName\tDescription\tS-0\nG1\t\t1\n", ["promises 5"]),
        ("x.docx", b"any", [".docx"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_file_that_is_not_what_it_should_be_is_refused(tmp_path, name, content, parts):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        open_own_data(tmp_path / name, LABELS, label="tissue")
    assert all(part in str(error.value) for part in parts), str(error.value)
