"""Small tables that tests of explorers show."""

from itertools import product

import pandas as pd

SCHEMES, INPUTS, TASKS = (
    ("cross-chromosome", "cross-cell-type", "hybrid"),
    ("signal", "sequence"),
    ("expression", "boundaries"),
)


def fits():
    """Return 48 fits, each with numbers of its own, of few digits."""
    rows = []
    for k, (task, scheme, given, size) in enumerate(product(TASKS, SCHEMES, INPUTS, (17, 210, 4300, 98000))):
        score = round(0.3 + 0.011 * k, 3)
        ends = {"lower": round(score - 0.02, 3), "upper": round(score + 0.03, 3)}
        model = f"dense {k % 3 + 1} × {k}"
        rows.append({"task": task, "scheme": scheme, "input": given, "model": model, "size": size, "score": score} | ends)
    return pd.DataFrame(rows).assign(shift=lambda table: round(table["score"] - 0.5, 3))


def levels_of_lines():
    """Return two reference lines per task, in two of the schemes."""
    rows = product(TASKS, SCHEMES[1:], (("average", 0.8), ("prevalence", 0.4)))
    return pd.DataFrame(
        [{"task": task, "scheme": scheme, "line": name, "score": height} for task, scheme, (name, height) in rows]
    )


def grid():
    """Return a difference over a grid of five by four."""
    places = pd.DataFrame(product((0.0, 0.25, 0.5, 0.75, 1.0), (0.5, 1.0, 2.0, 4.0)), columns=["share", "noise"])
    return places.assign(difference=lambda table: round(1 - table["share"] - table["noise"] / 4, 3))
