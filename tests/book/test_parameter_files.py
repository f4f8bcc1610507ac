"""Parameter files hold parameters of their chapter, of the right type; params/README.md explains every parameter."""

import re
from pathlib import Path

import pytest

from linear_signal.book.parameter_files import declared_parameters, parameters_cell, read_parameters
from linear_signal.book.parameter_readme import readme
from linear_signal.book.parameters import check_parameters, declared_in
from linear_signal.book.shared_groups import groups

PROJECT = Path(__file__).parents[2]
CHAPTERS = sorted((PROJECT / "notebooks").glob("*.py"))
FILES = sorted((PROJECT / "params").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_parameter_file_fits_its_chapter(file):
    parameters = declared_parameters(PROJECT / "notebooks" / f"{file.stem}.py")
    values = read_parameters(file)
    assert set(values) <= set(parameters)
    annotations = {name: annotation for name, (annotation, _) in parameters.items()}
    defaults = {name: default for name, (_, default) in parameters.items()}
    # Types are checked by what checks them in the chapter; 1e-6, which YAML reads as text, is among what it refuses.
    assert check_parameters({**defaults, **values, "__annotations__": annotations}).as_dict().keys() == parameters.keys()


@pytest.mark.parametrize("profile", ["test", "paper"])
def test_every_chapter_has_a_file_in_every_profile(profile):
    assert {file.stem for file in FILES if file.parent.name == profile} == {chapter.stem for chapter in CHAPTERS}


def test_the_readme_is_made_from_what_declares_the_parameters():
    text = (PROJECT / "params/README.md").read_text()
    assert text == readme(PROJECT), "run `make parameters`"
    for chapter in CHAPTERS:
        for name in declared_parameters(chapter):
            assert re.search(rf"(?m)^\| `{name}` \| .* \| \S.* \|$", text), f"nothing is said of {name}"


def test_chapters_set_only_what_they_want_otherwise():
    for chapter in CHAPTERS:
        cell = declared_in(parameters_cell(chapter))
        for group in groups().values():
            for name, field in group.items():
                if name in cell and cell[name].in_cell and name != "results_folder":
                    assert cell[name].default != field.default, f"{chapter.stem}: {name} has its shared default"
