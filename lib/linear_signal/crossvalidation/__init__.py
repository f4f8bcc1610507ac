"""Nested cross-validation of classifiers: its plan, and how one unit of it is tuned, fitted and judged."""
