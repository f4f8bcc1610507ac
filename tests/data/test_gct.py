"""Reading GCT: what comes out, what is refused and in which words, and how much memory it takes."""

import gzip
import os
import threading
import tracemalloc
import zlib

import numpy as np
import pytest

from linear_signal.data.gct import GctReader
from linear_signal.data.number_text import parse_numbers, why_no_number
from linear_signal.data.preprocessing import MostVariableGenes
from linear_signal.errors import InputError
from linear_signal.seeds import generator

ROWS = [["G1.1", "one", "0", "1.5", "2e3"], ["G2.1", "", "4", "5", "6"], ["G3.1", "three", "7", "0.01776", "9"]]


def text(rows=ROWS, *, first="#1.2", counts="3\t3", samples=("S1", "S2", "S3"), end="\n"):
    lines = [first, counts, "\t".join(["Name", "Description", *samples]), *["\t".join(row) for row in rows]]
    return end.join(lines) + end


def read(path, kept=None, **options):
    with GctReader(path) as reader:
        blocks = [(list(names), values) for names, values in reader.blocks(kept, **options)]
    return [name for names, _ in blocks for name in names], np.concatenate([values for _, values in blocks])


def changed(row, column, value):
    rows = [list(fields) for fields in ROWS]
    rows[row][column] = value
    return text(rows)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("block_genes", [1, 2, 100])
def test_reads_ids_and_values(tmp_path, end, compressed, block_genes):
    content = text(end=end).encode()
    path = tmp_path / ("x.gct.gz" if compressed else "x.gct")
    path.write_bytes(gzip.compress(content) if compressed else content)
    with GctReader(path) as reader:
        assert reader.sample_ids.tolist() == ["S1", "S2", "S3"]
        assert reader.n_genes == 3
    names, values = read(path, block_genes=block_genes)
    assert names == ["G1.1", "G2.1", "G3.1"]
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.array([[0, 1.5, 2000], [4, 5, 6], [7, 0.01776, 9]], dtype=np.float32))


def test_compression_is_told_by_content(tmp_path):
    path = tmp_path / "renamed.gct"
    path.write_bytes(gzip.compress(text().encode()))
    assert read(path)[0] == ["G1.1", "G2.1", "G3.1"]


def test_returns_the_columns_asked_for(tmp_path):
    path = tmp_path / "x.gct"
    path.write_text(text())
    everything = read(path)[1]
    np.testing.assert_array_equal(read(path, np.array([True, False, True]))[1], everything[:, [0, 2]])
    np.testing.assert_array_equal(read(path, np.array([2, 0]))[1], everything[:, [2, 0]])


def test_reports_progress(tmp_path):
    path = tmp_path / "x.gct"
    path.write_text(text())
    calls = []
    read(path, block_genes=2, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(2, 3), (3, 3)]


