"""The data sets that packages of R bring along, one record each: where it lies, what is known of it, and who to cite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linear_signal.errors import unknown


@dataclass(frozen=True, kw_only=True)
class Record:
    """A data set that a package of R brings along.

    Attributes:
        name: of the data set.
        package: of R.
        debian: the package of Debian that installs it.
        data: what ``utils::data`` calls it.
        facts: columns of R by what we call them.
        person: the fact that names the person behind a sample; empty where the package does not say.
        about: what was measured, for a sentence.
        citation: who to cite, with the DOI or address.
        licence: of the package.
        n_genes: genes, or probe sets of the array.
        counts: samples by value of each fact that chapters ask for, "" for those without one: what plans are made from
            where nothing is read.
        fingerprint: of the data set as it is read, with all its genes.
        cautions: one sentence per thing that the package does not say and a reader should know.
    """

    name: str
    package: str
    debian: str
    data: str
    facts: Mapping[str, str]
    about: str
    citation: str
    n_genes: int
    counts: Mapping[str, Mapping[str, int]]
    fingerprint: str
    person: str = ""
    licence: str = "Artistic-2.0"
    cautions: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """One sentence on where the numbers come from, without a full stop."""
        return f"{self.about}; {self.citation}; R package {self.package}, licence {self.licence}"


RECORDS: dict[str, Record] = {
    one.name: one
    for one in (
        Record(
            name="tissue_gene_expression",
            package="dslabs",
            debian="r-cran-dslabs",
            data="tissue_gene_expression",
            facts={"tissue": "tissue"},
            about="Microarrays of 189 samples of seven human tissues, 500 genes that were drawn at random, log2",
            citation="Irizarry & Gill 2021, from github.com/genomicsclass/tissuesGeneExpression",
            n_genes=500,
            counts={
                "tissue": {
                    "cerebellum": 38,
                    "colon": 34,
                    "endometrium": 15,
                    "hippocampus": 31,
                    "kidney": 39,
                    "liver": 26,
                    "placenta": 6,
                }
            },
            fingerprint="ea9ec2948b027336",
            cautions=(
                "tissue_gene_expression names neither the donor of a sample nor the laboratory that measured it. Where a "
                "tissue comes from one laboratory, its habits tell the tissue as well, and no split can hold them out.",
            ),
        ),
        Record(
            name="ALL",
            package="ALL",
            debian="r-bioc-all",
            data="ALL",
            facts={"patient": "cod", "type_and_stage": "BT", "molecular": "mol.biol", "sex": "sex"},
            person="patient",
            about="Microarrays (HG-U95Av2) of 128 patients with acute lymphoblastic leukaemia, log2 after RMA",
            citation="Chiaretti et al. 2004, doi.org/10.1182/blood-2003-09-3243",
            n_genes=12_625,
            counts={
                "lineage": {"B": 95, "T": 33},
                "fusion": {"BCR/ABL": 37, "NEG": 42, "": 49},
                "sex": {"F": 42, "M": 83, "": 3},
            },
            fingerprint="0d93550fab832a90",
        ),
        Record(
            name="bladderbatch",
            package="bladderbatch",
            debian="r-bioc-bladderbatch",
            data="bladderdata",
            facts={"outcome": "outcome", "batch": "batch", "state": "cancer"},
            about="Microarrays (HG-U133A) of 57 samples of bladders, in five batches by date, log2",
            citation="Dyrskjøt et al. 2004, doi.org/10.1158/0008-5472.CAN-03-3620; batches by Leek et al. 2010",
            n_genes=22_283,
            counts={"state": {"Biopsy": 9, "Cancer": 40, "Normal": 8}, "batch": {"1": 11, "2": 18, "3": 4, "4": 5, "5": 19}},
            fingerprint="291ef4e387e84f78",
        ),
    )
}
PACKAGES = tuple(one.package for one in RECORDS.values())
DEBIAN = tuple(one.debian for one in RECORDS.values())


def find_record(name: str) -> Record:
    """Find a data set by its name.

    Raises:
        InputError: there is no such one.
    """
    if name not in RECORDS:
        raise unknown("installed data set", name, RECORDS)
    return RECORDS[name]
