"""Average precision over classes and loss of kept scores, against scikit-learn."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import average_precision_score, log_loss

from linear_signal.analysis.scored_fits import average_precision_of_classes, cross_entropy


@pytest.fixture
def judged():
    random = np.random.default_rng(3)
    classes = random.integers(0, 3, 60)
    return log_softmax(random.normal(size=(60, 4)) + 2 * np.eye(4)[classes], axis=1).astype(np.float16), classes


def test_they_are_those_of_scikit_learn_over_the_classes_that_are_there(judged):
    scores, classes = judged
    expected = np.mean([average_precision_score(classes == one, scores[:, one]) for one in range(3)])
    assert average_precision_of_classes(scores, classes) == pytest.approx(expected)
    probabilities = np.exp(scores.astype(float))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert cross_entropy(scores, classes) == pytest.approx(log_loss(classes, probabilities, labels=range(4)), abs=2e-3)


def test_what_scores_cannot_say_is_missing(judged):
    scores, classes = judged
    assert np.isnan(cross_entropy(scores + 1, classes)), "margins are no probabilities"
    assert np.isfinite(average_precision_of_classes(scores + 1, classes))
    for one in (average_precision_of_classes, cross_entropy):
        assert np.isnan(one(np.full_like(scores, np.nan), classes))
    assert np.isnan(average_precision_of_classes(scores, np.zeros_like(classes)))
