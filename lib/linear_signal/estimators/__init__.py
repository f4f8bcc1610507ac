"""For people who import the library: classifiers, splits and comparisons in the manner of scikit-learn."""
