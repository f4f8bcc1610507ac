"""Labels are shown as they are written: no sign in them is a formula in a figure or markup on a page."""

from dataclasses import replace
from html.parser import HTMLParser

import nbformat
import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_string
from IPython.display import HTML
from matplotlib.text import Text
from myst_nb.docutils_ import Parser as NotebookParser
from myst_nb.ext.glue import GLUE_PREFIX

from linear_signal.analysis.comparison import compare_models, summarise
from linear_signal.book import display
from linear_signal.data.dataset import Dataset
from linear_signal.errors import InputError
from linear_signal.figures import (
    difference_plot,
    full_against_removed,
    learning_curves,
    penalty_plot,
    trials_plot,
)
from linear_signal.figures.choice import figures_by_choice
from linear_signal.figures.style import _figure, _written
from linear_signal.studies.heil2023.sex_figure import sex_genes_plot
from random_tables import random_fits, random_penalties, random_trials
from tiny_experiment import donors_dataset

LABELS = (
    r"$\frac{1}{$",
    "a$b$c_{d",
    "US$ low vs US$ high",
    "$$x$$",
    r"\(y\)\q^_",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "[x](javascript:alert(3))",
    "{glue:text}`n_runs` {{ z }}",
    "```{include} index.md```",
    "&lt;b&gt; &amp;",
    "%s {0} *a* __b__ # | ~",
)


def drawn_texts(plot):
    """Draw a figure and return its texts; whatever was not drawn as it is written fails."""
    with _figure(plot) as figure:
        _written(figure, "svg")
        texts = figure.findobj(Text)
        assert not [text.get_text() for text in texts if text.get_parse_math()]
        return "".join("".join(text.get_text().split()) for text in texts)


def test_figures_show_labels_as_they_are_written():
    fits = random_fits(tasks=LABELS, folds=2)
    models = compare_models(fits, "three_layer", "logistic_regression")
    for plot, some in (
        (full_against_removed(fits, synthetic=True), LABELS),
        (difference_plot(models, synthetic=True), LABELS),
        (learning_curves(fits[fits["task"].isin(LABELS[:2])], synthetic=True), LABELS[:2]),
    ):
        texts = drawn_texts(plot)
        for label in some:
            assert "".join(label.split()) in texts


def test_variants_models_and_axes_are_no_formulas_either():
    penalties = random_penalties().replace({"variant": {"raw": LABELS[0], "centred": LABELS[1]}})
    texts = drawn_texts(penalty_plot(penalties, synthetic=True))
    assert LABELS[1] in texts
    assert "10⁻⁶" in texts
    trials = random_trials().replace({"model": {"three_layer": "mine.Model('$x$')"}})
    assert "Model('$x$')" in drawn_texts(trials_plot(trials, synthetic=True))
    told = pd.DataFrame({"label": ["female", "male"], "told": ["female", "male"], "xist": [5.0, 1.0], "y_genes": [1.0, 5.0]})
    drawn_texts(sex_genes_plot(told, synthetic=True))


class Page(HTMLParser):
    """What a browser would make of a page: its text, its tags, and what it would run."""

    def __init__(self, source):
        super().__init__()
        self.text, self.live, self.inside = "", [], ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        for name, value in attributes:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.live.append((tag, name, value))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script" and data.strip().startswith("alert"):
            self.live.append(data)
        self.text += data


def rendered(outputs):
    """Make a page of a cell with these outputs and a sentence, as the book's own renderer does."""
    said = {"scrapbook": {"name": "said", "mime_prefix": GLUE_PREFIX}}
    outputs = [nbformat.v4.new_output("display_data", {"text/html": one.data}) for one in outputs]
    outputs += [nbformat.v4.new_output("display_data", {f"{GLUE_PREFIX}text/plain": repr("; ".join(LABELS))}, metadata=said)]
    cells = [nbformat.v4.new_code_cell("shown()", outputs=outputs), nbformat.v4.new_markdown_cell("Said: {glue:text}`said`")]
    language = {"language_info": {"name": "python", "pygments_lexer": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=language)
    settings = {"nb_execution_mode": "off", "report_level": 2, "halt_level": 2}
    return publish_string(
        nbformat.writes(notebook), parser=NotebookParser(), writer_name="html5", settings_overrides=settings
    ).decode()


def test_a_page_shows_labels_as_they_are_written(tmp_path, monkeypatch):
    shown = []
    monkeypatch.chdir(tmp_path)  # the renderer leaves its style sheets in the folder it runs in
    monkeypatch.setattr(display, "display", shown.append)
    plain = donors_dataset()
    labels = [LABELS[row % len(LABELS)] for row in range(plain.n_samples)]
    data = replace(plain, name=LABELS[5], source=LABELS[6], notes=LABELS, samples=plain.samples.assign(label=labels))
    fits = random_fits(tasks=LABELS, folds=1, fractions=(1.0,)).replace(
        {"model": {"three_layer": "mine.Model('</td><b onclick=alert(4)>')"}}
    )
    plot = penalty_plot(random_penalties(), synthetic=True)
    display.show_accuracies(summarise(fits, by=["task", "signal", "model"]))
    display.show(plot, alt=LABELS[6])
    choice = HTML(figures_by_choice(dict.fromkeys(LABELS[5:7], plot), LABELS[7]).html)
    page = Page(rendered([display.origin([data]), *shown, choice]))
    assert not page.live
    for label in LABELS:
        assert page.text.count(label) >= 3, label  # a note, a row of the table, the sentence


@pytest.mark.parametrize("field", ["label", "donor", "sample ids", "gene ids"])
@pytest.mark.parametrize("text", ["Bl\x1b[31mood", "a\0b", "\u202eevil", "a\nb", " Blood", "B" * 257])
def test_a_dataset_takes_printable_text_only(field, text):
    texts = {name: [f"{name}{row}" for row in range(3)] for name in ("label", "donor", "sample ids", "gene ids")}
    texts[field][1] = text
    gene_ids = texts.pop("gene ids")
    samples = pd.DataFrame(texts).set_index("sample ids")
    with pytest.raises(InputError, match=f"mine: one of its (values of )?{field} is '"):
        Dataset(name="mine", expression=np.eye(3), samples=samples, gene_ids=gene_ids, source="a test", synthetic=True)
