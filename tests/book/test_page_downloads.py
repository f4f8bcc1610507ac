"""Files that a page offers: they are there, they are of its run, and a page without a run offers none."""

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from linear_signal.book.figure import figure
from linear_signal.book.page_downloads import PLACE, offer_downloads
from linear_signal.figures import penalty_plot
from linear_signal.software import NUMERICS_VERSION
from random_tables import random_penalties

RECORD = '{"chapter": "20_gtex", "parameters": {"n_genes": 150}, "changed": {}, "data": [], "tables": {}}'


PROSE = "Accuracy {glue:text}`level`, margin {glue:text}`margin:.2f`, {glue:text}`other`.\n\n```{glue} answer\n```\n"
EXPLORER = '<figure class="explorer" id="explorer-runs"><style>p {}</style>'
EXPLORER += '<svg viewBox="0 0 7 4" role="img" aria-label="Means."><path/></svg><script>[1]</script></figure>'


def glued(name, text):
    meta = {"scrapbook": {"name": name}}
    return nbformat.v4.new_output("display_data", {"text/plain": repr(text)}, metadata=meta)


@pytest.fixture(scope="module")
def shown():
    """Draw a figure as a page shows it."""
    return figure(penalty_plot(random_penalties(), synthetic=True), alt="a")


def numbers():
    """Glue what prose names, as a chapter does."""
    prefix = "application/papermill.record/"
    for name, data in {
        "level": {"text/plain": "'0.98'"},
        "margin": {"text/plain": "0.05"},
        "answer": {"text/html": "<table><td>Yes</td></table>", "text/plain": "<HTML object>"},
    }.items():
        meta = {"scrapbook": {"name": name, "mime_prefix": prefix}}
        yield nbformat.v4.new_output("display_data", {prefix + kind: text for kind, text in data.items()}, metadata=meta)


@pytest.fixture
def book(tmp_path, shown):
    """A project with one executed chapter and its rendered page."""
    table = f"book/results/numerics-{NUMERICS_VERSION}/tables/20_gtex-0.parquet"
    for name in ("book/chapters", "notebooks", "html/book/chapters", str(Path(table).parent)):
        (tmp_path / name).mkdir(parents=True)
    pd.DataFrame({"key": ["a", "b"], "mean": [0.25, 0.5], "draws": [[0.1, 0.4], [0.5, 0.5]]}).to_parquet(tmp_path / table)
    (tmp_path / "notebooks/20_gtex.py").write_text("# source")
    drawn = nbformat.v4.new_output("display_data", {"text/html": shown})
    explorer = nbformat.v4.new_output("execute_result", {"text/html": EXPLORER})
    outputs = [glued("run_record", RECORD), glued("results_table", "tables/20_gtex-0.parquet"), *numbers(), drawn, explorer]
    cells = [nbformat.v4.new_markdown_cell(PROSE), nbformat.v4.new_code_cell("show()", outputs=outputs)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "book/chapters/20_gtex.ipynb")
    (tmp_path / "html/book/chapters/20_gtex.html").write_text(f"<main>{PLACE}</main>")
    (tmp_path / "html/book/chapters/none.html").write_text(f"<main>{PLACE}</main>")
    (tmp_path / "html/index.html").write_text("<main></main>")
    return tmp_path


def test_a_page_offers_its_notebook_source_parameters_and_results(book):
    assert offer_downloads(book, book / "html") == 1
    page = book / "html/book/chapters/20_gtex.html"
    links = re.findall(r'href="([^"]+)" download', page.read_text())
    files = {Path(one).name: (page.parent / one).resolve() for one in links}
    assert sorted(files) == ["20_gtex.ipynb", "20_gtex.parquet", "20_gtex.py", "20_gtex.yaml"]
    assert yaml.safe_load(files["20_gtex.yaml"].read_text()) == {"n_genes": 150}
    table = pd.read_parquet(files["20_gtex.parquet"])
    assert table.to_dict("list") == {"key": ["a", "b"], "mean": [0.25, 0.5]}, "every number, and no draws"


@pytest.fixture
def taken(book):
    """The notebook that readers take along."""
    offer_downloads(book, book / "html")
    return nbformat.read(book / "html/_downloads/20_gtex.ipynb", as_version=4)


def test_the_notebook_keeps_the_picture_it_shows_and_nothing_twice(book, taken):
    nbformat.validate(taken)
    html = taken.cells[1].outputs[-2].data["text/html"]
    assert html.count("data:image/") == 1
    assert "<figcaption>" in html
    assert html.count("<span") == html.count("</span>")
    whole = book / "book/chapters/20_gtex.ipynb"
    assert (book / "html/_downloads/20_gtex.ipynb").stat().st_size < 0.6 * whole.stat().st_size


def test_the_notebook_has_its_numbers_in_its_prose_and_an_explorer_as_it_opens(taken):
    assert taken.cells[0].source.startswith("Accuracy 0.98, margin 0.05, {glue:text}`other`."), (
        "another page's stay as they are"
    )
    assert taken.cells[0].source.endswith("<table><td>Yes</td></table>\n")
    shown = taken.cells[1].outputs[-1].data["text/html"]
    assert '<img src="data:image/svg+xml;base64,' in shown
    assert 'alt="Means."' in shown
    assert not re.search("<(svg|script|style)", shown), "JupyterLab shows none of them in a notebook from elsewhere"


def test_where_nothing_was_run_nothing_is_offered(book):
    offer_downloads(book, book / "html")
    assert (book / "html/book/chapters/none.html").read_text() == "<main></main>"
    assert (book / "html/index.html").read_text() == "<main></main>"
