"""Results tables as chapters keep them, made up so that every finding of the paper comes out, for the tests of findings."""

import nbformat
import numpy as np
import pandas as pd

from linear_signal.book.kept_tables import GLUED
from linear_signal.studies.heil2023.installed import ASKED

LINEAR = ("logistic_regression", "linear_svm")
NETWORKS = ("three_layer", "five_layer")
MODELS = LINEAR + NETWORKS
GTEX_PAIRS = ("Blood vs Brain", "Blood vs Skin", "Brain vs Skin")


def levels(linear, three, five):
    return dict.fromkeys(LINEAR, linear) | {"three_layer": three, "five_layer": five}


def made_up_fits(task, signal, level, **changes):
    """Two seeds of five folds whose balanced accuracies scatter a little around a level per model.

    Folds are easy or hard for all models alike, so that differences scatter less than levels.
    """
    given = {
        "dataset": "GTEx",
        "pretraining": "none",
        "split": "group",
        "scale_on": "all",
        "naive": 0.5,
        "fractions": (0.5, 1.0),
        "synthetic": False,
    }
    given |= changes
    random = np.random.default_rng(len(task) + 100 * (len(signal) + len(given["pretraining"])))
    rows = []
    for seed in (0, 1):
        for fold in range(5):
            shared = 0.006 * random.standard_normal()
            for model, mean in level.items():
                for fraction in given["fractions"]:
                    score = mean + shared + 0.001 * random.standard_normal()
                    rows.append(
                        {"dataset": given["dataset"], "task": task, "model": model, "signal": signal}
                        | {"pretraining": given["pretraining"], "split": given["split"]}
                        | {"scale_on": given["scale_on"], "seed": seed, "fold": fold}
                        | {"fraction": fraction, "balanced_accuracy": score, "naive_accuracy": given["naive"]}
                        | {"train_samples": round(800 * fraction), "validation_samples": 200, "smallest_class_groups": 60}
                        # Of linear models trained with full signal, on what removal leaves: at chance.
                        | ({"balanced_accuracy_on_removed": given["naive"] + shared} if signal == "full" else {})
                        | {"synthetic": given["synthetic"], "source": "made up for a test"}
                    )
    return pd.DataFrame(rows)


def labelled(dataset, pairs, all_naive=0.1, **changes):
    chance = levels(0.5, 0.8, 0.85)
    parts = [made_up_fits(pair, "full", levels(0.99, 0.97, 0.975), dataset=dataset, **changes) for pair in pairs]
    parts += [made_up_fits(pair, "removed", chance, dataset=dataset, **changes) for pair in pairs]
    where = {"dataset": dataset, "naive": all_naive, **changes}
    parts.append(made_up_fits("all tissues", "full", levels(0.83, 0.79, 0.81), **where))
    parts.append(made_up_fits("all tissues", "removed", levels(all_naive, 0.3, 0.4), **where))
    return pd.concat(parts, ignore_index=True)


def made_up_tables():
    """One table per chapter, in which every finding holds."""
    chance, everyone = levels(0.5, 0.5, 0.5), levels(0.99, 0.99, 0.99)
    simulated = {"synthetic": True, "fractions": (1.0,)}
    simulations = [
        made_up_fits(f"Simulated {number}", signal, level, dataset=f"Simulated {number}", **simulated)
        for number, signal, level in (
            (1, "full", everyone),
            (1, "removed", levels(0.5, 0.9, 0.9)),
            (2, "full", everyone),
            (2, "removed", chance),
            (3, "full", chance),
            (3, "removed", chance),
            (3, "removed_on_all_data", levels(0.5, 0.7, 0.3)),
        )
    ]
    recount3 = {"dataset": "Recount3", "naive": 1 / 21}
    few = {"fractions": (0.02, 0.1)}
    across = [
        made_up_fits(task, signal, level, dataset="GTEx and Recount3", split="transfer", naive=1 / 6)
        for task in ("GTEx to Recount3", "Recount3 to GTEx")
        for signal, level in (("full", levels(0.8, 0.7, 0.7)), ("removed", levels(1 / 6, 0.4, 0.4)))
    ]
    tables = {
        "10_simulation": simulations,
        "20_gtex": [labelled("GTEx", GTEX_PAIRS)],
        "26_installed_data": [
            made_up_fits(task, signal, level)
            for task in ASKED
            for signal, level in (("full", levels(0.8, 0.9, 0.9)), ("removed", levels(0.5, 0.7, 0.7)))
        ],
        "30_recount3": [labelled("Recount3", ("blood vs brain", "blood vs stem cell"), 1 / 21)],
        "40_sex_prediction": [
            made_up_fits("sex", "full", levels(0.85, 0.88, 0.87), dataset="Recount3"),
            made_up_fits("sex", "removed", levels(0.5, 0.7, 0.65), dataset="Recount3"),
        ],
        "50_sample_wise_splits": [
            made_up_fits("all tissues", "full", levels(0.48, 0.42, 0.46), **recount3),
            made_up_fits("all tissues", "full", levels(0.81, 0.76, 0.79), split="sample", **recount3),
        ],
        "60_pretraining": [
            made_up_fits("all tissues", "full", levels(0.42, 0.34, 0.42), **recount3),
            made_up_fits("all tissues", "full", levels(0.46, 0.38, 0.46), pretraining="pretrained", **recount3),
        ],
        "70_controls": [
            simulations[-1],
            *(made_up_fits(pair, "full", levels(0.95, 0.8, 0.85), **few) for pair in GTEX_PAIRS),
            *(made_up_fits(pair, "removed", levels(0.5, 0.7, 0.7), **few) for pair in GTEX_PAIRS),
            *(made_up_fits(pair, "removed_on_all_data", levels(0.3, 0.9, 0.9)) for pair in GTEX_PAIRS),
            *(made_up_fits(f"{pair} (labels permuted)", "full", chance) for pair in GTEX_PAIRS),
        ],
        "75_transfer": [*across, made_up_fits("GTEx to GTEx", "full", levels(0.9, 0.9, 0.9), naive=1 / 6)],
    }
    return {chapter: pd.concat(parts, ignore_index=True) for chapter, parts in tables.items()}


def executed_page(folder, name, table):
    """Write an executed notebook as the glue of a chapter leaves it; None keeps nothing."""
    cells = [nbformat.v4.new_markdown_cell("# A page")]
    if table is not None:
        output = nbformat.v4.new_output("display_data", {"application/papermill.record/text/plain": repr(table)})
        output.metadata["scrapbook"] = {"name": GLUED, "mime_prefix": "application/papermill.record/"}
        other = nbformat.v4.new_output("stream", text="units: 3 of 3")
        cells.append(nbformat.v4.new_code_cell("glue(...)", outputs=[other, output]))
    folder.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
