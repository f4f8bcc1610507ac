"""The pins, the hashes by which they are installed, and the extras of the package say the same, part by part."""

import re
import tomllib

import pytest

from miniature_book import PROJECT

# A build for processors alone has other hashes, and on Linux torch brings libraries that are not pinned.
WITHOUT_HASHES = {"torch"}
FILES = {"book": PROJECT / "requirements.txt"} | {
    path.stem: path for path in sorted((PROJECT / "requirements").glob("*.txt"))
}
HASHES = {path.stem: path.read_text() for path in sorted((PROJECT / ".ci" / "hashes").glob("*.txt"))}
EXTRAS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
BASE = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]


def pins(text):
    """Read {name: (version, on which Python)}; uv writes python_version as python_full_version."""
    found = re.findall(r"(?m)^([\w.-]+)==([^\s;\\#]+)[ ]*(?:;[ ]*(\S+ \S+ \S+))?", text)
    return {
        name: (version, marker.replace("'", '"').replace("full_version", "version").replace(".*", ""))
        for name, version, marker in found
    }


def pinned(part):
    return pins(FILES[part].read_text())


def reach(path):
    """Return the names of everything that a file asks for, with the files that it reads in."""
    text = path.read_text()
    others = [path.parent / name for name in re.findall(r"(?m)^-r (\S+)", text)]
    return set(pins(text)).union(*map(reach, others))


def named(requirements):
    return {re.match(r"[\w.-]+", one)[0].lower() for one in requirements}


def test_there_is_a_file_of_hashes_for_every_file_of_pins():
    assert set(HASHES) == set(FILES) == {"book", "dask", "h5ad", "r", "test", "tracking"}


@pytest.mark.parametrize("part", FILES)
def test_every_pin_but_torch_has_its_hashes(part):
    wanted = {name: pin for name, pin in pinned(part).items() if name not in WITHOUT_HASHES}
    assert wanted
    assert wanted == pins(HASHES[part])


@pytest.mark.parametrize("part", FILES)
def test_every_pin_in_a_file_of_hashes_has_at_least_one(part):
    entries = re.split(r"(?m)^(?=[\w.-]+==)", re.sub(r"(?m)^#.*\n", "", HASHES[part]))[1:]
    assert len(entries) == len(pins(HASHES[part]))
    without = [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert not without


def test_no_package_is_pinned_twice_and_all_of_them_are_many():
    names = [name for part in FILES for name in pinned(part)]
    assert len(names) == len(set(names)) > 200


def test_each_file_reads_in_what_it_rests_on():
    for part, path in FILES.items():
        assert set(pinned("book")) <= reach(path), part
    assert {"mlflow-skinny", "distributed", "anndata", "playwright"} <= reach(FILES["test"])


def test_the_book_installs_no_tracking_server_no_browser_driver_no_cluster_and_no_test():
    assert not set(pinned("book")) & {"mlflow-skinny", "playwright", "distributed", "dask", "rpy2", "pytest", "ruff"}


def test_what_people_import_needs_none_of_the_book_and_all_it_needs_is_pinned():
    assert not named(BASE) & (named(EXTRAS["book"]) | {"sphinx", "jupyter-book", "papermill", "plotnine"})
    assert named(BASE) | named(EXTRAS["book"]) <= set(pinned("book"))


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - {"book"}))
def test_every_extra_is_pinned_in_the_file_of_its_name(extra):
    assert named(EXTRAS[extra]) <= reach(FILES[extra]) - (set() if extra == "tracking" else reach(FILES["book"]))
