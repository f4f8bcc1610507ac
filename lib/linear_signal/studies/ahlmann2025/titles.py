"""What the study's methods are called on pages and in figures, and how their families look."""

from __future__ import annotations

from linear_signal.studies.ahlmann2025.predictors import PREDICTORS
from linear_signal.studies.ahlmann2025.published import METHODS

REPEAT, INTERPOLATED = "repeat", "interpolated"
CEILINGS = {REPEAT: "Experiment done twice", INTERPOLATED: "Done twice, mean where unchanged"}
BASELINE, LINEAR, NETWORK, CEILING, GIVEN = "baseline", "linear", "network", "ceiling", "given"
FAMILY_TITLES = {
    BASELINE: "Knows nothing of the condition",
    LINEAR: "Linear",
    NETWORK: "Network",
    GIVEN: "Given predictions",
    CEILING: "Ceiling",
}
FAMILY_COLOURS = {BASELINE: "#6e6e6e", LINEAR: "#1b62a5", NETWORK: "#b5301c", GIVEN: "#7a3e9d", CEILING: "#2f7d32"}
FAMILY_SHAPES = {BASELINE: "s", LINEAR: "o", NETWORK: "^", GIVEN: "D", CEILING: "v"}
_DEEP = ("gears", "scgpt", "scfoundation", "cpa", "geneformer", "scbert", "uce", "uce33")


def method_title(method: str) -> str:
    """Name a method for people; one that nobody knows here by its own name."""
    if method in CEILINGS:
        return CEILINGS[method]
    return PREDICTORS[method].title if method in PREDICTORS else METHODS.get(method, method)


def family_of(method: str) -> str:
    """Name the family of a method, ours or a published one."""
    if method in CEILINGS:
        return CEILING
    if method in PREDICTORS:
        return PREDICTORS[method].family
    if method in _DEEP:
        return NETWORK
    return LINEAR if method.startswith("lpm_") else GIVEN
