"""The explorer of runs in a browser, from disk and offline: what it shows, and that its numbers are the library's."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from browser import chromium, needs_chromium
from linear_signal.analysis.comparison import compare_models, compare_signals, summarise
from linear_signal.analysis.metrics import AVERAGE_PRECISION, Metric
from linear_signal.errors import InputError
from linear_signal.figures.explorer import runs_explorer
from made_up_fits import SIGNAL, make_fits

TASKS = ("Blood vs Brain", "all tissues", "full signal alone")
PHONE, DESK = 375, 1300


def fits():
    """Return fits with runs that differ in chance, few groups in a class, a model that is never wrong, and one lost run."""
    table = make_fits(SIGNAL | {("linear_svm", "full"): 9.0}, tasks=TASKS, seeds=2, spread=0.06, left_out_samples=20)
    keys = [f"{k:012x}" * 2 for k in range(len(table))]
    table = table.assign(key=keys, accuracy=table["balanced_accuracy"].clip(0, 0.99), epochs=30, learning_rate=0.0012)
    largest = table["fraction"] == 1
    table["average_precision"] = (table["balanced_accuracy"] ** 2).where(largest)
    table["loss"] = (1.5 - table["balanced_accuracy"]).where(largest)
    table.loc[table["fold"] == 1, "naive_accuracy"] = 0.6
    table["ended_at_last_epoch"] = table["fold"] == 2
    rows = (table["task"] == TASKS[0]) & (table["fraction"] == 0.5)
    table.loc[rows, "smallest_class_groups"] = 10
    lost = (table["model"] == "three_layer") & (table["signal"] == "removed") & (table["fold"] == 3) & (table["seed"] == 1)
    alone = (table["task"] == TASKS[2]) & ((table["signal"] == "removed") | (table["model"] == "linear_svm"))
    return table[~(lost | alone)].reset_index(drop=True)


def counts():
    rows = [("full", "a", "a", 9), ("full", "a", "b", 1), ("full", "b", "b", 10)]
    rows += [("removed", "a", "a", 4), ("removed", "a", "b", 6), ("removed", "b", "b", 10)]
    return pd.DataFrame(
        [(TASKS[0], signal, "three_layer", truth, said, n) for signal, truth, said, n in rows],
        columns=["task", "signal", "model", "truth", "predicted", "n"],
    )


def kept_of(model="three_layer", signal="removed"):
    """Return trials, losses by epoch, and samples that all get wrong, as a chapter has them of two runs of a model."""
    rows = fits().query("task == @TASKS[0] and model == @model and signal == @signal and fraction == 1").head(2)
    trials = [(key, 10.0**-k, 0.001, 0.3 + k, 0.7, k == 2) for key in rows["key"] for k in (2, 3, 4)]
    epochs = [(key, k, 1 / k, 2 / k) for key in rows["key"] for k in range(1, 61)]
    wrong = [(TASKS[0], signal, f"sample {k}", "donor 1", "a", "b", 9 - k, 9, 60, 300) for k in range(2)]
    return {
        "trials": pd.DataFrame(
            trials,
            columns=["key", "learning_rate", "weight_decay", "inner_loss", "inner_balanced_accuracy", "chosen"],
        ),
        "curves": pd.DataFrame(epochs, columns=["key", "epoch", "train_loss", "tune_loss"]),
        "wrong": pd.DataFrame(
            wrong,
            columns=["task", "signal", "sample", "group", "truth", "predicted", "said", "runs", "wrong", "judged"],
        ),
    }


def curve():
    return pd.DataFrame(
        {"task": TASKS[0], "model": "three_layer", "signal": ["full", "full", "removed", "removed"]}
        | {"fraction": [0.5, 1.0] * 2, "train_samples": [40, 80] * 2, "balanced_accuracy": [0.8, 0.9, 0.6, 0.7]}
    )


def explorer(**changes):
    given = {"name": "runs", "alt": "Means.", "synthetic": True, "confusion": counts(), "published": curve()} | kept_of()
    return runs_explorer(fits(), **given | changes)


def test_what_cannot_be_explored_is_refused():
    table = fits()
    with pytest.raises(InputError, match="stands twice"):
        runs_explorer(pd.concat([table, table.head(1)]), name="runs", alt="", synthetic=True)
    with pytest.raises(InputError, match="lacks column 'model'"):
        runs_explorer(table.drop(columns="model"), name="runs", alt="", synthetic=True)
    with pytest.raises(InputError, match="did you mean 'all tissues'"):
        explorer(start={"task": "all tissue"})


def test_what_is_too_much_for_a_page_is_said(monkeypatch):
    assert "in the store" not in explorer(**kept_of()).caption
    monkeypatch.setattr("linear_signal.figures.explorer.run_tables.MOST_ROWS", 10)
    crowded = explorer(**kept_of())
    assert "curves" in crowded.caption
    assert "trials" not in crowded.caption
    assert crowded.declaration["curves"] is None
    assert crowded.declaration["trials"]


def test_published_curves_are_off_where_data_are_synthetic():
    assert "published" not in explorer().declaration["start"]["_show"]
    assert "published" in explorer(synthetic=False).declaration["start"]["_show"]


def many():
    """Return 63,000 fits."""
    one = make_fits(SIGNAL, fractions=[k / 10 for k in range(1, 11)], seeds=3, key="a" * 24)
    return pd.concat([one.assign(task=f"task {k}") for k in range(105)], ignore_index=True)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Write a page with the explorer, and one with as many fits as a chapter at the paper's sizes has."""
    folder, paths = tmp_path_factory.mktemp("explorers"), {}
    for name, one in (("small", explorer()), ("large", runs_explorer(many(), name="runs", alt="Means.", synthetic=True))):
        path = folder / f"{name}.html"
        path.write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>{one.html}</body></html>',
            encoding="utf-8",
        )
        paths[name] = path
    return paths


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def look(browser, places):
    """Open a page at an address; no script may fail, and nothing may be asked of anybody."""
    contexts, problems = [], []

    def look_at(address="", *, width=DESK, scripts=True, page="small"):
        size = {"width": width, "height": 900}
        context = browser.new_context(offline=True, viewport=size, java_script_enabled=scripts)
        contexts.append(context)
        opened = context.new_page()
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        ours = ("file:", "data:", "blob:")
        opened.on("request", lambda request: request.url.startswith(ours) or problems.append(request.url))
        opened.goto(places[page].as_uri() + address)
        if scripts:
            opened.locator(".xp").wait_for()
        return opened

    yield look_at
    for context in contexts:
        context.close()
    assert not problems


