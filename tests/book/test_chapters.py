"""Every chapter from end to end with the real papermill, in seconds; and what stops it before anything is computed."""

import gzip
import html
import re

import pytest

from chapter_run import CHAPTERS, GENUINE, Here, assert_whole_page
from linear_signal.book.chapter_plan import plans_of
from linear_signal.book.kept_tables import GLUED as RESULTS_TABLE
from linear_signal.book.parameter_files import declared_parameters, parameters_of_file
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.data.signal_removal import limma_available
from linear_signal.errors import InputError
from miniature_book import CHAPTER, PROJECT, command, make_book

# Each of these differs in what it does with models; the others do the same in the same words.
OF_ANY_MODEL = ["10_simulation", "30_recount3", "40_sex_prediction", "70_controls", "75_transfer"]
TREE = "sklearn.tree.DecisionTreeClassifier(max_depth=2)"
LIMMA = limma_available()


def truncated_gct(folder):
    expression, attributes = write_gtex_miniature(folder / "whole", n_donors=12, n_genes=100)
    (folder / "short.gct.gz").write_bytes(expression.read_bytes()[:-2000])
    return {"source": "files", "expression_file": str(folder / "short.gct.gz"), "attributes_file": str(attributes)}


def half_a_gct(folder):
    expression, attributes = write_gtex_miniature(folder / "whole", n_donors=12, n_genes=100)
    lines = gzip.decompress(expression.read_bytes()).splitlines(keepends=True)
    (folder / "half.gct").write_bytes(b"".join(lines[:50]))
    return {"source": "files", "expression_file": str(folder / "half.gct"), "attributes_file": str(attributes)}


