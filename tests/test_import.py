"""The library is light to import, and each room of it knows only the rooms before it."""

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import linear_signal

LIBRARY = Path(linear_signal.__file__).parent
ROOMS = (
    *("data", "models", "training", "experiment", "crossvalidation", "analysis", "estimators", "figures", "studies"),
    "book",
)
BELOW_ALL = {"errors", "seeds", "names", "stored_names", "numbers", "progress", "files", "deadline", "software"}


def imports_of(path):
    """Return the full names of the library's own modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative path"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "linear_signal"}


def room_of(name):
    """Return the room of a module, "" for the library itself."""
    part = name.split(".")[1] if "." in name else ""
    return part if part in {*ROOMS, *BELOW_ALL} else ""


# What is imported or asked for, one after the other in one process; and what must not be loaded by then.
STAGES = {
    "import linear_signal": {"torch", "rpy2", "pandas", "sklearn", "scipy", "matplotlib", "plotnine", "IPython", "numpy"},
    "import linear_signal.experiment.tracking": {"mlflow", "torch", "pandas", "numpy", "requests"},
    # A scheduler is asked this, and would stand still meanwhile.
    "from linear_signal.experiment.dask_worker import describe_software as d; d()": {"torch", "numba", "sklearn"},
    "import linear_signal.data.gtex.source, linear_signal.data.splits, linear_signal.models": {"torch", "rpy2"},
    "import linear_signal.experiment.run": {"dask", "distributed", "rpy2", "mlflow", "matplotlib", "IPython"},
}


@pytest.fixture(scope="module")
def loaded():
    """Return what a fresh process has loaded after each stage."""
    script = "import sys\n" + "\n".join(
        f"{stage}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))" for stage in STAGES
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True)
    return dict(zip(STAGES, map(str.split, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_heavy_is_loaded_before_it_is_needed(loaded, stage):
    assert not STAGES[stage] & set(loaded[stage])


def test_asking_for_r_does_not_change_where_later_processes_find_their_libraries(monkeypatch):
    for before in (None, "/somewhere"):
        if before is None:
            monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
        else:
            monkeypatch.setenv("LD_LIBRARY_PATH", before)
        script = (
            "import os; from linear_signal.data.signal_removal import limma_available; limma_available();"
            "print(os.environ.get('LD_LIBRARY_PATH'))"
        )
        done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True)
        assert done.stdout.strip() == str(before)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_the_rooms_before_it(room):
    allowed = {*ROOMS[: ROOMS.index(room) + 1], *BELOW_ALL, ""}
    files = sorted((LIBRARY / room).rglob("*.py"))
    assert files
    for path in files:
        strangers = {name for name in imports_of(path) if room_of(name) not in allowed}
        assert not strangers, f"{path.relative_to(LIBRARY)} imports {strangers}"


def test_what_lies_below_all_rooms_knows_none_of_them():
    for path in sorted(LIBRARY.glob("*.py")):
        assert path.stem in BELOW_ALL | {"__init__", "__main__"}, f"{path.name} lies in no room"
        # The package names what people import, and its command what they type; that it loads nothing is tested above.
        assert path.stem in ("__init__", "__main__") or not {name for name in imports_of(path) if room_of(name) in ROOMS}


def modules():
    names = [module.name for module in pkgutil.walk_packages([str(LIBRARY)], "linear_signal.")]
    return [name for name in names if not name.endswith("__main__")]


def test_the_examples_in_the_docstrings_are_true():
    attempted = 0
    for name in modules():
        outcome = doctest.testmod(importlib.import_module(name))
        assert not outcome.failed, f"an example of {name} is wrong; the report is above"
        attempted += outcome.attempted
    assert attempted > 10