def marks(page):
    drawn = page.locator(".xp-marks").evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")
    return sum(path.count("M") for path in drawn)


def saved(page, button):
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def pin_of(model, signal, fraction="1", task=TASKS[0]):
    return f"runs._pin={task.replace(' ', '+')}~{signal}~{model}~{fraction}"


def numbers_in(text):
    return [float(number.replace("−", "-")) for number in re.findall(r"[+−]?\d\.\d+", text)]


@needs_chromium
def test_what_is_chosen_by_mouse_and_keyboard_is_what_is_drawn(look):
    page = look()
    assert marks(page) == 10  # five models and signals, two sizes
    page.get_by_role("checkbox", name="Linear signal removed").click()
    assert marks(page) == 6
    page.get_by_role("checkbox", name="Linear SVM").focus()
    page.keyboard.press("Space")
    assert marks(page) == 4
    before = page.locator(".xp-marks").first.get_attribute("d")
    page.get_by_label("Vertical").select_option("skill")
    assert page.locator(".xp-marks").first.get_attribute("d") != before
    page.get_by_label("Horizontal").select_option("task")
    assert marks(page) == 6  # three tasks, at the largest size
    for name, what in (("runs", ".xp-runs"), ("95 % intervals", ".xp-bars")):
        assert page.locator(what).count()
        page.get_by_role("checkbox", name=name, exact=True).click()
        assert not page.locator(what).count()
    again = look(page.url[page.url.index("#") :])
    assert marks(again) == 6
    assert again.get_by_label("Vertical").input_value() == "skill"
    assert not again.locator(".xp-bars").count()
    again.get_by_role("button", name="Reset").click()
    assert marks(again) == 10


@needs_chromium
def test_published_curves_are_drawn_when_asked_for(look):
    page = look()
    assert not page.locator(".xp-published").count()
    page.get_by_role("checkbox", name="published curves").click()
    assert page.locator(".xp-published").count() == 2


