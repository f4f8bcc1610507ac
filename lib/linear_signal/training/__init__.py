"""How models are trained: many at once, tuned inside the training folds, or solved exactly."""
