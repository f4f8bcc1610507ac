"""Every figure is drawn for real; captions carry the counts; the published curves arrive under our names."""

from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from linear_signal.analysis.comparison import against_naive, compare_models, compare_pretraining, compare_signals
from linear_signal.book import shown
from linear_signal.book.display import origin
from linear_signal.errors import InputError
from linear_signal.figures import (
    difference_plot,
    full_against_removed,
    learning_curves,
    penalty_plot,
    trials_plot,
)
from linear_signal.figures.style import drawn, drawn_small, model_scale, titled
from linear_signal.studies.heil2023.published import published_curves, published_value
from made_up_fits import SIGNAL, make_fits
from random_tables import MODELS, random_fits, random_penalties, random_trials
from tiny_experiment import donors_dataset


def caption_of(plot):
    return " ".join((plot.labels.caption or "").split())


def is_svg(plot):
    return drawn(plot).lstrip().startswith(b"<?xml")


def test_learning_curves_with_published_ones():
    plot = learning_curves(random_fits(), published=published_curves("simulation"), synthetic=True)
    assert is_svg(plot)
    caption = caption_of(plot)
    assert "mean of 3 runs (1 seed × 3 folds)" in caption
    assert "95 % interval" in caption
    assert "Heil et al. 2023" in caption
    assert caption.endswith("Synthetic data.")


def test_learning_curves_of_a_single_run_have_no_interval():
    fits = random_fits(folds=1, fractions=(1.0,))
    plot = learning_curves(fits, synthetic=False, n_columns=2, x="fraction")
    assert is_svg(plot)
    caption = caption_of(plot)
    assert "a single run: no interval" in caption
    assert "Synthetic" not in caption
    assert "Heil" not in caption


def test_learning_curves_without_facets():
    fits = random_fits(tasks=("Simulated 1",), signals=("full",))
    assert is_svg(learning_curves(fits, synthetic=True, facet_rows=None, facet_columns=None))


def test_published_curves_of_other_tasks_are_left_out():
    plot = learning_curves(random_fits(tasks=("Mine",)), published=published_curves("simulation"), synthetic=True)
    assert "Heil" not in caption_of(plot)
    assert is_svg(plot)


def test_learning_curves_refuse_what_they_cannot_draw():
    fits = random_fits()
    with pytest.raises(InputError, match=r"Unknown facet 'tasks'; did you mean 'task'\?"):
        learning_curves(fits, facet_columns="tasks", synthetic=True)
    with pytest.raises(InputError, match="several values of signal"):
        learning_curves(fits, facet_rows=None, synthetic=True)
    with pytest.raises(InputError, match="two different ones"):
        learning_curves(fits, facet_rows="task", synthetic=True)
    with pytest.raises(InputError, match="Unknown x axis"):
        learning_curves(fits, x="samples", synthetic=True)
    with pytest.raises(InputError, match="empty"):
        learning_curves(fits.head(0), synthetic=True)
    with pytest.raises(InputError, match="lacks column 'fold'"):
        learning_curves(fits.drop(columns="fold"), synthetic=True)


def test_full_against_removed():
    plot = full_against_removed(random_fits(), synthetic=True)
    assert is_svg(plot)
    assert "mean of 3 runs (1 seed × 3 folds)" in caption_of(plot)
    assert caption_of(plot).endswith("Synthetic data.")
    with pytest.raises(InputError, match="Unknown signal"):
        full_against_removed(random_fits(signals=("full",)), synthetic=True)


def test_difference_plots():
    fits = random_fits()
    for table in (
        compare_models(fits, "three_layer", "logistic_regression"),
        compare_signals(fits),
        against_naive(fits),
        compare_models(fits[fits["task"] == "Simulated 1"], "three_layer", "logistic_regression"),
    ):
        plot = difference_plot(table, synthetic=True)
        assert is_svg(plot)
        assert "Mean over 3 " in caption_of(plot)
        assert "(1 seed)" in caption_of(plot)
    single = compare_models(fits[fits["fold"] == 0], "three_layer", "logistic_regression")
    plot = difference_plot(single, synthetic=False)
    assert is_svg(plot)
    assert "rests on a single run" in caption_of(plot)
    with pytest.raises(InputError, match="one kind"):
        difference_plot(pd.concat([single, against_naive(fits)]), synthetic=True)
    with pytest.raises(InputError, match="empty"):
        difference_plot(single.head(0), synthetic=True)


