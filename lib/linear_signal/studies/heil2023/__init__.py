"""Heil, Crawford & Greene 2023: tissue and sex from expression, before and after linear signal is removed."""
