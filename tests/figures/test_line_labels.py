"""Names at the ends of lines: every line is named once, names do not touch, and pictures lose no mark by being compact."""

import re

import numpy as np
import pandas as pd
import pytest

from linear_signal.figures import full_against_removed
from linear_signal.figures.compact_svg import compact
from linear_signal.figures.line_labels import line_labels
from linear_signal.figures.style import drawn
from linear_signal.models.catalogue import CATALOGUE
from random_tables import random_fits

MODELS = list(CATALOGUE)


@pytest.mark.parametrize("seed", range(5))
def test_names_keep_their_distance_and_stay_inside(seed):
    ends = pd.DataFrame(
        {"model": MODELS, "x": 1.0, "y": np.random.default_rng(seed).uniform(0, 1, len(MODELS)), "panel": "a"}
    )
    labels = line_labels(ends, ["panel"], bottom=0.0, top=1.0)
    places = np.sort(labels["y"].to_numpy(dtype=float))
    assert (np.diff(places) > 0.0849).all()
    assert places[0] >= 0
    assert places[-1] <= 1
    assert labels["label"].is_unique


def test_lines_that_end_together_share_a_name():
    together = pd.DataFrame({"model": MODELS[:5], "x": 1.0, "y": [0.5, 0.5, 0.51, 0.9, 0.7]})
    labels = line_labels(together, [], bottom=0.0, top=1.0)
    assert sorted(labels["label"]) == ["Five-layer", "Three-layer", "linear models (3)"]
    (everyone,) = line_labels(together.assign(y=1.0), [], bottom=0.0, top=1.0)["label"]
    assert everyone == "all 5 models"


def test_a_compact_picture_has_all_marks_and_texts():
    import matplotlib as mpl

    from linear_signal.figures import style

    whole = []
    with pytest.MonkeyPatch.context() as patch, mpl.rc_context():
        patch.setattr(style, "compact", lambda svg: whole.append(svg) or compact(svg))
        small = drawn(full_against_removed(random_fits(), synthetic=True))
    (whole,) = whole
    assert len(small) < 0.8 * len(whole)
    # Lines of one look are one path, with a move to the start of each.
    for what in (rb"M(?=[ \d-])", rb"<use", rb"<text[^>]*>([^<]*)"):
        assert re.findall(what, small) == re.findall(what, whole)
