"""Write a file tree in the layout of a recount3 mirror: index, annotation, and per study gene sums and five tables."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.errors import InputError, listed
from linear_signal.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

ANNOTATION = "G026"  # GENCODE 26
TABLES = ("sra", "recount_project", "recount_qc", "recount_seq_qc", "recount_pred")
_HOME = Path("human/data_sources/sra")
_READ_LENGTH = 100
_GTF_HEADER = """\
##contact: gencode-help@sanger.ac.uk
##date: 2017-03-14
##description: evidence-based annotation of the human genome (GRCh38), version 26 (Ensembl 88)
##format: gtf
##provider: GENCODE
"""
_SUMS_HEADER = f"##annotation={ANNOTATION}\n##date.generated=2020-05-12 01:01:49.411644\n"


def _names(text: str) -> list[str]:
    return text.split()


_KEYS = ["rail_id", "external_id", "study"]
_PROJECT = [*_KEYS, *_names("project organism file_source metadata_source date_processed")]
_PREDICTED = [
    *_KEYS,
    *_names("sample_acc curated.type curated.tissue pattern.predict.type pred.type curated.cell_type curated.cell_line"),
]
_SEQUENCES = [*_KEYS, *_names("min_len max_len avg_len #distinct_quality_values #bases %A %C %G %T %N avgQ errQ")]
_SRA = [
    *_KEYS,
    *_names("""sample_acc experiment_acc submission_acc submission_center submission_lab study_title study_abstract
    study_description experiment_title design_description sample_description library_name library_strategy
    library_source library_selection library_layout paired_nominal_length paired_nominal_stdev
    library_construction_protocol platform_model sample_attributes experiment_attributes spot_length sample_name
    sample_title sample_bases sample_spots run_published size run_total_bases run_total_spots num_reads num_spots
    read_info run_alias run_center_name run_broker_name run_center"""),
]
# What STAR reports for the first and, with a "2" behind the name, for the second alignment of a run.
_STAR = _names("""%_of_chimeric_reads %_of_reads_mapped_to_multiple_loci %_of_reads_mapped_to_too_many_loci
    %_of_reads_unmapped:_other %_of_reads_unmapped:_too_many_mismatches %_of_reads_unmapped:_too_short all_mapped_reads
    average_input_read_length average_mapped_length deletion_average_length deletion_rate_per_base
    insertion_average_length insertion_rate_per_base mapping_speed,_million_of_reads_per_hour
    mismatch_rate_per_base,_% number_of_chimeric_reads number_of_input_reads number_of_reads_mapped_to_multiple_loci
    number_of_reads_mapped_to_too_many_loci number_of_reads_unmapped:_other
    number_of_reads_unmapped:_too_many_mismatches number_of_reads_unmapped:_too_short number_of_splices:_at/ac
    number_of_splices:_annotated_(sjdb) number_of_splices:_gc/ag number_of_splices:_gt/ag
    number_of_splices:_non-canonical number_of_splices:_total uniquely_mapped_reads_% uniquely_mapped_reads_number""")
_QUALITY = [
    *_KEYS,
    *_names("""aligned_reads%.chrm aligned_reads%.chrx aligned_reads%.chry bc_auc.all_reads_all_bases
    bc_auc.all_reads_annotated_bases bc_auc.unique_reads_all_bases bc_auc.unique_reads_annotated_bases bc_auc.all_%
    bc_auc.unique_% bc_frag.count bc_frag.kallisto_count bc_frag.kallisto_mean_length bc_frag.mean_length
    bc_frag.mode_length bc_frag.mode_length_count exon_fc.all_% exon_fc.unique_% exon_fc_count_all.total
    exon_fc_count_all.assigned exon_fc_count_unique.total exon_fc_count_unique.assigned gene_fc.all_% gene_fc.unique_%
    gene_fc_count_all.total gene_fc_count_all.assigned gene_fc_count_unique.total gene_fc_count_unique.assigned
    intron_sum intron_sum_%"""),
    *(f"star.{name}{number}" for name in _STAR for number in ("", "2")),
    *_names("junction_count junction_coverage junction_avg_coverage"),
    *(
        f"star.{name}_both"
        for name in _names("""number_of_input_reads all_mapped_reads number_of_chimeric_reads
        number_of_reads_mapped_to_multiple_loci number_of_reads_mapped_to_too_many_loci number_of_reads_unmapped:_other
        number_of_reads_unmapped:_too_many_mismatches number_of_reads_unmapped:_too_short uniquely_mapped_reads_number
        %_mapped_reads %_chimeric_reads %_reads_mapped_to_multiple_loci %_reads_mapped_to_too_many_loci
        %_reads_unmapped:_other %_reads_unmapped:_too_many_mismatches %_reads_unmapped:_too_short
        uniquely_mapped_reads_%""")
    ),
]


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyFiles:
    """What the files of one study say.

    Attributes:
        accession: study accession (``"SRP009615"``).
        runs: run accessions, the columns of the gene sums.
        gene_sums: int64 [genes, runs], covered bases summed over each gene.
        curated_tissue: per run, written as ``curated.tissue``; ``""`` becomes NA.
        predicted_type: per run, written as ``pattern.predict.type`` (``"rna-seq"``, ``"scrna-seq"``); ``""`` becomes
            NA. A run with neither has no row in the table of predictions, as it is in the genuine files.
        sample_accessions: per run (``"SRS351715"``).

    Raises:
        InputError: the parts do not have one entry per run.
    """

    accession: str
    runs: Sequence[str]
    gene_sums: np.ndarray
    curated_tissue: Sequence[str]
    predicted_type: Sequence[str]
    sample_accessions: Sequence[str]

    def __post_init__(self) -> None:
        sizes = {
            "curated_tissue": len(self.curated_tissue),
            "predicted_type": len(self.predicted_type),
            "sample_accessions": len(self.sample_accessions),
            "gene_sums (columns)": np.shape(self.gene_sums)[-1],
        }
        wrong = [f"{name} has {size}" for name, size in sizes.items() if size != len(self.runs)]
        if wrong:
            raise InputError(f"{self.accession} has {len(self.runs)} runs, but {', '.join(wrong)}; one per run is needed.")


def write_recount3_tree(folder: Path, *, genes: pd.DataFrame, studies: Sequence[StudyFiles]) -> Path:
    """Write human gene sums and their metadata as a recount3 mirror holds them; the same input gives the same bytes.

    Args:
        folder: root of the mirror, which gets the folder ``human``.
        genes: a row per gene, in the order of the rows of the gene sums, with the columns ``gene_id``, ``gene_name``,
            ``bp_length`` (bases; missing where the annotation has none), ``seqname`` and, where wished, ``gene_type``.
        studies: the studies; the index lists their runs in this order.

    Returns:
        ``folder``.

    Raises:
        InputError: a study or a run is there twice, or gene sums have another number of rows than ``genes``.
    """
    folder = Path(folder)
    _check(genes, studies)
    _write(folder / "human/homes_index", b"data_sources/sra\n")
    _write(annotation_path(folder), _packed(_GTF_HEADER + "".join(_gtf_lines(genes))))
    projects = []
    next_id = 1
    for study in studies:
        rail_ids = [str(next_id + position) for position in range(len(study.runs))]
        next_id += len(study.runs)
        write_gene_sums(gene_sums_path(folder, study.accession), genes["gene_id"], study.runs, study.gene_sums)
        tables = _tables(study, rail_ids)
        projects += tables["recount_project"]
        for name, rows in tables.items():
            _write(metadata_path(folder, study.accession, name), _packed(_table(_COLUMNS[name], rows)))
    _write(folder / _HOME / "metadata/sra.recount_project.MD.gz", _packed(_table(_PROJECT, projects)))
    return folder


def write_gene_sums(path: Path, gene_ids: Iterable[str], runs: Sequence[str], sums: np.ndarray) -> None:
    """Write one study's gene sums, int [genes, runs], with the two lines of comment the genuine files begin with."""
    rows = ["\t".join(map(str, row)) for row in np.asarray(sums).tolist()]
    lines = [f"{gene}\t{row}\n" for gene, row in zip(gene_ids, rows, strict=True)]
    _write(path, _packed(_SUMS_HEADER + "\t".join(["gene_id", *runs]) + "\n" + "".join(lines)))


