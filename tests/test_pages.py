"""The pages as readers have them: real prose and configuration, opened from disk, in a browser, without a network."""

import re
import shutil
from pathlib import Path

import ipywidgets
import nbformat
import pytest
import yaml
from ipywidgets.embed import embed_data

from miniature_book import PROJECT, command

CHROMIUM = shutil.which("chromium")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def notebook_with_panels() -> nbformat.NotebookNode:
    """Make what papermill leaves of a chapter that shows two panels and a menu."""
    menu = ipywidgets.Dropdown(options=["one", "two"])
    panels = ipywidgets.Stack([ipywidgets.HTML("first panel"), ipywidgets.HTML("second panel")], selected_index=0)
    ipywidgets.jslink((menu, "index"), (panels, "selected_index"))
    data = embed_data(views=[ipywidgets.VBox([menu, panels])])
    output = nbformat.v4.new_output("display_data", {WIDGET_VIEW: data["view_specs"][0], "text/plain": "VBox()"})
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A chapter"),
            nbformat.v4.new_code_cell("box", outputs=[output], execution_count=1),
        ],
        metadata={
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            "widgets": {WIDGET_STATE: data["manager_state"]},
        },
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """Render the book as it is, with placeholders where chapters have to be executed."""
    book = tmp_path_factory.mktemp("pages") / "with a space"
    (book / "notebooks").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(PROJECT / name, book)
    shutil.copytree(PROJECT / "book", book / "book", ignore=shutil.ignore_patterns("*.ipynb", "results"))
    contents = yaml.safe_load((book / "_toc.yml").read_text())
    entries = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    chapters = [entry for entry in entries if entry.startswith("book/chapters/")]
    assert chapters, "the table of contents lists no chapter"
    for chapter in chapters:
        path = book / f"{chapter}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook_with_panels(), path)
    done = command(book, "linear_signal.page", "render")
    assert done.returncode == 0, done.stdout
    return book / "_build/html"


def test_pages_load_nothing_from_elsewhere(pages):
    loading = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//[^\"']+")
    links = re.compile(r"rel=[\"'](?:canonical|license)")
    found = {
        match.group(0)
        for page in pages.rglob("*.html")
        for match in loading.finditer(page.read_text())
        if not links.search(match.group(0))
    }
    assert not found
    remote = re.compile(r"(?:@import|url\()\s*[\"']?https?:")
    imported = [sheet for sheet in pages.rglob("*.css") if remote.search(sheet.read_text())]
    assert not imported


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine (Debian: apt-get install chromium)")
def test_a_menu_changes_the_panel_without_kernel_and_network(pages):
    from playwright.sync_api import sync_playwright

    requests, problems = [], []
    page_file = next((pages / "book/chapters").glob("*.html"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(page_file.as_uri())
        page.get_by_text("first panel", exact=True).wait_for(state="visible")
        assert not page.get_by_text("second panel", exact=True).is_visible()
        assert page.locator(".cell_output select").count() == 1, "the widget is drawn twice"
        page.locator(".cell_output select").select_option("two")
        page.get_by_text("second panel", exact=True).wait_for(state="visible")
        assert not page.get_by_text("first panel", exact=True).is_visible()
        browser.close()
    assert not [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    assert not problems
