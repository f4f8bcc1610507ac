"""What a recount3 mirror says about its runs: one compact table on disk, from thousands of small files."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

from linear_signal.data.recount3.files import BrokenFileError
from linear_signal.data.recount3.mirror import Recount3Mirror
from linear_signal.data.scaled_cache import cache_key
from linear_signal.files import read_kept, write_kept
from linear_signal.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

SECONDS_BETWEEN_SAVES = 20.0
_COLUMNS = ["study", "run", "tissue", "type"]


def read_run_labels(
    mirror: Recount3Mirror, index: pd.DataFrame, cache: Path, *, identity: str, downloads: int
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read the curated tissue and the predicted type of every run.

    A mirror keeps them in one file per study, of which there are thousands. What was read goes into one table in
    ``cache``, every twenty seconds and at the end, so that an interrupted call continues and the next start is quick.

    Args:
        mirror: where the files come from.
        index: the columns ``study`` and ``run``, sorted.
        cache: folder for the table.
        identity: what tells this mirror's content from another's.
        downloads: files fetched at once.

    Returns:
        The columns ``study``, ``run``, ``tissue`` and ``type`` (``""`` where nothing is said), sorted, of the studies that
        could be read, and for each of the others the reason. The next call tries those again.
    """
    import pandas as pd

    studies = index["study"].unique().tolist()
    states = "".join(mirror.state(study) for study in studies)
    path = Path(cache) / f"recount3-runs-{cache_key('runs', identity, states)}.kept"
    parts = [_stored(path)]
    known = set(parts[0]["study"])
    missing = [study for study in studies if study not in known]
    if not missing:
        return parts[0], {}
    runs_of = dict(iter(index.groupby("study", sort=False)))

    def labels_of(study: str) -> pd.DataFrame:
        return mirror.predictions(study, set(runs_of[study]["run"]))

    skipped: dict[str, str] = {}
    saved_at, unsaved = time.monotonic(), False
    try:
        with Progress(len(missing), "Reading what is known about the runs", "studies") as progress:
            for study, read in mirror.ahead(missing, labels_of, downloads=downloads):
                if isinstance(read, BrokenFileError):
                    skipped[study] = f"its table of labels: {read}"
                else:
                    parts.append(runs_of[study].merge(read, on="run", how="left").fillna("")[_COLUMNS])
                    unsaved = True
                progress.advance()
                if time.monotonic() - saved_at >= SECONDS_BETWEEN_SAVES:
                    parts, saved_at, unsaved = [_saved(path, parts)], time.monotonic(), False
    finally:
        if unsaved:
            parts = [_saved(path, parts)]
    return pd.concat(parts, ignore_index=True).sort_values(["study", "run"], ignore_index=True), skipped


def _stored(path: Path) -> pd.DataFrame:
    import pandas as pd

    def parse(content: bytes) -> pd.DataFrame:
        return pd.read_parquet(io.BytesIO(content))[_COLUMNS].astype(object)

    stored = read_kept(path, parse, identity=_identity(path))
    return pd.DataFrame({name: pd.Series(dtype=object) for name in _COLUMNS}) if stored is None else stored


def _saved(path: Path, parts: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    table = pd.concat(parts, ignore_index=True).sort_values(["study", "run"], ignore_index=True)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_kept(path, buffer.getvalue(), identity=_identity(path))
    return table


def _identity(path: Path) -> str:
    return f"labels of runs {path.stem}"