def test_every_panel_of_differences_has_the_band_that_counts_as_level():
    table = compare_models(make_fits(SIGNAL, tasks=("a", "b")), "three_layer", "logistic_regression", by=["task", "signal"])
    figure = difference_plot(table, synthetic=True).draw()
    assert len(figure.axes) > 1
    for axes in figure.axes:
        assert any(isinstance(drawn, PolyCollection) and len(drawn.get_paths()) for drawn in axes.collections)


def test_a_difference_has_the_colour_of_the_family_that_is_ahead():
    fits = make_fits(SIGNAL | {("boosted_trees", "removed"): 0.5}, seeds=3)
    ahead = compare_models(fits, "three_layer", "logistic_regression", by=["task", "signal"])
    behind = compare_models(fits, "logistic_regression", "three_layer", by=["task", "signal"])
    for table in (ahead, behind):
        drawn = difference_plot(table, synthetic=True).data.set_index("signal")["told"]
        assert drawn["Linear signal removed"] == "network"
        assert drawn["Full signal"] == "neither"
    removal = difference_plot(compare_signals(fits), synthetic=True).data.set_index("model")["told"]
    assert removal["Logistic regression"] == "linear"
    assert removal["Three-layer network"] == "network"


def test_pretraining_with_either_signal_is_drawn():
    fits = random_fits(tasks=("all tissues",))
    both = pd.concat([fits, fits.assign(pretraining="pretrained", balanced_accuracy=fits["balanced_accuracy"] ** 2)])
    assert is_svg(learning_curves(both, synthetic=True, facet_rows="signal", facet_columns="pretraining"))
    with pytest.raises(InputError, match="several values of pretraining"):
        learning_curves(both, synthetic=True)
    table = compare_pretraining(both, by=["task", "signal", "model"])
    assert len(table) == 2 * fits["model"].nunique()
    plot = difference_plot(table, synthetic=True)
    assert is_svg(plot)
    assert "(pretrained minus not pretrained)" in plot.labels.x


@pytest.mark.parametrize("x", ["learning_rate", "weight_decay"])
def test_trials(x):
    trials = random_trials()
    trials.loc[1, x] = 0.0
    plot = trials_plot(trials, x, synthetic=True)
    assert is_svg(plot)
    assert "8 tunings (1 task, 1 seed × 2 folds)" in caption_of(plot)
    assert "1 trial without" in caption_of(plot)


def test_trials_of_one_signal_and_bad_settings():
    trials = random_trials()
    assert is_svg(trials_plot(trials[trials["signal"] == "full"], synthetic=True))
    with pytest.raises(InputError, match="did you mean 'learning_rate'"):
        trials_plot(trials, "learning_rates", synthetic=True)
    with pytest.raises(InputError, match="empty"):
        trials_plot(trials.head(0), synthetic=True)


def test_penalties():
    plot = penalty_plot(random_penalties(), synthetic=True)
    assert is_svg(plot)
    assert "mean of 3 runs (1 seed × 3 folds)" in caption_of(plot)
    with pytest.raises(InputError, match="logarithmic"):
        penalty_plot(random_penalties().assign(penalty=0.0), synthetic=True)
    with pytest.raises(InputError, match="empty"):
        penalty_plot(random_penalties().head(0), synthetic=True)


def test_the_same_figure_gives_the_same_bytes():
    fits = random_fits(tasks=("Simulated 1",), signals=("full",))
    plot = learning_curves(fits, synthetic=True)
    assert drawn(plot) == drawn(plot) == drawn(learning_curves(fits, synthetic=True))


