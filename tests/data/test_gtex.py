"""GTEx: labels, donors and scaling, the cache, and what is said about bad input."""

import errno
import gzip
import io
import os
import time

import numpy as np
import pytest

from linear_signal.book.display import origin
from linear_signal.data.gtex.datasets import donors_of, load_gtex, read_tissues
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.data.preprocessing import zero_one
from linear_signal.data.scaled_cache import content_hash, remember_hashes
from linear_signal.errors import InputError
from linear_signal.files import file_state, read_kept

SAMPLES = ["GTEX-1117F-0226-SM-5GZZ7", "GTEX-1117F-0426-SM-5EGHI", "GTEX-111CU-0006-R10b-SM-1", "GTEX-ZZPU-2726-SM-5"]
VALUES = np.array([[1, 2, 3, 4], [5, 5, 5, 500], [0, 9, 1, 0], [4, 0, 2, 2]], dtype=np.float32)
TISSUES = ["Blood", "Skin", "Blood", ""]


def write(folder, *, samples=SAMPLES, values=VALUES, rows=None, columns=("SAMPID", "SMRIN", "SMTS")):
    folder.mkdir(exist_ok=True)
    expression, attributes = folder / "x.gct", folder / "a.txt"
    lines = ["#1.2", f"{len(values)}\t{len(samples)}", "\t".join(["Name", "Description", *samples])]
    lines += [f"G{row}\t\t" + "\t".join(f"{value:g}" for value in line) for row, line in enumerate(values)]
    expression.write_text("\n".join(lines) + "\n")
    rows = rows if rows is not None else list(zip(samples, TISSUES, strict=True))
    body = ["\t".join(columns), *[f"{sample}\t7.1\t{tissue}" for sample, tissue in rows]]
    attributes.write_text("\n".join(body) + "\n")
    return expression, attributes


def test_labels_donors_and_scaled_values(tmp_path):
    dataset = load_gtex(*write(tmp_path), n_genes=2)
    assert dataset.sample_ids.tolist() == SAMPLES[:3]
    assert dataset.column("label").tolist() == ["Blood", "Skin", "Blood"]
    assert dataset.column("donor").tolist() == ["GTEX-1117F", "GTEX-1117F", "GTEX-111CU"]
    # Gene 1 is constant over the kept samples, 0 and 3 tie: the sample without a tissue took no part in the scaling.
    assert dataset.gene_ids.tolist() == ["G0", "G2"]
    np.testing.assert_array_equal(dataset.expression, zero_one(VALUES[[0, 2], :3])[0].T)
    assert dataset.notes == ("1 of 4 samples were dropped: 1 without a tissue (SMTS), 0 not in the attributes table.",)
    assert not dataset.synthetic


def test_files_of_ones_own_are_called_by_their_names(tmp_path):
    expression, attributes = write(tmp_path / "in")
    dataset = open_gtex(
        "files", folder=tmp_path, n_genes=2, expression_file=str(expression), attributes_file=str(attributes)
    )
    assert dataset.source == "Your file x.gct, with the labels of a.txt"
    assert dataset.name == "your file"
    assert "GTEx" not in origin([dataset]).data


def test_samples_missing_from_the_attributes_are_dropped_and_extra_rows_ignored(tmp_path):
    rows = [(SAMPLES[0], "Blood"), (SAMPLES[2], "NA"), ("K-562-SM-1", "Bone Marrow")]
    dataset = load_gtex(*write(tmp_path, rows=rows))
    assert dataset.sample_ids.tolist() == SAMPLES[:1]
    assert "3 of 4 samples were dropped: 1 without a tissue (SMTS), 2 not in" in dataset.notes[0]
    assert dataset.notes[1] == "The file holds 4 genes, fewer than the 5,000 asked for; all were kept."


