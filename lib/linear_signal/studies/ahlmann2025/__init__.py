"""Ahlmann-Eltze, Huber & Anders 2025: gene perturbations, their simple baselines, and what judges them."""

TITLE = "Ahlmann-Eltze, Huber & Anders 2025"
