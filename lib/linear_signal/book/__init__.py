"""Chapters into pages: parameters, papermill, rendering, and the commands behind the Makefile."""
