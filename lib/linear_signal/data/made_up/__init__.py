"""Synthetic data, all made up: simulations, and files in the formats of the genuine sources."""
