"""The pages as readers have them: real prose and configuration, opened from disk, in a browser, without a network."""

import contextlib
import re
import shutil
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from PIL import Image
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from browser import chromium, needs_chromium
from chapter_run import EXPLORE, FINDINGS, LEFT_OUT, WITHOUT_FINDINGS
from linear_signal.book.needs import leave_out
from linear_signal.book.render import render
from miniature_book import PROJECT

PHONE, DESK = 390, 1300
CHAPTER = "book/chapters/20_gtex"
EVERY_KIND = ("book/index", "book/methods", CHAPTER, f"book/chapters/{FINDINGS}", f"book/chapters/{EXPLORE}")


@pytest.fixture(scope="module")
def pages(executed_chapters, executed_findings, executed_explore, tmp_path_factory) -> Path:
    """Render the book as it is, with its chapters executed at test size."""
    book = tmp_path_factory.mktemp("pages") / "with a space"
    (book / "notebooks").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(PROJECT / name, book)
    shutil.copytree(PROJECT / "book", book / "book", ignore=shutil.ignore_patterns("*.ipynb", "results"))
    (book / "book/chapters").mkdir(exist_ok=True)
    for name, run in (executed_chapters | {FINDINGS: executed_findings, EXPLORE: executed_explore}).items():
        assert not run.failed, run.said
        shutil.copy(run.notebook, book / f"book/chapters/{name}.ipynb")
    for name, why in LEFT_OUT.items():
        leave_out(PROJECT / f"notebooks/{name}.py", book / f"book/chapters/{name}.ipynb", why)
    return render(book).parent


@pytest.fixture(scope="module")
def windows():
    """Return a function that opens a page, without a network, in a window of a width and a theme.

    A window is made once: a browser takes as long for a new one as for a page.
    """
    with chromium() as browser:
        windows = {}

        def open_page(width, theme, system, scripts=True):
            kind = (width, theme, system, scripts)
            if kind not in windows:
                how = {"viewport": {"width": width, "height": 850}, "java_script_enabled": scripts}
                windows[kind] = browser.new_context(offline=True, color_scheme=system, **how)
                stored = f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
                windows[kind].add_init_script(stored)
            return windows[kind].new_page()

        yield open_page


@pytest.fixture
def look(windows, pages):
    """Open a page from disk; no script may fail while it is open."""
    opened, problems = [], []

    def look_at(name, width=DESK, theme="light", system="light", page=None):
        """Open it anew, or in a page that is open: a new one takes the browser as long as what it shows."""
        if page is None:
            page = windows(width, theme, system)
            page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
            page.on("console", lambda said: problems.append(f"{page.url}: {said.text}") if said.type == "error" else None)
            opened.append(page)
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield look_at
    for page in opened:
        page.close()
    assert not problems


def prose_and_chapters(pages):
    return sorted(path.relative_to(pages).with_suffix("").as_posix() for path in (pages / "book").rglob("*.html"))


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


def test_readers_load_little_and_nothing_is_there_twice(pages):
    files = {path: path.stat().st_size for path in pages.rglob("*") if path.is_file()}
    assert sum(files.values()) < 15e6
    theme = {path: size for path, size in files.items() if path.is_relative_to(pages / "_static")}
    assert sum(theme.values()) < 0.9e6, sorted(theme.items(), key=lambda item: -item[1])[:5]
    assert not [path for path in files if path.suffix == ".png" and path.with_suffix(".svg") in files]
    for name in (CHAPTER, "book/index", "book/how_to_read", f"book/chapters/{FINDINGS}"):
        page = pages / f"{name}.html"
        text = page.read_text()
        # What stands in the page at once: itself, scripts and pictures that do not wait, and, once for all pages, the theme.
        at_once = re.findall(r'<(?:script|img)(?![^>]*loading="lazy")[^>]* src="([^"?#]+)', text)
        sizes = {one: (page.parent / one).resolve().stat().st_size for one in {*at_once, page.name}}
        own = sum(size for one, size in sizes.items() if "_static/" not in one)
        assert own < 250e3, sizes
        sheets = re.findall(r'<link href="([^"?]+\.css)|<link rel="stylesheet"[^>]* href="([^"?]+\.css)', text)
        assert sum((page.parent / "".join(one)).resolve().stat().st_size for one in sheets) < 250e3


def test_the_findings_lead_to_sections_that_exist(pages, executed_chapters):
    page = pages / f"book/chapters/{FINDINGS}.html"
    links = set(re.findall(r'href="(\.\./chapters/[^"#]+)#([^"]+)"', page.read_text()))
    assert {Path(target).stem for target, _ in links} >= set(executed_chapters) - WITHOUT_FINDINGS
    for target, section in links:
        assert f'id="{section}"' in (page.parent / target).read_text(), f"{target}#{section}"