def test_compressed_attributes(tmp_path):
    expression, attributes = write(tmp_path)
    packed = tmp_path / "a.txt.gz"
    packed.write_bytes(gzip.compress(attributes.read_bytes()))
    assert read_tissues(packed) == read_tissues(attributes)
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(InputError, match="breaks off after line"):
        load_gtex(expression, packed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": ("SAMPID", "SMRIN", "tissue")}, "Unknown column of a.txt 'SMTS'. Allowed: SAMPID, SMRIN, tissue."),
        ({"columns": ("id", "SMRIN", "SMTS")}, "Unknown column of a.txt 'SAMPID'. Allowed: id, SMRIN, SMTS."),
        ({"rows": [(SAMPLES[0], "Blood")] * 2}, f"SAMPID must be unique; repeated: '{SAMPLES[0]}'"),
        ({"rows": [("other", "Blood")]}, "None of the 4 samples"),
        ({"samples": ["S1", *SAMPLES[1:]]}, "Sample ids of another shape than 'GTEX-1117F-0226-SM-5GZZ7': 'S1'"),
        ({"values": np.array([[1, 2, -3, 4]])}, f"gene 'G0' in sample '{SAMPLES[2]}' is '-3'"),
    ],
)
def test_bad_input_is_explained_and_nothing_written(tmp_path, change, message):
    cache = tmp_path / "cache"
    with pytest.raises(InputError) as caught:
        load_gtex(*write(tmp_path, **change), cache=cache)
    assert message in str(caught.value)
    assert not cache.exists()


def test_bad_numbers_and_missing_files(tmp_path):
    expression, attributes = write(tmp_path)
    with pytest.raises(InputError, match="n_genes is 0"):
        load_gtex(expression, attributes, n_genes=0)
    with pytest.raises(InputError, match=r"none\.txt does not exist"):
        load_gtex(expression, tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"none\.gct does not exist"):
        load_gtex(tmp_path / "none.gct", attributes)


def test_a_sample_id_needs_a_donor():
    for odd in ("GTEX-1117F", "GTEX--0226-SM-1", "TCGA-1-2-3", "K-562-SM-1"):
        with pytest.raises(InputError, match=odd):
            donors_of(np.array([SAMPLES[0], odd]))


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    return write_gtex_miniature(tmp_path_factory.mktemp("miniature"), n_donors=8, n_genes=120)


def test_the_cache_gives_the_same_dataset_without_reading_again(tmp_path, miniature, monkeypatch):
    plain = load_gtex(*miniature, n_genes=30)
    first = load_gtex(*miniature, n_genes=30, cache=tmp_path)
    (file,) = tmp_path.glob("gtex-*.kept")
    monkeypatch.setattr("linear_signal.data.gtex.datasets._chosen", lambda *_: pytest.fail("read again"))
    second = load_gtex(*miniature, n_genes=30, cache=tmp_path)
    assert plain.fingerprint == first.fingerprint == second.fingerprint
    assert plain.notes == second.notes
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, "hashes.kept"]


def test_the_cache_holds_genes_as_rows_with_their_scaling(tmp_path):
    import pandas as pd

    load_gtex(*write(tmp_path), n_genes=2, cache=tmp_path / "cache")
    (file,) = (tmp_path / "cache").glob("gtex-*.kept")
    key = file.stem.removeprefix("gtex-")
    table = read_kept(file, lambda content: pd.read_parquet(io.BytesIO(content)), identity=f"scaled genes {key}")
    assert table["gene_id"].tolist() == ["G0", "G2"]
    assert table["minimum"].tolist() == [1, 0]
    assert table["maximum"].tolist() == [3, 9]
    np.testing.assert_array_equal(np.stack(table["scaled"]), zero_one(VALUES[[0, 2], :3])[0])


def test_other_input_or_settings_get_another_cache_file(tmp_path):
    cache = tmp_path / "cache"
    load_gtex(*write(tmp_path), n_genes=2, cache=cache)
    load_gtex(*write(tmp_path), n_genes=3, cache=cache)
    assert len(list(cache.glob("gtex-*.kept"))) == 2
    changed = load_gtex(*write(tmp_path, values=VALUES[::-1]), n_genes=2, cache=cache)
    assert len(list(cache.glob("gtex-*.kept"))) == 3
    assert changed.gene_ids.tolist() == ["G0", "G1"]
    np.testing.assert_array_equal(changed.expression, zero_one(VALUES[[3, 2], :3])[0].T)


