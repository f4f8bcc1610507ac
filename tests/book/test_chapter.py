"""What a chapter plans with: its settings are known ones, and what went by another name is named."""

import pandas as pd
import pytest

from linear_signal.book.chapter import check_settings, design_of
from linear_signal.book.display import seen_columns
from linear_signal.book.parameters import Parameters
from linear_signal.errors import InputError


def test_a_setting_that_there_is_not_is_refused():
    assert design_of(Parameters({"n_trials": 3}, {}), n_inner_folds=2, max_epochs=7).training.max_epochs == 7
    with pytest.raises(InputError, match=r"'n_inner_fold'; did you mean 'n_inner_folds'\?"):
        design_of(Parameters({}, {}), n_inner_fold=2)
    with pytest.raises(InputError, match=r"'conditions'; it is now two: signals and pretraining\."):
        design_of(Parameters({}, {}), conditions=["full"])


def test_a_former_value_of_a_parameter_is_refused_with_its_new_name():
    with pytest.raises(InputError, match=r"tune_on 'condition'; it is now 'same'\."):
        check_settings(Parameters({"tune_on": "condition"}, {}))


def test_a_table_says_who_was_pretrained_only_where_somebody_was():
    table = pd.DataFrame({"signal": ["full", "removed"], "pretraining": "none"})
    assert list(seen_columns(table)) == ["Signal"]
    both = seen_columns(table.assign(pretraining=["pretrained", "none"]))
    assert both["Pretraining"].tolist() == ["Pretrained", "Not pretrained"]
    assert both["Signal"].tolist() == ["Full signal", "Linear signal removed"]