@needs_chromium
def test_the_explorer_of_a_chapter_shows_another_task_without_kernel_and_network(look):
    requests = []
    page = look(CHAPTER)
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    page.locator("#explorer-runs .xp").wait_for()
    tasks, seen = page.locator("#explorer-runs").get_by_role("combobox", name=re.compile("^Task")), set()
    for task in tasks.locator("option").all_inner_texts():
        tasks.select_option(task)
        seen.add(page.locator("#explorer-runs .xp-marks").first.get_attribute("d"))
    assert len(seen) > 1
    assert all(url.startswith(("file:", "data:", "blob:")) for url in requests)


def expect_in_view(page, text, wanted):
    """Wait until a link can be clicked, or cannot: hidden, or outside the window."""
    page.wait_for_function(
        """([text, wanted]) => wanted === [...document.querySelectorAll("a")].some((link) => {
            const box = link.getBoundingClientRect();
            return link.textContent.trim() === text && link.checkVisibility({ visibilityProperty: true })
                && box.width > 0 && box.left >= 0 && box.right <= innerWidth;
        })""",
        arg=[text, wanted],
    )


@needs_chromium
@pytest.mark.parametrize(
    ("width", "by"),
    [(width, "click") for width in (DESK, 992, 800, 600, PHONE)] + [(width, "keyboard") for width in (DESK, PHONE)],
)
def test_the_menu_button_leads_to_the_chapters_at_every_width(look, width, by):
    page, chapter = look(CHAPTER, width), "30 Recount3 tissues"
    button, folds = page.locator(".primary-toggle:visible"), width >= 992

    def press():
        button.click() if by == "click" else button.press("Enter")

    expect_in_view(page, chapter, folds)
    press()
    expect_in_view(page, chapter, not folds)
    if folds:
        press()
    else:
        page.keyboard.press("Escape")
        expect_in_view(page, chapter, False)
        press()
    expect_in_view(page, chapter, True)
    page.locator("a:visible", has_text=chapter).click()
    page.wait_for_url("**/30_recount3.html")


@needs_chromium
@pytest.mark.parametrize("width", [992, 800, 600, PHONE])
def test_the_contents_button_leads_to_a_section_and_closes_behind_it(look, width):
    page = look(CHAPTER, width)
    button, section = page.locator(".secondary-toggle:visible"), page.locator("dialog a", has_text="What this shows")
    for press in (button.click, lambda: button.press("Enter")):
        press()
        section.click()
        section.wait_for(state="hidden")
        assert page.url.endswith("#what-this-shows")
        page.wait_for_function("document.querySelector('#what-this-shows').getBoundingClientRect().top < innerHeight")


@needs_chromium
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_there_is_one_search_box_and_it_finds_pages_from_a_folder(look, width):
    page = look(CHAPTER, width)
    assert page.locator(".search-button__button:visible").count() == 1
    assert page.locator("header.bd-header:visible").count() == 0, "an empty bar"
    page.locator(".search-button__button:visible").click()
    page.keyboard.type("donors")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=donors*")  # what is fetched for an excerpt would fail, and be a problem
    found = page.locator("ul.search li a", has_text="human tissues")
    found.first.wait_for()
    page.get_by_text("Search finished").wait_for()
    page.locator("ul.search .excerpt mark", has_text="donor").first.wait_for()


# What reaches beyond the window, or is wider than its own box, and lies in nothing that scrolls and says so.
CUT_OFF = """() => [...document.querySelectorAll("article *")].filter((one) => one.checkVisibility()
    && !one.closest(".more-right, .headerlink") && !getComputedStyle(one).display.startsWith("inline")
    && (one.getBoundingClientRect().right > innerWidth + 1
        || (one.matches("pre, table, img, code") && one.scrollWidth > one.clientWidth + 1)))
    .map((one) => one.outerHTML.slice(0, 150))"""
# By how much the title is higher than without the link behind it.
EMPTY_LINE = """() => { const title = document.querySelector("article h1"), before = title.offsetHeight;
    const link = title.querySelector(".headerlink"); link.remove();
    const extra = before - title.offsetHeight; title.append(link); return extra }"""


