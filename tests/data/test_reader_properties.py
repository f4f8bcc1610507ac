"""Readers of users' files, on files made up by the hundred: what is valid is read to the last bit, all else is refused."""

import csv
import gzip
import io
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import few
from linear_signal.data.gct import GctReader
from linear_signal.data.number_text import BELOW, parse_numbers, why_no_number
from linear_signal.data.plain_text import MOST_LETTERS, why_no_name
from linear_signal.data.text_columns import read_text_columns
from linear_signal.errors import InputError

# The same files every time, so that a failure on one machine is one on all.
made_up = settings(few, max_examples=40)
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SIZES = re.compile(r"([1-9][0-9]{0,9})[\t ]+([1-9][0-9]{0,9})[\t ]*")

digits = st.text("0123456789", min_size=1, max_size=9)
numbers = st.one_of(
    st.just("0"),
    st.integers(0, 10**6).map(str),
    st.floats(1e-30, 2**50).map(lambda value: f"{value:.4g}"),
    st.builds("{}.{}".format, digits, digits),
    st.builds(
        "{}{}{}{}".format, st.integers(0, 99), st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 9)
    ),
)
nearly_numbers = (
    st.text("0123456789.eE+-_ xn\0,", max_size=12) | numbers | st.builds("{}e-{}".format, digits, st.integers(30, 60))
)
# Everything that is markup or a formula somewhere, and is text here.
signs = st.sampled_from([*"abzÅж日 $\\<>&'\"`{}[]()_^%#*|~=,;:/.-+019", "\u00a0", "\u0301"])
names = st.text(signs, min_size=1, max_size=8).filter(lambda text: not why_no_name(text))
edits = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=2)), max_size=3
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("made_up") / "file"


def nearest(text, dtype):
    """Find the number next to what is written, by exact arithmetic; of two as near, the even one."""
    value, first = Fraction(text), dtype(float(Fraction(text)))
    near = [np.nextafter(first, dtype(-np.inf)), first, np.nextafter(first, dtype(np.inf))]
    word = {2: np.uint16, 4: np.uint32, 8: np.uint64}[first.nbytes]
    return min((one for one in near if one >= 0), key=lambda one: (abs(Fraction(float(one)) - value), one.view(word) & 1))


def is_number(text, dtype):
    if not NUMBER.fullmatch(text):
        return False
    return Fraction(text) == 0 or 0 < nearest(text, dtype) < BELOW


def edited(content, changes):
    content = bytearray(content)
    for kind, where, other in changes:
        place = int(where * len(content))
        content[place : place + (0, 1, len(other))[kind]] = other if kind != 1 else b""
    return bytes(content)


@made_up
@given(fields=st.lists(nearly_numbers, min_size=1, max_size=6), dtype=st.sampled_from([np.float32, np.float64]))
def test_a_number_is_read_to_the_last_bit_or_refused(fields, dtype):
    values = parse_numbers("\t".join(fields).encode(), dtype)
    expected = [is_number(field, dtype) for field in fields]
    assert [not why_no_number(field, dtype) for field in fields] == expected
    assert (values is not None) == all(expected)
    if values is not None:
        assert values.tolist() == [float(nearest(field, dtype)) for field in fields]


@st.composite
def gct_files(draw):
    samples = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    genes = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    texts = [draw(st.lists(numbers, min_size=len(samples), max_size=len(samples))) for _ in genes]
    described = [draw(st.just("") | names) for _ in genes]
    lines = ["#1.2", f"{len(genes)}\t{len(samples)}", "\t".join(["Name", "Description", *samples])]
    lines += ["\t".join([gene, words, *row]) for gene, words, row in zip(genes, described, texts, strict=True)]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    content = end.join(lines) + draw(st.sampled_from(["", end, end * 3]))
    return content.encode(), samples, genes, texts


def read_gct(path, content, *, packed, block_genes=2):
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    with GctReader(path) as reader:
        samples = reader.sample_ids.tolist()
        blocks = [(list(ids), values) for ids, values in reader.blocks(block_genes=block_genes)]
    return samples, [gene for ids, _ in blocks for gene in ids], np.concatenate([values for _, values in blocks]).tolist()


