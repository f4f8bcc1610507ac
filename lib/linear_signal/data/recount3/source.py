"""Where a chapter's Recount3 data come from: the synthetic miniature, or a mirror of the genuine archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from linear_signal.data.dataset import Dataset
from linear_signal.data.recount3.datasets import sex_dataset, tissue_dataset
from linear_signal.data.recount3.files import PUBLIC
from linear_signal.data.recount3.samples import Recount3Table, read_recount3
from linear_signal.data.recount3.scope import SCOPES
from linear_signal.data.recount3.sex_labels import FILE_NAME, SexLabels, read_sex_labels
from linear_signal.data.recount3.sizes import Recount3Sizes
from linear_signal.errors import InputError, unknown

SOURCES = ("miniature", "recount3")


@dataclass(frozen=True, eq=False, kw_only=True)
class Recount3Samples:
    """Labelled samples of Recount3 and where they come from.

    Attributes:
        table: the samples.
        name: name of the datasets made from them.
        synthetic: whether they were simulated.
        source: one sentence for the page.
        sex_notes: what was left out of the sex labels, in sentences.
    """

    table: Recount3Table
    name: str
    synthetic: bool
    source: str
    sex_notes: tuple[str, ...] = ()

    def tissues(self, tissues: Sequence[str] = (), *, min_studies: int = 10) -> Dataset:
        """Make the dataset of tissues (:func:`~linear_signal.data.recount3.datasets.tissue_dataset`)."""
        return tissue_dataset(self.table, tissues=tissues, min_studies=min_studies, **self._origin)

    def sexes(self) -> Dataset:
        """Make the dataset of sex from the most variable genes."""
        return self._with_sex_notes(sex_dataset(self.table, **self._origin))

    def sex_genes(self) -> Dataset:
        """Make the dataset of sex from the genes that tell it: the same samples in the same order."""
        return self._with_sex_notes(sex_dataset(self.table, markers=True, **self._origin))

    def _with_sex_notes(self, dataset: Dataset) -> Dataset:
        return replace(dataset, notes=(*self.sex_notes, *dataset.notes))

    @property
    def _origin(self) -> dict:
        return {"name": self.name, "synthetic": self.synthetic, "source": self.source}


def open_recount3(
    source: str,
    *,
    folder: Path | str,
    n_genes: int,
    mirror: Path | str = "",
    scope: str = "labelled",
    downloads: int = 8,
    sex_labels: bool = False,
    sex_labels_file: Path | str = "",
    sizes_only: bool = False,
) -> Recount3Samples | Recount3Sizes:
    """Get Recount3 from one of its sources; both go through the same reader.

    Args:
        source: "miniature" writes a small synthetic mirror in the genuine layout; "recount3" reads ``mirror``.
        folder: where the miniature, what is downloaded and the result are kept.
        n_genes: genes to keep, the most variable ones.
        mirror: address or folder of a mirror, for source "recount3"; by default the public one.
        scope: "labelled" fetches only studies with a labelled run, "all" every study, which then counts for the scaling.
        downloads: files fetched at once.
        sex_labels: whether samples with a sex label are wanted as well.
        sex_labels_file: the file of Flynn et al. 2021, for source "recount3"; the miniature has its own.
        sizes_only: fetch nothing: in place of "recount3" samples of the same sizes without values are returned.

    Raises:
        InputError: unknown source or scope, a mirror or file named for the miniature, no file where sex labels are wanted,
            a file that cannot be used, or what :func:`~linear_signal.data.recount3.samples.read_recount3` raises.
    """
    folder = Path(folder).expanduser()
    if source not in SOURCES:
        raise unknown("source", source, SOURCES)
    if scope not in SCOPES:
        raise unknown("scope", scope, SCOPES)
    named = [str(name) for name in (mirror, sex_labels_file) if str(name)]
    if source == "miniature" and named:
        raise InputError(f"{named[0]!r} was named, but source is {source!r}. Set source to 'recount3' to use it.")
    if source == "recount3" and sizes_only:
        return Recount3Sizes(n_genes=n_genes)
    settings = {"scope": scope, "n_genes": n_genes, "downloads": downloads}
    if source == "miniature":
        from linear_signal.data.made_up.recount3_miniature import write_recount3_miniature

        files = write_recount3_miniature(folder / "recount3_miniature")
        labels = read_sex_labels(files.sex_labels) if sex_labels else None
        return Recount3Samples(
            table=read_recount3(files.mirror, folder, sex_labels=labels, **settings),
            name="Recount3 miniature",
            synthetic=True,
            source="A miniature of Recount3: a mirror in the genuine layout with simulated studies, runs and gene sums",
            sex_notes=labels.notes if labels else (),
        )
    labels = _sex_labels(sex_labels, sex_labels_file)
    where = str(mirror) or PUBLIC
    return Recount3Samples(
        table=read_recount3(where, folder / "recount3", sex_labels=labels, **settings),
        name="Recount3",
        synthetic=False,
        source=f"Recount3, human runs of the sequence read archive, transcripts per million from the gene sums at {where}",
        sex_notes=labels.notes if labels else (),
    )


def _sex_labels(wanted: bool, file: Path | str) -> SexLabels | None:
    if not wanted:
        if str(file):
            raise InputError(f"The file {str(file)!r} was named, but no sex labels are wanted. Leave one of the two away.")
        return None
    if not str(file):
        raise InputError(
            f"The genuine Recount3 carries no sex. Name sex_labels_file, your copy of {FILE_NAME} of Flynn, Chang & Altman "
            "2021 (BMC Bioinformatics 22:168), or use source 'miniature'."
        )
    return read_sex_labels(file)
