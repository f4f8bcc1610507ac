"""Processes that tests start and wait for."""

import os
import runpy
import signal
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import psutil

# What a fork server imports before it forks; the one of the library's own workers, where a test has used them before.
IMPORTED = ["linear_signal.experiment.compute", "linear_signal.crossvalidation.unit"]


class Forked:
    """``python ARGUMENTS`` in a process that need not import the library: the part of ``Popen`` that tests use.

    Args:
        arguments: a script and what is passed to it, or ``-m``, a module and what is passed to it.
        environment: all variables of the process; those that are read by what is imported already have no effect.
        output: the file that both streams are written to.
    """

    def __init__(self, *arguments, environment, output):
        context = get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        self.args = arguments
        self._process = context.Process(target=_run, args=(list(map(str, arguments)), dict(environment), str(output)))
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def _run(arguments, environment, output):
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout.flush()
    sys.stderr.flush()
    with Path(output).open("wb", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def alive_in(group):
    alive = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return alive


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.003)
