"""Copies of the library that differ anywhere, and environments that differ in what decides numbers, are told apart."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import linear_signal
from linear_signal import software
from linear_signal.errors import InputError
from linear_signal.experiment.dask_worker import check_software, describe_software
from linear_signal.experiment.provenance import code_version
from linear_signal.software import library_digest, versions

ASK = "import json; from linear_signal.experiment.dask_worker import describe_software as d; print(json.dumps(d()))"


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the library that a test may change."""
    library = tmp_path / "lib/linear_signal"
    shutil.copytree(Path(linear_signal.__file__).parent, library, ignore=shutil.ignore_patterns("__pycache__"))
    return library


def described_by(library):
    """Ask a process that imports this copy, as a worker would be asked."""
    environment = os.environ | {"PYTHONPATH": str(library.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, text=True, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("file", ["seeds.py", "data/tissue_names.csv", "some/deeper/room.py"])
def test_a_worker_whose_copy_differs_in_any_file_is_refused_by_name(copy, file):
    ours = describe_software()
    assert described_by(copy) == ours
    (copy / file).parent.mkdir(parents=True, exist_ok=True)
    with (copy / file).open("a") as changed:
        changed.write("# other\n")
    theirs = described_by(copy)
    with pytest.raises(InputError, match=r"worker tcp://w has linear_signal .* \(source \w{16}\); here it is linear_signal"):
        check_software(ours, {"tcp://w": theirs})


def test_a_worker_with_another_numba_is_refused_by_name(monkeypatch):
    ours = describe_software()
    installed = software._version
    monkeypatch.setattr(software, "_version", lambda name: "0.1" if name == "numba" else installed(name))
    with pytest.raises(InputError, match=r"worker tcp://w has numba 0\.1; here it is numba "):
        check_software(ours, {"tcp://w": describe_software()})


def test_there_is_one_digest_and_one_list_of_versions():
    assert code_version()["digest"] == library_digest()[:16]
    described = describe_software()
    assert code_version()["digest"] in described["linear_signal"]
    assert set(described) == {*versions(), "distributed"}
    assert "numba" in versions()


def test_what_python_and_editors_leave_does_not_count(copy, monkeypatch):
    monkeypatch.setattr(linear_signal, "__file__", str(copy / "__init__.py"))
    before = library_digest()
    for name in ("data/__pycache__/x.nbi", "data/.ipynb_checkpoints/dataset.py", ".seeds.py.swp"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("x")
    assert library_digest() == before
