"""What an executed page keeps of its run for programs: chapter, parameters, data, and the further tables it offers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linear_signal.book.kept_tables import glued_text
from linear_signal.book.parameters import Parameters
from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.book.shared_groups import groups
from linear_signal.data.dataset import Dataset
from linear_signal.data.source import Source
from linear_signal.errors import InputError

GLUED = "run_record"


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What was run, without anything that depends on when or where.

    Attributes:
        chapter: such as ``20_gtex``.
        parameters: all that can decide a number, by name; of a file elsewhere on the machine its name alone.
        changed: those of them that differ from the chapter's defaults.
        data: one entry a data set: name, source, synthetic, summary, notes, and where they are known samples, features and
            fingerprint.
        tables: of every further table its ``file`` (as ``results_table`` is written) and ``title``, by name.
    """

    chapter: str
    parameters: dict[str, Any]
    changed: dict[str, Any]
    data: list[dict[str, Any]]
    tables: dict[str, dict[str, str]]


def record_text(
    chapter: str,
    parameters: Parameters,
    datasets: Iterable[Dataset | Source],
    tables: Mapping[str, Mapping[str, str]],
) -> str:
    """Write the record of a run as JSON, for the page to glue under ``run_record``."""
    record = RunRecord(
        chapter=chapter,
        parameters=_deciding(parameters.as_dict()),
        changed=_deciding(parameters.changed),
        data=[_described(one) for one in {(one.name, one.summary): one for one in datasets}.values()],
        tables={name: dict(entry) for name, entry in tables.items()},
    )
    return json.dumps(asdict(record), ensure_ascii=False)


def read_record(page: Path) -> RunRecord:
    """Read the record that an executed notebook keeps.

    Raises:
        InputError: there is no such notebook, it keeps no record, or one that cannot be read.
    """
    if not page.is_file():
        raise InputError(
            f"There is no {page}. Name the executed notebook of a chapter, such as book/chapters/20_gtex.ipynb."
        )
    text = glued_text(page, GLUED)
    if text is None:
        raise InputError(
            f"{page} keeps no record of its run: it did not reach its end, or an older version made it. Run the chapter "
            "again."
        )
    try:
        return RunRecord(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise InputError(f"{page} keeps a record that cannot be read ({error}). Run the chapter again.") from None


def _deciding(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out where and how it was run, and what lies around the files of others."""
    places = {"data_folder", *groups()["running"]}
    return {name: _without_folders(value) for name, value in parameters.items() if name not in places}


def _without_folders(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_folders(each) for each in value]
    if isinstance(value, str) and value.startswith(("/", "~/", "../")):
        return relative_to_root(Path(value).expanduser(), project_root())
    return value


def _described(data: Dataset | Source) -> dict[str, Any]:
    facts = {"name": data.name, "source": data.source, "synthetic": data.synthetic, "summary": data.summary}
    if isinstance(data, Dataset):
        facts |= {"samples": data.n_samples, "features": data.n_genes, "fingerprint": data.fingerprint}
    return facts | {"notes": list(data.notes)}
