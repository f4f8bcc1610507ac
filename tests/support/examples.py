"""How many examples Hypothesis makes up: few, and the same every time, so that a failure on one machine is one on all."""

from hypothesis import settings

few = settings(max_examples=25, deadline=None, derandomize=True, database=None)