def test_png_is_twice_as_wide_as_the_page():
    plot = penalty_plot(random_penalties(), synthetic=True)
    data = drawn(plot, kind="png")
    assert int.from_bytes(data[16:20], "big") == 1520
    mime, small = drawn_small(plot)
    assert mime in ("image/svg+xml", "image/png")
    assert len(small) <= 1.02 * len(data)  # drawn after the SVG, letters may sit a fraction of a pixel elsewhere


def test_a_model_keeps_its_colour_whatever_is_beside_it():
    alone, together = model_scale(["three_layer"])[0], model_scale(MODELS)[0]
    assert alone["Three-layer network"] == together["Three-layer network"]
    assert len(set(together.values())) == len(MODELS)


def test_long_class_names_break_at_capitals():
    names = pd.Series(["sklearn.ensemble.HistGradientBoostingClassifier(max_iter=20)"], name="model")
    assert list(titled(names, wrap=25)) == ["HistGradientBoosting\nClassifier(max_iter=20)"]
    assert list(titled(names)) == ["HistGradientBoostingClassifier(max_iter=20)"]


def test_published_curves_carry_our_names():
    pairs = published_curves("gtex_binary_combined")
    assert pairs["task"].nunique() == 10
    assert all(task == " vs ".join(sorted(task.split(" vs "))) for task in pairs["task"])
    assert {"Blood vs Blood Vessel", "Blood Vessel vs Brain"} <= set(pairs["task"])
    assert set(published_curves("gtex_multiclass_combined")["task"]) == {"all tissues"}
    splits = published_curves("recount_multiclass_sample_split")
    assert set(zip(splits["split"], splits["signal"], strict=True)) == {("group", "full"), ("sample", "full")}
    renamed = published_curves("simulation", panels={"sim_data": "mine"})
    assert set(renamed["task"]) == {"mine"}
    assert renamed["fraction"].max() == 1


def test_published_values():
    assert published_value("simulation", "logistic_regression", "full", task="Simulated 1") == 0.8026
    assert 0.8 < published_value("gtex_binary_combined", "three_layer", "removed") < 0.9
    with pytest.raises(InputError, match="Unknown published figure"):
        published_curves("simulations")
    with pytest.raises(InputError, match="Unknown panel"):
        published_curves("simulation", panels={"sim": "x"})
    with pytest.raises(InputError, match="Unknown model"):
        published_value("simulation", "linear_svm", "full")


def test_a_page_on_simulated_and_real_data_says_which_is_which():
    simulated = donors_dataset()
    real = replace(simulated, name="real", synthetic=False, source="measured in a test")
    whole, mixed, none = (origin(some).data for some in ([simulated], [simulated, real], [real]))
    assert "nothing that this run computed was measured on people" in whole
    assert "Synthetic data, in part." in mixed
    assert "nothing that this run computed" not in mixed
    assert "Synthetic: made by a test." in mixed
    assert "Real: measured in a test." in mixed
    assert "Real data." in none
    assert "ynthetic" not in none


def test_leads_have_a_panel_per_question_and_signal_whichever_linear_model_is_the_best(monkeypatch):
    level = {
        (model, signal): 0.7
        for model in ("linear_svm", "logistic_regression", "three_layer")
        for signal in ("full", "removed")
    }
    best = {"a": "linear_svm", "b": "logistic_regression"}
    questions = {task: make_fits(level | {(one, "full"): 0.8}, seeds=3, tasks=(task,)) for task, one in best.items()}
    drawn = []
    monkeypatch.setattr(shown, "show", lambda plot, *, alt: drawn.append(plot))
    shown.show_leads(questions, synthetic=True)
    (plot,) = drawn
    titles = {" ".join(str(title).split()) for title in plot.data["panel"]}
    assert len(titles) == 2 * len(best)
    assert {"a, full signal, minus the linear SVM", "b, full signal, minus logistic regression"} <= titles
    assert set(plot.data["model"]) == {"Three-layer network"}
    assert is_svg(plot)
    # A single panel is named, too: its title says what was subtracted.
    shown.show_leads({"a": questions["a"].query("signal == 'full'")}, synthetic=True)
    assert list(drawn[1].facet.vars) == ["panel"]
