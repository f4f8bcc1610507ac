"""The pins of the book and the hashes by which they are installed say the same."""

import re

import pytest

from miniature_book import PROJECT

# A build for processors alone has other hashes, and on Linux torch brings libraries that are not pinned.
WITHOUT_HASHES = {"torch"}


def pins(text):
    """Read {name: (version, on which Python)}; uv writes python_version as python_full_version."""
    found = re.findall(r"(?m)^([\w.-]+)==([^\s;\\#]+)[ ]*(?:;[ ]*(\S+ \S+ \S+))?", text)
    return {
        name: (version, marker.replace("'", '"').replace("full_version", "version").replace(".*", ""))
        for name, version, marker in found
    }


@pytest.fixture(scope="module")
def hashed():
    return "".join((PROJECT / ".ci" / name).read_text() for name in ("hashes.txt", "hashes_rpy2.txt"))


def test_every_pin_but_torch_has_its_hashes(hashed):
    pinned = pins((PROJECT / "requirements.txt").read_text())
    assert len(pinned) > 200
    assert {name: pin for name, pin in pinned.items() if name not in WITHOUT_HASHES} == pins(hashed)


def test_every_pin_in_the_file_of_hashes_has_at_least_one(hashed):
    entries = re.split(r"(?m)^(?=[\w.-]+==)", re.sub(r"(?m)^#.*\n", "", hashed))[1:]
    assert len(entries) == len(pins(hashed))
    without = [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert not without
