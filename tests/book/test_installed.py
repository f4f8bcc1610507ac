"""What only tests, tracking and Dask install decides no page: after ``make test`` the book is still up to date."""

import importlib.metadata
import re
import tomllib
from types import SimpleNamespace

import pytest

from linear_signal.book.installed import packages_of_pages
from miniature_book import PROJECT


def distribution(name, *requires, version="1"):
    return SimpleNamespace(name=name, version=version, requires=list(requires))


OURS = distribution(
    "linear_signal",
    "numpy>=2",
    *("papermill; extra == 'book'", "rpy2 ; extra == 'r'", "pytest ; extra == 'test'", "Dask.ed[more] ; extra == 'dask'"),
)
BOOK = [OURS, distribution("numpy"), distribution("papermill", "click"), distribution("click")]
TESTS = [
    distribution("pytest", "click", "pluggy", "never; python_version < '3'"),
    *(distribution("pluggy"), distribution("dask-ed", "zict ; extra == 'more'"), distribution("zict")),
]


@pytest.fixture
def pages(monkeypatch):
    def found(*installed):
        monkeypatch.setattr(importlib.metadata, "distributions", lambda: list(installed))
        return packages_of_pages()

    return found


def test_what_the_tests_bring_is_left_out_and_what_both_need_is_not(pages):
    assert pages(*BOOK, *TESTS) == pages(*BOOK) == ["click==1", "linear-signal==1", "numpy==1", "papermill==1"]


@pytest.mark.parametrize("more", [distribution("numpy", version="2"), distribution("rpy2"), distribution("xgboost")])
def test_what_pages_rest_on_counts_and_so_does_what_somebody_else_installed(pages, more):
    assert pages(*BOOK, *TESTS, more) != pages(*BOOK, *TESTS)
    assert pages(*BOOK, *TESTS, more) == pages(*BOOK, more)


def test_everything_that_the_book_pins_counts_and_nothing_that_only_the_tests_pin(pages):
    """With what is installed here, and with the extras as ``pyproject.toml`` has them now."""
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = [f"{one} ; extra == '{extra}'" for extra, wanted in declared["optional-dependencies"].items() for one in wanted]
    ours = distribution("linear-signal", *declared["dependencies"], *extras)
    here = [one for one in importlib.metadata.distributions() if one.name != "linear-signal"]
    found = {one.partition("==")[0] for one in pages(ours, *here)}
    of_book, of_tests = (
        {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"(?m)^([\w.-]+)==[^;]*$", file.read_text())}
        for file in (PROJECT / "requirements.txt", PROJECT / "requirements/test.txt")
    )
    assert of_book <= found
    assert not of_tests & found
