"""Tables of genuine loci: which loci are kept, what is active, and codes that say nothing."""

import gzip

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.roadmap import open_expression, pilot_table, random_codes
from linear_signal.studies.schreiber2020.schemes import make_scheme

RPKM = np.random.default_rng(0).gamma(0.5, 4, size=(30, 4)).round(3)
GENES = [f"ENSG{number:011d}" for number in range(30)]
PLACES = [f"chr{1 + number % 3}" for number in range(26)] + ["chrX", "chrY", "chrM"]  # the last gene has none


@pytest.fixture
def files(tmp_path):
    """Write 30 genes in a reference and three cell types, one of them twice; return the two files."""
    expression, genes = tmp_path / "e.gz", tmp_path / "g.tsv"
    lines = ["\t".join(["gene_id", "E000", "E003", "E024", "E100"])]
    lines += ["\t".join([gene, *map(str, row), ""]) for gene, row in zip([*GENES, GENES[0]], [*RPKM, RPKM[1]], strict=True)]
    expression.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    genes.write_text("".join(f"{place}\t1\t2\t+\t{gene}\tN\n" for gene, place in zip(GENES[:29], PLACES, strict=True)))
    return {"rpkm_file": expression, "genes_file": genes, "folder": tmp_path}


def test_genes_of_the_autosomes_are_kept_and_the_others_counted(files):
    table = open_expression(**files)
    assert table.loci.tolist() == GENES[:26]
    assert table.chromosomes.tolist() == PLACES[:26]
    assert table.cell_types == ("E003", "E024", "E100")
    np.testing.assert_array_equal(table.labels, RPKM[:26, 1:] > 0.5)
    np.testing.assert_array_equal(np.argsort(table.activity, axis=0), np.argsort(RPKM[:26, 1:], axis=0))
    assert table.relatives == {"E003": ("E024",), "E024": ("E003",)}
    assert (table.n_marks, table.constant.shape, table.synthetic) == (0, (26, 64), False)
    for count in ("30 genes", "1 without a chromosome", "3 on sex chromosomes", "1 lines"):
        assert count in table.notes[0]
    assert open_expression(**files, threshold=5.0).labels.mean() < table.labels.mean()
    with pytest.raises(InputError, match="E113"):
        make_scheme("hybrid", table, target="E003", validation_cell_types=("E113",))


def test_a_file_that_is_not_the_published_one_says_so(files):
    assert "not the published file" in open_expression(**files).source


def test_files_come_in_pairs_that_belong_together(files):
    with pytest.raises(InputError, match="both"):
        open_expression(**files | {"genes_file": ""})
    files["genes_file"].write_text("chr1\t1\t2\t+\tENSG00000999999\tN\n")
    with pytest.raises(InputError, match="None of the 30 genes"):
        open_expression(**files)


def test_a_plan_needs_no_download(tmp_path):
    table = open_expression(folder=tmp_path, sizes_only=True)
    assert (table.n_loci, table.n_cell_types, table.constant.shape[1]) == (18_915, 56, 64)
    held = ("E113", "E004", "E037", "E106")
    sizes = [make_scheme(name, table, target="E003", validation_cell_types=held) for name in ("cross_cell_type", "hybrid")]
    assert [len(scheme.judge.loci) for scheme in sizes] == [16_905, 2010]
    assert len(sizes[0].train.cell_types) == 51
    assert not list(tmp_path.iterdir())


def test_codes_depend_on_names_alone_and_are_standard_normal():
    codes = random_codes(5000, 8, name="a")
    np.testing.assert_array_equal(codes, random_codes(5000, 8, name="a"))
    assert (codes != random_codes(5000, 8, name="a", seed=1)).all()
    assert codes.dtype == np.float32
    assert (codes.mean(), codes.std()) == pytest.approx((0, 1), abs=0.02)
    with pytest.raises(InputError, match="at least one"):
        random_codes(10, 0, name="a")


@pytest.fixture
def pilot(tmp_path):
    """Write 2,000 loci x 3 cell types x 3 marks, of which few are active; return the file."""
    signal = np.random.default_rng(0).gamma(0.3, 1, size=(2000, 3, 3)).astype(np.float16)
    arrays = {"celltypes": np.array(["E003", "E017", "E065"]), "marks": np.array(["H3K4me1", "H3K4me3", "H3K9me3"])}
    np.savez(tmp_path / "pilot.npz", signal=signal, **arrays)
    return tmp_path / "pilot.npz"


def test_active_pilot_loci_are_kept_and_a_share_of_the_others(pilot):
    every = pilot_table(pilot, inactive_share=1.0)
    table = pilot_table(pilot)
    assert every.marks == ("H3K4me1", "H3K9me3")
    np.testing.assert_array_equal(every.labels, every.activity > 1.5)
    active = every.labels.any(axis=1)
    assert set(every.loci[active]) <= set(table.loci)
    assert (table.n_loci - active.sum()) / (~active).sum() == pytest.approx(0.25, abs=0.05)
    strict = pilot_table(pilot, chosen_by=("E017", "E065"))
    assert strict.labels[:, 1:].sum() == table.labels[:, 1:].sum()
    assert strict.labels[:, 0].sum() < table.labels[:, 0].sum()


def test_the_first_three_of_twenty_blocks_are_judged_on(pilot):
    table = pilot_table(pilot, inactive_share=1.0)
    assert (table.chromosomes[:300] == "chr1").all()
    assert (table.chromosomes[300:400] == "chr2").all()
    assert table.chromosomes[-1] == "chr18"
    assert len(np.unique(table.chromosomes)) == 18


def test_what_the_pilot_file_lacks_is_named(pilot):
    with pytest.raises(InputError, match="E116"):
        pilot_table(pilot, chosen_by=("E116",))
    with pytest.raises(InputError, match="inactive_share"):
        pilot_table(pilot, inactive_share=2)
