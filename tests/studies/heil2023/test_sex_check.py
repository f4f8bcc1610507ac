"""The sex genes: who is called female and who male, and what cannot be called."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling, zero_one
from linear_signal.errors import InputError
from linear_signal.figures.style import drawn_small
from linear_signal.studies.heil2023.sex_check import sex_told_by_genes
from linear_signal.studies.heil2023.sex_figure import sex_genes_plot

TPM = np.float32([[30, 0, 0.1], [0, 8, 20], [25, 9, 9], [0.2, 0, 0]])


def made(values=TPM, genes=("XIST", "RPS4Y1", "DDX3Y")):
    scaled, minimum, maximum = zero_one(values.T)
    return Dataset(
        name="made",
        expression=scaled.T,
        samples=pd.DataFrame({"label": ["female", "male", "male", "female"]}, index=["S1", "S2", "S3", "S4"]),
        gene_ids=np.array(genes),
        source="made by a test",
        synthetic=True,
        scaling=ZeroOneScaling(minimum=minimum, maximum=maximum),
    )


def test_xist_says_female_and_the_y_genes_say_male_whatever_the_order_of_genes():
    expected = ["female", "male", "female", "female"]
    assert sex_told_by_genes(made()).told.tolist() == expected
    turned = sex_told_by_genes(made(TPM[:, ::-1].copy(), ("DDX3Y", "RPS4Y1", "XIST")))
    assert turned.told.tolist() == expected
    np.testing.assert_allclose(sex_told_by_genes(made()).xist, np.log2(1 + TPM[:, 0]), rtol=1e-5)
    np.testing.assert_allclose(turned.y_genes, np.log2(1 + TPM[:, 1:]).mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (made(genes=("A", "RPS4Y1", "DDX3Y")), "XIST and at least one gene of the Y"),
        (made(TPM[:, :1], ("XIST",)), "at least one gene of the Y"),
        (replace(made(), scaling=None), "no scaling"),
    ],
)
def test_what_cannot_be_told_is_refused(dataset, message):
    with pytest.raises(InputError, match=message):
        sex_told_by_genes(dataset)


def test_the_figure_counts_samples_and_contradictions():
    plot = sex_genes_plot(sex_told_by_genes(made()), synthetic=True)
    assert "4 labelled samples" in plot.labels.caption
    assert "label of 1." in plot.labels.caption
    assert "ynthetic" in plot.labels.caption
    assert drawn_small(plot)[1]
