"""Where a chapter's loci come from: wrong sources end in a sentence, roles are the paper's where the table has them."""

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.chapter_plans import further_plans, main_plan, simulation_of
from linear_signal.studies.schreiber2020.simulator import simulate_loci
from linear_signal.studies.schreiber2020.sources import described, open_loci, schemes_of
from linear_signal.studies.schreiber2020.unit import Fit

SMALL = {"n_loci": 200, "n_cell_types": 8, "sequence_length": 12}
PARAMETERS = {
    **SMALL,
    **{"target": "", "validation_cell_types": [], "training_cell_types": []},
    **{"inputs": ["signal", "sequence", "both"], "n_models": 0, "widths": [1, 4], "n_seeds": 2},
    **{"max_epochs": 1, "steps_per_epoch": 2},
}


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"source": "simulaton"}, "did you mean 'simulation'"),
        ({"source": "simulation", "pilot_file": "x.npz"}, "pilot_file is 'x.npz', but source is 'simulation'"),
        ({"source": "pilot"}, "needs pilot_file"),
        ({"source": "pilot", "pilot_file": "/missing/x.npz"}, "/missing/x.npz"),
        ({"source": "roadmap", "rpkm_file": "/missing/x.gz"}, "/missing/x.gz"),
    ],
)
def test_a_wrong_source_ends_in_a_sentence(given, part, tmp_path):
    with pytest.raises(InputError) as refused:
        open_loci(**given, folder=tmp_path, n_seeds=1, simulation=SMALL)
    assert part in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_every_run_of_a_simulation_has_loci_of_its_own(tmp_path):
    tables = open_loci("simulation", folder=tmp_path, n_seeds=3, simulation=SMALL)
    assert len({table.fingerprint for table in tables}) == 3
    (source,) = described(tables)
    assert source.synthetic
    assert "3 tables" in source.source


def test_a_plan_of_genuine_data_fetches_nothing(tmp_path):
    (table,) = open_loci("roadmap", folder=tmp_path, n_seeds=1, simulation=SMALL, sizes_only=True)
    assert (table.n_loci, table.n_cell_types) == (18915, 56)
    assert [scheme.name for scheme in schemes_of(table)] == ["cross_chromosome", "cross_cell_type", "hybrid"]
    assert not list(tmp_path.iterdir())


def test_cell_types_that_are_named_take_the_place_of_the_usual_ones():
    table = simulate_loci(seed=0, **SMALL)
    usual, named = schemes_of(table)[1], schemes_of(table, "C05", ["C06"], ["C00", "C01"])[1]
    assert table.cell_types[usual.target] == "C00"
    assert len(usual.train.cell_types) + len(usual.tune.cell_types) == 7
    assert [table.cell_types[place] for place in named.train.cell_types] == ["C00", "C01"]
    assert table.cell_types[named.target] == "C05"
    with pytest.raises(InputError, match="C05 is among the training cell types"):
        schemes_of(table, "C05", ["C06"], ["C05", "C01"])


def test_runs_of_a_simulation_are_judged_on_their_own_loci_and_the_further_plans_once():
    tables = [simulate_loci(seed=seed, **SMALL) for seed in range(2)]
    units = main_plan(PARAMETERS, tables).units
    fits = [unit for unit in units if isinstance(unit, Fit)]
    assert {(unit.table.fingerprint, unit.seed) for unit in fits} == {
        (table.fingerprint, n) for n, table in enumerate(tables)
    }
    boundaries, gaussians, controls = further_plans(PARAMETERS)
    assert {unit.table.task for unit in boundaries.units} == {"domain boundaries"}
    assert len({unit.table.name for unit in controls.units}) == 3
    assert gaussians.n_fits == 8
    assert len(
        {unit.key for plan in (boundaries, gaussians, controls) for unit in plan.units}.union(u.key for u in units)
    ) == (len(units) + len(boundaries.units) + len(gaussians.units) + len(controls.units))


def test_settings_of_the_simulation_are_picked_from_the_parameters():
    picked = simulation_of({"n_loci": 200, "mix": [0.5, 0.25, 0.25], "n_seeds": 3})
    assert picked == {"n_loci": 200, "mix": (0.5, 0.25, 0.25)}
    assert np.isclose(simulate_loci(**picked, n_cell_types=4).labels.mean(), 0.4, atol=0.15)