LONG = [[f"G{gene}", "", "1", "2", "3"] for gene in range(97)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(first="#1.3"), "first line is '#1.3'; a GCT 1.2 file starts with '#1.2'"),
        ("", "first line is ''"),
        (text(counts="three genes"), "line 2 is 'three genes'"),
        (text(LONG, counts="56200\t3"), "line 2 promises 56,200 genes, the file holds 97. It is truncated"),
        (text(LONG, counts="95\t3"), "line 2 promises 95 genes, the file holds more. Correct line 2"),
        (text(counts="3\t17382"), "line 2 promises 17,382 samples, the header names 3"),
        (text(samples=("S1", "S2", "S1")), "sample ids must be unique; repeated: 'S1'"),
        (text(samples=("S1", "", "S3")), "column 4 of the header is empty"),
        (text().replace("Name\t", "Gene\t"), "the header starts with ['Gene', 'Description']"),
        (changed(2, 0, "G1.1"), "line 6 names gene 'G1.1' again"),
        (changed(2, 0, ""), "the gene id of line 6 is empty"),
        (text([*ROWS[:2], ROWS[2][:4]]), "line 6 (gene 'G3.1') has 4 fields; the header has 5"),
        (text([*ROWS[:2], [*ROWS[2], "1"]]), "line 6 (gene 'G3.1') has 6 fields; the header has 5"),
        (changed(1, 3, "high"), "gene 'G2.1' in sample 'S2' is 'high'"),
        (changed(1, 3, "5 6"), "gene 'G2.1' in sample 'S2' is '5 6'"),
        (changed(1, 3, "1_0"), "gene 'G2.1' in sample 'S2' is '1_0'"),
        (changed(1, 2, ""), "gene 'G2.1' in sample 'S1' is empty"),
        (changed(1, 3, ""), "gene 'G2.1' in sample 'S2' is empty"),
        (changed(1, 4, ""), "gene 'G2.1' in sample 'S3' is empty"),
        (
            changed(1, 3, "-0.5"),
            "gene 'G2.1' in sample 'S2' is '-0.5'; expression must be a finite number of zero or more",
        ),
        (changed(1, 3, "NaN"), "gene 'G2.1' in sample 'S2' is 'NaN'"),
        (changed(1, 3, "inf"), "gene 'G2.1' in sample 'S2' is 'inf'"),
        (changed(1, 3, "1e60"), "is '1e60', and numbers must lie below 9,007,199,254,740,992"),
        (changed(1, 3, "1e-60"), "is '1e-60', too small to be told from zero"),
        (changed(1, 4, "5\r\r"), "in sample 'S3' is '5\\r'"),
        (text(counts=f"{'9' * 25}\t3"), "it must hold the number of genes and the number of samples"),
        (text(counts=f"{'9' * 5000}\t3"), "line 2 goes on for more than 4,096 bytes"),
        (text(counts="3\t３"), "line 2 is '3\\t３'"),
        (text(samples=("S1", "S2", "S3\0")), "column 5 of the header is 'S3\\x00', which holds a character that cannot be"),
        (text(samples=("S1", "S2 ", "S3")), "column 4 of the header is 'S2 ', with a blank at its end"),
        (text(samples=("S1", "S2", "S" * 300)), "300 characters long; 256 is the most"),
        (
            changed(1, 0, "G\x1b[31m"),
            "the gene id of line 5 is 'G\\x1b[31m', which holds a character that cannot be printed",
        ),
        (changed(1, 1, "\u202eevil"), "the description of gene 'G2.1' holds a character that cannot be printed (U+202E)"),
        (text().replace("G2.1", "\nG2.1"), "line 5 is empty; only behind the last gene may lines be empty"),
        (text() + "\n\nG4\t\t1\t2\t3\n", "the file holds more"),
        ("\ufeff" + text(), "the first line is '\\ufeff#1.2'"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path, content, message):
    path = tmp_path / "x.gct"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_bad_value_in_a_column_not_asked_for_is_found(tmp_path):
    path = tmp_path / "x.gct"
    path.write_text(changed(1, 3, "NaN"))
    with pytest.raises(InputError, match="'S2' is 'NaN'"):
        read(path, np.array([0]))


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        GctReader(tmp_path / "none.gct")
    with pytest.raises(InputError, match="cannot be opened"):
        GctReader(tmp_path)


def test_a_pipe_is_not_waited_on(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"pipe is a pipe or a device, .* A GCT file is needed, as a file"):
        GctReader(tmp_path / "pipe")


def test_damaged_compression(tmp_path):
    rows = [[f"G{gene}", "", *generator("gct", gene).random(3).astype(str)] for gene in range(2000)]
    whole = gzip.compress(text(rows, counts="2000\t3").encode())
    path = tmp_path / "x.gct.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"breaks off after line [\d,]+: it is truncated"):
        read(path)
    path.write_bytes(whole[:-6] + b"\0\0" + whole[-4:])
    with pytest.raises(InputError, match="unreadable after line"):
        read(path)


