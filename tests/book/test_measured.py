"""Measured results: a run on genuine data becomes a folder that checks itself; anything else is refused."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from linear_signal.analysis.rules import ABSENT, HOLDS
from linear_signal.book.__main__ import main
from linear_signal.book.chapter_page import fingerprint
from linear_signal.book.display import measured_banner
from linear_signal.book.findings import compute_findings, measured_findings
from linear_signal.book.findings_page import MARKS, headline, measured_counts, origin_of_tables, page_title, study_html
from linear_signal.book.kept_tables import KeptTable, keep_further_table
from linear_signal.book.measure import MOST_TOGETHER, Wish, measure
from linear_signal.book.measured import FOLDER, MANIFEST, Measured, measured, read_measured
from linear_signal.book.run_record import read_record
from linear_signal.book.small_tables import MOST_BYTES, small_parquet
from linear_signal.errors import InputError
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies import studies
from made_up_tables import made_up_tables
from miniature_book import PROJECT
from tossed_coins import toss

GENUINE, SYNTHETIC = "euro coins", "made up coins"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Stand in the folder of an empty project."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "_toc.yml").write_text("")
    return tmp_path


@pytest.fixture
def wish(root):
    """Run the chapter on genuine data, and wish for what is to be made of it."""
    return Wish(page=toss(root, GENUINE), name="coins", results_folder=str(root / "results"))


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_on_genuine_data_becomes_tables_and_a_manifest(root, wish, capsys):
    data = root / "coins.csv"
    data.write_text("heads\n")
    arguments = ["--page", str(wish.page), "--results", wish.results_folder, "--chapter", "11_coins", "--name", "coins"]
    arguments += [
        "--source",
        f"{GENUINE}=tossed by hand",
        "--rename",
        f"{GENUINE}=euros",
        "--title",
        "Two coins",
        "--file",
        str(data),
    ]
    assert main(["measure", *arguments]) == 0
    found = read_measured("coins")
    assert list(measured()) == list(measured(chapter="11_coins")) == ["coins"]
    assert not measured(chapter="20_gtex")
    manifest = found.manifest
    assert list(found.tables) == ["results", "means"]
    assert found.results["heads"].between(0.8, 1).all()
    assert all(set(table["dataset"]) == {"euros"} for table in found.tables.values())
    assert manifest["data"][0]["run_as"] == GENUINE
    assert set(found.results["source"]) == {"tossed by hand"}
    assert found.tables["means"]["heads"][0] == pytest.approx(found.results["heads"].mean())
    assert manifest["tables"]["means"]["title"] == "Mean share of heads"
    assert (found.chapter, found.title, manifest["numerics_version"]) == ("11_coins", "Two coins", NUMERICS_VERSION)
    assert found.command == "papermill notebooks/11_coins.py out.ipynb \\\n    -y 'n_folds: 3'"
    assert manifest["parameters"] == {"n_folds": 3}
    assert manifest["units"] == len(found.results) == 3
    assert manifest["versions"]["numpy"]
    assert [code["digest"] for code in manifest["code"]]
    assert [file["name"] for file in manifest["files"]] == ["coins.csv"]
    for part in ("euros, 400 tosses of a coin (tossed by hand)", *manifest["devices"]):
        assert part in found.origin_line()
    assert found.origin_line() in capsys.readouterr().out
    shown = measured_banner(found).data
    assert 'class="origin real measured"' in shown
    assert "tossed by hand" in shown
    assert "n_folds: 3" in shown


def test_a_run_from_the_store_keeps_the_same_record_and_changes_no_file(root):
    first, before = read_record(toss(root, GENUINE)), files_of(root / "results")
    assert read_record(toss(root, GENUINE)) == first
    assert files_of(root / "results") == before
    assert set(first.tables) == {"means"}


def test_without_a_folder_there_is_nothing(root):
    assert measured() == {}
    with pytest.raises(InputError, match="none is there"):
        read_measured("coins")
    with pytest.raises(InputError, match="no folder"):
        measured(folder=root / "missing")


def test_synthetic_data_are_refused_and_left_out_on_demand(root):
    page = toss(root, SYNTHETIC)
    with pytest.raises(InputError, match=f"synthetic data \\('{SYNTHETIC}'\\): nothing was measured"):
        measure(root, Wish(page=page, name="coins", results_folder=str(root / "results"), genuine_only=True))
    both = Wish(page=toss(root, GENUINE, SYNTHETIC), name="coins", results_folder=str(root / "results"))
    with pytest.raises(InputError, match="--genuine-only"):
        measure(root, both)
    assert not (root / FOLDER).exists()
    measure(root, Wish(**{**vars(both), "genuine_only": True}))
    found = read_measured("coins")
    assert all(set(table["dataset"]) == {GENUINE} for table in found.tables.values())
    assert [one["name"] for one in found.manifest["data"]] == [GENUINE]
    assert found.manifest["left_out"] == [SYNTHETIC]
    assert found.manifest["units"] == 3


def test_a_table_that_does_not_tell_genuine_from_synthetic_is_refused(root):
    page = toss(root, GENUINE, SYNTHETIC, offer='page.offer("means", pd.DataFrame({"heads": [0.9]}))')
    with pytest.raises(InputError, match="column 'dataset'"):
        measure(root, Wish(page=page, name="coins", results_folder=str(root / "results"), genuine_only=True))


def test_a_table_on_data_that_the_page_does_not_name_is_refused(root):
    page = toss(root, GENUINE, offer='page.offer("means", pd.DataFrame({"dataset": ["other"], "heads": [0.9]}))')
    with pytest.raises(InputError, match="Unknown data set in the table means 'other'"):
        measure(root, Wish(page=page, name="coins", results_folder=str(root / "results")))


def test_whatever_is_not_as_it_was_written_is_named(root, wish):
    folder = measure(root, wish)
    for name, whole in files_of(folder).items():
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            (folder / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(
                InputError, match=rf"{re.escape(name)} (is not as|cannot be read|is of the format)|another name"
            ):
                read_measured("coins")
        (folder / name).unlink()
        with pytest.raises(InputError, match=f"{re.escape(name)} cannot be read"):
            measured()
        (folder / name).write_bytes(whole)
    (folder / "more.parquet").write_bytes(b"")
    with pytest.raises(InputError, match=r"more\.parquet does not belong"):
        read_measured("coins")
    (folder / "more.parquet").unlink()
    folder.rename(folder.with_name("euros"))
    with pytest.raises(InputError, match="'coins' under another name"):
        read_measured("euros")


def test_a_folder_is_written_whole_or_not_at_all_and_never_over_another(root, wish, monkeypatch):
    from linear_signal.book import measure as module

    write, n_written = module.write_whole, []

    def fail_at_the_second(path, content):
        n_written.append(path)
        if len(n_written) == 2:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_whole", fail_at_the_second)
        with pytest.raises(InputError, match="No space left"):
            measure(root, wish)
    assert not list((root / FOLDER).iterdir())
    before = files_of(measure(root, wish))
    with pytest.raises(InputError, match="there already"):
        measure(root, wish)
    assert files_of(root / FOLDER / "coins") == before


def test_no_folder_of_a_machine_is_published(root):
    page = toss(root, GENUINE, place="/home/ada/coins")
    wish = Wish(page=page, name="coins", results_folder=str(root / "results"))
    with pytest.raises(InputError, match=r"/home/ada/coins.*--source"):
        measure(root, wish)
    measure(root, Wish(**{**vars(wish), "sources": {GENUINE: "Ada's coins, https://coins.example/all"}}))


def test_what_cannot_be_measured(root, wish):
    wrong = {
        "no name": ({"name": "../coins"}, "is no name"),
        "another chapter": ({"chapter": "20_gtex"}, "a run of 11_coins, not of 20_gtex"),
        "no page": ({"page": root / "none.ipynb"}, "There is no"),
        "other results": ({"results_folder": str(root / "others")}, "--results"),
        "unknown data": ({"sources": {"euro coin": "x"}}, "did you mean 'euro coins'"),
        "a name of no data": ({"names": {"dollars": "x"}}, "--rename 'dollars'"),
        "no such file": ({"files": [root / "none"]}, "cannot be read"),
    }
    for changes, message in wrong.values():
        with pytest.raises(InputError, match=message):
            measure(root, Wish(**{**vars(wish), **changes}))
    gone = next((root / "results").glob("*.zip"))
    gone.unlink()
    with pytest.raises(InputError, match=f"{gone.name} is gone"):
        measure(root, wish)
    assert not (root / FOLDER).exists()


@pytest.mark.parametrize(
    ("table", "message"),
    {
        "empty": (pd.DataFrame({"heads": []}), "no rows"),
        "no table": ([1, 2], "type list"),
        "genes": (pd.DataFrame({"ENSG00000000003.15": [0.1]}), "columns that are genes or samples"),
        "samples": (pd.DataFrame({"GTEX-1117F-0226-SM-5GZZ7": [0.1]}), "columns that are genes or samples"),
        "wide": (pd.DataFrame([range(200)]), "200 columns"),
        "long": (pd.DataFrame({"gene_id": ["A"], "sample": ["S"], "tpm": [1.0]}), "genes in samples"),
        "nested": (pd.DataFrame({"row": [[[0.1, 0.2]]]}), "plain values in column 'row'"),
        "long cell": (pd.DataFrame({"row": [np.zeros(1001)]}), "plain values in column 'row'"),
        "objects": (pd.DataFrame({"row": [{"a": 1}]}), "plain values in column 'row'"),
    }.values(),
    ids=["empty", "no table", "genes", "samples", "wide", "long", "nested", "long cell", "objects"],
)
def test_only_small_tables_of_results_are_kept(tmp_path, table, message):
    with pytest.raises(InputError, match=message):
        keep_further_table(tmp_path, "11_coins", "table", table)
    with pytest.raises(InputError, match="'results'"):
        keep_further_table(tmp_path, "11_coins", "results", pd.DataFrame({"heads": [1.0]}))
    assert not list(tmp_path.iterdir())


def test_draws_of_a_bootstrap_may_lie_in_cells():
    table = pd.DataFrame({"draws": [np.arange(3, dtype=np.float32), None]})
    back = pd.read_parquet(io.BytesIO(small_parquet("fits", table)))
    assert back["draws"][0].tolist() == [0, 1, 2]
    assert back["draws"][1] is None


def test_large_tables_and_large_sets_are_refused(root, wish):
    numbers = np.random.default_rng(0).random(MOST_BYTES // 8 + 1)
    with pytest.raises(InputError, match="bytes; 750,000 at most"):
        small_parquet("noise", pd.DataFrame({"heads": numbers}))
    (root / FOLDER / "other").mkdir(parents=True)
    (root / FOLDER / "other/table.parquet").write_bytes(bytes(MOST_TOGETHER))
    with pytest.raises(InputError, match="5,000,000 at most"):
        measure(root, wish)


def test_pages_are_out_of_date_when_measured_results_change(root, wish):
    source = root / "notebooks/11_coins.py"
    source.write_text("")
    before = fingerprint(source, measured=root / FOLDER)
    assert before == fingerprint(source)
    measure(root, wish)
    assert fingerprint(source, measured=root / FOLDER) != before


def made_up_set(name, chapter, fits):
    data = [{"name": "GTEx", "source": "people", "summary": "9 samples"}]
    ran = {"devices": ["CPU"], "date": "2026-01-02T03:04:05+00:00", "computing_seconds": 60.0, "command": "papermill"}
    return Measured(
        manifest={"name": name, "title": name, "about": "All of it.", "chapter": chapter, "data": data, **ran},
        tables={"results": fits},
    )


@pytest.fixture(scope="module")
def tables():
    return made_up_tables()


def heil(findings, beside):
    (study,) = [each for each in studies() if each.name == "heil2023"]
    return study_html(findings, study, links={}, measured=beside)


def test_findings_are_judged_on_measured_results_in_a_column_of_their_own(tables):
    here, there = "60_pretraining", "50_sample_wise_splits"
    sets = [made_up_set("gains", here, tables[here]), made_up_set("leaks", there, tables[there])]
    beside = measured_findings(sets)
    assert not (beside["finding_verdict"] == ABSENT).any()
    # The run of this copy: a stand-in for the one chapter, and nothing for the other.
    own = compute_findings({here: tables[here].assign(synthetic=True)})
    for column in ("finding", "estimate", "lower", "upper", "verdict", "published"):
        mine = own.loc[own["chapter"] == here, column].reset_index(drop=True)
        pd.testing.assert_series_equal(beside.loc[beside["measured"] == "gains", column].reset_index(drop=True), mine)

    html = heil(own, beside)
    assert html.count("Measured, genuine data</th>") == html.count("<table")
    rows = re.findall(r"<tr>.*?</tr>", html)
    # Every row has its measured cell, be it empty; what was not run here or there stands in one cell over all columns.
    assert {row.count("<td") for row in rows if "<td>" in row and "colspan" not in row} == {5}
    answered = beside.groupby("measured")["finding"].nunique()
    assert html.count('class="judged-measured"') == answered.sum()
    assert html.count('href="#measured-leaks"') == answered["leaks"] > 0
    absent = own[(own["verdict"] == ABSENT) & (own["study"] == "heil2023")]
    assert html.count("this chapter has not been run") == absent["finding"].nunique()
    assert f"{MARKS[HOLDS]}</b> holds on measured data" in html

    assert page_title(own) == "Self-test on synthetic data"
    assert page_title(own, beside) == "Which published findings hold here?"
    held = beside[beside["finding_verdict"] == HOLDS].groupby("measured")["finding"].nunique()
    counted = re.sub("<[^>]+>", "", measured_counts(beside).data)
    assert f"leaks: of {answered['leaks']} findings, {held['leaks']} hold" in counted
    assert not re.search(r"\d", headline(own, beside)), "no score on made-up data"


def test_two_sets_that_answer_the_same_question_stand_side_by_side_by_name(tables):
    chapter = "60_pretraining"
    fewer = tables[chapter][tables[chapter]["model"] != "five_layer"]
    sets = [made_up_set("all", chapter, tables[chapter]), made_up_set("fewer", chapter, fewer)]
    beside = measured_findings(sets)
    html = heil(compute_findings({}), beside)
    cells = [cell.groups() for row in html.split("</tr>") if (cell := re.search(r"<td></td><td>([^<]*)</td>(.*)", row))]
    sets_of = {model: re.findall(r"<small>(all|fewer)</small>", cell) for model, cell in cells}
    assert sets_of["Three-layer, pretrained − not"] == ["all", "fewer"]
    assert sets_of["Five-layer, pretrained − not"] == ["all"]


def test_without_measured_results_the_page_is_as_it_was(tables):
    findings = compute_findings({"60_pretraining": tables["60_pretraining"]})
    nothing = measured_findings([])
    assert nothing.empty
    assert heil(findings, nothing) == heil(findings, None)
    assert headline(findings, nothing) == headline(findings)
    assert measured_counts(nothing).data == measured_counts(None).data == ""


def test_the_origin_lists_measured_results_by_their_places(tables):
    kept = {"20_gtex": KeptTable(chapter="20_gtex", page="20_gtex", fits=tables["20_gtex"], file=PROJECT / "x")}
    told = origin_of_tables(kept, [made_up_set("pairs", "20_gtex", tables["20_gtex"])]).data
    assert told.startswith(origin_of_tables(kept).data)
    assert 'id="measured-pairs"' in told
    assert "GTEx, 9 samples (people); on 2 January 2026, in 1 min 00 s of computing on CPU" in told


def test_everything_that_ships_can_be_read_and_judged():
    folder = PROJECT / FOLDER
    sets = measured(folder=folder)
    measured_findings(sets.values())
    for one in sets.values():
        assert not one.results["synthetic"].any()
        assert one.origin_line()
        assert (PROJECT / f"notebooks/{one.chapter}.py").is_file()
    assert sum(path.stat().st_size for path in folder.rglob("*")) <= MOST_TOGETHER
    assert not [path for path in folder.glob("*/*") if path.suffix != ".parquet" and path.name != MANIFEST]
    assert all(json.loads((folder / name / MANIFEST).read_text())["name"] == name for name in sets)
