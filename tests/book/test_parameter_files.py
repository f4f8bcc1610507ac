"""Parameter files hold parameters of their chapter, of the right type; params/README.md explains every parameter."""

import re
from pathlib import Path

import pytest

from linear_signal.book.parameter_files import declared_parameters, read_parameters
from linear_signal.book.parameters import check_parameters

PROJECT = Path(__file__).parents[2]
CHAPTERS = sorted((PROJECT / "notebooks").glob("*.py"))
FILES = sorted((PROJECT / "params").glob("*/*.yaml"))


def explained():
    """Read (type, default) by name from the tables of params/README.md; a name twice is a mistake."""
    rows = re.findall(r"(?m)^\| (`\w+`(?:, `\w+`)*) \| ([\w\[\]]+) \| (.*?) \| ", (PROJECT / "params/README.md").read_text())
    rows = [(name, kind, default) for names, kind, default in rows for name in re.findall(r"\w+", names)]
    names = [name for name, _, _ in rows]
    assert sorted(names) == sorted(set(names))
    return {name: (kind, default) for name, kind, default in rows}


def per_chapter(text):
    """Read the default by chapter from "10, 70: 400; 20: 150"; one value for all chapters gives none."""
    groups = re.findall(r"((?:\d\d, )*\d\d): (.*?)(?:; (?=\d\d[,:])|$)", text)
    return {number: value for numbers, value in groups for number in numbers.split(", ")}


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


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_the_readme_explains_every_parameter(chapter):
    rows, number = explained(), chapter.stem.split("_")[0]
    for name, (annotation, default) in declared_parameters(chapter).items():
        assert name in rows, f"params/README.md does not explain {name}"
        kind, text = rows[name]
        assert kind == annotation
        chapters = per_chapter(text)
        assert not chapters or number in chapters, f"params/README.md does not say that {number} has {name}"
        assert as_written(default) == chapters.get(number, text).replace("`", ""), name


def test_the_readme_explains_nothing_else():
    assert set(explained()) == {name for chapter in CHAPTERS for name in declared_parameters(chapter)}
    told = {(number, name) for name, (_, text) in explained().items() for number in per_chapter(text)}
    assert told <= {(chapter.stem.split("_")[0], name) for chapter in CHAPTERS for name in declared_parameters(chapter)}


def as_written(value):
    """Write a default as the tables do."""
    if isinstance(value, list):
        return ", ".join(map(as_written, value)) or "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if value >= 0.001 else f"{value:.1e}".replace("e-0", "e-")
    return str(value) or "empty"