@needs_chromium
@pytest.mark.parametrize("task", TASKS[:2])
def test_means_and_intervals_are_those_of_the_library(look, task):
    page = look(f"#runs.task={task.replace(' ', '+')}")
    name, content = saved(page, "CSV")
    assert name == "runs.csv"
    by = ["task", "signal", "model", "fraction"]
    shown = pd.read_csv(io.BytesIO(content))
    titles = {"Logistic regression": "logistic_regression", "Linear SVM": "linear_svm", "Three-layer network": "three_layer"}
    shown["model"] = shown["model"].map(titles)
    shown["signal"] = shown["signal"].map({"Full signal": "full", "Linear signal removed": "removed"})
    table = fits().query("task == @task")
    right = summarise(table, by=by).set_index(by).sort_index()
    shown = shown.set_index(by).sort_index()
    assert list(shown.index) == list(right.index)
    assert list(shown["n"]) == list(right["n_runs"])
    for column in ("mean", "lower", "upper"):
        np.testing.assert_allclose(shown[column], right[column], atol=2e-4, equal_nan=True)
    assert right["lower"].isna().any() == (task == TASKS[0]), "few groups have no interval"
    assert (right["mean"] == 1).any()


LOSS = Metric(column="loss", title="Loss", higher_is_better=False, lowest=0.0, level=0.05)
PRECISION = replace(AVERAGE_PRECISION, chance="naive_accuracy")


@needs_chromium
@pytest.mark.parametrize("metric", [PRECISION, LOSS], ids=lambda metric: metric.column)
def test_other_metrics_are_those_of_the_library_where_scores_are_kept(look, metric):
    pins = [pin_of("three_layer", "removed"), pin_of("logistic_regression", "removed")]
    page = look("#" + "&".join([f"runs._y={metric.column}", *pins]))
    table = fits().query("task == @TASKS[0] and fraction == 1")
    right = summarise(table, by=["signal", "model"], metric=metric)
    shown = pd.read_csv(io.BytesIO(saved(page, "CSV")[1]))
    assert set(shown["fraction"]) == {1}
    lower = right["lower"].clip(lower=0)
    for column, expected in (("mean", right["mean"]), ("lower", lower), ("upper", right["upper"])):
        np.testing.assert_allclose(sorted(shown[column].dropna()), sorted(expected.dropna()), atol=2e-4)
    row = compare_models(fits(), "three_layer", "logistic_regression", metric=metric).query(
        "task == @TASKS[0] and signal == 'removed'"
    )
    # A difference of two losses is told as it is, whichever is better.
    signs = [1, 1, 1] if metric.higher_is_better else [-1, -1, -1]
    bounds = row[["difference", "lower", "upper"]].iloc[0] * signs
    said = numbers_in(page.locator(".xp-verdict").inner_text())
    assert said == pytest.approx([bounds.iloc[0], *sorted(bounds.iloc[1:])], abs=6e-4)


@needs_chromium
def test_a_pinned_point_has_its_trials_its_learning_curves_and_the_samples_that_all_get_wrong(look):
    page = look(f"#{pin_of('three_layer', 'removed')}")
    trials, curves, wrong = (
        page.locator(".xp-of-point").filter(has_text=words)
        for words in ("Trials of A", "Learning curves of A", "Samples that every")
    )
    for box in (trials, curves, wrong):
        box.locator("summary").click()
    assert trials.locator(".xp-chosen").count() == 2
    rows = trials.locator("tbody tr").all_inner_texts()
    assert len(rows) == 6
    assert [row.split("\t")[2] for row in rows if "chosen" in row] == ["0.01", "0.01"]
    first = curves.locator("tbody tr").first.locator("td").all_inner_texts()
    assert first == ["0", "0", "60", "1.000", "0.017", "2.000", "0.033", "0.033"]
    assert "60 of 300" in wrong.locator("summary").inner_text()
    cells = wrong.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells == ["sample 0", "donor 1", "a", "b", "9 of 9"]
    other = look(f"#{pin_of('logistic_regression', 'full')}")
    assert not other.get_by_text("Trials of A").count()


@needs_chromium
@pytest.mark.parametrize(
    ("a", "b", "task"),
    [
        (("three_layer", "removed"), ("logistic_regression", "removed"), TASKS[0]),
        (("three_layer", "removed"), ("three_layer", "full"), TASKS[1]),
    ],
)
def test_two_pinned_points_are_compared_as_the_library_does(look, a, b, task):
    page = look("#" + "&".join(pin_of(*one, task=task) for one in (a, b)))
    said = page.locator(".xp-verdict").inner_text()
    compare, names = (compare_models, [a[0], b[0]]) if a[1] == b[1] else (compare_signals, [a[1], b[1]])
    table = compare(fits(), *names).query("task == @task")
    key = table["signal"] == a[1] if "signal" in table else table["model"] == a[0]
    right = table[key].iloc[0]
    assert numbers_in(said) == pytest.approx([right["difference"], right["lower"], right["upper"]], abs=6e-4)
    assert f"over {right['n_pairs']} runs" in said
    assert "only one has: 1" in said