@pytest.mark.parametrize("damage", ["torn", "empty", "bits", "foreign", "other key"])
def test_a_bad_cache_file_is_reported_ignored_and_replaced(tmp_path, miniature, damage):
    import pandas as pd

    expected = load_gtex(*miniature, n_genes=30, cache=tmp_path)
    (file,) = tmp_path.glob("gtex-*.kept")
    whole = file.read_bytes()
    if damage == "torn":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "bits":
        middle = len(whole) // 3
        file.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    elif damage == "foreign":
        pd.DataFrame({"a": [1]}).to_parquet(file)
    else:
        load_gtex(*miniature, n_genes=31, cache=tmp_path)
        (other,) = set(tmp_path.glob("gtex-*.kept")) - {file}
        file.write_bytes(other.read_bytes())
    with pytest.warns(UserWarning, match="cannot be used"):
        again = load_gtex(*miniature, n_genes=30, cache=tmp_path)
    assert again.fingerprint == expected.fingerprint
    assert load_gtex(*miniature, n_genes=30, cache=tmp_path).fingerprint == expected.fingerprint


def test_a_hash_is_remembered_until_the_file_changes(tmp_path):
    memory, file = tmp_path / "hashes.kept", tmp_path / "x"
    file.write_bytes(b"abc")
    digest = content_hash(file)
    assert digest.startswith("ba7816bf")
    remember_hashes({file_state(file): "remembered"}, memory=memory)
    assert content_hash(file, memory=memory) == "remembered"
    file.write_bytes(b"abcd")
    assert content_hash(file, memory=memory) != "remembered"
    remember_hashes({file_state(file): "again"}, memory=memory)
    assert memory.read_bytes().count(b"/x|") == 1, "of a file only the last state is of use"
    memory.write_text("{torn")
    with pytest.warns(UserWarning, match="hashes.kept cannot be used"):
        assert content_hash(file, memory=memory) == content_hash(file)


def test_other_content_of_the_same_size_and_time_is_read(tmp_path):
    cache, (expression, attributes) = tmp_path / "cache", write(tmp_path)
    before, status = load_gtex(expression, attributes, cache=cache), expression.stat()
    time.sleep(0.02)
    write(tmp_path, values=VALUES[:, ::-1])
    assert expression.stat().st_size == status.st_size
    os.utime(expression, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = load_gtex(expression, attributes, cache=cache)
    assert after.fingerprint == load_gtex(expression, attributes).fingerprint != before.fingerprint


@pytest.mark.parametrize("cached", [True, False])
def test_a_file_that_is_replaced_while_it_is_read_is_refused(tmp_path, monkeypatch, cached):
    cache, (expression, attributes) = tmp_path / "cache", write(tmp_path)
    chosen = load_gtex.__globals__["_chosen"]

    def replacing(*arguments):
        other, _ = write(tmp_path / "other", values=VALUES[::-1])
        other.replace(expression)
        return chosen(*arguments)

    monkeypatch.setattr("linear_signal.data.gtex.datasets._chosen", replacing)
    with pytest.raises(InputError, match=r"x\.gct changed while it was being read"):
        load_gtex(expression, attributes, cache=cache if cached else None)
    assert not cache.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_cache_that_cannot_be_written_costs_the_cache_and_not_the_result(tmp_path, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("linear_signal.data.scaled_cache.write_kept", refuse)
    with pytest.warns(UserWarning, match=rf"The cache cannot be written .*{os.strerror(number)}.*read again at the next"):
        dataset = load_gtex(*write(tmp_path), cache=tmp_path / "cache")
    assert dataset.fingerprint == load_gtex(*write(tmp_path)).fingerprint
