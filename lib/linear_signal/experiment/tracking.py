"""Send what is known of every unit to an MLflow tracking server or database.

MLflow is optional (``pip install linear-signal[tracking]``) and imported when a ``Tracker`` is made. Nothing but the
tracking URI is contacted: MLflow's own reports home are switched off.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from linear_signal.deadline import within
from linear_signal.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from linear_signal.experiment.unit import Tracked

KEY_TAG = "linear_signal.key"
_PARENT_TAG, _NAME_TAG, _COMMIT_TAG = "mlflow.parentRunId", "mlflow.runName", "mlflow.source.git.commit"
_PARAMETER_LENGTH = 500  # what servers of every version take
_METRICS_AT_ONCE, _PARAMETERS_AT_ONCE = 1000, 100
# How long a server has to answer before a run starts; a database on this machine may have to be laid out first, and wait
# for another chapter that does so.
_SERVER_SECONDS, _DATABASE_SECONDS = 60.0, 300.0
_ENVIRONMENT = {
    # Left to itself MLflow asks a server that does not answer for four minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class TrackingFailed(InputError):
    """The tracker did not take what it was sent."""


class Tracker:
    """One experiment of an MLflow tracking server or database.

    Args:
        uri: tracking URI, such as ``sqlite:///tracking.db`` or ``http://127.0.0.1:5000``.
        experiment: name of the experiment, made where it does not exist. For an SQLite database its files lie in a folder
            beside the database.

    Attributes:
        given_up: why nothing more is sent, where that is so; empty otherwise.

    Raises:
        InputError: MLflow is not installed, nothing answers at the URI, or the URI holds a password.
    """

    def __init__(self, uri: str, *, experiment: str) -> None:
        self.uri, self.experiment = uri, experiment
        self.given_up = ""
        self._patience = _SERVER_SECONDS if uri.startswith("http") else _DATABASE_SECONDS
        if not uri.strip():
            raise InputError("The tracking URI is empty. For a file on this machine write sqlite:///tracking.db.")
        if _has_password(uri):
            # Parameters are shown on pages and stored in executed notebooks.
            raise InputError(
                "The tracking URI holds a password. Leave it out, and set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD (for a PostgreSQL database PGPASSWORD) in the environment."
            )
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise InputError(
                f"tracking is {uri!r}, but MLflow cannot be imported ({error}). Type `make tracking` "
                "or, outside the project, `pip install linear-signal[tracking]`; or leave tracking empty."
            ) from None
        logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at length how a new database is laid out
        try:
            with _sole_creator(uri):
                # The registry, too, or MLflow looks for one elsewhere.
                self._client = within(self._patience, MlflowClient, tracking_uri=uri, registry_uri=uri)
                self._id = within(self._patience, self._experiment_id)
        except Exception as error:  # MLflow, SQLAlchemy, requests, the system: each has errors of its own
            raise InputError(
                f"tracking is {uri!r}, which cannot be used: {_reason(error)}. Nothing was computed. Check that the URI is "
                "right and the server runs; for a file on this machine write sqlite:///tracking.db; leave tracking empty "
                "to go without."
            ) from None

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self.experiment)
        if found:
            return found.experiment_id
        try:
            return self._client.create_experiment(self.experiment, _artifacts_of(self.uri))
        except Exception:
            found = self._client.get_experiment_by_name(self.experiment)  # another chapter was quicker
            if found is None:
                raise
            return found.experiment_id

    def tracked(self) -> dict[str, str]:
        """Units that are tracked in full: run id by key.

        Raises:
            TrackingFailed: the tracker does not answer.
        """
        with _told("its runs could not be listed"):
            return within(self._patience, self._tracked)

    def _tracked(self) -> dict[str, str]:
        known: dict[str, str] = {}
        token = None
        while True:
            page = self._client.search_runs([self._id], "attributes.status = 'FINISHED'", max_results=1000, page_token=token)
            known |= {run.data.tags[KEY_TAG]: run.info.run_id for run in page if KEY_TAG in run.data.tags}
            token = page.token
            if not token:
                return known

    def start(self, name: str, *, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Begin a run that holds those of units; return its id.

        Raises:
            TrackingFailed: the tracker does not answer.
        """
        with _told("a run could not be started"):
            run = self._client.create_run(self._id, tags={_NAME_TAG: name, **tags})
            self._log_parameters(run.info.run_id, parameters)
            return run.info.run_id

    def finish(self, run_id: str, *, complete: bool, tables: Mapping[str, pd.DataFrame]) -> None:
        """End a run begun by ``start``, with tables kept as CSV files.

        Raises:
            TrackingFailed: the tracker does not answer.
        """
        with _told("a run could not be ended"):
            for name, table in tables.items():
                self._client.log_text(run_id, table.to_csv(index=False), f"{name}.csv")
            self._client.set_terminated(run_id, "FINISHED" if complete else "FAILED")

    def log_unit(
        self,
        name: str,
        *,
        key: str,
        parent: str,
        settings: Mapping[str, Any],
        run: Mapping[str, Any],
        tracked: Tracked,
        archive: Path,
    ) -> str:
        """Send one unit as a run of its own; it counts as tracked once all of it has arrived.

        Parameters are the settings, flattened (``protocol.training.patience``); tags are key, fingerprint and the record
        of the run. Further parameters, metrics and tables are what the unit chose (``tracked``). Files: the tables as CSV,
        ``settings.json``, ``run.json`` and the unit's archive.

        Returns:
            Id of the run.

        Raises:
            TrackingFailed: something did not arrive; the run is left unfinished and does not count as tracked.
        """
        tags = {KEY_TAG: key}
        tags |= {f"linear_signal.{place}": _cut(text) for place, text in _flat(run)}
        tags |= {_NAME_TAG: name, _PARENT_TAG: parent, _COMMIT_TAG: run["code"]["commit"]}
        moment = round(datetime.fromisoformat(run["finished"]).timestamp() * 1000)
        with _told(f"unit {key} could not be sent"):
            run_id = self._client.create_run(self._id, tags=tags).info.run_id
            self._log_parameters(run_id, {**settings, **tracked.parameters})
            self._log_metrics(run_id, [(metric, value, moment, step) for metric, value, step in tracked.metrics])
            for table, content in tracked.tables.items():
                self._client.log_text(run_id, content.to_csv(index=False), f"{table}.csv")
            for file, content in (("settings.json", settings), ("run.json", run)):
                self._client.log_text(run_id, json.dumps(content, indent=1, sort_keys=True), file)
            self._client.log_artifact(run_id, str(archive))
            self._client.set_terminated(run_id)
        return run_id

    def _log_parameters(self, run_id: str, parameters: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        entries = [Param(name, _cut(text)) for name, text in _flat(parameters)]
        for start in range(0, len(entries), _PARAMETERS_AT_ONCE):
            self._client.log_batch(run_id, params=entries[start : start + _PARAMETERS_AT_ONCE])

    def _log_metrics(self, run_id: str, metrics: Sequence[tuple[str, float, int, int]]) -> None:
        from mlflow.entities import Metric

        entries = [Metric(name, value, when, step) for name, value, when, step in metrics]
        for start in range(0, len(entries), _METRICS_AT_ONCE):
            self._client.log_batch(run_id, metrics=entries[start : start + _METRICS_AT_ONCE])


def _flat(values: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Flatten nested settings to names with dots and texts."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value if isinstance(value, str) else json.dumps(value)


def _cut(text: str) -> str:
    # The whole text is in settings.json.
    return text if len(text) <= _PARAMETER_LENGTH else text[: _PARAMETER_LENGTH - 3] + "..."


def _sqlite_file(uri: str) -> Path | None:
    """The file of an SQLite database; None for any other URI."""
    if not uri.startswith("sqlite"):
        return None
    from sqlalchemy.engine import make_url

    name = make_url(uri).database
    if not name or name == ":memory:":
        raise ValueError("it names no file")
    return Path(name).resolve()


def _sole_creator(uri: str) -> AbstractContextManager:
    """Let one process at a time lay out an SQLite database: MLflow's migrations do not stand company."""
    file = _sqlite_file(uri)
    if file is None:
        return nullcontext()
    if not file.parent.is_dir():  # MLflow would make it, with all folders above
        raise NotADirectoryError(f"there is no folder {file.parent}")
    from filelock import FileLock

    return FileLock(file.with_name(f".{file.name}.lock"), timeout=_DATABASE_SECONDS)


def _artifacts_of(uri: str) -> str | None:
    """Where the files of an experiment go; None leaves that to the server."""
    file = _sqlite_file(uri)
    # Left to MLflow they would land in whatever folder the program was started in.
    return None if file is None else (file.parent / f"{file.stem}-files").as_uri()


def _has_password(uri: str) -> bool:
    try:
        return urlsplit(uri).password is not None
    except ValueError:  # no URI at all, which MLflow will say
        return False


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".")[:300] if text else type(error).__name__


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # MLflow, SQLAlchemy, requests, the system: each has errors of its own
        raise TrackingFailed(f"{what} ({_reason(error)})") from error
