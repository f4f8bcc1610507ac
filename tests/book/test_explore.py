"""The chapter that explores all results: on pages of one chapter, what it shows, compares, and makes again."""

import re
import shutil

import pandas as pd
import pytest
import yaml

from chapter_run import EXPLORE, WrittenHere, assert_whole_page
from linear_signal.book.chapter_plan import plans_of
from linear_signal.book.kept_tables import kept_tables
from linear_signal.book.parameter_files import parameters_of_file
from linear_signal.book.store_view import classifier_fits, compared, parameters_again, two_runs
from linear_signal.errors import InputError
from linear_signal.experiment.store import ResultsStore
from linear_signal.figures.explorer.page import unpacked_text
from miniature_book import PROJECT

CHAPTER = "60_pretraining"


@pytest.fixture(scope="module")
def kept(executed, tmp_path_factory):
    """Put the page and the results of one chapter where a book has them."""
    folder, run = tmp_path_factory.mktemp("explore"), executed(CHAPTER)
    (folder / "pages").mkdir()
    shutil.copy(run.notebook, folder / f"pages/{CHAPTER}.ipynb")
    shutil.copytree(run.results, folder / "results")
    return folder


@pytest.fixture(scope="module")
def fits(kept):
    return classifier_fits(kept_tables(kept / "pages", kept / "results"))


def test_the_chapter_shows_every_fit_that_is_asked_for(kept, fits):
    run = WrittenHere(kept, EXPLORE, pages=str(kept / "pages"), results_folder=str(kept / "results"), where="")
    assert_whole_page(run)
    traits = unpacked_text(re.search(r'data-part="traits">(.*?)</script>', run.page()).group(1))
    assert traits["declaration"]["tasks"] == list(fits["task"].unique())
    keys = traits["columns"]["key"]
    assert set(keys["levels"]) == {key[:12] for key in fits["key"]}
    assert f"'{len(fits):,}'" == run.glued()["n_fits"]


def test_two_runs_are_compared_on_the_samples_of_both(kept, fits):
    store = ResultsStore(kept / "results")
    first, second = two_runs(fits)
    table = compared(store, first[:8], second[:8]).set_index("")
    largest = fits[fits["fraction"] == fits["fraction"].max()].set_index("key")
    scores = table.loc[[name for name in table.index if name.startswith("Balanced accuracy")]].iloc[-1]
    assert list(scores) == [f"{largest.loc[key, 'balanced_accuracy']:.3f}" for key in (first, second)]
    numbers = table.iloc[-4:].apply(lambda column: column.str.replace(",", "").astype(int))
    both, right, alone, wrong = numbers.to_numpy()
    assert (right[0] + alone.sum() + wrong[0]) == both[0] == largest.loc[first, "validation_samples"]
    assert (right + alone)[0] / both[0] == pytest.approx(largest.loc[first, "accuracy"])


def test_the_parameters_of_a_run_make_it_again(kept, fits):
    row = fits.iloc[len(fits) // 2]
    chapter, parameters = parameters_again(kept / "pages", fits, row["key"][:10])
    assert chapter == CHAPTER
    assert parameters["models"] == [row["model"]]
    source, file = PROJECT / f"notebooks/{chapter}.py", kept / "again.yaml"
    # The record leaves out where data lie.
    file.write_text(yaml.safe_dump(parameters | {"data_folder": str(WrittenHere.data)}))
    (plan,) = plans_of(source, parameters_of_file(source, file))
    keys = {unit.key for unit in plan.units}
    assert row["key"] in keys
    assert len(keys) < fits["key"].nunique()


def test_what_cannot_be_explored_is_refused(kept, fits):
    tables = kept_tables(kept / "pages", kept / "results")
    with pytest.raises(InputError, match="cannot be read"):
        classifier_fits(tables, where="signal = removed")
    with pytest.raises(InputError, match="no row"):
        classifier_fits(tables, where="fraction > 2")
    with pytest.raises(InputError, match="fits of classifiers"):
        classifier_fits({})
    with pytest.raises(InputError, match="Unknown key"):
        parameters_again(kept / "pages", fits, "no key")
    assert isinstance(fits, pd.DataFrame)
