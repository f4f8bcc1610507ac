"""The pages as readers have them: real prose and configuration, opened from disk, in a browser, without a network."""

import re
import shutil
from pathlib import Path

import pytest

from chapter_run import FINDINGS
from miniature_book import PROJECT, command

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def pages(executed_chapters, executed_findings, tmp_path_factory) -> Path:
    """Render the book as it is, with its chapters executed at test size."""
    book = tmp_path_factory.mktemp("pages") / "with a space"
    (book / "notebooks").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(PROJECT / name, book)
    shutil.copytree(PROJECT / "book", book / "book", ignore=shutil.ignore_patterns("*.ipynb", "results"))
    (book / "book/chapters").mkdir(exist_ok=True)
    for name, run in (executed_chapters | {FINDINGS: executed_findings}).items():
        assert not run.failed, run.said
        shutil.copy(run.notebook, book / f"book/chapters/{name}.ipynb")
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


def test_the_findings_lead_to_sections_that_exist(pages, executed_chapters):
    page = pages / f"book/chapters/{FINDINGS}.html"
    links = set(re.findall(r'href="(\.\./chapters/[^"#]+)#([^"]+)"', page.read_text()))
    assert {Path(target).stem for target, _ in links} >= set(executed_chapters)
    for target, section in links:
        assert f'id="{section}"' in (page.parent / target).read_text(), f"{target}#{section}"


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine (Debian: apt-get install chromium)")
def test_widgets_change_their_picture_without_kernel_and_network(pages):
    from playwright.sync_api import sync_playwright

    requests, problems = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        page = browser.new_context(offline=True).new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        picture = page.locator(".cell_output .jupyter-widgets img:visible")

        page.goto((pages / "book/chapters/20_gtex.html").as_uri())
        picture.wait_for(state="visible")
        buttons = page.locator(".cell_output .jupyter-widgets button")
        assert buttons.all_inner_texts() == ["Blood vs Brain", "Blood vs Skin", "Brain vs Skin"], "drawn once, in order"
        seen = set()
        for button in buttons.all():
            button.click()
            seen.add(picture.get_attribute("src"))
        assert len(seen) == 3

        page.goto((pages / "book/chapters/10_simulation.html").as_uri())
        picture.wait_for(state="visible")
        seen = set()
        for data in ("Simulated 1", "Simulated 2", "Simulated 3"):
            for condition in ("full signal", "linear signal removed"):
                page.get_by_role("button", name=data, exact=True).click()
                page.get_by_role("button", name=condition, exact=True).click()
                seen.add(picture.get_attribute("src"))
        assert len(seen) == 6
        browser.close()
    assert not [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    assert not problems
