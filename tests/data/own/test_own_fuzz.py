"""Tables made up by the hundred: what is read is right, whatever else comes is refused in a sentence, and nothing else."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from examples import few
from linear_signal.data.own.open_own import open_own_data
from linear_signal.errors import InputError

made_up = settings(few, max_examples=60)
fields = st.sampled_from(
    ["0", "1", "2.5", "-3", "1e3", "", "NA", "nan", "inf", "abc", '"', "1,5", "A", "S1", " 7 ", "é", "0x1"]
)
rows = st.lists(st.lists(fields, min_size=1, max_size=5), min_size=0, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


@made_up
@given(rows, st.sampled_from(["\t", ",", ";", " "]), st.sampled_from(["", "id", "S1", "#"]), st.booleans())
@example([["1", "2"], ["3", "4"]], ",", "id", True)
def test_any_text_is_read_or_refused_in_a_sentence(folder, table, separator, corner, with_labels):
    width = max(map(len, table), default=1)
    header = separator.join([corner, *(f"G{number}" for number in range(width - 1)), "label"])
    lines = [separator.join([f"S{number}", *row]) for number, row in enumerate(table)]
    (folder / "x.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    (folder / "labels.csv").write_text("id,label\n" + "\n".join(f"S{number},{'ab'[number % 2]}" for number in range(8)))
    try:
        own = open_own_data(folder / "x.csv", folder / "labels.csv" if with_labels else None, label="label")
    except InputError:
        return
    assert np.isfinite(own.dataset.expression).all()
    assert len(set(own.labels)) > 1
    assert own.notes


@made_up
@given(st.binary(max_size=60), st.sampled_from(["csv", "tsv.gz", "gct", "parquet", "feather", "h5ad"]))
def test_any_bytes_are_refused_in_a_sentence(folder, content, ending):
    (folder / f"y.{ending}").write_bytes(content)
    with pytest.raises(InputError):
        open_own_data(folder / f"y.{ending}", folder / "none.csv", label="label")
