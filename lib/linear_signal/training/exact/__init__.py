"""Linear models solved to tolerance instead of trained."""