# What the data and the plan of a chapter refuse. name: (chapter, parameters or what makes them, parts of the message)
REFUSED = {
    "unknown parameter and wrong type": (
        "10_simulation",
        {"n_sampels": 60, "n_seeds": "many"},
        ["Unknown parameter 'n_sampels'; did you mean 'n_samples'?", "n_seeds is 'many' (str); allowed is a whole number"],
    ),
    "unknown model": (
        "10_simulation",
        {"models": ["exact_logistic_regression", "three_layr"]},
        ["Unknown model 'three_layr'; did you mean 'three_layer'?"],
    ),
    "unknown tissue": ("20_gtex", {"tissues": ["Blood", "Brian"]}, ["'Brian'; did you mean 'Brain'? Allowed: Adipose"]),
    "missing file": (
        "20_gtex",
        {"source": "files", "expression_file": "/missing/x.gct", "attributes_file": "/missing/a.txt"},
        ["/missing/a.txt does not exist. Check the path"],
    ),
    "files without files": ("20_gtex", {"source": "files"}, ["needs both expression_file (a GCT) and attributes_file"]),
    "unknown source": ("20_gtex", {"source": "minature"}, ["Unknown source 'minature'; did you mean 'miniature'?"]),
    "fewer genes than promised": ("20_gtex", half_a_gct, ["half.gct", "100", "47"]),
    "a file that is cut short": ("20_gtex", truncated_gct, ["short.gct.gz"]),
    "no penalty": ("10_simulation", {"penalties": []}, ["penalties are []; at least one is needed"]),
    "a negative penalty": ("10_simulation", {"penalties": [1.0, -1.0]}, ["penalties name -1.0; each must be positive"]),
    "a penalty twice": ("10_simulation", {"penalties": [1.0, 1.0]}, ["penalties name one twice"]),
    "a tiny fraction": ("10_simulation", {"fractions": [0.01, 1.0]}, ["fractions begin with 0.01", "leaves 0.", "or more."]),
    "a batch of everything there is": ("10_simulation", {"batch_size": 10**12}, ["batch_size is 1000000000000; it must"]),
    "a model from a package that was not allowed": ("10_simulation", {"models": ["os.system"]}, ["allow_models: [os]"]),
    "no package": ("10_simulation", {"allow_models": [""]}, ["allow_models names ''; name packages"]),
    "more than fits into any memory": (
        "10_simulation",
        {"n_samples": 10**12},
        ["n_samples 1,000,000,000,000 times n_features", "at most 100,000,000"],
    ),
    "a regressor": ("20_gtex", {"models": ["sklearn.svm.SVR"]}, ["Did you mean 'sklearn.svm.SVC'"]),
    "unknown units": ("25_what_kind_of_signal", {"units": "lgo"}, ["Unknown value of units 'lgo'; did you mean 'log'?"]),
    "unknown scope": ("30_recount3", {"scope": "labeled"}, ["Unknown scope 'labeled'; did you mean 'labelled'?"]),
    "mirror beside the miniature": ("30_recount3", {"mirror": "/a/b"}, ["Set source to 'recount3' to use it"]),
    "a mirror that is not there": ("30_recount3", {"source": "recount3", "mirror": "/missing/mirror"}, ["/missing/mirror"]),
    "no sex labels": ("40_sex_prediction", {"source": "recount3"}, ["Name sex_labels_file, your copy of combined_human"]),
    "tissues that are not there": (
        "50_sample_wise_splits",
        {"classes": ["brian", "blod"]},
        ["None of the tissues asked for"],
    ),
    "a model without first weights": ("60_pretraining", {"models": [TREE]}, ["cannot be pretrained"]),
    "an even number of folds": ("60_pretraining", {"n_folds": 4}, ["n_folds is 4; pretraining halves the training folds"]),
    "odd sizes": ("70_controls", {"n_samples": 61}, ["n_samples is 61; it must be an even number"]),
    "a tissue of one data set": ("75_transfer", {"tissues": ["blood", "cervix"]}, ["'cervix'"]),
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_to_its_end(executed_chapter, chapter):
    run = executed_chapter
    assert_whole_page(run)
    numbers = {name: text for name, text in run.glued().items() if re.fullmatch(r"nan|-?[\d.]+(e-?\d+)?", text)}
    assert numbers
    assert "nan" not in numbers.values()
    origin = "Real data." if chapter in GENUINE else "Synthetic data: nothing that this run computed was measured on people."
    assert origin in run.page()
    assert run.page().count("<img") >= 3
    assert not list(run.results.rglob(".*"))
    assert f"tables/{chapter}-" in run.glued()[RESULTS_TABLE]
    assert run.glued()[RESULTS_TABLE].strip("'") in run.stored()


@pytest.mark.parametrize("chapter", ["60_pretraining"])
def test_a_second_run_takes_every_fit_from_the_store_and_shows_the_same(executed_chapter, chapter):
    first, stored = executed_chapter, executed_chapter.stored()
    units = len([name for name in stored if name.endswith(".zip")])
    second = Here(first.folder, chapter, drawn=False)
    assert_whole_page(second)
    assert "From the store" not in first.page()
    assert f"<td>{units} of {units} units" in second.page()
    assert second.glued() == first.glued()
    assert second.stored() == stored


@pytest.mark.parametrize("chapter", OF_ANY_MODEL)
def test_a_chapter_runs_with_one_classifier_that_is_neither_linear_nor_a_network(tmp_path, chapter):
    changes = {"models": [TREE], "n_trials": 0, "removal_engine": "closed_form" if LIMMA else "limma"}
    if chapter in ("20_gtex", "30_recount3"):
        changes |= {"tissues": ["Blood", "Brain"] if chapter == "20_gtex" else ["blood", "brain"], "all_tissues": False}
    declared = declared_parameters(PROJECT / "notebooks" / f"{chapter}.py")
    run = Here(tmp_path, chapter, **{name: value for name, value in changes.items() if name in declared})
    assert_whole_page(run)
    assert f"models = [&#x27;{TREE}&#x27;]" in run.page()
    if LIMMA is None and "removal_engine" in declared:
        assert "removal_engine = limma" in run.page()


def test_what_stops_a_chapter_is_the_last_word_of_papermill(tmp_path):
    """A chapter that only reads a file, which is cut short; that those of the book are stopped by it is asked below."""
    book, files = make_book(tmp_path / "with a space"), truncated_gct(tmp_path)
    read = f"from linear_signal.data.gtex.source import open_gtex\n\nopen_gtex(folder='.', n_genes=30, **{files!r})\n"
    (book / "notebooks/10_tiny.py").write_text(f"{CHAPTER}\n# %%\n{read}")
    done = command(book, "papermill", "notebooks/10_tiny.py", "out.ipynb", "--no-progress-bar")
    assert done.returncode
    assert "short.gct.gz" in done.stdout.partition("Error: ")[2]


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_value_stops_a_chapter_before_its_fits(name, tmp_path):
    chapter, parameters, parts = REFUSED[name]
    parameters = parameters if isinstance(parameters, dict) else parameters(tmp_path)
    with pytest.raises(InputError) as refused:
        Here(tmp_path, chapter, until="run(", **parameters)
    for part in parts:
        assert part in str(refused.value)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_make_plan_counts_the_fits_that_a_chapter_makes(executed_chapter, chapter):
    run = executed_chapter
    said = re.findall(r"([\d,]+) fits, after ([\d,]+) to choose hyperparameters", run.page())
    fits, tuning_fits = (sum(int(one[place].replace(",", "")) for one in said) for place in (0, 1))
    source = PROJECT / "notebooks" / f"{chapter}.py"
    plans = plans_of(source, parameters_of_file(source, run.file))
    classifiers = [plan for plan in plans if isinstance(plan, CrossValidationPlan)]
    assert sum(plan.n_fits for plan in classifiers) == fits
    assert sum(plan.n_tuning_fits for plan in classifiers) == tuning_fits
    # Other plans say in their own words how much they are.
    assert all(plan.summary() in html.unescape(run.page()) for plan in plans if plan not in classifiers)
