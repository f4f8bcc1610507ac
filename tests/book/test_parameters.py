"""Parameters are checked before anything runs: under papermill, and cell by cell as in JupyterLab."""

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell

from linear_signal.book.parameters import check_given, check_parameters
from linear_signal.errors import InputError

DECLARATION = """\
n_seeds: int = 2
rate: float = 0.5
models: list[str] = ["linear"]
seeds: list[int] = [1, 2]
sizes: list[float] = [0.1, 1.0]
source: str = "miniature"
quick: bool = True
"""
CHECK = "p = check_parameters(globals())"


class Session:
    """Runs cells as a front end does, history included."""

    def __init__(self):
        self.shell = InteractiveShell()
        self.shell.history_manager.enabled = False
        self.shell.user_ns["check_parameters"] = check_parameters

    def run(self, *cells):
        for cell in cells:
            self.shell.run_cell(cell, store_history=True, silent=False).raise_error()
        return self.shell.user_ns.get("p")


@pytest.fixture
def session(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    opened = Session()
    yield opened
    opened.shell.history_manager.end_session()


def test_everything_wrong_is_named_at_once():
    with pytest.raises(InputError) as refused:
        check_given(DECLARATION, {"n_seds": 3, "quick": "maybe", "rate": "fast", "sorce": "files"})
    for part in (
        "Unknown parameter 'n_seds'; did you mean 'n_seeds'?",
        "Unknown parameter 'sorce'; did you mean 'source'?",
        "Parameter quick is 'maybe' (str); allowed is True or False (bool). Pass it with -p quick True",
        "Parameter rate is 'fast' (str); allowed is a number (float).",
    ):
        assert part in str(refused.value)


def test_defaults_pass_and_nothing_is_changed(session):
    p = session.run(DECLARATION, CHECK)
    assert p.as_dict() == {
        "n_seeds": 2,
        "rate": 0.5,
        "models": ["linear"],
        "seeds": [1, 2],
        "sizes": [0.1, 1.0],
        "source": "miniature",
        "quick": True,
    }
    assert p.changed == {}


def test_whole_numbers_become_floats_where_floats_are_declared(session):
    p = session.run(DECLARATION, "# Parameters\nrate = 1\nsizes = [1, 0.5]\n", CHECK)
    assert isinstance(p.rate, float)
    assert [type(size) for size in p.sizes] == [float, float]
    assert p.changed == {"rate": 1.0, "sizes": [1.0, 0.5]}


@pytest.mark.parametrize(
    ("injected", "message"),
    [
        ("n_seeds = 2.5", r"n_seeds is 2\.5 \(float\); allowed is a whole number \(int\)\. Pass it with -p n_seeds 3"),
        ("n_seeds = True", r"n_seeds is True \(bool\)"),
        ("rate = 'fast'", r"rate is 'fast' \(str\); allowed is a number \(float\)"),
        ("rate = '1e-5'", r"YAML reads 1e-5 as text: write it with a point"),
        ("rate = float('nan')", r"rate is nan \(float\)"),
        ("rate = False", r"rate is False \(bool\)"),
        ("models = 'linear'", r"models is 'linear' \(str\); allowed is a list of texts .*-y 'models: \[a, b\]'"),
        ("models = ['linear', 3]", r"Entry 2 of parameter models is 3 \(int\)"),
        ("seeds = [1, 2.5]", r"Entry 2 of parameter seeds is 2\.5 \(float\)"),
        ("sizes = [True]", r"Entry 1 of parameter sizes is True \(bool\)"),
        ("source = 7", r"source is 7 \(int\); allowed is a text \(str\)\. Pass it with -r source 7"),
        ("source = None", r"source is None \(NoneType\)"),
        ("quick = 1", r"quick is 1 \(int\); allowed is True or False"),
        ("n_sead = 3", r"Unknown parameter 'n_sead'; did you mean 'n_seeds'\? This chapter has: n_seeds, rate"),
        ("elephants = 3", r"Unknown parameter 'elephants'\. This chapter has"),
    ],
)
def test_what_is_refused(session, injected, message):
    with pytest.raises(InputError, match=message):
        session.run(DECLARATION, f"# Parameters\n{injected}\n", CHECK)


def test_cells_can_be_run_again_in_any_order(session):
    assert session.run(DECLARATION, "# Parameters\nn_seeds = 5\n", CHECK).n_seeds == 5
    # The parameters cell again: its defaults are back, and what papermill had put in no longer counts.
    assert session.run(DECLARATION, CHECK).changed == {}
    # Edited and run again: the edited values are the defaults now.
    assert session.run(DECLARATION.replace("= 2\n", "= 4\n"), CHECK, CHECK).n_seeds == 4
    # A magic, a name of one's own and a mistake elsewhere do no harm.
    assert session.run("%pwd", "anything = 3", CHECK).n_seeds == 4


def test_a_parameter_of_another_type_is_refused(session):
    with pytest.raises(InputError, match=r"declared as dict.*Allowed in the parameters cell: str, int"):
        session.run("extra: dict = {}", CHECK)


def test_a_derived_default_is_refused(session):
    with pytest.raises(InputError, match=r"only plain values"):
        session.run("n_seeds: int = 1 + len('ab')", CHECK)


def test_without_the_parameters_cell(session):
    with pytest.raises(InputError, match=r"Run the parameters cell"):
        session.run(CHECK)


def test_a_plain_script_is_checked_by_its_annotations():
    script = {"n_seeds": 3, "models": ["a"], "__annotations__": {"n_seeds": "int", "models": list[str]}}
    assert check_parameters(script).as_dict() == {"n_seeds": 3, "models": ["a"]}
    with pytest.raises(InputError, match=r"n_seeds is 'x'"):
        check_parameters(script | {"n_seeds": "x"})


def test_checked_parameters_cannot_be_changed(session):
    p = session.run(DECLARATION, CHECK)
    with pytest.raises(AttributeError, match="cannot be changed"):
        p.n_seeds = 3
    p.models.append("network")
    assert p.models == ["linear"]
    with pytest.raises(AttributeError, match="'n_sead' is no parameter"):
        p.n_sead  # noqa: B018 - reading it is the test


CELL = 'n: int = 3\nmax_epochs: int = 9\nshared: list[str] = ["training", "split"]'


def test_shared_parameters_come_with_their_defaults_where_the_cell_sets_none():
    p = check_given(CELL, {"patience": 4})
    assert (p.n, p.max_epochs, p.patience, p.split) == (3, 9, 4, "group")
    assert p.changed == {"patience": 4}
    assert "shared" not in p
    assert "device" not in p, "of groups that the cell does not name there is nothing"


@pytest.mark.parametrize(
    ("cell", "given", "part"),
    [
        (CELL, {"shared": ["running"]}, "Unknown parameter 'shared'"),
        (CELL, {"patiense": 4}, "did you mean 'patience'"),
        (CELL, {"patience": "many"}, "patience is 'many'"),
        ('shared: list[str] = ["trainings"]', {}, "'trainings'; did you mean 'training'?"),
        ('shared: list[str] = ["split", "split"]', {}, "different groups"),
        (
            'patience: float = 1.0\nshared: list[str] = ["training"]',
            {},
            "as float; everywhere it is int",
        ),
    ],
)
def test_what_is_wrong_with_shared_parameters_is_said(cell, given, part):
    with pytest.raises(InputError, match=re.escape(part)):
        check_given(cell, given)


def test_a_chapter_that_is_run_takes_shared_parameters_from_the_cell_of_papermill():
    namespace = {"In": ["", CELL, "# Parameters\npatience = 2"], "n": 3, "max_epochs": 9, "patience": 2}
    p = check_parameters(namespace | {"shared": ["training", "split"]})
    assert (p.patience, p.max_epochs, p.changed) == (2, 9, {"patience": 2})
