"""A kernel forked from a process that has imported what chapters import, in place of a new Python that imports it anew."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

from jupyter_client import KernelManager
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

# What chapters and their kernels import, and what takes the longest of it.
IMPORTED = (
    "ipykernel.ipkernel",
    "linear_signal.book.chapter",
    "linear_signal.book.measured",
    "linear_signal.crossvalidation.compute",
    "linear_signal.figures.explorer",
    "linear_signal.training.cpu.processor",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "plotnine",
    "sklearn.ensemble",
    "scipy.stats",
)


class WaitingKernel:
    """A fork of this process that becomes a kernel once it is told where to listen; it looks like a ``subprocess.Popen``.

    It has to be made before this process starts a thread or opens a socket, which a fork cannot share.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        told, self._tell = Pipe(duplex=False)
        self._process = get_context("fork").Process(target=_become_kernel, args=(told, self._tell))
        self._process.start()
        told.close()
        self.pid = self._process.pid

    def begin(self, arguments: list[str], *, folder: Path | str, environment: Mapping[str, str]) -> None:
        """Let it serve; ``arguments`` are those of ``ipykernel_launcher``."""
        self._tell.send((arguments, str(folder), dict(environment)))

    def dismiss(self) -> None:
        """Let it end, unless it has become a kernel; wait until it has ended."""
        self._tell.close()
        self._process.join()

    def poll(self) -> int | None:
        """Return its exit status; None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to it alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def launched_from(waiting: WaitingKernel, manager: KernelManager) -> LocalProvisioner:
    """Make what launches the kernel of a manager out of the fork that waits for it."""
    manager.kernel_id = str(uuid4())
    provisioner = _ForkedProvisioner(kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager)
    provisioner.waiting = waiting
    return provisioner


class _ForkedProvisioner(LocalProvisioner):
    """Launches a kernel out of a fork that waits for it, and leaves all else as Jupyter does it."""

    waiting: WaitingKernel

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Tell the fork where to listen; ``cmd``, of the kernel's specification, is Python, ``-m``, a module, arguments."""
        arguments = cmd[cmd.index("-m") + 2 :]
        self.waiting.begin(arguments, folder=kwargs.get("cwd") or Path.cwd(), environment=kwargs.get("env") or os.environ)
        self.process = self.waiting
        # It has made a session of its own, so that a signal reaches it with all that it has started.
        self.pid = self.pgid = self.waiting.pid
        return self.connection_info


def _become_kernel(told: Connection, tell: Connection) -> None:
    tell.close()  # so that the end of who would tell is seen
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        arguments, folder, environment = told.recv()
    except EOFError:
        return
    gc.freeze()  # what was imported stays: no collection need look through it, nor copy its pages to do so
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    # Read from the environment where ipykernel is imported, which may have been long ago: whose end ends the kernel.
    IPKernelApp.launch_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
