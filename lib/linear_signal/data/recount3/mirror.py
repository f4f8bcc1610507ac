"""One recount3 mirror, a server or a folder, reached through the recount3 package: fetched, checked, fetched again."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from linear_signal.data.download import check_whole, is_torn
from linear_signal.data.recount3.files import (
    AWS,
    DUFFEL,
    UNREADABLE,
    BrokenFileError,
    copies_folder,
    first_line,
    located,
    why_failed,
)
from linear_signal.data.recount3.tables import check_homes, read_annotation, read_index, read_predictions
from linear_signal.data.scaled_cache import content_hash
from linear_signal.errors import InputError
from linear_signal.files import file_state

if TYPE_CHECKING:
    import pandas as pd

Item = TypeVar("Item")
Result = TypeVar("Result")

_ANNOTATION = "G026"
_UNANSWERED_IN_A_ROW = 20
_LOOKED_AT = 1 << 28  # bytes, to tell a torn file from one that only holds something else


class Recount3Mirror:
    """Read the human SRA part of recount3 from a mirror.

    Files of a server are kept in ``cache``; the package writes them whole or not at all, but takes what a connection
    that broke off has brought for a file. So each one is read to its end before it is used, and fetched again where that
    fails. Copies that the package makes of a folder's files are removed after use.

    Args:
        mirror: address of a mirror (``http://``, ``https://``), or a folder that holds ``human/homes_index``.
        cache: folder for what is fetched.
        attempts: tries per file.
        pause: seconds before the second try; doubled for each further one.
        timeout: seconds without an answer that count as a break.

    Raises:
        InputError: the address is of another kind, or the folder is not there or holds something else.
    """

    def __init__(
        self, mirror: str | Path, cache: Path, *, attempts: int = 4, pause: float = 0.5, timeout: float = 60.0
    ) -> None:
        # Explicit settings, because the package would take others from the environment. Tries are counted here and not
        # by the package, which also repeats what a server has refused for good.
        from recount3.config import Config
        from recount3.version import __version__

        self.folder, self.address = located(mirror)
        self._attempts, self._pause = attempts, pause
        self._config = Config(
            base_url=self.address,
            timeout=timeout,  # type: ignore[arg-type]  # seconds, handed on to urllib as they are
            insecure_ssl=False,
            max_retries=1,
            user_agent=f"linear-signal (recount3-python/{__version__})",
            cache_dir=Path(cache) / "recount3_files" if self.folder is None else copies_folder(self, Path(cache)),
            cache_disabled=False,
        )
        self._copied: set[str] = set()
        self._stopped = threading.Event()

    def runs(self) -> tuple[pd.DataFrame, str]:
        """Read the index: the columns ``study`` and ``run`` of all human SRA runs, by study and run, and its hash.

        Raises:
            InputError: the mirror cannot be reached, or this is none.
        """
        self._needed(self._resource("data_sources"), check_homes)
        resource = self._resource("data_source_metadata", data_source="sra")
        return self._needed(resource, lambda path: (read_index(path), content_hash(path)))

    def genes(self) -> tuple[pd.DataFrame, str]:
        """Read the annotation of the gene sums (GENCODE 26): ``gene_id``, ``gene_name`` and ``bp_length``, and its hash.

        The length is the number of bases that the exons of a gene cover; missing where the annotation gives none.

        Raises:
            InputError: the file cannot be had, or names a gene twice.
        """
        resource = self._resource("annotations", genomic_unit="gene", annotation_extension=_ANNOTATION)
        return self._needed(resource, lambda path: (read_annotation(path), content_hash(path)))

    def predictions(self, study: str, runs: set[str]) -> pd.DataFrame:
        """Read what recount3 says about the runs of a study: ``run``, ``tissue`` and ``type``, ``""`` where nothing.

        Runs about which nothing is said may be missing.

        Args:
            study: its accession.
            runs: all its runs, by the index.

        Raises:
            BrokenFileError: the table cannot be had or used, or is of another study.
        """
        return self._read(self._predictions(study), partial(read_predictions, study=study, runs=runs))

    def fetch_gene_sums(self, study: str, *, most_bytes: int) -> None:
        """Bring the gene sums of a study here and check that the file is whole, to be read soon.

        Args:
            study: its accession.
            most_bytes: what they may unpack to.

        Raises:
            BrokenFileError: it cannot be had, not whole, or unpacks to more.
        """
        self._read(self._gene_sums(study), partial(check_whole, most_bytes=most_bytes), keep=True)

    def read_gene_sums(self, study: str, parse: Callable[[Path], Result]) -> Result:
        """Hand the file with the gene sums of a study to ``parse``, again with a new copy where that raises an error.

        Raises:
            BrokenFileError: it cannot be had, or ``parse`` takes none of the copies.
        """
        return self._read(self._gene_sums(study), parse)

    def state(self, study: str) -> str:
        """Say by size and times what a folder holds of a study now; ``""`` for a server, whose files are kept here."""
        if self.folder is None:
            return ""
        kinds = (self._gene_sums(study), self._predictions(study))
        paths = [self.folder / resource.description.url_path() for resource in kinds]
        return "|".join(file_state(path) if path.exists() else "-" for path in paths)

    def ahead(
        self, items: Iterable[Item], work: Callable[[Item], Result], *, downloads: int
    ) -> Iterator[tuple[Item, Result | BrokenFileError]]:
        """Do ``work`` for the items in threads, a few items ahead, and yield the results in the order of the items.

        Raises:
            InputError: nobody answers any more.
        """
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        left = iter(items)
        unanswered = 0
        pool = ThreadPoolExecutor(downloads, thread_name_prefix="download")

        def submit(n: int) -> None:
            waiting.extend((item, pool.submit(work, item)) for item in islice(left, n))

        try:
            submit(2 * downloads)
            while waiting:
                item, future = waiting.popleft()
                outcome: Result | BrokenFileError
                try:
                    outcome, unanswered = future.result(), 0
                except BrokenFileError as error:
                    outcome, unanswered = error, 0 if error.answered else unanswered + 1
                if unanswered >= _UNANSWERED_IN_A_ROW:
                    raise InputError(
                        f"The mirror {self.address} does not answer any more (the last {unanswered} files: {outcome}). What "
                        "was read is kept; run again to continue, or name another mirror."
                    )
                submit(1)
                yield item, outcome
        finally:
            self._stopped.set()
            pool.shutdown(cancel_futures=True)
            self._stopped.clear()

    def _gene_sums(self, study: str) -> Any:
        fields = {"data_source": "sra", "genomic_unit": "gene", "project": study, "annotation_extension": _ANNOTATION}
        return self._resource("count_files_gene_or_exon", **fields)

    def _predictions(self, study: str) -> Any:
        return self._resource("metadata_files", data_source="sra", project=study, table_name="recount_pred")

    def _resource(self, kind: str, **fields: str) -> Any:
        from recount3 import R3Resource, R3ResourceDescription

        return R3Resource(R3ResourceDescription(resource_type=kind, organism="human", **fields), config=self._config)

    def _needed(self, resource: Any, parse: Callable[[Path], Result]) -> Result:
        try:
            return self._read(resource, parse)
        except BrokenFileError as error:
            raise InputError(
                f"{resource.url} cannot be used: {error}. A mirror of recount3 is needed, as an address (the public ones "
                f"include {AWS} and {DUFFEL}) or as a folder that holds human/homes_index."
            ) from None

    def _read(self, resource: Any, parse: Callable[[Path], Result], *, keep: bool = False) -> Result:
        """Fetch a file, unless it is here, and parse it; once more with a new copy where one of them fails."""
        from recount3.errors import DownloadError, LoadError

        seen, reason, answered = set(), "", True
        # A folder may have changed since a copy was made of it.
        again = self.folder is not None and resource.url not in self._copied
        for attempt in range(self._attempts):
            if attempt and self._stopped.wait(self._pause * 2 ** (attempt - 1)):
                break
            try:
                resource.download(cache_mode="update" if again else "enable")
            except DownloadError as error:
                reason, lasts, answered = why_failed(error.__cause__)
                if lasts:
                    break
                continue
            self._copied.add(resource.url)
            path = resource.ensure_cached(download=False)
            try:
                result = parse(path)
            except InputError:  # a sentence for people, which another copy would bring again
                raise
            except (*UNREADABLE, LoadError) as error:
                reason, answered, again = first_line(error), True, True
                digest = content_hash(path) if path.exists() else ""
                # A whole file, and the very same once more: that is what the mirror has. A torn one, or an error page,
                # may come a few times in a row.
                if digest in seen and (self.folder is not None or not is_torn(path, most_bytes=_LOOKED_AT)):
                    break
                seen.add(digest)
                continue
            if not keep and self.folder is not None:
                self._remove(resource)
            return result
        if seen:
            self._remove(resource)
        raise BrokenFileError(reason or "stopped", answered=answered)

    def _remove(self, resource: Any) -> None:
        self._copied.discard(resource.url)
        with suppress(FileNotFoundError):
            resource.ensure_cached(download=False).unlink()
