"""A written tree is what the recount3 package expects of a mirror, in layout and in every column."""

import gzip

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.made_up.recount3_tree import (
    TABLES,
    StudyFiles,
    annotation_path,
    gene_sums_path,
    metadata_path,
    write_recount3_tree,
)
from linear_signal.errors import InputError

GENES = pd.DataFrame(
    {
        "gene_id": ["ENSG00000229807.10", "ENSG00000129824.15", "ENSG00000000003.14"],
        "gene_name": ["XIST", "RPS4Y1", "TSPAN6"],
        "bp_length": [19_280, 1_538, np.nan],
        "seqname": ["chrX", "chrY", "chrX"],
    }
)


def study(accession="SRP000012", runs=("SRR1", "SRR2"), **changes):
    values = {
        "gene_sums": np.arange(3 * len(runs)).reshape(3, -1),
        "curated_tissue": ["brain"] + [""] * (len(runs) - 1),
        "predicted_type": ["rna-seq"] + [""] * (len(runs) - 1),
        "sample_accessions": [f"SRS{position}" for position in range(len(runs))],
    }
    return StudyFiles(accession=accession, runs=list(runs), **(values | changes))


def text(path):
    return gzip.decompress(path.read_bytes()).decode()


def test_the_recount3_package_reads_the_tree(tmp_path):
    import recount3 as r3
    from recount3.config import Config

    mirror = write_recount3_tree(tmp_path / "mirror", genes=GENES, studies=[study(), study("ERP7", ["ERR1"])])
    config = Config(
        base_url=f"{mirror.as_uri()}/",
        timeout=5,
        insecure_ssl=False,
        max_retries=1,
        user_agent="test",
        cache_dir=tmp_path / "cache",
        cache_disabled=False,
    )

    def load(kind, **fields):
        description = r3.R3ResourceDescription(resource_type=kind, organism="human", **fields)
        return r3.R3Resource(description, config=config).load()

    listed = load("data_source_metadata", data_source="sra")
    assert listed["external_id"].tolist() == ["SRR1", "SRR2", "ERR1"]
    assert listed["project"].tolist() == ["SRP000012", "SRP000012", "ERP7"]
    assert listed["rail_id"].tolist() == [1, 2, 3]
    fields = {"data_source": "sra", "project": "SRP000012"}
    sums = load("count_files_gene_or_exon", genomic_unit="gene", annotation_extension="G026", **fields)
    assert sums.index.tolist() == GENES["gene_id"].tolist()
    np.testing.assert_array_equal(sums.to_numpy(), study().gene_sums)
    widths = {"sra": 41, "recount_project": 8, "recount_qc": 112, "recount_seq_qc": 15, "recount_pred": 10}
    assert tuple(widths) == TABLES
    for table, width in widths.items():
        read = load("metadata_files", table_name=table, **fields)
        assert read.shape == (1 if table == "recount_pred" else 2, width)
        assert len(set(read.columns)) == width
    predicted = load("metadata_files", table_name="recount_pred", **fields)
    assert predicted[["external_id", "curated.tissue", "pattern.predict.type"]].iloc[0].tolist() == [
        "SRR1",
        "brain",
        "rna-seq",
    ]


def test_lengths_stand_in_the_score_column_and_missing_ones_as_a_dot(tmp_path):
    write_recount3_tree(tmp_path, genes=GENES, studies=[study()])
    lines = [line.split("\t") for line in text(annotation_path(tmp_path)).splitlines() if not line.startswith("#")]
    assert [line[5] for line in lines] == ["19280", "1538", "."]
    assert 'gene_id "ENSG00000229807.10"' in lines[0][8]
    assert 'gene_name "XIST"' in lines[0][8]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    trees = [write_recount3_tree(tmp_path / name, genes=GENES, studies=[study()]) for name in ("one", "two")]
    files = [sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_file()) for tree in trees]
    assert files[0] == files[1]
    assert len(files[0]) == 3 + 6
    assert all((trees[0] / path).read_bytes() == (trees[1] / path).read_bytes() for path in files[0])
    before = gene_sums_path(trees[0], "SRP000012").stat().st_mtime_ns
    write_recount3_tree(trees[0], genes=GENES, studies=[study()])
    assert gene_sums_path(trees[0], "SRP000012").stat().st_mtime_ns == before
    assert text(metadata_path(trees[0], "SRP000012", "recount_pred")).count("\n") == 2


@pytest.mark.parametrize(
    ("studies", "message"),
    [
        (lambda: [study(), study(runs=["SRR3"])], "repeated: 'SRP000012'"),
        (lambda: [study(), study("SRP2")], "repeated: 'SRR1' and 1 more"),
        (lambda: [study(gene_sums=np.ones((4, 2), dtype=int))], r"shape \(4, 2\)"),
        (lambda: [study(curated_tissue=["brain"])], "curated_tissue has 1"),
    ],
)
def test_a_tree_that_contradicts_itself_is_refused(tmp_path, studies, message):
    with pytest.raises(InputError, match=message):
        write_recount3_tree(tmp_path / "mirror", genes=GENES, studies=studies())
    assert not (tmp_path / "mirror").exists()
