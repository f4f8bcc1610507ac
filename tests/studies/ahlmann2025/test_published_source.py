"""The authors' workbooks become the published tables; what is another workbook is refused. Nothing is fetched here."""

import shutil
import zipfile
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.xlsx import read_sheet
from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025 import published_source
from linear_signal.studies.ahlmann2025.published import FURTHER, SLOPES, TABLES, published
from linear_signal.studies.ahlmann2025.published_further import (
    TITLES,
    claims_table,
    class_shares,
    found_curves,
    further_tables,
    recurring_table,
    slopes_table,
)
from linear_signal.studies.ahlmann2025.published_source import SHEETS, fetch_published
from linear_signal.studies.ahlmann2025.published_unit import open_published

_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_workbook(path, sheets, *, shared):
    """Write a workbook with its texts in the cells, as R's writexl does, or shared, as Excel does."""
    texts = []

    def cell(value, row, column):
        place = f'r="{chr(ord("A") + column)}{row}"'
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return ""
        if not isinstance(value, str):
            return f"<c {place}><v>{value!r}</v></c>"
        if not shared:
            return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        texts.append(value)
        return f'<c {place} t="s"><v>{len(texts) - 1}</v></c>'

    with zipfile.ZipFile(path, "w") as book:
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets))
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_SPACE}" xmlns:r="{_RELATIONS}"><sheets>{names}</sheets></workbook>'
        )
        targets = "".join(f'<Relationship Id="r{n}" Target="worksheets/sheet{n}.xml"/>' for n in range(len(sheets)))
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>")
        for n, table in enumerate(sheets.values()):
            rows = [list(table.columns), *table.astype(object).to_numpy().tolist()]
            cells = [[cell(value, row, column) for column, value in enumerate(its)] for row, its in enumerate(rows, start=1)]
            content = "".join(f"<row>{''.join(its)}</row>" for its in cells)
            book.writestr(
                f"xl/worksheets/sheet{n}.xml", f'<worksheet xmlns="{_SPACE}"><sheetData>{content}</sheetData></worksheet>'
            )
        if shared:
            book.writestr(
                "xl/sharedStrings.xml",
                f'<sst xmlns="{_SPACE}">{"".join(f"<si><t>{escape(one)}</t></si>" for one in texts)}</sst>',
            )


def doubles(n=2790):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "seed": np.arange(n) % 5 + 1,
            "method": np.where(np.arange(n) % 2, "gears", "no_change"),
            "perturbation": [f"A+B{place // 10}" for place in range(n)],
            "train": "test",
            "r2": random.random(n),
            "r2_delta": [None, *random.random(n - 1)],
            "l2": random.random(n) * 10,
        }
    )


@pytest.mark.parametrize("shared", [False, True], ids=["in cells", "shared"])
def test_sheets_come_back_as_they_were_written(tmp_path, shared):
    table = pd.DataFrame({"a & b": ["x < y", "", "z"], "whole": [1, 2, 3], "real": [0.1, np.nan, 1e-300]})
    write_workbook(tmp_path / "book.xlsx", {"first": doubles(3), "second": table}, shared=shared)
    found = read_sheet(tmp_path / "book.xlsx", "second")
    pd.testing.assert_frame_equal(found, table)
    assert list(read_sheet(tmp_path / "book.xlsx").columns) == list(doubles(3).columns)
    with pytest.raises(InputError, match="did you mean 'second'"):
        read_sheet(tmp_path / "book.xlsx", "secnd")
    (tmp_path / "none.xlsx").write_text("no archive")
    with pytest.raises(InputError, match="cannot be read"):
        read_sheet(tmp_path / "none.xlsx")