def expected_gct(content):
    """Read a GCT file by the letter of its grammar, or return None where it breaks it."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError:
        return None
    lines = [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
    sizes = SIZES.fullmatch(lines[1]) if len(lines) > 2 and lines[0].rstrip("\t ") == "#1.2" else None
    if sizes is None:
        return None
    n_genes, n_samples = int(sizes[1]), int(sizes[2])
    name, description, *samples = [*lines[2].split("\t"), ""][: max(3, lines[2].count("\t") + 1)]
    if [name.casefold(), description.casefold()] != ["name", "description"] or len(samples) != n_samples:
        return None
    rows = [line.split("\t") for line in lines[3 : 3 + n_genes]]
    if len(rows) != n_genes or any(lines[3 + n_genes :]) or any(len(row) != n_samples + 2 for row in rows):
        return None
    genes, words = [row[0] for row in rows], [row[1] for row in rows]
    distinct = len(set(samples)) == len(samples) and len(set(genes)) == len(genes)
    # Of a description only the hidden characters matter.
    plain = not any(map(why_no_name, samples + genes)) and not any("hidden" in hidden(text) for text in words)
    texts = [text for row in rows for text in row[2:]]
    if not (distinct and plain and all(is_number(text, np.float32) for text in texts)):
        return None
    return samples, genes, [[float(nearest(text, np.float32)) for text in row[2:]] for row in rows]


def hidden(text):
    return "hidden" if "cannot be printed" in why_no_name(f"x{text}x") else ""


@made_up
@given(file=gct_files(), packed=st.booleans(), block_genes=st.integers(1, 6))
def test_a_valid_gct_file_comes_back_exactly(path, file, packed, block_genes):
    content, samples, genes, texts = file
    values = [[float(nearest(text, np.float32)) for text in row] for row in texts]
    assert read_gct(path, content, packed=packed, block_genes=block_genes) == (samples, genes, values)


@settings(made_up, max_examples=80)
@given(file=gct_files(), changes=edits, packed=st.booleans())
def test_a_changed_gct_file_is_read_right_or_refused(path, file, changes, packed):
    content = edited(file[0], changes)
    expected = expected_gct(content)
    if expected is not None:
        assert read_gct(path, content, packed=packed) == expected
        return
    with pytest.raises(InputError):
        read_gct(path, content, packed=packed)


@made_up
@given(file=gct_files(), changes=edits)
def test_changed_compression_is_read_right_or_refused(path, file, changes):
    path.write_bytes(edited(gzip.compress(file[0], 1, mtime=0), changes))
    try:
        with GctReader(path) as reader:
            genes = [gene for ids, _ in reader.blocks() for gene in ids]
    except InputError:
        return
    assert genes == file[2]


@st.composite
def label_tables(draw):
    separator = draw(st.sampled_from("\t,"))
    plain = names.filter(lambda text: not (separator == "\t" and text.startswith('"')))
    columns = ["id", draw(st.just("other") | plain.filter(lambda text: text not in ("id", "label"))), "label"]
    order = draw(st.permutations(range(3)))
    rows = [columns, *draw(st.lists(st.tuples(plain, st.just("") | plain, st.just("") | plain), min_size=1, max_size=5))]
    rows = [[row[place] for place in order] for row in rows]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    if separator == "\t":
        text = "".join("\t".join(row) + end for row in rows)
    else:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator=end, quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))).writerows(
            rows
        )
        text = buffer.getvalue()
    columns = {name: [row[rows[0].index(name)] for row in rows[1:]] for name in ("id", "label")}
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode(), columns


@made_up
@given(table=label_tables(), packed=st.booleans())
def test_a_valid_table_of_labels_comes_back_exactly(path, table, packed):
    content, columns = table
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    assert read_text_columns(path, ("id", "label")).to_dict("list") == columns


@settings(made_up, max_examples=80)
@given(table=label_tables(), changes=edits)
def test_a_changed_table_of_labels_gives_names_or_is_refused(path, table, changes):
    path.write_bytes(edited(table[0], changes))
    try:
        read = read_text_columns(path, ("id", "label"))
    except InputError:
        return
    texts = [text for column in ("id", "label") for text in read[column]]
    assert all(not text.strip() or not why_no_name(text.strip()) for text in texts)
    assert max(map(len, texts)) <= MOST_LETTERS
