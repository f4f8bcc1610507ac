"""The three schemes deal out loci and cell types as the paper says, and refuse what would leak or cannot be judged."""

import pickle
from dataclasses import fields

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import SCHEMES, make_scheme
from made_up_loci import loci_table

TABLE = loci_table()
GIVEN = {"target": "A", "validation_cell_types": ("B", "C")}


def names(rows, table=TABLE):
    """Return the chromosomes and cell types of rows."""
    return set(table.chromosomes[rows.loci].tolist()), {table.cell_types[place] for place in rows.cell_types}


def test_who_learns_from_what():
    found = {name: make_scheme(name, TABLE, **GIVEN) for name in SCHEMES}
    assert {role: names(getattr(found["cross_chromosome"], role)) for role in ("train", "tune", "judge")} == {
        "train": ({"chr3", "chr4"}, {"A"}),
        "tune": ({"chr2"}, {"A"}),
        "judge": ({"chr1"}, {"A"}),
    }
    learnt = {"chr2", "chr3", "chr4"}
    for name, judged in (("cross_cell_type", learnt), ("hybrid", {"chr1"})):
        scheme = found[name]
        assert names(scheme.train) == (learnt, {"D", "E", "F"})
        assert names(scheme.tune) == (learnt, {"B", "C"})
        assert names(scheme.judge) == (judged, {"A"})
    assert len({scheme.digest for scheme in found.values()}) == 3


@pytest.mark.parametrize("name", SCHEMES)
def test_no_row_is_learnt_from_and_judged(name):
    scheme = make_scheme(name, TABLE, **GIVEN)
    sets = [rows.numbers(TABLE.n_cell_types) for rows in (scheme.train, scheme.tune, scheme.judge)]
    assert len(np.unique(np.concatenate(sets))) == sum(map(len, sets))
    assert [len(rows) for rows in (scheme.train, scheme.tune, scheme.judge)] == [len(each) for each in sets]
    loci, columns = np.divmod(sets[0], TABLE.n_cell_types)
    assert (TABLE.labels[loci, columns] == scheme.train.of(TABLE.labels).ravel()).all()


def test_the_domain_task_learns_from_few_chromosomes_in_few_cell_types():
    given = GIVEN | {"train_chromosomes": ("chr3",), "training_cell_types": ("D", "F")}
    assert names(make_scheme("cross_chromosome", TABLE, **given).train) == ({"chr3"}, {"A"})
    assert names(make_scheme("cross_cell_type", TABLE, **given).train) == ({"chr2", "chr3"}, {"D", "F"})


def test_a_digest_tells_schemes_apart_and_not_the_order_of_names():
    first = make_scheme("hybrid", TABLE, **GIVEN)
    turned = make_scheme("hybrid", TABLE, target="A", validation_cell_types=("C", "B"), training_cell_types=("F", "E", "D"))
    assert first.digest == turned.digest
    assert first.digest != make_scheme("hybrid", TABLE, **GIVEN, training_cell_types=("E", "D")).digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "hybird"}, "hybrid"),
        ({"target": "Z"}, "'Z'"),
        ({"validation_cell_types": ("A",)}, "target A is among the validation"),
        ({"training_cell_types": ("A", "D")}, "target A is among the training"),
        ({"training_cell_types": ("B", "D")}, "'B'"),
        ({"training_cell_types": ("D", "D")}, "twice"),
        ({"validation_cell_types": ()}, "validation_cell_types"),
        ({"validation_cell_types": "B"}, "list"),
        ({"judge_chromosome": "1"}, "chromosome"),
        ({"judge_chromosome": "chr2"}, "must differ"),
        ({"train_chromosomes": ("chr1", "chr3")}, "must differ"),
        ({"train_chromosomes": ("chr9",)}, "chr9"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_a_scheme_is_refused(changed, said):
    with pytest.raises(InputError, match=said):
        make_scheme(**{"name": "hybrid", "table": TABLE} | GIVEN | changed)


@pytest.mark.parametrize("role", ["judge", "train"])
def test_labels_of_one_class_are_refused(role):
    labels = TABLE.labels.copy()
    labels[getattr(make_scheme("hybrid", TABLE, **GIVEN), role).loci] = True
    with pytest.raises(InputError, match=f"to {role} on hold active loci alone"):
        make_scheme("hybrid", loci_table(labels=labels), **GIVEN)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"loci": np.array(["L0"] * 80)}, "unique"),
        ({"cell_types": ("A", "B", "C", "D", "E", "E")}, "unique"),
        ({"chromosomes": np.array([""] * 80)}, "no chromosome"),
        ({"labels": TABLE.labels[:, 1:]}, "labels has shape"),
        ({"signal": TABLE.signal[:, :, :1]}, "signal has shape"),
        ({"activity": np.where(TABLE.activity > 2, np.nan, TABLE.activity)}, "not finite"),
        ({"constant": np.full((80, 4), 5, np.uint8)}, "a base is 5"),
        ({"constant": TABLE.constant[1:]}, "constant input has shape"),
        ({"constant_order": np.full((80, 6), 80)}, "constant_order"),
        ({"relatives": {"A": ("B", "Z")}}, "'Z'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_a_table_is_refused(changed, said):
    with pytest.raises(InputError, match=said):
        loci_table(**changed)


def test_a_fingerprint_names_all_content_and_travels():
    assert pickle.loads(pickle.dumps(TABLE)).fingerprint == loci_table().fingerprint == TABLE.fingerprint
    changes = {
        "name": "other",
        "task": "domain boundaries",
        "loci": np.roll(TABLE.loci, 1),
        "chromosomes": np.roll(TABLE.chromosomes, 1),
        "cell_types": TABLE.cell_types[::-1],
        "labels": ~TABLE.labels,
        "activity": -TABLE.activity,
        "signal": -TABLE.signal,
        "marks": ("second", "first"),
        "constant": TABLE.constant.astype(np.float32),
        "constant_order": np.zeros((80, 6), int),
        "relatives": {"A": ("B",)},
    }
    assert len({loci_table(**{name: value}).fingerprint for name, value in changes.items()} | {TABLE.fingerprint}) == 13
    assert {each.name for each in fields(LociTable)} - set(changes) == {"source", "synthetic", "notes"}


def test_a_table_cannot_be_written_to():
    for name in ("labels", "activity", "signal", "constant", "loci"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(TABLE, name)[0] = 0
