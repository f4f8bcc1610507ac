"""The papermill engine of the book: as papermill's own, but what a chapter says while it runs reaches the terminal."""

from __future__ import annotations

import time
from typing import Any

from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger
from tqdm import tqdm

from linear_signal.progress import MARK

NAME = "linear_signal"
# Between two lines about the same progress.
SECONDS = 10.0


class _SpeakingClient(PapermillNotebookClient):
    """Prints what a cell prints, and its progress now and then."""

    _spoke_at = 0.0

    def process_message(self, *arguments: Any, **options: Any) -> NotebookNode | None:
        message = arguments[0]
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stdout":
            self._speak(content["text"])
        elif content.get("transient", {}).get(MARK) and time.monotonic() - self._spoke_at >= SECONDS:
            self._spoke_at = time.monotonic()
            self._speak(content["data"]["text/plain"])
        return super().process_message(*arguments, **options)

    def _speak(self, text: str) -> None:
        for line in text.splitlines():
            tqdm.write(f"  {line}")  # above papermill's bar of cells, where there is one


class SpeakingEngine(NBClientEngine):
    """Executes a notebook as papermill's engine does."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **options: Any,
    ) -> NotebookNode:
        """Execute the notebook that ``nb_man`` manages; the other arguments are papermill's."""
        options.pop("input_path", None)
        client = _SpeakingClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=execution_timeout,
            startup_timeout=start_timeout,
            log=logger,
            log_output=log_output,
            **options,
        )
        return client.execute()


papermill_engines.register(NAME, SpeakingEngine)
