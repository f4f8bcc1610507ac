"""What chapter 50 deals out: tissues with the groups that a split must keep together, from either archive."""

import pytest

from linear_signal.data.made_up.gtex_miniature import write_gtex_miniature
from linear_signal.errors import InputError
from linear_signal.studies.heil2023.split_data import open_grouped_tissues


def test_gtex_comes_with_its_donors_as_groups(tmp_path):
    expression, attributes = write_gtex_miniature(tmp_path)
    files = {"expression_file": str(expression), "attributes_file": str(attributes)}
    samples, group = open_grouped_tissues("gtex", folder=tmp_path, n_genes=20, **files)
    assert group == "donor"
    assert samples.samples[group].nunique() < samples.n_samples


@pytest.mark.parametrize(
    ("source", "named"),
    [("miniature", {"expression_file": "tpm.gct"}), ("recount3", {"attributes_file": "a.txt"}), ("gtex", {"mirror": "m"})],
)
def test_files_of_another_source_are_refused(tmp_path, source, named):
    with pytest.raises(InputError, match="source is"):
        open_grouped_tissues(source, folder=tmp_path, n_genes=20, **named)
    assert not list(tmp_path.iterdir())