def annotation_path(folder: Path) -> Path:
    """Return where a mirror keeps the annotation of its gene sums."""
    return Path(folder) / f"human/annotations/gene_sums/human.gene_sums.{ANNOTATION}.gtf.gz"


def gene_sums_path(folder: Path, accession: str) -> Path:
    """Return where a mirror keeps the gene sums of a study.

    >>> gene_sums_path(Path("mirror"), "SRP009615").as_posix()
    'mirror/human/data_sources/sra/gene_sums/15/SRP009615/sra.gene_sums.SRP009615.G026.gz'
    """
    return Path(folder) / _HOME / f"gene_sums/{accession[-2:]}/{accession}/sra.gene_sums.{accession}.{ANNOTATION}.gz"


def metadata_path(folder: Path, accession: str, table: str) -> Path:
    """Return where a mirror keeps one of the :data:`TABLES` of a study.

    >>> metadata_path(Path("mirror"), "SRP009615", "recount_pred").as_posix()
    'mirror/human/data_sources/sra/metadata/15/SRP009615/sra.recount_pred.SRP009615.MD.gz'
    """
    return Path(folder) / _HOME / f"metadata/{accession[-2:]}/{accession}/sra.{table}.{accession}.MD.gz"


_COLUMNS = dict(zip(TABLES, (_SRA, _PROJECT, _QUALITY, _SEQUENCES, _PREDICTED), strict=True))


