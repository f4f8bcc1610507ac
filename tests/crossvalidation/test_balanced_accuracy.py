"""Balanced accuracy of a fit is scikit-learn's recall, averaged over the classes that are there, to the last digit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from examples import few
from linear_signal.crossvalidation.before_and_after_fits import balanced_accuracy


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=200))
@settings(few, max_examples=100)
def test_balanced_accuracy_is_the_recall_averaged_over_the_classes_that_are_there(pairs):
    truth, predicted = np.array(pairs).T
    assert balanced_accuracy(truth, predicted) == recall_score(truth, predicted, labels=np.unique(truth), average="macro")