def test_a_workbook_becomes_the_table_that_is_read(tmp_path, monkeypatch):
    asked = []
    write_workbook(tmp_path / "theirs.xlsx", {"Panel A": doubles()}, shared=False)

    def download(urls, target, *, check):
        asked.append(urls)
        shutil.copy(tmp_path / "theirs.xlsx", target)
        assert check(target) is None
        return target

    monkeypatch.setattr(published_source, "download", download)
    place = fetch_published(tmp_path, ["doubles"])
    found = published(place, "doubles")
    assert found["l2"].to_numpy() == pytest.approx(doubles()["l2"].to_numpy(), rel=1e-14)
    assert found["pearson"].to_numpy() == pytest.approx(doubles()["r2"].to_numpy(), rel=1e-14)
    assert found["pearson_delta"].isna().sum() == 1
    fetch_published(tmp_path, ["doubles"])
    assert len(asked) == 1
    assert all(url.endswith("/source_data/perturbation_prediction.xlsx") for url in asked[0])
    write_workbook(tmp_path / "theirs.xlsx", {"Panel A": doubles(9), "Panel C": doubles(9)}, shared=False)
    (place / TABLES["doubles"][0]).unlink()
    with pytest.raises(InputError, match="9 rows of 2,790"):
        fetch_published(tmp_path, ["doubles"])
    with pytest.raises(InputError, match=r"lacks 'fdp'.*'tpr'"):
        fetch_published(tmp_path, ["tpr by fdp"])


def test_every_table_has_its_sheet_and_planning_fetches_nothing(tmp_path):
    assert set(SHEETS) == set(TABLES)
    assert not open_published("fetch", folder=tmp_path, judges="doubles", sizes_only=True).units
    assert not list(tmp_path.iterdir())


@pytest.fixture
def folder(tmp_path):
    """Write a folder with as much of each further table as there must be."""
    about = {"seed": [1, 1, 2, 2], "method": ["ground_truth", "gears"] * 2, "n": [10, 30, 20, 50]}
    tables = {
        "example": {
            "method": ["gears"],
            "gene_name": "G",
            "expr_rank": 1,
            "baseline": 1.0,
            "observed": 2.0,
            "prediction": 1.5,
        },
        "tpr by fdp": {"method": "gears", "fdp": [0.1, 0.0], "tpr": [0.5, 0.25]},
        "calls": {
            "seed": 1,
            "method": ["additive_model"],
            "perturbation": "A+B",
            "gene_name": "G",
            "baseline": 0.0,
            "ref": 1.0,
        }
        | {"value": 0.5, "obs_minus_add": -0.5, "interaction_label": "Buffering"},
        "classes": {"label": ["Additive", "Buffering"], "n": [90, 10]},
        "recurring genes": about | {"gene_name": ["HBZ", "HBZ", "HBZ", "Other"]},
        "recurring perturbations": about | {"perturbation": "A+B"},
    }
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(tmp_path / TABLES[name][0], index=False)
    for file in SLOPES.values():
        kinds = pd.DataFrame({"fold": 0, "type": ["universal_ols", "universal_robust"], "c": [0.79, 0.73]})
        kinds.to_csv(tmp_path / file, index=False)
    assert set(tables) == set(FURTHER)
    return tmp_path


def test_further_tables_hold_what_was_published(folder):
    found = further_tables(folder, "published")
    assert set(found) == set(TITLES)
    assert all((table["dataset"] == "published").all() for table in found.values())
    assert found["example"][["observed_change", "predicted_change"]].to_numpy().tolist() == [[1.0, 0.5]]
    assert found_curves(found["found"])["tpr"][0].tolist() == [0.25, 0.5]
    (claim,) = claims_table(found["claims"]).to_dict("records")
    assert claim == {
        "Method": "Additive",
        "Buffering": "1 (1 right)",
        "Synergy": "0 (0 right)",
        "Opposite": "0 (0 right)",
        "Right of all": "100 %",
    }
    recurring = recurring_table(found["recurring"])
    assert recurring["Method"].tolist() == ["Observed", "GEARS"]
    assert recurring["HBZ"].tolist() == ["15", "15"]
    assert recurring["A+B"].tolist() == ["15", "40"]
    assert slopes_table(found["slopes"])["Least squares"].tolist() == ["0.79", "0.79"]
    assert class_shares(found["classes"])["published_additive"] == "90 %"
    assert class_shares(None)["published_synergy"] == "–"
