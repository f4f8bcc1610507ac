"""Results tables that chapters keep: same results, same file; the page names the one it shows; whatever is wrong is said."""

from types import SimpleNamespace

import pandas as pd
import pytest

from linear_signal.book.kept_tables import keep_table, kept_tables
from linear_signal.errors import InputError
from made_up_tables import executed_page, levels, made_up_fits

GTEX = SimpleNamespace(name="GTEx", synthetic=False, source="a download")
MADE_UP = SimpleNamespace(name="Simulated 1", synthetic=True, source="a simulation")


def results(*parts):
    fits = pd.concat(parts, ignore_index=True)
    return SimpleNamespace(fits=fits.drop(columns=["synthetic", "source"]))


@pytest.fixture
def sex():
    return results(made_up_fits("sex", "full", levels(0.9, 0.8, 0.8)))


def test_a_table_comes_back_with_its_origin(tmp_path):
    one = results(made_up_fits("sex", "full", levels(0.9, 0.8, 0.8)))
    other = results(made_up_fits("Simulated 1", "full", levels(0.9, 0.8, 0.8), dataset="Simulated 1"))
    path = keep_table(tmp_path / "results", "40_sex_prediction", [one, other], [GTEX, MADE_UP])
    executed_page(tmp_path / "pages", "40_sex_prediction", path)
    executed_page(tmp_path / "pages", "90_without", None)
    (table,) = kept_tables(tmp_path / "pages", tmp_path / "results").values()
    assert (table.chapter, table.page) == ("40_sex_prediction", "40_sex_prediction")
    kind = table.fits.groupby("dataset")[["synthetic", "source"]].first()
    assert kind.loc["GTEx"].tolist() == [False, "a download"]
    assert kind.loc["Simulated 1"].tolist() == [True, "a simulation"]
    expected = pd.concat([one.fits, other.fits], ignore_index=True)
    pd.testing.assert_frame_equal(table.fits[expected.columns.to_list()], expected)


def test_equal_results_are_one_file_and_others_another(tmp_path, sex):
    first = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    assert first.startswith("tables/40_sex_prediction-")
    content = (tmp_path / first).read_bytes()
    assert keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX]) == first
    changed = results(made_up_fits("sex", "full", levels(0.9, 0.8, 0.7)))
    assert keep_table(tmp_path, "40_sex_prediction", [changed], [GTEX]) != first
    assert (tmp_path / first).read_bytes() == content
    assert len(list((tmp_path / "tables").iterdir())) == 2
    # The page still names the first: an extra run changes nothing about it.
    executed_page(tmp_path / "pages", "40_sex_prediction", first)
    (table,) = kept_tables(tmp_path / "pages", tmp_path).values()
    assert table.fits["balanced_accuracy"].tolist() == sex.fits["balanced_accuracy"].tolist()


def test_an_extra_run_is_found_under_its_chapter(tmp_path, sex):
    path = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    executed_page(tmp_path / "runs", "40_sex_prediction-paper-0a1b2c3d", path)
    (table,) = kept_tables(tmp_path / "runs", tmp_path).values()
    assert (table.chapter, table.page) == ("40_sex_prediction", "40_sex_prediction-paper-0a1b2c3d")


def test_two_runs_of_one_chapter_are_refused(tmp_path, sex):
    path = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    for name in ("40_sex_prediction-a", "40_sex_prediction-b"):
        executed_page(tmp_path / "runs", name, path)
    with pytest.raises(InputError, match=r"40_sex_prediction-a.ipynb and 40_sex_prediction-b.ipynb .* one per chapter"):
        kept_tables(tmp_path / "runs", tmp_path)


def test_a_lost_table_is_none(tmp_path):
    executed_page(tmp_path / "pages", "20_gtex", "tables/20_gtex-0123456789abcdef.parquet")
    (table,) = kept_tables(tmp_path / "pages", tmp_path / "results").values()
    assert table.fits is None
    assert table.chapter == "20_gtex"


def test_what_cannot_be_kept(tmp_path, sex):
    with pytest.raises(InputError, match="20_gtex has no fits to keep"):
        keep_table(tmp_path, "20_gtex", [], [GTEX])
    with pytest.raises(InputError, match=r"fits on 'GTEx', which is not among .* \(Simulated 1\)\. Hand over"):
        keep_table(tmp_path, "20_gtex", [sex], [MADE_UP])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"could not be written to .*Free some space"):
        keep_table(tmp_path / "file", "20_gtex", [sex], [GTEX])


def test_what_cannot_be_read(tmp_path, sex):
    with pytest.raises(InputError, match=r"There is no folder .*make book"):
        kept_tables(tmp_path / "pages", tmp_path)
    path = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    executed_page(tmp_path / "pages", "40_sex_prediction", path)
    (tmp_path / path).write_bytes((tmp_path / path).read_bytes()[:200])
    with pytest.raises(InputError, match=r"cannot be read as a results table .*Run the chapter again"):
        kept_tables(tmp_path / "pages", tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [{"outputs": 3}]}', '{"cells": 3}'])
def test_a_broken_page_is_named(tmp_path, content):
    (tmp_path / "20_gtex.ipynb").write_text(content)
    with pytest.raises(InputError, match=r"20_gtex.ipynb cannot be read as an executed notebook"):
        kept_tables(tmp_path, tmp_path)


def test_no_flipped_bit_in_a_table_goes_unnoticed(tmp_path, sex):
    path = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    executed_page(tmp_path / "pages", "40_sex_prediction", path)
    whole = (tmp_path / path).read_bytes()
    for at in range(0, len(whole), 97):
        (tmp_path / path).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(InputError, match=rf"{path} cannot be read as a results table .*its name holds another hash"):
            kept_tables(tmp_path / "pages", tmp_path)
    # The next run of the chapter makes it again, and leaves the damaged one beside it.
    assert keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX]) == path
    assert (tmp_path / path).read_bytes() == whole
    assert (tmp_path / f"{path}.damaged").exists()


def test_a_complete_results_folder_need_not_be_writable(tmp_path, sex, monkeypatch):
    path = keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX])
    monkeypatch.setattr("linear_signal.book.kept_tables.write_whole", lambda *_: pytest.fail("written again"))
    assert keep_table(tmp_path, "40_sex_prediction", [sex], [GTEX]) == path


def test_a_table_of_an_older_version_is_named_as_such(tmp_path, sex):
    older = SimpleNamespace(fits=sex.fits.drop(columns="pretraining").rename(columns={"signal": "condition"}))
    executed_page(tmp_path / "pages", "40_sex_prediction", keep_table(tmp_path, "40_sex_prediction", [older], [GTEX]))
    with pytest.raises(InputError, match=r"40_sex_prediction-.* was made by an older version.*Run the chapter again"):
        kept_tables(tmp_path / "pages", tmp_path)