def _check(genes: pd.DataFrame, studies: Sequence[StudyFiles]) -> None:
    for kind, names in (
        ("studies", [study.accession for study in studies]),
        ("runs", [run for study in studies for run in study.runs]),
        ("genes", genes["gene_id"].tolist()),
    ):
        repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if repeated:
            raise InputError(f"A recount3 tree holds each of its {kind} once; repeated: {listed(repeated)}.")
    for study in studies:
        if np.ndim(study.gene_sums) != 2 or len(study.gene_sums) != len(genes):
            raise InputError(
                f"Gene sums of {study.accession} have shape {np.shape(study.gene_sums)}; {len(genes):,} genes x "
                f"{len(study.runs)} runs are needed."
            )


def _gtf_lines(genes: pd.DataFrame) -> Iterable[str]:
    # In these files the score, the sixth column, is the number of bases that the exons of a gene cover.
    start = 10_001
    types = genes["gene_type"] if "gene_type" in genes.columns else ["protein_coding"] * len(genes)
    for gene_id, name, length, seqname, kind in zip(
        genes["gene_id"], genes["gene_name"], genes["bp_length"], genes["seqname"], types, strict=True
    ):
        known = length == length and length is not None
        end = start + (3 * int(length) if known else 1_000) - 1
        score = str(int(length)) if known else "."
        attributes = f'gene_id "{gene_id}"; gene_type "{kind}"; gene_name "{name}"; level 2;'
        yield "\t".join([str(seqname), "HAVANA", "gene", str(start), str(end), score, "+", ".", attributes]) + "\n"
        start = end + 1_000


def _tables(study: StudyFiles, rail_ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """Make the rows of the five tables; columns that are not named here say nothing about these runs."""
    tables: dict[str, list[dict[str, str]]] = {name: [] for name in TABLES}
    covered = np.asarray(study.gene_sums).sum(axis=0).tolist()
    for column, (rail_id, run) in enumerate(zip(rail_ids, study.runs, strict=True)):
        keys = {"rail_id": rail_id, "external_id": run, "study": study.accession}
        sample = study.sample_accessions[column]
        home = _HOME.relative_to("human").as_posix()
        tables["recount_project"].append(
            keys
            | {"project": study.accession, "organism": "Homo sapiens", "file_source": home, "metadata_source": home}
            | {"date_processed": "2019-10-01"}
        )
        tables["sra"].append(keys | {"sample_acc": sample, "library_strategy": "RNA-Seq", "library_layout": "single"})
        reads, bases, length = str(covered[column] // _READ_LENGTH), str(covered[column]), str(_READ_LENGTH)
        quality = dict.fromkeys(_QUALITY, "0") | keys
        quality |= dict.fromkeys([name for name in _QUALITY if name.startswith("bc_auc.") and "%" not in name], bases)
        quality |= {"star.average_input_read_length": length, "star.average_mapped_length": f"{length}.00"}
        quality |= {f"star.{name}": reads for name in ("number_of_input_reads", "all_mapped_reads")}
        tables["recount_qc"].append(quality)
        tables["recount_seq_qc"].append(
            dict.fromkeys(_SEQUENCES, "0")
            | keys
            | dict.fromkeys(("min_len", "max_len", "avg_len"), length)
            | {"#bases": bases}
        )
        tissue, kind = study.curated_tissue[column], study.predicted_type[column]
        if tissue or kind:
            values = {"curated.tissue": tissue or "NA", "pattern.predict.type": kind or "NA"}
            tables["recount_pred"].append(dict.fromkeys(_PREDICTED, "NA") | keys | {"sample_acc": sample} | values)
    return tables


def _table(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    return "".join("\t".join(line) + "\n" for line in [columns, *([row.get(name, "") for name in columns] for row in rows)])


def _packed(text: str) -> bytes:
    # Without the time of writing, so that the same content is the same file.
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def _write(path: Path, content: bytes) -> None:
    # What is there already keeps its time, by which a reader tells that nothing has changed.
    if path.exists() and path.read_bytes() == content:
        return
    # Hundreds of small files: to wait for the disk with each would take most of the time.
    write_whole(path, content, sync=False)
