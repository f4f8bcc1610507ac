"""Heil, Crawford & Greene 2023: findings, published curves, and what only this study needs."""

TITLE = "Heil, Crawford & Greene 2023"
