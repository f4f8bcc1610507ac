"""The papermill engine of the book: as papermill's own, but what a chapter says while it runs reaches the terminal."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from click import ClickException
from jupyter_client import KernelManager
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger
from tqdm import tqdm
from traitlets.config import Config

from linear_signal.book.forked_kernel import WaitingKernel, launched_from
from linear_signal.book.heartbeat import Heartbeat
from linear_signal.progress import MARK, SAID

NAME = "linear_signal"
# Between two lines about the same progress.
SECONDS = 10.0
KERNEL = Config(
    {
        # A kernel talks over a local port that others on the machine could listen to, and warns of it at every start.
        "KernelManager": {"transport_encryption": "auto"},
        # At its end a kernel is interrupted before it is told to stop, and logs that as an error.
        "NotebookClient": {"extra_arguments": ["--log-level=50"]},
    }
)


class Interrupted(ClickException):
    """Ctrl-C. As a click exception it is shown by papermill's command without a traceback."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__(
            "Interrupted. Every finished unit of work is kept; the same command continues where this one stopped."
        )

    def show(self, file: Any = None) -> None:
        """Print the sentence alone, without click's "Error:"."""
        print(f"\n{self.message}", file=file or sys.stderr)


class _SpeakingClient(PapermillNotebookClient):
    """Prints what a cell prints, and its progress now and then."""

    _spoke_at = 0.0
    label = ""
    waiting: WaitingKernel | None = None

    def create_kernel_manager(self) -> KernelManager:
        manager = super().create_kernel_manager()
        if self.waiting:
            manager.provisioner = launched_from(self.waiting, manager)
        return manager

    def execute(self, **options: Any) -> NotebookNode:
        with Heartbeat(self._say, self._place) as self._heartbeat:
            return super().execute(**options)

    def _place(self) -> str:
        done = sum(cell.metadata.papermill.status == NotebookExecutionManager.COMPLETED for cell in self.nb.cells)
        return f"cell {min(done + 1, len(self.nb.cells))} of {len(self.nb.cells)}"

    def process_message(self, *arguments: Any, **options: Any) -> NotebookNode | None:
        message = arguments[0]
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":  # errors as well: warnings, and what is waited for
            self._speak(content["text"])
        elif (transient := content.get("transient", {})).get(MARK) and (
            transient.get(SAID) or time.monotonic() - self._spoke_at >= SECONDS
        ):
            self._spoke_at = time.monotonic()
            self._speak(content["data"]["text/plain"])
        return super().process_message(*arguments, **options)

    def _speak(self, text: str) -> None:
        self._heartbeat.heard()
        for line in text.splitlines():
            self._say(line)

    def _say(self, line: str) -> None:
        tqdm.write(
            f"  {self.label}: {line}" if self.label else f"  {line}"
        )  # above papermill's bar of cells, where there is one
        sys.stdout.flush()  # seen at once also where the output goes to a file


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
        label: str = "",
        waiting: WaitingKernel | None = None,
        **options: Any,
    ) -> NotebookNode:
        """Execute the notebook that ``nb_man`` manages; the other arguments are papermill's, but for two.

        Args:
            label: stands in front of what the chapter says, where others speak as well.
            waiting: what becomes the kernel; None: a new Python does.

        Raises:
            Interrupted: Ctrl-C.
        """
        options.pop("input_path", None)
        client = _SpeakingClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=execution_timeout,
            startup_timeout=start_timeout,
            log=logger,
            log_output=log_output,
            **{"config": KERNEL, **options},
        )
        client.label, client.waiting = label, waiting
        try:
            return client.execute()
        except KeyboardInterrupt:
            # What waited for the kernel would tell, with a traceback and after our sentence, that it is gone.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            raise Interrupted from None


papermill_engines.register(NAME, SpeakingEngine)