@needs_chromium
def test_no_page_is_cut_off_on_a_phone_or_has_an_empty_line_under_its_title(look, pages):
    page = None
    for name in prose_and_chapters(pages):
        page = look(name, PHONE, page=page)
        with contextlib.suppress(PlaywrightTimeout):  # widgets are drawn after the page, and marked after that
            page.wait_for_function(f"({CUT_OFF})().length === 0", timeout=3000)
        assert page.evaluate(CUT_OFF) == [], name
        # Every layout of the frame for a few, of which each has what there is: prose, figures, tables, explorers.
        for width in (DESK, 800, 1920, PHONE) if name in EVERY_KIND else (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 850})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name} scrolls sideways at {width} pixels"
            )
            assert page.evaluate(EMPTY_LINE) == 0, f"{name} at {width} pixels"


@needs_chromium
def test_a_wide_table_fades_where_it_goes_on(look):
    page = look(CHAPTER, PHONE)
    box = page.locator(".table-scroll:has(table.accuracies)").first
    box.wait_for()
    page.wait_for_function("document.querySelector('.table-scroll:has(table.accuracies)').matches('.more-right')")
    assert "gradient" in box.evaluate("(box) => getComputedStyle(box).maskImage")
    box.focus()
    box.evaluate("(box) => box.scrollTo(box.scrollWidth, 0)")
    page.wait_for_function(
        "document.querySelector('.table-scroll:has(table.accuracies)').matches('.more-left:not(.more-right)')"
    )


@needs_chromium
@pytest.mark.parametrize(("theme", "system"), [("dark", "light"), ("dark", "dark"), ("light", "dark")])
def test_no_box_is_left_around_a_figure(look, theme, system):
    """The corners of a figure have the colour of the page, in the dark as well, whatever the system prefers."""
    page = look(CHAPTER, DESK, theme, system)
    dark = theme == "dark"
    figures = page.locator(":is(.cell_output, .book-figure) img:visible")
    figures.first.wait_for()
    assert figures.count() >= 4
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        with Image.open(BytesIO(figure.screenshot())) as shot:
            right, bottom = shot.width - 3, shot.height - 3
            corners = [shot.convert("RGB").getpixel(at) for at in ((2, 2), (right, 2), (2, bottom), (right, bottom))]
        colour = figure.evaluate("() => getComputedStyle(document.body).backgroundColor")
        ground = [int(part) for part in re.findall(r"\d+", colour)[:3]]
        assert (sum(ground) < 200) == dark
        assert all(abs(seen - wanted) <= 2 for corner in corners for seen, wanted in zip(corner, ground, strict=True)), (
            corners
        )
    boxes = figures.first.evaluate(
        """(one) => { const seen = []; for (; !one.matches("article"); one = one.parentElement)
            seen.push(getComputedStyle(one).backgroundColor); return seen }"""
    )
    assert set(boxes) == {"rgba(0, 0, 0, 0)"}
    page.locator(".tag_parameters summary").click()
    code = page.locator(".tag_parameters .cell_input pre").first.evaluate(
        """(one) => { const seen = () => getComputedStyle(one).backgroundColor;
            while (seen() === "rgba(0, 0, 0, 0)") one = one.parentElement;
            return seen() }"""
    )
    assert (sum(int(part) for part in re.findall(r"\d+", code)[:3]) < 382) == dark


@needs_chromium
@pytest.mark.parametrize(("width", "narrow"), [(DESK, False), (PHONE, True)])
def test_the_first_screen_has_the_answer_and_a_picture_of_its_own_for_a_phone(look, width, narrow):
    page = look(CHAPTER, width)
    answer, figure = page.locator("table.answer"), page.locator("figure.book-figure").first
    order = page.evaluate(
        """() => ["h1", ".provenance", "table.answer", "figure.book-figure", ".tag_parameters", "h2"]
            .map((one) => document.querySelector(`article ${one}`).getBoundingClientRect().top)"""
    )
    assert order[:4] == sorted(order[:4])
    assert order[3] < min(order[4:]), "everything else comes below the first figure"
    assert answer.locator("tbody tr").count() == 2
    if not narrow:
        assert order[3] < 850, "the first figure begins on the first screen"
    picture = figure.locator("img")
    picture.wait_for()
    shown = picture.evaluate("(one) => one.currentSrc")
    assert shown.endswith("-narrow.svg") == narrow
    page.wait_for_function("document.querySelector('.book-figure img').naturalWidth > 0")
    assert picture.evaluate("(one) => one.getBoundingClientRect().width") <= width
    assert re.search(r"networks \d", picture.get_attribute("alt")), "it says what was found"


