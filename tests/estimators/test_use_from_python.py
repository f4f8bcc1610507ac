"""The page "Use it from Python" tells the truth: its blocks run, one after the other, and importing stays light."""

import ast
import re
import subprocess
import sys

import linear_signal
from miniature_book import PROJECT

PAGE = (PROJECT / "book" / "use_from_python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)


def test_its_code_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"block {number} of use_from_python.md", "exec"), names)
    said = capsys.readouterr().out
    assert "there is linear signal" in said
    assert "there is non-linear signal" in said
    assert "forest is behind the average over other contexts" in said
    assert names["replaced"] == [f"sequence {number}" for number in range(4)]
    precisions = [names[of]["average_precision"][0] for of in ("first", "second")]
    assert abs(precisions[0] - precisions[1]) < 0.03
    assert precisions[1] > names["second"]["prevalence"][0] + 0.2
    assert "did you mean 'three_layer'?" in said
    assert len(BLOCKS) > 6


def test_it_names_all_that_can_be_imported_and_nothing_else():
    imported = {
        alias.name
        for block in BLOCKS
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom) and node.module == "linear_signal"
        for alias in node.names
    }
    public = set(linear_signal.__all__)
    assert imported <= public
    assert {name for name in public if name not in PAGE} <= {"Comparison"}
    for name in public:
        assert getattr(linear_signal, name).__doc__


def test_its_extras_are_those_that_can_be_installed():
    import tomllib

    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"linear-signal\[(\w+)\]", PAGE)) == set(extras)


def test_what_needs_no_pytorch_does_not_load_it():
    names = "remove_linear_signal, GroupFolds, RidgeLogisticRegression, ThreeLayerNetwork"
    heavy = {"torch", "rpy2", "distributed", "IPython", "plotnine", "papermill", "recount3", "mlflow"}
    script = f"import sys; from linear_signal import {names}; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True)
    assert not done.stdout.split()
