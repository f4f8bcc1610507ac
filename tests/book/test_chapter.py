"""What a chapter plans with: its settings are known ones, and what went by another name is named."""

import pandas as pd
import pytest
import yaml
from papermill.iorw import NoDatesSafeLoader

from linear_signal.book import display
from linear_signal.book.chapter import Chapter, check_settings, design_of, planning
from linear_signal.book.display import seen_columns
from linear_signal.book.parameter_types import as_yaml
from linear_signal.book.parameters import Parameters, check_given, check_parameters
from linear_signal.data.source import Source
from linear_signal.errors import InputError
from linear_signal.experiment.plan import Plan
from tiny_experiment import tiny_plan


def test_a_setting_that_there_is_not_is_refused():
    assert design_of(Parameters({"n_trials": 3}, {}), n_inner_folds=2, max_epochs=7).training.max_epochs == 7
    with pytest.raises(InputError, match=r"'n_inner_fold'; did you mean 'n_inner_folds'\?"):
        design_of(Parameters({}, {}), n_inner_fold=2)
    with pytest.raises(InputError, match=r"'conditions'; it is now two: signals and pretraining\."):
        design_of(Parameters({}, {}), conditions=["full"])


def test_a_former_value_of_a_parameter_is_refused_with_its_new_name():
    with pytest.raises(InputError, match=r"tune_on 'condition'; it is now 'same'\."):
        check_settings(Parameters({"models": ["linear_svm"], "tune_on": "condition"}, {}))


def test_a_table_says_who_was_pretrained_only_where_somebody_was():
    table = pd.DataFrame({"signal": ["full", "removed"], "pretraining": "none"})
    assert list(seen_columns(table)) == ["Signal"]
    both = seen_columns(table.assign(pretraining=["pretrained", "none"]))
    assert both["Pretraining"].tolist() == ["Pretrained", "Not pretrained"]
    assert both["Signal"].tolist() == ["Full signal", "Linear signal removed"]


def chapter(tmp_path, **parameters):
    """Make a chapter as a cell would, without a kernel."""
    values = {"n_seeds": 1, "n_folds": 3, "results_folder": str(tmp_path / "results")} | parameters
    kinds = {name: type(value) for name, value in values.items()} | {"shared": list[str]}
    return Chapter("10_tiny", values | {"shared": ["running"], "__annotations__": kinds})


def test_a_cell_that_is_run_again_replaces_what_it_left(tmp_path, capsys):
    page, plan = chapter(tmp_path), tiny_plan(models=["exact_logistic_regression"])
    page.add(plan)
    first = page.run(plan)
    page.run(plan)
    assert [one.plan for one in page.results.values()] == [plan]
    with pytest.raises(InputError, match="makes all its plans before it runs the first"):
        page.add(plan)
    assert len(first.fits)


def test_a_second_chapter_in_one_kernel_has_its_own_number_of_runs(tmp_path):
    for n_seeds in (1, 3):
        chapter(tmp_path, n_seeds=n_seeds).uses(Source(name="a", source="b", synthetic=True, summary="c"))
        assert display.glued["n_runs"] == 3 * n_seeds


def test_plans_are_made_for_another_machine_too(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match="cuda"):
        chapter(tmp_path, device="cuda")
    with planning() as plans:
        plan = chapter(tmp_path, device="cuda").add(Plan(()))
    assert plans == [plan]


def test_models_are_kept_of_chapters_that_have_some(tmp_path):
    with pytest.raises(InputError, match="no models that could be saved"):
        chapter(tmp_path, save_models=str(tmp_path / "models"))


def test_a_reader_is_asked_for_nothing_it_does_not_know(tmp_path):
    page = chapter(tmp_path)
    assert page.open(lambda folder, n_seeds: (folder, n_seeds)) == (page.data_folder, 1)
    with pytest.raises(TypeError, match="no argument sex_label"):
        page.open(lambda sex_labels=False: sex_labels, sex_label=True)


def test_a_shared_parameter_counts_where_it_was_passed_and_not_where_a_name_is_like_it():
    cells = ['n_seeds: int = 2\nshared: list[str] = ["folds"]', "n_folds = 9", "# Parameters\nfractions = [0.5]"]
    namespace = {"In": cells, "n_seeds": 2, "shared": ["folds"], "n_folds": 9, "fractions": [0.5]}
    found = check_parameters(namespace)
    assert (found.n_folds, found.fractions) == (5, [0.5])


@pytest.mark.parametrize(
    "value", [1e-6, [1e-6, 10.0], 3, True, "a: b # c", ["x", "1e-6", "null"], "tcp://host:1", []], ids=repr
)
def test_the_command_that_makes_a_page_again_says_what_it_is_made_with(value):
    kind = type(value).__name__
    if isinstance(value, list):
        kind = f"list[{type(value[0]).__name__ if value else 'str'}]"
    given = yaml.load(as_yaml("some", value), Loader=NoDatesSafeLoader)
    assert check_given(f"some: {kind} = {value!r}", given).some == value