@needs_chromium
def test_a_figure_can_be_linked_to_and_taken_along(look, pages):
    page = look(CHAPTER)
    page.locator("a.figure-number").nth(1).click()
    assert page.url.endswith("#figure-20-2")
    page.wait_for_function("document.querySelector('#figure-20-2').getBoundingClientRect().top < innerHeight")
    links = page.locator(".takes a").evaluate_all("(all) => all.map((one) => [one.textContent, one.href])")
    assert {"CSV", "SVG", "PNG"} <= {name for name, _ in links}
    for _, address in links:
        assert Path(unquote(urlparse(address).path)).stat().st_size
    width = page.locator("#figure-20-1 img").get_attribute("width")
    with page.expect_download() as taken:
        page.locator("#figure-20-1 .takes a", has_text="PNG").click()
    assert taken.value.suggested_filename == "20_gtex-1.png"
    with Image.open(taken.value.path()) as drawn:
        assert drawn.width == 2 * int(width)
        assert drawn.getpixel((0, 0))[:3] == (255, 255, 255)
        assert len(drawn.convert("RGB").getcolors(1 << 24)) > 20, "the figure is on it"


@needs_chromium
def test_tables_can_be_read_in_the_dark(look):
    page = look(f"book/chapters/{FINDINGS}", DESK, "dark")
    faint = page.evaluate(
        """() => [...document.querySelectorAll("table.findings :is(td, th, small), .origin")].filter((one) => {
            const light = (colour) => colour.match(/[0-9]+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
            return light(getComputedStyle(one).color) < light(getComputedStyle(document.body).backgroundColor) + 300;
        }).map((one) => one.textContent)"""
    )
    assert not faint


@needs_chromium
def test_ranks_of_headings_can_be_told_apart(look):
    page = look("book/deviations")
    sizes, weights = (
        [
            page.locator(f"article {rank}").first.evaluate(f"(one) => getComputedStyle(one).{what}")
            for rank in ("h1", "h2", "h3")
        ]
        for what in ("fontSize", "fontWeight")
    )
    assert sorted(map(float, (size.removesuffix("px") for size in sizes)), reverse=True) == [
        float(size.removesuffix("px")) for size in sizes
    ]
    assert len(set(sizes)) == 3
    assert len(set(weights)) == 1


def test_a_chapter_has_the_number_in_the_menu_that_the_prose_calls_it_by(pages):
    front = (pages / "book/index.html").read_text()
    menu = re.findall(r'<li class="toctree-l1[^"]*"><a class="[^"]*" href="([^"]+)">\s*([^<]+?)\s*</a>', front)
    numbered = {Path(target).stem: title for target, title in menu if Path(target).name[:2].isdigit()}
    assert set(numbered) == {path.stem for path in (PROJECT / "notebooks").glob("*.py")}
    assert all(title.split()[0] == stem[:2] and len(title) < 24 for stem, title in numbered.items()), numbered
    called = {
        number
        for path in (PROJECT / "book").glob("*.md")
        for numbers in re.findall(r"[Cc]hapters? ((?:\d\d(?:, | and )?)+)", path.read_text())
        for number in re.findall(r"\d\d", numbers)
    }
    assert called
    assert called <= {stem[:2] for stem in numbered}


@needs_chromium
def test_nothing_in_the_menu_unfolds_to_nothing(look):
    page = look(CHAPTER)
    page.get_by_role("link", name="What changed", exact=True).wait_for()
    assert page.get_by_role("link", name="Runs", exact=True).count() == 0, "there are none in this copy"
    for arrow in page.locator("#pst-primary-sidebar .toctree-toggle:visible").all():
        assert arrow.evaluate("(arrow) => arrow.closest('details').querySelectorAll('li').length"), "an arrow over nothing"


@needs_chromium
def test_on_paper_a_page_has_its_parameters_and_no_other_code(look):
    page = look(CHAPTER)
    page.emulate_media(media="print")
    assert page.locator(".tag_parameters .cell_input").evaluate("(code) => code.getBoundingClientRect().height") > 100
    assert page.locator(".cell:not(.tag_parameters) :is(.cell_input, details.hide):visible").count() == 0
    assert page.locator("#jb-print-toc:visible, .choice-menu:visible").count() == 0
    assert page.locator("h1:visible").count() == 1
    page.set_viewport_size({"width": 700, "height": 990})  # A4 without its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 700


def test_the_front_page_answers_first_and_draws_every_question_that_has_a_number(pages):
    front = (pages / "book/index.html").read_text()
    # The book of the tests ships no measured results and says so; test_front_page.py has the answers.
    assert front.index("No measured results ship") < front.index('class="overview"') < front.index('class="origin')
    assert front.count('class="ov-label"') >= 8
    links = set(re.findall(r'<div class="ov-label"><a href="([^"]+)"', front))
    assert links
    assert all((pages / "book" / link).is_file() for link in links)


