"""Files that a page offers: they are there, they are of its run, and a page without a run offers none."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from linear_signal.book.figure import figure
from linear_signal.book.page_downloads import PLACE, offer_downloads
from linear_signal.figures import penalty_plot
from linear_signal.software import NUMERICS_VERSION
from random_tables import random_penalties

RECORD = '{"chapter": "20_gtex", "parameters": {"n_genes": 150}, "changed": {}, "data": [], "tables": {}}'


def glued(name, text):
    meta = {"scrapbook": {"name": name}}
    return nbformat.v4.new_output("display_data", {"text/plain": repr(text)}, metadata=meta)


@pytest.fixture(scope="module")
def shown():
    """Draw a figure as a page shows it."""
    return figure(penalty_plot(random_penalties(), synthetic=True), alt="a")


@pytest.fixture
def book(tmp_path, shown):
    """A project with one executed chapter and its rendered page."""
    table = f"book/results/numerics-{NUMERICS_VERSION}/tables/20_gtex-0.parquet"
    for name in ("book/chapters", "notebooks", "html/book/chapters", str(Path(table).parent)):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / table).write_bytes(b"table")
    (tmp_path / "notebooks/20_gtex.py").write_text("# source")
    drawn = nbformat.v4.new_output("display_data", {"text/html": shown})
    outputs = [glued("run_record", RECORD), glued("results_table", "tables/20_gtex-0.parquet"), drawn]
    cell = nbformat.v4.new_code_cell("show()", outputs=outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "book/chapters/20_gtex.ipynb")
    (tmp_path / "html/book/chapters/20_gtex.html").write_text(f"<main>{PLACE}</main>")
    (tmp_path / "html/book/chapters/none.html").write_text(f"<main>{PLACE}</main>")
    (tmp_path / "html/index.html").write_text("<main></main>")
    return tmp_path


def test_a_page_offers_its_notebook_source_parameters_and_results(book):
    assert offer_downloads(book, book / "html") == 1
    page = book / "html/book/chapters/20_gtex.html"
    links = re.findall(r'href="([^"]+)" download', page.read_text())
    files = {Path(one).name: (page.parent / one).resolve() for one in links}
    assert sorted(files) == ["20_gtex-0.parquet", "20_gtex.ipynb", "20_gtex.py", "20_gtex.yaml"]
    assert yaml.safe_load(files["20_gtex.yaml"].read_text()) == {"n_genes": 150}
    assert files["20_gtex-0.parquet"].read_bytes() == b"table"


def test_the_notebook_keeps_the_picture_it_shows_and_nothing_twice(book):
    offer_downloads(book, book / "html")
    whole, taken = book / "book/chapters/20_gtex.ipynb", book / "html/_downloads/20_gtex.ipynb"
    html = nbformat.read(taken, as_version=4).cells[0].outputs[-1].data["text/html"]
    assert html.count("data:image/") == 1
    assert "<figcaption>" in html
    assert html.count("<span") == html.count("</span>")
    assert taken.stat().st_size < 0.6 * whole.stat().st_size


def test_where_nothing_was_run_nothing_is_offered(book):
    offer_downloads(book, book / "html")
    assert (book / "html/book/chapters/none.html").read_text() == "<main></main>"
    assert (book / "html/index.html").read_text() == "<main></main>"
