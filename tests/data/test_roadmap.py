"""Roadmap's expression, gene positions and pilot signal: what is read, what is counted, what is refused."""

import gzip
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from linear_signal.data.roadmap import download
from linear_signal.data.roadmap.expression import read_expression
from linear_signal.data.roadmap.gene_positions import read_gene_positions
from linear_signal.data.roadmap.pilot import read_pilot
from linear_signal.errors import InputError

GENES = [f"ENSG{number:011d}" for number in range(6)]
CELL_TYPES = ["E000", "E003", "E004"]
VALUES = np.arange(18).reshape(6, 3) / 8


def expression_file(folder, *, genes=GENES, header=("gene_id", *CELL_TYPES), values=VALUES, end="\t\n"):
    path = folder / "expression.gz"
    lines = ["\t".join(header) + "\n"]
    lines += ["\t".join([gene, *(f"{value:.3f}" for value in row)]) + end for gene, row in zip(genes, values, strict=True)]
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path


@pytest.mark.parametrize("end", ["\t\n", "\n", "\t\r\n"], ids=["tab", "plain", "windows"])
def test_lines_may_end_in_a_tab(tmp_path, end):
    found = read_expression(expression_file(tmp_path, end=end))
    assert found.gene_ids.tolist() == GENES
    assert found.cell_types == tuple(CELL_TYPES)
    np.testing.assert_array_equal(found.rpkm, VALUES.astype(np.float32))
    assert found.n_repeated == 0


def test_of_a_gene_that_is_there_twice_the_first_line_is_kept_and_the_others_counted(tmp_path):
    found = read_expression(expression_file(tmp_path, genes=[*GENES[:4], GENES[0], GENES[0]]))
    assert found.gene_ids.tolist() == GENES[:4]
    np.testing.assert_array_equal(found.rpkm[0], VALUES[0].astype(np.float32))
    assert found.n_repeated == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"header": ("gene", *CELL_TYPES)}, "gene_id"),
        ({"header": ("gene_id", "E000", "E003")}, "3 values follow"),
        ({"header": ("gene_id", "E000", "E003", "E003")}, "twice: 'E003'"),
        ({"header": ("gene_id", "E000", "", "E003")}, "is empty"),
        ({"values": np.where(VALUES == 1, np.nan, VALUES)}, f"gene '{GENES[2]}' in E004 is 'nan'"),
        ({"genes": ["", *GENES[1:]]}, "gene id is empty"),
        ({"genes": [], "values": []}, "no genes"),
    ],
    ids=["header", "too few columns", "twice", "nameless", "nan", "nameless gene", "no genes"],
)
def test_what_is_no_table_of_expression_is_refused(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        read_expression(expression_file(tmp_path, **changes))


def test_a_truncated_file_is_refused(tmp_path):
    random = np.random.default_rng(0)
    path = expression_file(tmp_path, genes=[f"G{number}" for number in range(500)], values=random.random((500, 3)))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="truncated"):
        read_expression(path)


