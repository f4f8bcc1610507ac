"""Good data spoilt in several ways at once: a sentence that says what to change, or checks and notes that tell of it."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import few
from linear_signal.data.own.open_own import open_own_data
from linear_signal.errors import InputError
from linear_signal.studies.own_data.checks import ISSUE, run_checks

N = 60
IDS = [f"S{number}" for number in range(N)]
VALUES = pd.DataFrame(np.random.default_rng(0).poisson(90, (N, 7)), index=IDS, dtype=np.float64).add_prefix("G")
FACTS = pd.DataFrame({"id": IDS, "tissue": np.resize(["a", "b"], N), "donor": [f"D{one // 2}" for one in range(N)]})


def cell(value):
    def spoil(values, facts):
        values = values.astype(object) if isinstance(value, str) else values.copy()
        values.iloc[3 % len(values), 0] = value
        return values, facts

    return spoil


def column(name, made):
    return lambda values, facts: (values, facts.assign(**{name: made(len(facts))}))


SPOILT = {
    "ids that do not match": lambda values, facts: (values, facts.assign(id=[f"T{one}" for one in facts["id"]])),
    "half of the ids": lambda values, facts: (values, facts.assign(id=[*facts["id"][:30], *"x" * (len(facts) - 30)])),
    "genes in rows": lambda values, facts: (values.T, facts),
    "a gene of zeros": lambda values, facts: (values.assign(G1=0.0) if "G1" in values else values, facts),
    "all zeros": lambda values, facts: (values * 0, facts),
    "text": cell("abc"),
    "missing": cell(np.nan),
    "infinite": cell(-np.inf),
    "negative": cell(-5.0),
    "huge": cell(1e300),
    "an id twice": lambda values, facts: (values.set_axis([values.index[1], *values.index[1:]], axis=0), facts),
    "a label's id twice": lambda values, facts: (values, pd.concat([facts, facts.iloc[:2]])),
    "a gene twice": lambda values, facts: (values.set_axis([values.columns[-1], *values.columns[1:]], axis=1), facts),
    "a label per sample": column("tissue", lambda n: [f"t{one}" for one in range(n)]),
    "a measurement": column("tissue", lambda n: np.linspace(0.1, 9.7, n)),
    "one class": column("tissue", lambda n: ["a"] * n),
    "a class of one": column("tissue", lambda n: ["rare", *np.resize(["a", "b"], n - 1)]),
    "no label": column("tissue", lambda n: [None] * n),
    "some labels": column("tissue", lambda n: [None, np.nan, "", *np.resize(["a", "b"], n - 3)]),
    "few groups": column("donor", lambda n: np.resize(["x", "y", "z"], n)),
    "the label as group": lambda values, facts: (values, facts.assign(donor=facts["tissue"])),
    "no rows": lambda values, facts: (values.iloc[:0], facts),
    "no columns": lambda values, facts: (values.iloc[:, :0], facts),
    "one gene": lambda values, facts: (values.iloc[:, :1], facts),
    "columns of numbers": lambda values, facts: (values.set_axis(range(values.shape[1]), axis=1), facts),
    "rows that only count": lambda values, facts: (values.reset_index(drop=True), facts),
    "categories": lambda values, facts: (values, facts.astype("category")),
    "no such label": lambda values, facts: (values, facts.rename(columns={"tissue": "tisue"})),
    "no such group": lambda values, facts: (values, facts.drop(columns="donor")),
    "two rows": lambda values, facts: (values.iloc[:2], facts),
}


@settings(few, max_examples=250)
@given(st.lists(st.sampled_from(sorted(SPOILT)), min_size=1, max_size=3, unique=True))
def test_spoilt_data_are_refused_in_a_sentence_or_told_of(ways):
    values, facts = VALUES, FACTS
    try:
        for way in ways:
            values, facts = SPOILT[way](values, facts)
    except (ArithmeticError, KeyError, IndexError, ValueError, TypeError):
        return  # one way left nothing for the next to spoil
    refused, own = "", None
    try:
        own = open_own_data(values, facts, label="tissue", groups=("donor",))
    except InputError as error:
        refused = str(error)
    if own is None:
        assert len(refused) > 30
        assert refused.rstrip().endswith((".", "?", ")"))
        return
    assert np.isfinite(own.dataset.expression).all()
    assert len(set(own.labels)) > 1
    assert own.notes
    assert {"categories", "columns of numbers", "genes in rows", "one gene", "a gene twice"}.issuperset(ways) or (
        len(own.notes) > 2 or any(one.status == ISSUE for one in run_checks(own))
    )
