"""The answer of an assessment in words: one for each question, the first of which leads its page, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from linear_signal.analysis.verdict import upper_first
from linear_signal.data.own.open_own import OwnData
from linear_signal.models.titles import model_title
from linear_signal.names import counted
from linear_signal.numbers import MISSING
from linear_signal.studies.own_data.checks import ISSUE, Check

if TYPE_CHECKING:
    from linear_signal.studies.own_data.sections import Section
    from linear_signal.studies.own_data.signal_test import SignalTest

CANNOT = "cannot be assessed"
_NOT_CALLED = "signal, not called non-linear"
QUESTIONS = {
    "signal": "Is there signal beyond the means of single genes?",
    "models": "Is a complex model ahead of a linear one?",
    "leak": "Is the split leaking?",
    "curve": "Would more data help?",
    "checks": "Are the data in order?",
}
_BRIEF_KINDS = {
    "spreads_removed": "differences in the spread of single genes",
    "distributions_removed": "differences in the shape of the distributions of single genes",
    "covariances_removed": "genes that go together in pairs",
}
_KINDS = {
    "spreads_removed": "It is a difference in the spread of single genes: once spreads are equal too, nothing is found.",
    "distributions_removed": "It lies in the shape of the distributions of single genes, beyond mean and spread.",
    "covariances_removed": "It lies in how genes go together in pairs: once covariances are equal too, nothing is found.",
}
_NO_GROUPS = "No group was named: several samples of one donor or batch would look like this too."
_TRAINED_ALONE = (
    "Only a probe that is trained found it, so that its kind was not looked for and other causes were not tried: it is not "
    "called non-linear."
)


class Brief(NamedTuple):
    """An answer in a few words, a row of the table that a page begins with.

    Attributes:
        so: the verdict.
        seen: the numbers it rests on; line breaks stay.
        why: in small print.
        doubts: what casts doubt on it.
    """

    so: str
    seen: str = MISSING
    why: str = ""
    doubts: tuple[str, ...] = ()


NOT_ASKED, NOT_IN_TIME = Brief("not asked"), Brief("not done in this time")


def answer_in_words(
    own: OwnData, checks: Sequence[Check], sections: Sequence[Section], *, reason: str = ""
) -> tuple[str, dict[str, str]]:
    """Name the kind of answer to the first question, and answer all (``QUESTIONS``) that were asked, in sentences.

    Args:
        own: what was looked at.
        checks, sections: what was found.
        reason: why nothing can be asked of these data; "" where it can.
    """
    issues = [one for one in checks if one.status == ISSUE]
    codes = ", ".join(dict.fromkeys(one.code for one in issues))
    told = f"Of {counted(len(checks), 'check')}, {len(issues)} found an issue ({codes})."
    told = told if issues else f"None of {counted(len(checks), 'check')} found an issue."
    about = f"{own.label} in {own.dataset.name}"
    if reason:
        says = f"{upper_first(about)} cannot be assessed: {reason}. No model was trained, as none could tell."
        return CANNOT, {"signal": says, "checks": told}
    of = {section.name: section for section in sections}
    test = of["signal"].found
    lines = []
    if test.answer == "found":
        lines.append(f"Classes of {about} differ in more than the means of single genes (p = {test.p_value:.3f}).")
        lines += [_kind(test), _causes(of)] if test.closed_form else [_TRAINED_ALONE]
        lines += [] if own.groups else [_NO_GROUPS]
    elif test.answer == "none found":
        lines.append(f"No signal beyond the means of single genes was found for {about} (p = {test.p_value:.2f}).")
        lines.append(_planted(test.planted))
    else:
        when = " in this time" if test.minutes_needed else ""
        lines.append(f"Whether {about} holds signal beyond the means of single genes cannot be judged{when}. {test.why}")
    answers = {"signal": " ".join(line for line in lines if line)}
    if "models" in of:
        compared = of["models"].found
        answers |= {"models": compared.says, "leak": compared.leak_says, "curve": compared.curve_says}
    return test.answer, {name: says for name, says in (answers | {"checks": told}).items() if says}


def answer_in_brief(
    own: OwnData, checks: Sequence[Check], sections: Sequence[Section], *, reason: str = ""
) -> dict[str, Brief]:
    """Answer all questions that were asked in a few words; what it takes is as of :func:`answer_in_words`."""
    issues = [one for one in checks if one.status == ISSUE]
    told = Brief(
        f"look at {', '.join(dict.fromkeys(one.code for one in issues))}" if issues else "in order",
        seen=f"an issue in {len(issues)} of {counted(len(checks), 'check')}",
        why=f"issues with: {'; '.join(one.title for one in issues)}" if issues else "",
    )
    if reason:
        return {"signal": Brief(CANNOT, why=reason), "checks": told}
    of = {section.name: section for section in sections}
    compared = of["models"].found.briefs if "models" in of else {}
    return {"signal": _signal_in_brief(own, of), **compared, "checks": told}


def _signal_in_brief(own: OwnData, of: dict[str, Section]) -> Brief:
    test = of["signal"].found
    if test.answer == "cannot be judged":
        return Brief(test.answer, why=test.why)
    seen = f"p = {test.p_value:.3f}"
    if test.answer == "none found":
        sizes, unknown = _smallest(test.planted)
        if not sizes:
            return Brief(test.answer, seen, doubts=("it is not known how small a signal would have been found",))
        doubts = (f"not known, or missed at all sizes tried: {', '.join(unknown)}",) if unknown else ()
        return Brief(test.answer, seen, f"would have been found four times in five from: {sizes}", doubts)
    ungrouped = () if own.groups else ("no group was named",)
    if not test.closed_form:
        return Brief(_NOT_CALLED, seen, "only a probe that is trained found it", ungrouped)
    changes, stays, untried = _causes_by_status(of)
    if changes:
        return Brief(_NOT_CALLED, seen, f"not found once taken away: {', '.join(changes)}", ungrouped)
    if not stays:
        return Brief(_NOT_CALLED, seen, "no other cause could be tried", ungrouped)
    left = (f"other causes not assessed: {', '.join(untried)}",) if untried else ()
    return Brief("non-linear signal", seen, _BRIEF_KINDS.get(test.kind, ""), (*left, *ungrouped))


def recommendation(own: OwnData, checks: Sequence[Check], sections: Sequence[Section], kind: str) -> tuple[str, ...]:
    """Say what to do next, with its limits, a sentence each."""
    issues = {one.code for one in checks if one.status == ISSUE}
    advice = []
    of = {section.name: section for section in sections}
    if kind == CANNOT:
        advice += _to_be_assessed(checks)
    if kind == "found":
        advice.append("Such signal does not make a complex model better: use one only where it is ahead on the full signal.")
        advice += ["Give it more minutes, to learn what is not assessed above."] if _unfinished(of) else []
    if kind == "none found":
        advice.append(_which_model(of))
    if any(section.name == "signal" and section.found and section.found.minutes_needed for section in sections):
        advice.append("Give it the minutes that it names, or fewer genes.")
    elif kind == "cannot be judged" and own.dataset.n_genes > 1:
        advice.append("Collect more groups (donors, studies) of the small classes: ten at least, better 25.")
    if not own.groups and kind != CANNOT:
        advice.append("If several samples come from one donor, study or batch, name that column as group, and run again.")
    if "OD101" in issues:
        advice.append("Take duplicated samples out, or put them into one group.")
    if "OD105" in issues:
        advice.append("Thin counts to equal depth, or compare within equal depth, before biology is read into a difference.")
    if "OD203" in issues and kind != CANNOT:
        advice.append("Label and group go together: trust only results with whole groups held out.")
    advice.append("All of this is about these samples and the populations they were drawn from, and about the models tried.")
    return tuple(advice)


def _to_be_assessed(checks: Sequence[Check]) -> list[str]:
    """Say what would make an assessment possible, by the checks that stand in its way."""
    blocking = {one.code for one in checks if one.blocks}
    advice = []
    if "OD202" in blocking:
        advice.append("Measure samples of every class in the same batches or studies, or in ten and more of them per class.")
    elif "OD104" in blocking:
        advice.append("Collect more of the small classes, ten each at least and better 25, or join classes.")
    if "OD201" in blocking and "OD202" not in blocking:
        advice.append("Name a column of more groups, such as the donor, as the first one.")
    return advice


def _unfinished(of: dict[str, Section]) -> bool:
    """Whether time ran out on the ladder or among other causes."""
    test = of["signal"].found
    if not test.closed_form:
        return False
    tested = test.rungs["rung"].iloc[-1] if len(test.rungs) else ""
    causes = of["causes"].found if "causes" in of else None
    short = causes is not None and causes["says"].str.contains("more minutes").any()
    return bool(short) or not (test.kind or tested == "covariances_removed")


def _which_model(of: dict[str, Section]) -> str:
    """Say which model to use where nothing was found beyond class means; the comparison may know better than the test."""
    compared = of["models"].found if "models" in of else None
    if compared is None or compared.models.empty:
        return "Models were not compared, so that it is not known which tells these classes apart: give it more minutes."
    if compared.ahead:
        models = " and ".join(model_title(one) for one in compared.ahead)
        return (
            f"Ahead of the linear model with the full signal: {models}. As nothing was found once means are equal, look for "
            "steps in single genes, such as zeros that move with the mean, and tune both before you rely on it."
        )
    if compared.linear_at_chance:
        return "No model is shown to tell these classes apart: collect more samples, or ask another label."
    return "Use a linear model. A larger data set can still show what this one is too small for."


def _planted(table: pd.DataFrame) -> str:
    """Say what "none found" is worth: the smallest signals that the design would have found four times in five."""
    sizes, others = _smallest(table)
    if not sizes:
        return "This says little: it is not known how small a signal would have been found."
    missed = f" Of others it is not known, or they were missed at all sizes tried: {', '.join(others)}." if others else ""
    return (
        f"Signals planted into these samples would have been found four times in five from these sizes on: {sizes}.{missed}"
    )


def _smallest(planted: pd.DataFrame) -> tuple[str, list[str]]:
    """Write the smallest sizes that would have been found, and name the kinds of which none is known."""
    if not len(planted):
        return "", []
    known = planted.dropna(subset=["smallest"])
    sizes = "; ".join(f"{one.kind}, {one.smallest:g} {one.unit}" for one in known.itertuples())
    return sizes, planted.loc[planted["smallest"].isna(), "kind"].tolist()


def _kind(test: SignalTest) -> str:
    if test.kind:
        return _KINDS.get(test.kind, f"It is there until {test.kind.replace('_', ' ')}.")
    if len(test.rungs) and test.rungs["rung"].iloc[-1] == "covariances_removed":
        return "It is on every rung of the ladder of removal: still found once covariances are equal too."
    return "It was not found out on which rung of the ladder of removal it ends."


def _causes(of: dict[str, Section]) -> str:
    if "causes" not in of:
        return ""
    changes, stays, untried = _causes_by_status(of)
    if changes:
        return f"Without some other causes nothing is found ({', '.join(changes)}), so it is not called non-linear."
    if not stays:
        return "No other cause could be tried, so it is not called non-linear."
    left = f"; not assessed: {', '.join(untried)}" if untried else ""
    return f"It stays where other causes are taken away ({', '.join(stays)}){left}."


def _causes_by_status(of: dict[str, Section]) -> list[list[str]]:
    """Name the other causes without which nothing is found, without which it stays, and that were not assessed."""
    if "causes" not in of:
        return [[], [], []]
    table = of["causes"].found
    return [table.loc[table["status"] == one, "cause"].tolist() for one in ("changes", "stays", "not assessed")]
