"""Measurements of speed: ``python -m benchmarks.<name>`` prints a table and writes ``_build/benchmarks/<name>.json``."""