@needs_chromium
def test_a_point_is_pinned_by_keyboard_with_its_runs_and_what_was_taken_for_what(look):
    page = look("#runs.models=three_layer&runs.signal=removed")
    page.locator(".xp-figure").focus()
    page.keyboard.press("End")
    assert "Three-layer network" in page.locator("[aria-live=polite].xp-hidden").inner_text()
    page.keyboard.press("Enter")
    pins = page.locator(".xp-pins")
    assert "_pin" in page.url
    pins.locator("summary").first.click()
    row = fits().query("task == @TASKS[0] and model == 'three_layer' and signal == 'removed' and fraction == 1").iloc[0]
    first = pins.locator(".xp-of-point tbody tr").first.locator("td").all_inner_texts()
    assert first[:3] == ["0", "0", f"{row['balanced_accuracy']:.3f}"]
    assert first[7] == row["key"][:12]
    assert f"trace RESULTS {row['key'][:12]}" in pins.locator("code").inner_text()
    assert "ended at the last epoch" in pins.inner_text()
    cells, caption = page.locator(".xp-matrix td.xp-number"), page.locator(".xp-matrix caption")
    assert cells.all_inner_texts() == ["40", "60", "0", "100"], "of the signal that is pinned"
    assert "Linear signal removed: per cent" in caption.inner_text()
    page.get_by_label("Confusion matrix of A").select_option("difference")
    assert cells.all_inner_texts() == ["−50", "+50", "0", "0"]
    page.get_by_label("Confusion matrix of A").select_option("full")
    assert cells.all_inner_texts() == ["90", "10", "0", "100"]
    assert "Full signal: per cent" in caption.inner_text()
    page.get_by_role("button", name="Unpin point A").click()
    assert pins.is_hidden()


@needs_chromium
def test_the_confusion_matrix_opens_on_the_signal_that_is_pinned(look):
    page = look("#" + pin_of("three_layer", "full"))
    assert page.locator(".xp-matrix td.xp-number").all_inner_texts() == ["90", "10", "0", "100"]
    assert "Full signal: per cent" in page.locator(".xp-matrix caption").inner_text()


@needs_chromium
def test_what_a_task_was_not_computed_with_cannot_be_chosen_for_it(look):
    page = look()
    removed = page.get_by_role("checkbox", name="Linear signal removed")
    assert removed.is_enabled()
    page.get_by_label(re.compile("^Task")).select_option(TASKS[2])
    assert removed.is_disabled()
    assert page.get_by_role("checkbox", name="Linear SVM").is_disabled()
    assert page.get_by_role("checkbox", name="Full signal").is_enabled()
    titles = page.locator(".xp-figure text[font-weight=bold]").all_text_contents()
    assert titles == [TASKS[2]], "what all of it shares is not said"


@needs_chromium
def test_what_is_shown_is_saved_as_files(look):
    page = look()
    name, content = saved(page, "SVG")
    assert name == "runs.svg"
    assert "Full signal" in [one.text for one in ElementTree.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]
    name, content = saved(page, "PNG")
    assert name == "runs.png"
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000, "an empty picture is smaller"


@needs_chromium
def test_without_a_script_the_default_view_is_drawn(look):
    still = look(scripts=False).locator("svg")
    assert still.is_visible()
    marks = still.locator("path[fill]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))")
    assert sum(path.count("M") for path in marks) == 10 + 3  # and the marks of the legend


@needs_chromium
def test_a_chapter_at_the_papers_sizes_can_be_used(look):
    page = look(page="large")
    milliseconds = page.evaluate(
        """async () => { const start = performance.now();
            const list = document.querySelector("select"); list.value = "task 77"; list.dispatchEvent(new Event("change"));
            return performance.now() - start }"""
    )
    assert marks(page) == 40
    assert milliseconds < 2000


@needs_chromium
def test_nothing_scrolls_sideways_on_a_phone(look):
    page = look(f"#{pin_of('three_layer', 'full')}", width=PHONE)
    page.locator(".xp-controls summary").click()
    for drawer in page.locator(".xp-of-point summary").all():
        drawer.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_page_stays_small(places):
    assert places["small"].stat().st_size < 100_000
    assert places["large"].stat().st_size < 12 * 63_000
