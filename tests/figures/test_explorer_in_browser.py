"""Explorers as readers have them: opened from disk, without a network, by mouse, by keyboard, and without a script."""

import io
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from browser import chromium, needs_chromium
from explorer_tables import fits, grid, levels_of_lines
from linear_signal.figures.explorer import scatter_explorer, surface_explorer

pytestmark = needs_chromium
ODD = "</script><script>window.hacked = 1</script><b id=bold>\"'&$x$" + "x" * 60  # nor may it break a page
PHONE, DESK = 375, 1300
SIZES, PHASE, NAMES = "#explorer-sizes", "#explorer-phase", "#explorer-names"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Write a page with three explorers: points, a map, and points with odd names."""
    explorers = [
        scatter_explorer(
            fits(),
            name="sizes",
            x="size",
            y=["score", "shift"],
            log=["size"],
            choose={"task": "one", "scheme": "many", "input": "many"},
            panels=["scheme", "input"],
            colour="input",
            fields=["model", "size", "score"],
            intervals={"score": ("lower", "upper")},
            lines=levels_of_lines(),
            start={"lines": ["average"]},
            decimals={"score": 3, "lower": 3, "upper": 3},
            titles={"score": "Average precision", "model": "Architecture"},
            alt="Scores by size.",
            synthetic=True,
        ),
        surface_explorer(
            grid(),
            name="phase",
            x="share",
            y="noise",
            value="difference",
            low="the average is better",
            high="the marks are better",
            start={"share": 0.25, "noise": 1},
            alt="A map.",
            synthetic=True,
        ),
        scatter_explorer(
            fits().assign(input=ODD),
            name="names",
            x="size",
            y="score",
            choose={"input": "many", "task": "many"},
            colour="input",
            fields=["input"],
            titles={"input": ODD},
            alt=ODD,
            synthetic=False,
        ),
    ]
    path = tmp_path_factory.mktemp("explorers") / "with a space.html"
    inside = '<h2 id="below">Explorers</h2>' + "".join(explorer.html for explorer in explorers)
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorers</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main>{inside}</main></body></html>",
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture(scope="module")
def windows():
    """Return a function that opens an empty page, without a network, in a window that is made once for its settings."""
    with chromium() as browser:
        windows = {}

        def open_page(width, scripts):
            if (width, scripts) not in windows:
                size = {"width": width, "height": 850}
                windows[width, scripts] = browser.new_context(offline=True, viewport=size, java_script_enabled=scripts)
            return windows[width, scripts].new_page()

        yield open_page


@pytest.fixture
def look(windows, place):
    """Open the page at an address; no script may fail, and nothing may be asked of anybody."""
    opened, problems = [], []

    def look_at(address="", *, width=DESK, scripts=True):
        page = windows(width, scripts)
        opened.append(page)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on(
            "request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or problems.append(request.url)
        )
        page.goto(place + address)
        if scripts:
            page.locator(".xp").nth(2).wait_for()
        return page

    yield look_at
    for page in opened:
        page.close()
    assert not problems


def marks(page, explorer=SIZES):
    """Count the points that are drawn: each begins with a move."""
    drawn = page.locator(f"{explorer} .xp-marks").evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")
    return sum(path.count("M") for path in drawn)


def facts(page, explorer=SIZES):
    """Read the box at a point."""
    box = page.locator(f"{explorer} .xp-tip")
    names, values = (box.locator(kind).all_inner_texts() for kind in ("dt", "dd"))
    return dict(zip(names, values, strict=True)) if box.is_visible() else None


def facts_of(row):
    return {
        "Architecture": row["model"],
        "size": f"{row['size']:,}",
        "Average precision": f"{row['score']:.3f}",
        "95 % interval": f"{row['lower']:.3f} to {row['upper']:.3f}",
    }


def saved(page, explorer, button):
    with page.expect_download() as download:
        page.locator(explorer).get_by_role("button", name=button).click()
    return download.value.suggested_filename, download.value.path().read_text(encoding="utf-8")


def position(page, mark=0):
    """Return where the first point of a kind lies in the window."""
    page.locator(f"{SIZES} .xp-figure").scroll_into_view_if_needed()
    d = page.locator(f"{SIZES} .xp-marks").nth(mark).get_attribute("d")
    x, y = map(float, re.match(r"M(\S+) ([\d.]+)", d).groups())
    box = page.locator(f"{SIZES} .xp-figure").bounding_box()
    return box["x"] + x, box["y"] + y


ONE = "#sizes.task=boundaries&sizes.scheme=hybrid&sizes.input=sequence"  # four points, in one panel


def test_filters_lines_and_intervals_change_what_is_drawn(look):
    page = look()
    box = page.locator(SIZES)
    assert marks(page) == 24
    box.get_by_role("checkbox", name="hybrid").uncheck()
    assert marks(page) == 16
    box.get_by_label("signal").uncheck()
    assert marks(page) == 8
    box.get_by_label("task").select_option("boundaries")
    assert marks(page) == 8
    assert box.get_by_role("status").inner_text().startswith("8 points")
    assert box.locator(".xp-line").count() == 1
    box.get_by_role("checkbox", name="prevalence").check()
    assert box.locator(".xp-line").count() == 2
    assert box.locator(".xp-bars").count() == 2
    box.get_by_role("checkbox", name="intervals").uncheck()
    assert box.locator(".xp-bars").count() == 0
    before = box.locator(".xp-marks").first.get_attribute("d")
    box.get_by_role("checkbox", name="fit axes").check()
    assert box.locator(".xp-marks").first.get_attribute("d") != before
    box.get_by_label("Vertical").select_option("shift")
    assert box.locator(".xp-line").count() == 0, "there is no line of that height"
    box.get_by_role("button", name="Reset").click()
    assert marks(page) == 24
    assert "#" not in page.url


def test_the_default_view_is_the_same_with_and_without_a_script(look):
    still = look(scripts=False).locator(f"{SIZES} svg")
    assert still.is_visible()
    texts = set(still.locator("text").all_text_contents())
    assert texts >= {"cross-chromosome", "cross-cell-type", "hybrid", "signal", "sequence", "average", "↑ Average precision"}
    dots = still.locator("path[stroke-linecap=round]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))")
    page = look()
    assert sum(path.count("h0") for path in dots) == marks(page)
    assert texts - {"signal", "sequence", "average"} >= {
        text for text in page.locator(f"{SIZES} svg text").all_text_contents() if not re.search(r"\d", text)
    }


def test_pointing_reads_a_point_and_a_click_pins_it(look):
    page, table = look(ONE), fits()
    shown = table.query("task == 'boundaries' and scheme == 'hybrid' and input == 'sequence'")
    page.mouse.move(*position(page))
    assert facts(page) == facts_of(shown.iloc[0])
    page.mouse.move(0, 0)
    assert facts(page) is None
    page.mouse.click(*position(page))
    pins = page.locator(f"{SIZES} .xp-pins")
    assert pins.locator("td").all_inner_texts()[1:] == list(facts_of(shown.iloc[0]).values())
    assert f"sizes._pin={shown.index[0]}" in page.url
    page.reload()
    pins.wait_for()
    assert marks(page) == 4
    pins.get_by_role("button", name="Unpin").click()
    assert pins.is_hidden()
    assert "_pin" not in page.url


def test_the_keyboard_reads_pins_and_compares(look):
    page, shown = look(ONE), fits().query("task == 'boundaries' and scheme == 'hybrid' and input == 'sequence'")
    figure = page.locator(f"{SIZES} .xp-figure")
    page.locator(f"{SIZES} input").last.focus()
    while not figure.evaluate("(one) => one === document.activeElement"):
        page.keyboard.press("Tab")
    spoken = page.locator(f"{SIZES} [aria-live=polite].xp-hidden")
    for _, row in shown.iterrows():
        assert facts(page) == facts_of(row)
        assert row["model"] in spoken.inner_text()
        if row["model"] in (shown["model"].iloc[0], shown["model"].iloc[2]):
            page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
    assert facts(page)["Reference line"] == "average"
    page.keyboard.press("Escape")
    assert facts(page) is None
    pins = page.locator(f"{SIZES} .xp-pins")
    assert pins.locator("thead th").all_inner_texts() == ["A ×", "B ×"]
    first, second = shown["score"].iloc[[0, 2]]
    assert f"{first - second:+.3f}".replace("-", "−") in pins.inner_text()
    assert figure.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"


def test_every_explorer_keeps_its_own_part_of_the_address(look):
    page = look("#below")
    page.locator(SIZES).get_by_role("checkbox", name="hybrid").uncheck()
    page.locator(PHASE).get_by_role("slider").first.fill("4")
    page.locator(NAMES).get_by_role("checkbox", name="boundaries").uncheck()
    assert set(re.findall(r"[#&](\w+)\.", page.url)) == {"sizes", "phase", "names"}
    shown = [marks(page), marks(page, NAMES), page.locator(f"{PHASE} dd").first.inner_text()]
    again = look(page.url[page.url.index("#") :])
    assert [marks(again), marks(again, NAMES), again.locator(f"{PHASE} dd").first.inner_text()] == shown
    again.evaluate("location.hash = 'sizes.scheme=&names.task=unknown'")
    again.wait_for_function(f"document.querySelector('{SIZES} [role=status]').textContent.startsWith('0 points')")
    assert marks(again) == 0
    assert marks(again, NAMES) == 0


def test_a_link_in_the_page_leads_to_a_state_of_an_explorer(look):
    page = look(width=PHONE)
    page.evaluate(
        """() => { const link = document.createElement("a"); link.textContent = "see there";
            link.href = "#phase._x=4&phase._y=3"; document.querySelector("main").prepend(link) }"""
    )
    page.get_by_role("link", name="see there").click()
    page.wait_for_function(f"document.querySelector('{PHASE} .xp').getBoundingClientRect().top < 100")
    assert page.locator(PHASE).get_by_role("slider").nth(1).get_attribute("aria-valuetext") == "4"


def test_a_module_serves_a_widget_whose_state_changes_from_either_side(look):
    page = look("#sizes.scheme=hybrid")
    page.evaluate(
        """async (box) => {
            const part = (name) => document.querySelector(`${box} [data-part=${name}]`).textContent;
            const module = await import("data:text/javascript," + encodeURIComponent(part("module")));
            const packed = new Blob([Uint8Array.from(atob(part("traits")), (letter) => letter.charCodeAt(0))]);
            const traits = await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).json();
            const heard = new Set();
            window.model = { heard, get: (name) => traits[name], save_changes() {},
                on: (name, listener) => name === "change:state" && heard.add(listener),
                off: (name, listener) => heard.delete(listener),
                set(name, value) { traits[name] = value; heard.forEach((listener) => listener()); } };
            const el = document.createElement("div");
            el.id = "widget";
            document.querySelector("main").append(el);
            window.end = module.default.render({ model, el });
        }""",
        SIZES,
    )
    address, widget = page.url, page.locator("#widget")
    assert marks(page, "#widget") == 24, "a widget has a state of its own, whatever the address"
    widget.get_by_role("checkbox", name="hybrid").uncheck()
    assert page.evaluate("model.get('state').scheme") == ["cross-chromosome", "cross-cell-type"]
    page.evaluate("model.set('state', { ...model.get('state'), scheme: ['hybrid'], task: ['boundaries'] })")
    assert marks(page, "#widget") == 8
    assert widget.get_by_label("task").input_value() == "boundaries"
    assert widget.get_by_role("checkbox", name="hybrid").is_checked()
    assert page.url == address
    assert page.evaluate("end() || model.heard.size") == 0


def test_files_hold_what_is_shown(look):
    page = look("#sizes.task=boundaries&sizes.scheme=hybrid")
    name, text = saved(page, SIZES, "CSV")
    assert name == "sizes.csv"
    table = fits().query("task == 'boundaries' and scheme == 'hybrid'").reset_index(drop=True)
    read = pd.read_csv(io.StringIO(text))
    pd.testing.assert_frame_equal(read[list(table)], table, check_dtype=False)
    name, text = saved(page, SIZES, "SVG")
    assert name == "sizes.svg"
    drawing = ElementTree.fromstring(text)
    assert "hybrid" in [one.text for one in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "light-dark" not in text
    odd = pd.read_csv(io.StringIO(saved(page, NAMES, "CSV")[1]))
    assert set(odd["input"]) == {ODD}


def test_the_link_is_the_address_of_what_is_shown(look):
    page = look("#sizes.scheme=hybrid")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(SIZES).get_by_role("button", name="Copy link").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text === location.href)")


def test_the_table_sorts_by_number_and_by_name(look):
    page = look("#sizes.scheme=hybrid")
    box = page.locator(f"{SIZES} .xp-table")
    assert "8 rows" in box.locator("summary").inner_text()
    box.locator("summary").click()
    shown = fits().query("task == 'expression' and scheme == 'hybrid'")

    def column(name):
        place = box.locator("th").all_inner_texts().index(name) + 1
        return box.locator(f"td:nth-child({place})").all_inner_texts()

    for title, name in (("size", "size"), ("Architecture", "model")):
        written = (lambda value: f"{value:,}") if name == "size" else str
        for ascending, sort in ((True, "ascending"), (False, "descending")):
            box.get_by_role("button", name=title).click()
            assert box.locator(f"th[aria-sort={sort}]").inner_text() == title
            assert column(title) == [written(value) for value in sorted(shown[name], reverse=not ascending)]


def test_names_are_text_whatever_they_hold(look):
    page = look()
    assert page.evaluate("window.hacked") is None
    assert page.locator("#bold").count() == 0
    assert page.locator(NAMES).get_by_role("group", name=ODD, exact=True).count()


def test_sliders_and_clicks_move_over_the_map(look):
    page, table = look(), grid().set_index(["share", "noise"])["difference"]
    box = page.locator(PHASE)

    def expect(share, noise):
        number = table[share, noise]
        assert box.locator("dd").all_inner_texts() == [f"{number:g}".replace("-", "−")]
        words = {True: "the marks are better", False: "the average is better"}
        assert (words[number > 0] if number else "No difference") in box.locator(".xp-verdict").inner_text()
        values = box.get_by_role("slider").evaluate_all("(all) => all.map((one) => +one.getAttribute('aria-valuetext'))")
        assert values == [share, noise]

    expect(0.25, 1.0)
    for _ in range(3):
        box.get_by_role("slider").first.press("ArrowRight")
    expect(1.0, 1.0)
    box.get_by_role("slider").nth(1).press("End")
    expect(1.0, 4.0)
    figure = box.locator(".xp-figure")
    figure.click(position={"x": 60, "y": 330})
    expect(0.0, 0.5)
    cells = box.locator(".xp-cells").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))")
    assert sum(path.count("M") for path in cells) == len(table)
    assert box.locator(".xp-contour").get_attribute("d").count("M") >= 3
    assert pd.read_csv(io.StringIO(saved(page, PHASE, "CSV")[1])).shape == (20, 3)


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_scrolls_sideways_on_a_phone(look, scripts):
    page = look(width=PHONE, scripts=scripts)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    if scripts:
        for box in (SIZES, PHASE):
            page.locator(f"{box} .xp-table summary").click()
        page.locator(f"{SIZES} .xp-controls summary").click()
        assert marks(page) == 24
        page.locator(f"{SIZES} .xp-figure").focus()
        for _ in range(8):
            page.keyboard.press("ArrowRight")
            tip = page.locator(f"{SIZES} .xp-tip").bounding_box()
            assert tip["x"] >= 0
            assert tip["x"] + tip["width"] <= PHONE
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_dark_is_that_of_the_page_and_else_of_the_system(look):
    page = look()
    rgb = """(one, what) => { const canvas = document.createElement("canvas").getContext("2d");
        canvas.fillStyle = getComputedStyle(one)[what]; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)] }"""
    told = page.locator(f"{SIZES} .xp-marks").first.get_attribute("fill")
    by_day_and_night = re.fullmatch(r"light-dark\((.*),(.*)\)", told).groups()
    for theme, system, dark in (
        (None, "light", False),
        (None, "dark", True),
        ("light", "dark", False),
        ("dark", "light", True),
    ):
        page.emulate_media(color_scheme=system)
        page.evaluate("(theme) => theme && (document.documentElement.dataset.theme = theme)", theme)
        ink, mark, button = (
            page.locator(f"{SIZES} {what}").first.evaluate(rgb, style)
            for what, style in (("svg.xp-figure text", "fill"), (".xp-marks", "fill"), ("button", "backgroundColor"))
        )
        assert (sum(ink) > 382) == dark
        assert (sum(button) < 382) == dark
        assert "#{:02x}{:02x}{:02x}".format(*mark) == by_day_and_night[dark]
