"""Pseudobulk takes conditions in any notation and refuses what is none; splits deal every condition out once."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.conditions import all_canonical, canonical, multi_hot
from linear_signal.studies.ahlmann2025.pseudobulk import make_pseudobulk, read_pseudobulk, write_pseudobulk
from linear_signal.studies.ahlmann2025.splits import (
    read_split,
    split_doubles,
    split_module_pairs,
    split_of,
    split_singles,
    write_split,
)

TARGETS = list("ABCDEFGH")


def table(**changes):
    """Eight singles and all their doubles on five genes; changes put other rows in or leave some out."""
    index = ["ctrl", *(f"{one}+ctrl" for one in TARGETS), *("+".join(pair) for pair in combinations(TARGETS, 2))]
    values = np.random.default_rng(1).uniform(0, 3, (len(index), 5))
    return pd.DataFrame(values, index=index, columns=[f"G{n}" for n in range(5)])


@pytest.fixture
def data():
    return make_pseudobulk(table(), pd.Series(50, index=table().index), name="made")


def test_one_condition_has_one_name_however_it_is_written():
    assert {canonical(one) for one in ("B+A", "A+B", " A + B ")} == {"A+B"}
    assert {canonical(one) for one in ("A", "A+ctrl", "ctrl+A")} == {"A+ctrl"}
    assert canonical("A+none", control="none") == "A+none"
    with pytest.raises(InputError, match=r"A\+B = B\+A"):
        all_canonical(["A+B", "B+A"])
    for broken in ("A+", "", "A+A"):
        with pytest.raises(InputError, match="Condition"):
            canonical(broken)


def test_marks_of_a_double_are_those_of_its_singles():
    marks = multi_hot(["A+B", "B+ctrl", "ctrl", "A"], ["A", "B"])
    assert (marks[0] == marks[1] + marks[3]).all()
    assert not marks[2].any()
    with pytest.raises(InputError, match="'Z'"):
        multi_hot(["A+Z"], ["A"])


def test_effects_are_measured_from_the_control_in_any_notation(data):
    changes = data.effects(["ctrl", "B+A", "A"])
    assert list(changes.index) == ["ctrl", "A+B", "A+ctrl"]
    assert (changes.loc["ctrl"] == 0).all()
    assert np.allclose(changes.loc["A+B"] + data.control_mean, data.means.loc["A+B"])
    assert len(data.singles) == 8
    assert len(data.doubles) == 28
    assert list(data.control_mean[data.top_genes(3)]) == sorted(data.control_mean, reverse=True)[:3]
    with pytest.raises(InputError, match="'Z"):
        data.rows(["Z"])


def with_value(value):
    changed = table()
    changed.iloc[2, 3] = value
    return changed


@pytest.mark.parametrize(
    ("means", "said"),
    [
        pytest.param(table().drop("ctrl"), "'ctrl'", id="no control"),
        pytest.param(table().rename({"A+C": "B+A"}), r"A\+B = B\+A", id="twice"),
        pytest.param(table().rename(columns={"G1": "G0"}), "'G0'", id="gene twice"),
        pytest.param(with_value(np.nan), "missing", id="missing"),
        pytest.param(with_value(np.inf), "infinite", id="infinite"),
        pytest.param(with_value(250.0), "raw counts", id="counts"),
        pytest.param(with_value(-1.0), "scaled", id="scaled"),
        pytest.param(table().iloc[:, :0], "empty", id="no gene"),
    ],
)
def test_what_is_no_pseudobulk_is_refused(means, said):
    with pytest.raises(InputError, match=said):
        make_pseudobulk(means, name="made")


def test_a_condition_of_one_cell_is_refused_or_left_out_where_asked():
    cells = pd.Series(50, index=table().index)
    cells["A+B"] = 1
    with pytest.raises(InputError, match=r"A\+B"):
        make_pseudobulk(table(), cells, name="made")
    kept = make_pseudobulk(table(), cells, name="made", drop_thin=True)
    assert "A+B" not in kept.means.index
    assert list(kept.n_cells.index) == list(kept.means.index)
    cells["ctrl"] = 1
    with pytest.raises(InputError, match="'ctrl'"):
        make_pseudobulk(table(), cells, name="made", drop_thin=True)


def test_a_file_gives_back_what_was_written(data, tmp_path):
    write_pseudobulk(data, tmp_path / "made.parquet")
    again = read_pseudobulk(tmp_path / "made.parquet")
    assert np.abs(again.means - data.means).max(axis=None) <= 0.0005 + 1e-12
    assert list(again.means.index) == list(data.means.index)
    assert list(again.genes) == list(data.genes)
    assert again.n_cells.equals(data.n_cells)
    assert (again.name, again.control, again.synthetic) == (data.name, data.control, data.synthetic)
    table().to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="make_pseudobulk"):
        read_pseudobulk(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_pseudobulk(tmp_path / "nowhere.parquet")


@pytest.mark.parametrize("deal", [split_doubles, split_singles], ids=["doubles", "singles"])
def test_a_split_deals_every_condition_out_once(data, deal):
    split = deal(data, seed=1)
    split.check(data)
    dealt = [*split.train, *split.judged]
    assert len(set(dealt)) == len(dealt)
    assert data.control in split.train
    wanted = data.doubles if deal is split_doubles else data.singles
    assert set(wanted) <= set(dealt)
    assert deal(data, seed=1) == split
    assert deal(data, seed=2) != split


def test_doubles_are_learnt_from_with_all_singles(data):
    split = split_doubles(data)
    assert set(data.singles) <= set(split.train)
    assert len(set(data.doubles) & set(split.train)) == 14
    assert (len(split.test), len(split.val)) == (7, 7)
    assert set(split.judged) <= set(data.doubles)


def test_a_pair_of_modules_is_learnt_from_or_judged_on_and_never_both(data):
    modules = {target: place % 3 for place, target in enumerate(TARGETS)}
    split = split_module_pairs(data, modules, seed=3)

    def pairs(conditions):
        return {tuple(sorted(modules[one] for one in name.split("+"))) for name in conditions if "ctrl" not in name}

    assert pairs(split.train)
    assert not pairs(split.train) & pairs(split.judged)
    assert len(split.judged) >= 14
    with pytest.raises(InputError, match="'H'"):
        split_module_pairs(data, dict.fromkeys(TARGETS[:-1], 0))
    with pytest.raises(InputError, match="at least two"):
        split_module_pairs(data, dict.fromkeys(TARGETS, 0))


def test_a_split_is_read_as_the_field_writes_it(data, tmp_path):
    split, path = split_doubles(data), tmp_path / "split.json"
    write_split(split, path)
    assert read_split(path) == split
    path.write_text(json.dumps({"train": ["B+A", "A"], "test": ["C+A"]}))
    assert read_split(path) == split_of(train=["A+B", "A+ctrl", "ctrl"], test=["A+C"], val=[])
    for wrong in (
        '{"train": ["A"]}',
        "[1]",
        "no JSON",
        '{"train": ["A"], "test": ["ctrl+A"]}',
        '{"train": [], "test": ["A"]}',
    ):
        path.write_text(wrong)
        with pytest.raises(InputError):
            read_split(path)
