"""The first screen: the answer has the verdicts of the rule book, and the line above it says what the run was."""

import html
import re

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.answer_rows import AnswerRow, contrast_rows, reached, signal_rows, span
from linear_signal.analysis.comparison import compare_pretraining
from linear_signal.book.first_screen import answer_table, first_screen, provenance
from linear_signal.data.source import Source
from linear_signal.numbers import accuracy
from tiny_experiment import donors_dataset

MEANS = {"logistic_regression": (0.9, 0.5), "linear_svm": (0.9, 0.5), "three_layer": (0.9, 0.8)}


def fits_of(means=MEANS, *, last=False, columns=("full", "removed"), by="signal"):
    random = np.random.default_rng(0)
    rows = [
        {"task": "t", "signal": "full", "pretraining": "none", "split": "group", "model": model, "seed": 0, "fold": fold}
        | {"fraction": 1.0, "naive_accuracy": 0.5, "train_samples": 80, "validation_samples": 20, "left_out_samples": 20}
        | {by: column, "balanced_accuracy": float(np.clip(mean + random.normal(0, 0.005), 0, 1))}
        | {"smallest_class_groups": 40, "balanced_accuracy_on_removed": 0.5 + random.normal(0, 0.005)}
        | {"ended_at_last_epoch": last, "key": f"{model}{column}{fold}", "seconds": 2.0, "device": "cpu"}
        for model, both in means.items()
        for column, mean in zip(columns, both, strict=True)
        for fold in range(5)
    ]
    return pd.DataFrame(rows)


def test_a_row_says_who_is_ahead_and_what_is_left():
    (row,) = signal_rows({"tissues": fits_of()})
    assert row.so == "Full: level\nRemoved: non-linear signal"
    assert "three-layer network" in row.why
    assert row.question.startswith("Tissues")
    assert [cell.splitlines()[0] for cell in row.cells] == ["linear 0.90", "linear 0.50"]
    (nothing,) = signal_rows({"t": fits_of(MEANS | {"three_layer": (0.9, 0.5)})})
    assert "no non-linear signal" in nothing.so
    (ahead,) = signal_rows({"t": fits_of(MEANS | {"three_layer": (0.99, 0.8)})})
    assert ahead.so.startswith("Full: networks ahead")


def test_doubts_of_the_training_stand_beside_the_verdict():
    (row,), (calm,) = (signal_rows({"t": fits_of(last=last)}) for last in (True, False))
    assert not calm.doubts
    shown = answer_table([row]).data
    assert row.doubts
    assert html.escape(row.doubts[0]) in shown[shown.index("non-linear signal") :]


def test_a_model_is_compared_with_itself():
    means = {"logistic_regression": (0.7, 0.7), "three_layer": (0.6, 0.8)}
    fits = fits_of(means, by="pretraining", columns=("none", "pretrained"))
    same, more = contrast_rows(compare_pretraining(fits), fits)
    assert (same.so, more.so) == ("level", "higher")
    assert [round(float(cell), 1) for cell in more.cells] == [0.6, 0.8]
    less = contrast_rows(compare_pretraining(fits, "none", "pretrained"), fits)[1]
    assert less.so == "lower"


def test_groups_are_those_that_are_held_out_whole():
    whole = fits_of().assign(train_groups=40, validation_groups=10, n_classes=2)
    single = whole.assign(split="sample", train_groups=800, validation_groups=400)
    data = donors_dataset()

    def line(*tables):
        return provenance([data], tables, parameters={}, paper={}).data

    assert "50 groups" in line(pd.concat([whole, single]))
    assert "1,200 groups" in line(single)


def test_names_with_commas_are_told_apart():
    names = ("doubles, simulated", "singles")
    sources = [Source(name=name, source="made up", synthetic=True, summary="s") for name in names]
    assert "doubles, simulated; singles" in provenance(sources, [fits_of()], parameters={}, paper={}).data


@pytest.mark.parametrize("signal", ["full", "removed"])
def test_families_span_their_models(signal):
    fits = fits_of(MEANS | {"linear_svm": (0.6, 0.4)})
    for line in reached(fits, signal).splitlines():
        low, high = (float(one) for one in (re.findall(r"[\d.]+", line) * 2)[:2])
        assert 0 <= low <= high <= 1
    assert reached(fits, "removed_on_all_data") == "not run"
    assert span([0.5]) == accuracy(0.5)


def test_the_line_says_what_the_run_was_and_that_data_are_made_up():
    made_up = donors_dataset()
    run = {"chapter": "20_gtex", "parameters": {"n_genes": 150, "n_seeds": 3}, "tables": [fits_of()]}
    shown = first_screen([], datasets=[made_up], **run)
    line = shown["provenance"].data
    assert "answer" not in shown
    for part in ("Synthetic stand-in", f"{made_up.n_samples} samples", "150 of 5,000 genes", "cpu", "60 s"):
        assert part in line, part
    assert "seeds" not in line, "as many as in the paper"
    assert "Simulated on purpose" in first_screen([], datasets=[made_up], on_purpose=True, **run)["provenance"].data
    real = Source(name="<b>", source="a & b", synthetic=False, summary="s")
    genuine = first_screen([], datasets=[real], **run)["provenance"].data
    assert "Genuine data" in genuine
    assert "ynthetic" not in genuine
    assert "<b>" not in genuine


def test_cells_are_text():
    row = AnswerRow(question="<i>", cells=("a\nb", "<u>"), so="<s>", why="<q>", doubts=("<p>",))
    shown = answer_table([row]).data
    assert "a<br>b" in shown
    assert not [tag for tag in ("<i>", "<u>", "<s>", "<q>", "<p>") if tag in shown]
