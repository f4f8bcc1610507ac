"""Balanced accuracy is scikit-learn's, to the last bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from examples import few
from linear_signal.crossvalidation.jobs import balanced_accuracy


@few
@given(pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60))
def test_it_is_the_mean_recall_of_the_classes_that_are_there(pairs):
    classes, predicted = np.array(pairs).T
    expected = recall_score(classes, predicted, labels=np.unique(classes), average="macro", zero_division=0)
    assert balanced_accuracy(classes, predicted) == expected