ATTRIBUTES = 'gene_id "{}.4"; transcript_id "T"; gene_type "protein_coding";'
LAYOUTS = {
    "gtf": lambda gene, chromosome: "\n".join(
        "\t".join([chromosome, "HAVANA", kind, "1", "2", ".", "+", ".", ATTRIBUTES.format(gene)])
        for kind in ("gene", "exon")
    ),
    "gene_info": lambda gene, chromosome: "\t".join(
        [gene, chromosome.removeprefix("chr"), "1", "2", "-1", "protein_coding", "NAME", "with a description"]
    ),
    "simplified": lambda gene, chromosome: "\t".join([chromosome, "1", "2", "+", gene, "NAME"]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_three_tables_say_where_genes_lie(tmp_path, layout):
    path, line = tmp_path / "genes.tsv", LAYOUTS[layout]
    places = ["chr1", "chr22", "chrX", "chrM", "GL000191.1"]
    genes = [*GENES[:5], "ENSGR0000226179", GENES[0]]
    rows = [line(gene, place) for gene, place in zip(genes, [*places, "chrY", "chr3"], strict=True)]
    path.write_text("\n".join(["#comment", *rows, ""]))
    found = read_gene_positions(path)
    assert found.chromosomes == dict(zip(GENES[:4], places[:4], strict=True)) | {"ENSGR0000226179": "chrY"}
    assert found.n_repeated == 1


def test_what_says_nothing_of_genes_is_refused(tmp_path):
    path = tmp_path / "genes.tsv"
    for content, said in [
        ("a\tb\n", "names no gene"),
        ("", "places no gene"),
        ("chr1\t1\t2\t+\tTP53\tTP53\n", "names no gene"),
    ]:
        path.write_text(content)
        with pytest.raises(InputError, match=said):
            read_gene_positions(path)


def pilot_file(folder, **changes):
    arrays = {
        "signal": np.random.default_rng(0).random((40, 2, 3)).astype(np.float16),
        "celltypes": np.array(["E003", "E017"]),
        "marks": np.array(["H3K4me3", "H3K4me1", "H3K9me3"]),
    }
    np.savez(folder / "pilot.npz", **{name: values for name, values in (arrays | changes).items() if values is not None})
    return folder / "pilot.npz"


def test_the_pilot_signal_is_read_as_single_precision(tmp_path):
    found = read_pilot(pilot_file(tmp_path))
    assert (found.values.dtype, found.values.shape) == (np.float32, (40, 2, 3))
    assert found.cell_types == ("E003", "E017")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"marks": None}, "lacks the arrays marks"),
        ({"marks": np.array(["H3K4me3"])}, "shape"),
        ({"signal": np.zeros((40, 2, 3), int)}, "must be numbers"),
        ({"signal": np.array([{}], dtype=object)}, "cannot be read"),
    ],
    ids=["lacking", "shape", "whole numbers", "objects"],
)
def test_what_is_no_pilot_signal_is_refused(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        read_pilot(pilot_file(tmp_path, **changes))


def test_a_damaged_pilot_file_is_refused(tmp_path):
    path = pilot_file(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="truncated"):
        read_pilot(path)
    with pytest.raises(InputError, match="does not exist"):
        read_pilot(tmp_path / "none.npz")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Serve two files in place of the published ones; return the folder they are served from."""
    folder = tmp_path / "served"
    folder.mkdir()
    content = expression_file(folder).rename(folder / download.EXPRESSION).read_bytes()
    (folder / download.GENES).write_bytes(gzip.compress(LAYOUTS["gtf"](GENES[0], "chr1").encode()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(download, "EXPRESSION_URL", root + download.EXPRESSION)
    monkeypatch.setattr(download, "GENES_URL", root + download.GENES)
    monkeypatch.setattr(download, "EXPRESSION_SHA256", hashlib.sha256(content).hexdigest())
    yield folder
    server.shutdown()
    server.server_close()


def test_both_files_are_downloaded_and_a_damaged_one_is_fetched_again(published, tmp_path):
    expression, genes = download.download_roadmap_expression(tmp_path / "kept")
    assert read_expression(expression).gene_ids.tolist() == GENES
    assert read_gene_positions(genes).chromosomes == {GENES[0]: "chr1"}
    expression.write_bytes(b"something else")
    with pytest.warns(UserWarning, match="SHA-256"):
        download.download_roadmap_expression(tmp_path / "kept")
    assert download.expression_damage(expression) is None


def test_a_file_with_another_hash_is_refused(published, tmp_path):
    (published / download.EXPRESSION).write_bytes(gzip.compress(b"another table"))
    with pytest.raises(InputError, match=download.EXPRESSION):
        download.download_roadmap_expression(tmp_path / "kept")
    assert not (tmp_path / "kept" / download.EXPRESSION).exists()
