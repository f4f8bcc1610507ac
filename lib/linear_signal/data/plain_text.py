"""What a name is in users' files: a label, a tissue, a study or the id of a sample or gene, made of printable characters."""

from __future__ import annotations

import unicodedata

MOST_LETTERS = 256
# Control characters, invisible ones that change how the others are shown, halves of characters, ends of line.
_NEVER_PRINTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def why_no_name(text: str) -> str:
    r"""Say what is wrong with a name, or "" where it may be one.

    A name has 1 to 256 characters, all of which can be printed, and no blank at its ends. It may hold any sign that can
    be printed, such as ``$``, ``<`` or ``\``: whoever shows it has to show it as text.

    >>> why_no_name("Whole <Blood>, $5"), why_no_name(""), why_no_name("Blood ")
    ('', 'is empty', "is 'Blood ', with a blank at its end")
    >>> why_no_name("\x1b[31mBlood")
    "is '\\x1b[31mBlood', which holds a character that cannot be printed (U+001B)"
    """
    if not text:
        return "is empty"
    if len(text) > MOST_LETTERS:
        return f"is {text[:40] + '...'!r}, {len(text):,} characters long; {MOST_LETTERS} is the most"
    hidden = unprintable(text)
    if hidden:
        return f"is {text!r}, which holds a character that cannot be printed ({hidden})"
    if text != text.strip():
        return f"is {text!r}, with a blank at its {'end' if text == text.lstrip() else 'beginning'}"
    return ""


def unprintable(text: str) -> str:
    """Name the first character that cannot be printed, such as ``U+001B``, or "" where all can.

    Blanks of any width count as printable; line ends, tabs and marks that turn the direction of text do not.
    """
    if text.isprintable():
        return ""
    return next((f"U+{ord(one):04X}" for one in text if unicodedata.category(one) in _NEVER_PRINTED), "")