@needs_chromium
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_findings_can_be_chosen_and_sorted_and_a_link_finds_its_row(look, width):
    page = look(f"book/chapters/{FINDINGS}", width)
    rows, told = page.locator("table.findings tbody:visible"), page.locator(".findings-tools output")
    everything = page.locator("table.findings tbody").count()
    assert told.inner_text() == f"All {everything} findings"
    assert rows.count() == 0, "questions are folded"
    page.get_by_role("button", name="Unfold all").click()
    assert rows.count() == everything
    page.get_by_role("button", name="Fold all").click()
    page.locator("select[name=sort]").select_option("verdict")
    assert rows.count() == everything
    page.locator("select[name=verdict]").select_option("holds")
    chosen = rows.count()
    assert 0 < chosen < everything
    assert told.inner_text() == f"{chosen} of {everything} findings"
    assert all("holds" in row.inner_text() for row in rows.all())
    aim = page.locator(".chip.open").first
    row = aim.get_attribute("href")
    aim.click()
    page.locator(row).wait_for()
    assert told.inner_text() == f"All {everything} findings"
    assert 0 < rows.count() < everything, "its question alone is open"
    again = look(f"book/chapters/{FINDINGS}", width)
    again.goto(f"{again.url}{row}")
    again.reload()
    again.locator(row).wait_for()


@needs_chromium
def test_without_scripts_the_tables_of_findings_and_the_front_page_are_there(windows, pages):
    page = windows(DESK, "light", "light", scripts=False)
    page.goto((pages / f"book/chapters/{FINDINGS}.html").as_uri())
    assert page.locator("table.findings tbody:visible").count() > 50
    assert page.locator(".findings-tools").count() == 0
    page.goto((pages / "book/index.html").as_uri())
    assert page.locator(".overview use:visible").count() > 20
    page.close()


@needs_chromium
def test_a_word_of_the_glossary_tells_what_it_means_to_the_pointer_and_to_the_keyboard(look):
    page = look("book/how_to_read")
    term, card = page.locator("a.term").first, page.locator("#term-card")
    term.hover()
    card.wait_for()
    meant = card.inner_text()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    page.mouse.move(0, 0)
    term.focus()
    card.wait_for()
    assert card.inner_text() == meant
    term.press("Enter")
    page.wait_for_url("**/glossary.html#term-*")
    assert meant in page.locator(f"dt[id='{page.url.partition('#')[2]}'] ~ dd").first.inner_text()


@needs_chromium
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_of_the_frame_stands_out_from_its_ground(look, theme):
    """By the formula of WCAG 2: at least 4.5 to 1."""
    for name in ("book/index", f"book/chapters/{FINDINGS}", "book/status"):
        faint = look(name, DESK, theme).evaluate(CONTRAST)
        assert not faint, name


@needs_chromium
@pytest.mark.parametrize(
    ("name", "theme"),
    [(CHAPTER, "light"), (CHAPTER, "dark"), (f"book/chapters/{FINDINGS}", "dark")],
    ids=["chapter, light", "chapter, dark", "findings, dark"],
)
def test_axe_finds_nothing_serious_that_is_ours(look, name, theme):
    """By axe-core, with all drawers open; the theme's own menu and its button of colours are left out."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed: make test does so")
    page = look(name, DESK, theme)
    page.evaluate("document.querySelectorAll('article details').forEach((one) => (one.open = true))")
    page.evaluate((files(axe) / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(AXE)
    assert not [one for one in found if one["impact"] in ("serious", "critical")]


# Without preloading: it would ask for style sheets, which a page may not read over file://.
AXE = """async () => {
    const context = { include: ["article"], exclude: [".theme-switch-button"] };
    const { violations } = await axe.run(context, { resultTypes: ["violations"], preload: false });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((one) => one.html) })) }"""
CONTRAST = """() => {
    const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
    const linear = (one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4);
    const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, by, at) => sum + by * linear(parts(colour)[at]), 0);
    const ground = (one) => { for (; one; one = one.parentElement) {
        const colour = getComputedStyle(one).backgroundColor; if ((parts(colour)[3] ?? 1) === 1) return colour; } };
    const looked = ".overview :is(a, span), figcaption, .origin, .origin a, .kind, .chip, .status td, .cite-box p, " +
        ".about, small";
    const seen = [...document.querySelectorAll(looked)].filter((one) => one.checkVisibility() && one.textContent.trim());
    return seen.filter((one) => {
        const [high, low] = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05) < 4.5;
    }).map((one) => one.outerHTML.slice(0, 120)) }"""
