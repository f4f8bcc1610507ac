"""What is typed behind ``make assess`` becomes the parameters of the chapter on your data, or is refused beforehand."""

import pytest

from linear_signal.book.parameter_files import parameters_of_file
from linear_signal.book.question import QUESTION, YOUR_DATA, write_question
from linear_signal.errors import InputError
from miniature_book import PROJECT


def typed(**given):
    return dict.fromkeys(QUESTION, "") | given


def test_what_is_typed_are_parameters_that_the_chapter_has(tmp_path):
    data = tmp_path / "my data.csv"
    data.write_text("id,G1\n")
    path = write_question(tmp_path, typed(data=str(data), label="the tissue", group="donor, batch", minutes="10"))
    assert path.is_relative_to(tmp_path / "cache")
    found = parameters_of_file(PROJECT / "notebooks" / f"{YOUR_DATA}.py", path).as_dict()
    assert found["expression"] == str(data)
    assert (found["label"], found["groups"], found["minutes"]) == ("the tissue", ["donor", "batch"], 10.0)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({}, "DATA is missing"),
        ({"data": __file__}, "LABEL is missing"),
        ({"data": "/missing.csv", "label": "x"}, "/missing.csv"),
        ({"data": __file__, "label": "x", "minutes": "ten"}, "'ten'"),
    ],
    ids=["nothing", "no label", "no file", "no number"],
)
def test_what_is_missing_is_said_before_anything_runs(tmp_path, given, part):
    with pytest.raises(InputError, match=part):
        write_question(tmp_path, typed(**given))
