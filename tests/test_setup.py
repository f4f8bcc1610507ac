"""What set-up installs when it is asked for which part, with every program that it calls replaced by one that takes note."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from jupytext.kernels import kernelspec_from_language

from linear_signal.data.bioconductor.records import DEBIAN, PACKAGES
from miniature_book import PROJECT

TOOLS = ("bash", "sh", "env", "cat", "cp", "cut", "sed", "grep", "sha256sum", "mkdir", "rm", "tail", "dirname")
# Each takes note of how it was called; some then do the least that set-up looks for.
PROGRAMS = {
    "python3": """
case "$*" in
    "-m venv --clear .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
    *"%d.%d"*) echo 3.11;;
    --version) echo "Python 3.11.2";;
esac""",
    "id": "echo 0",
    "Rscript": '[ "$1" = --version ] && echo "R 4.2.2"; exit 0',
    "apt-get": 'case "$*" in *r-base-core*) cp "$AWAY/Rscript" "$BIN/";; *chromium*) cp "$AWAY/chromium" "$BIN/";; esac',
    "chromium": "",
}


class Machine:
    """A copy of what set-up reads, and a machine on which it finds only such programs as are named."""

    def __init__(self, folder, programs):
        self.project, self.bin, self.away, self.log = (folder / name for name in ("a project", "bin", "away", "log"))
        (self.project / ".ci").mkdir(parents=True)
        shutil.copy(PROJECT / ".ci/setup", self.project / ".ci")
        shutil.copytree(PROJECT / ".ci/hashes", self.project / ".ci/hashes")
        for name in ("requirements.txt", "pyproject.toml"):
            shutil.copy(PROJECT / name, self.project)
        for place, names in ((self.bin, programs), (self.away, PROGRAMS)):
            place.mkdir()
            for name in names:
                program = place / name
                program.write_text(f'#!/bin/sh\necho "{name} $*" >>"$LOG"\n{PROGRAMS[name]}\n')
                program.chmod(0o755)
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name))

    def set_up(self, *parts):
        """Set up; return what was installed by pip and by apt, what was said, and the exit status."""
        self.log.write_text("")
        environment = {"PATH": str(self.bin), "LOG": str(self.log), "BIN": str(self.bin), "AWAY": str(self.away)}
        together = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run([self.project / ".ci/setup", *parts], env=environment, text=True, **together)
        called = self.log.read_text().splitlines()
        pip = [Path(line.split(" -r ")[1]).stem for line in called if "--require-hashes" in line]
        apt = [line for line in called if line.startswith("apt-get install")]
        return pip, apt, done.stdout, done.returncode


@pytest.fixture
def machine(tmp_path):
    return lambda *programs: Machine(tmp_path, ("python3", "id", *programs))


def test_the_book_alone_is_installed_once_and_apt_is_not_asked(machine):
    one = machine("apt-get", "Rscript")
    pip, apt, _, status = one.set_up()
    assert (pip, apt, status) == (["book"], [], 0)
    assert "--editable ." in one.log.read_text()
    assert "-m ipykernel install --sys-prefix" in one.log.read_text()
    assert one.set_up()[:3] == ([], [], "")


@pytest.mark.parametrize("parts", [["dask"], ["tracking"], ["h5ad"], ["dask", "tracking"]])
def test_a_part_comes_when_it_is_asked_for_and_stays(machine, parts):
    one = machine("apt-get")
    assert one.set_up(*parts)[0] == ["book", *parts]
    assert one.set_up(*parts)[0] == one.set_up()[0] == []
    (one.project / f".ci/hashes/{parts[0]}.txt").write_text("other pins")
    assert one.set_up(*parts)[0] == [parts[0]]
    (one.project / "requirements.txt").write_text("torch==1\n")
    assert one.set_up(*parts)[0] == ["book"]


@pytest.mark.parametrize(("programs", "limma"), [(["Rscript"], ["r"]), ([], [])])
def test_the_tests_bring_what_they_need_and_limma_where_r_is(machine, programs, limma):
    one = machine("apt-get", *programs)
    pip, apt, said, status = one.set_up("test", "chromium")
    assert (pip, status) == (["book", "dask", "tracking", "h5ad", "test", *limma], 0)
    assert len(apt) == 1
    assert "chromium" in apt[0]
    assert ("'make r' gets it" in said) is not bool(limma)
    assert one.set_up("test", "chromium")[:2] == ([], [])


def test_r_is_got_by_apt_where_that_may_be(machine):
    pip, apt, _, status = machine("apt-get").set_up("r")
    assert (pip, status) == (["book", "r"], 0)
    assert len(apt) == 1
    assert {"r-bioc-limma", *DEBIAN} <= set(apt[0].split())


def test_r_that_cannot_be_got_is_said_in_a_line_that_can_be_typed(machine):
    pip, _, said, status = machine().set_up("r")
    assert (pip, status) == (["book"], 1)
    assert "sudo apt-get install r-base-core" in said


@pytest.mark.parametrize("by_apt", [True, False])
def test_data_sets_that_r_lacks_are_got_by_apt_or_said_in_a_line(machine, by_apt):
    one = machine("Rscript", *(["apt-get"] if by_apt else []))
    lacking = f'case "$*" in *{PACKAGES[0]}*) exit 1;; esac; {PROGRAMS["Rscript"]}'
    (one.bin / "Rscript").write_text(f"#!/bin/sh\n{lacking}\n")
    pip, apt, said, status = one.set_up("r")
    assert (pip, len(apt), status) == (["book", "r"], int(by_apt), 0)
    assert (f"sudo apt-get install {' '.join(DEBIAN)}" in said) is not by_apt


def test_r_that_is_there_is_left_as_it_is(machine):
    pip, apt, _, status = machine("apt-get", "Rscript").set_up("r")
    assert (pip, apt, status) == (["book", "r"], [], 0)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        *(("book", ""), ("book R=1", " r"), ("lab", ""), ("plan R=1", " r")),
        *(
            ("r", " r"),
            ("dask", " dask"),
            ("tracking", " tracking"),
            ("h5ad", " h5ad"),
            ("lint", " test"),
            ("test", " test chromium"),
        ),
    ],
)
def test_a_target_of_the_makefile_sets_up_what_it_needs_first(target, parts):
    plain = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "R")}
    options = {"cwd": PROJECT, "env": plain, "text": True, "capture_output": True, "check": True}
    said = subprocess.run(["make", "-n", *target.split()], **options).stdout
    assert said.splitlines()[0].rstrip() == f".ci/setup{parts}"


def test_jupyterlab_knows_the_kernel_of_a_chapter_and_need_not_ask():
    assert kernelspec_from_language("python")["name"] == "python3"