@pytest.mark.parametrize("form", ["%.4g", "%.9g", "%.17g", "%.3e", "%d"])
def test_numbers_are_the_float32_next_to_what_is_written(form):
    random = generator("gct", "numbers", form)
    values = np.exp(random.normal(0, 6, 5000)) * (random.random(5000) < 0.7)
    texts = [form % value for value in values]
    parsed = parse_numbers("\t".join(texts).encode())
    assert parsed.dtype == np.float32
    np.testing.assert_array_equal(parsed, np.array([float(text) for text in texts]).astype(np.float32))


NO_NUMBERS = ["", " ", "1 2", "x", "1_0", "1\xff", "5.", ".5", "1.e5", "+5", "-5", "-0", "5 ", "5\0", "0x10", "nan", "inf"]
NO_NUMBERS += [
    "1e",
    "e5",
    "1e5e5",
    "1.2.3",
    "1,5",
    "1d5",
    "５",
    "9" * 23,
    "1e400",
    "1e-400",
    "0." + "0" * 400 + "1",
    str(2**53),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("field", NO_NUMBERS)
def test_what_is_no_number_is_refused_wherever_it_stands(field, dtype):
    for fields in ([field], [field, "1"], ["1", field], ["1", field, "1"]):
        assert parse_numbers("\t".join(fields).encode(), dtype) is None
    assert why_no_number(field, dtype)


@pytest.mark.parametrize(
    "field", ["0", "0.00", "0.000e+00", "0e-99", "007", "1.50", "1E5", "1e+05", "1e-05", str(2**53 - 2**29)]
)
def test_what_is_a_number_is_read(field):
    assert parse_numbers(f"1\t{field}".encode()).tolist() == [1, np.float32(field)]
    assert parse_numbers(field.encode(), np.float64).tolist() == [float(field)]
    assert why_no_number(field) == ""


@pytest.mark.parametrize("begin", [b"", text().split("G1.1")[0].encode()])
@pytest.mark.parametrize("filled", [b"A", b"\t", b"\n", b"0\t"])
def test_a_bomb_stops_at_a_bound(tmp_path, begin, filled):
    path = tmp_path / "x.gct.gz"
    packed = zlib.compressobj(9, wbits=31)
    million = filled * (1_000_000 // len(filled))
    path.write_bytes(packed.compress(begin) + b"".join(packed.compress(million) for _ in range(24)) + packed.flush())
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 12e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n_lines", [0, 1, 150])
def test_a_file_closed_early_leaves_no_thread_behind(tmp_path, n_lines):
    rows = [[f"G{gene}", "", *generator("gct", gene).random(300).astype(str)] for gene in range(200)]
    path = tmp_path / "x.gct.gz"
    path.write_bytes(gzip.compress(text(rows, counts="200\t300", samples=[f"S{i}" for i in range(300)]).encode()))
    with GctReader(path) as reader:
        blocks = reader.blocks(block_genes=1)
        names = [next(blocks)[0][0] for _ in range(n_lines)]
    assert names == [f"G{gene}" for gene in range(n_lines)]
    assert "unpack" not in {thread.name for thread in threading.enumerate()}


def peak_memory(path):
    tracemalloc.start()
    try:
        with GctReader(path) as reader:
            chosen = MostVariableGenes(20, n_samples=len(reader.sample_ids))
            for names, values in reader.blocks():
                chosen.add(names, values)
            chosen.result()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_follows_the_genes_kept_and_not_the_file(tmp_path):
    n_samples = 1500
    rows = ["\t".join(map(str, generator("gct", "memory", row).integers(0, 999, n_samples))) for row in range(10)]
    peaks = []
    for n_genes in (200, 2000):
        path = tmp_path / f"{n_genes}.gct.gz"
        with gzip.open(path, "wt", compresslevel=1) as file:
            samples = "\t".join(f"S{sample}" for sample in range(n_samples))
            file.write(f"#1.2\n{n_genes}\t{n_samples}\nName\tDescription\t{samples}\n")
            file.writelines(f"G{gene}\t\t{rows[gene % 10]}\n" for gene in range(n_genes))
        peaks.append(peak_memory(path))
    # Ten times the genes are 10.8 MB of values more; only their names may add up.
    assert peaks[1] - peaks[0] < 0.5e6
