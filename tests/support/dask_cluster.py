"""A real Dask cluster of separate processes, which tests may kill."""

import os
import re
import signal
import time
from pathlib import Path

from processes import Forked

HERE = Path(__file__).parent


class Cluster:
    """A scheduler and workers as their commands start them, each in a process of its own."""

    def __init__(self, folder, *, workers, protocol="tcp", config="", **settings):
        self.folder, self.workers = folder, []
        path = os.pathsep.join([str(HERE.parents[1] / "lib"), str(HERE)])
        names = {f"DASK_DISTRIBUTED__{name.upper()}": str(value) for name, value in settings.items()}
        self.environment = os.environ | {"PYTHONPATH": path} | ({"DASK_CONFIG": str(config)} if config else {}) | names
        # Port 0: any that is free; what it was is in the log.
        self.scheduler = self._start("scheduler", "--protocol", protocol, "--host", "127.0.0.1", "--port", "0")
        try:
            self.address = self._wait_for(rf"Scheduler at:\s+({protocol}://\S+)", "scheduler")
            self.add_workers(workers)
        except BaseException:
            self.end()
            raise

    def add_workers(self, count):
        """Start workers without a nanny, which would start a killed one again, and wait until all have joined."""
        names = [f"worker-{len(self.workers) + number}" for number in range(count)]
        for name in names:
            arguments = ["--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--memory-limit", "0"]
            arguments += ["--local-directory", str(self.folder)]
            self.workers.append(self._start("worker", self.address, "--name", name, *arguments, log=name))
        for name in names:
            self._wait_for(r"(Registered to)", name)

    def living(self):
        return [worker for worker in self.workers if worker.poll() is None]

    def top_up(self, count):
        """Have at least so many workers; starting one takes seconds."""
        self.add_workers(max(0, count - len(self.living())))

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self):
        for process in [*self.workers, self.scheduler]:
            self.kill(process)

    def set_status(self, status, *, name=""):
        """Pause all workers, or the one of this name, as Dask does when memory is nearly full; or let them go on."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.run(_set_status, status, name)

    def _start(self, command, *arguments, log=""):
        options = [*arguments, "--dashboard-address", "127.0.0.1:0"]
        log = self.folder / f"{log or command}.log"
        return Forked("-m", "dask", command, *options, environment=self.environment, output=log)

    def _wait_for(self, pattern, log):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            path = self.folder / f"{log}.log"
            text = path.read_text() if path.exists() else ""
            if found := re.search(pattern, text):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"{log} did not start:\n{text}")


def _set_status(status, name, dask_worker):
    from distributed.core import Status

    if name in ("", dask_worker.name):
        dask_worker.status = Status[status]
