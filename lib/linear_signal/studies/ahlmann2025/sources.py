"""Where genuine perturbation data are had: cells of the field's public sets, by name."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from linear_signal.data.download import download
from linear_signal.errors import InputError, unknown

_MEMBER = "perturb_processed.h5ad"
_DATAVERSE = "https://dataverse.harvard.edu/api/access/datafile/"


@dataclass(frozen=True, kw_only=True)
class CellSource:
    """A public archive of cells as GEARS has them: log-normalised, with columns ``condition`` and ``gene_name``.

    Attributes:
        url: address.
        about: what it is, in words.
        size: in words; how much will be downloaded.
        notes: what is odd about it.
    """

    url: str
    about: str
    size: str
    notes: str = ""


SOURCES = {
    "norman": CellSource(
        url=f"{_DATAVERSE}6154020",
        about="Norman et al. 2019, K562, CRISPRa, singles and doubles, as processed for GEARS",
        size="hundreds of MB",
        notes="cells are labelled A549, which they are not; genes of a double come in either order",
    ),
    "adamson": CellSource(
        url=f"{_DATAVERSE}6154417", about="Adamson et al. 2016, K562, CRISPRi, as processed for GEARS", size="hundreds of MB"
    ),
    "replogle_k562": CellSource(
        url=f"{_DATAVERSE}7458695",
        about="Replogle et al. 2022, K562 essential genes, CRISPRi, as processed for GEARS",
        size="up to 1 GB",
    ),
    "replogle_rpe1": CellSource(
        url=f"{_DATAVERSE}7458694",
        about="Replogle et al. 2022, RPE1 essential genes, CRISPRi, as processed for GEARS",
        size="up to 1 GB",
    ),
}


def fetch_cells(name: str, folder: Path, *, sources: dict[str, CellSource] | None = None) -> Path:
    """Download the cells of a public data set, unless they are there, and return the ``.h5ad`` file.

    GEARS has a zip archive for each; what lies in it is checked by its checksums and unpacked beside it.

    Args:
        name: of ``SOURCES``.
        folder: where the archive and the unpacked file go; a file ``<name>.h5ad`` that is there is taken.
        sources: instead of ``SOURCES``.

    Raises:
        InputError: an unknown name, no connection, or an archive that does not hold such a file.
    """
    sources = SOURCES if sources is None else sources
    if name not in sources:
        raise unknown("data set of perturbations", name, sources)
    target = Path(folder) / f"{name}.h5ad"
    if target.exists():
        return target
    archive = download(sources[name].url, Path(folder) / f"{name}.zip", check=archive_damage)
    with zipfile.ZipFile(archive) as opened:
        member = next(one for one in opened.namelist() if Path(one).name == _MEMBER)
        partial = target.with_name(f".{target.name}.partial")
        try:
            with opened.open(member) as packed, partial.open("wb") as unpacked:
                while part := packed.read(1 << 20):
                    unpacked.write(part)
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"{archive} cannot be unpacked into {target}: {error}. Make room and run again.") from error
    return target


def archive_damage(path: Path) -> str | None:
    """Say what shows that a file is not an intact archive of cells; None where nothing does."""
    try:
        with zipfile.ZipFile(path) as opened:
            if not any(Path(one).name == _MEMBER for one in opened.namelist()):
                return f"it is a zip archive without {_MEMBER}"
            broken = opened.testzip()
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        return f"it is no intact zip archive ({error})"
    return f"{broken} in it is damaged" if broken else None
