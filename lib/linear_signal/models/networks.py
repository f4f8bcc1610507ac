"""What a dense network is, before it is trained, and the grammar that names one by its layers: ``dense(64, 64)``."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from linear_signal.errors import InputError
from linear_signal.models.import_path import LONGEST

MOST_LAYERS, MOST_WIDTH = 20, 100_000


@dataclass(frozen=True, kw_only=True)
class Network:
    """A stack of dense layers, trained with Adam; without hidden layers it is a linear model.

    Attributes:
        hidden: width of each hidden layer: an int as such, a float as a share of the number of genes (0.5: genes / 2).
        loss: "cross_entropy", "hinge" (multi-class hinge after Weston & Watkins, as in PyTorch's MultiMarginLoss), or
            "binary_cross_entropy": two classes and a single output, whose sigmoid is the share of class 1.
        batch_norm: normalise each hidden layer after its ReLU and before its dropout (the order of the authors' code).
        dropout: share of hidden activations set to zero in training.
    """

    hidden: tuple[float | int, ...] = ()
    loss: str = "cross_entropy"
    batch_norm: bool = False
    dropout: float = 0.0

    def widths(self, n_genes: int, n_classes: int) -> tuple[int, ...]:
        """Layer widths from input to output: (genes, hidden ..., classes, or 1 for a binary loss)."""
        hidden = (width if isinstance(width, int) else max(2, int(n_genes * width)) for width in self.hidden)
        return (n_genes, *hidden, 1 if self.loss == "binary_cross_entropy" else n_classes)


def is_dense(name: str) -> bool:
    """Say whether a name is meant to be ``dense(...)``."""
    return re.match(r"dense\b", name) is not None and "." not in name.partition("(")[0]


def parse_dense(name: str) -> Network:
    """Read ``dense(64, 64)``: the widths of the hidden layers, then dropout and batch_norm where they are wanted.

    Raises:
        InputError: it is not written like that, or a width or share is not possible.

    >>> parse_dense("dense(64, 32, dropout=0.5)").widths(5000, 2)
    (5000, 64, 32, 2)
    """
    hint = "Write dense(64, 64): the width of each hidden layer, then dropout=0.5 or batch_norm=True where you want them."
    if len(name) > LONGEST:
        raise InputError(f"The model {name[:60]!r}... has {len(name):,} characters; {LONGEST:,} are allowed. {hint}")
    try:
        call = ast.parse(name.strip(), mode="eval").body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "dense"):
            raise ValueError
        widths = tuple(ast.literal_eval(width) for width in call.args)
        settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        if len(settings) != len(call.keywords):
            raise ValueError
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise InputError(f"The model {name!r} cannot be read. {hint}") from None
    if not 1 <= len(widths) <= MOST_LAYERS or not all(type(width) is int and 1 <= width <= MOST_WIDTH for width in widths):
        raise InputError(
            f"The model {name!r} needs 1 to {MOST_LAYERS} hidden layers, each of 1 to {MOST_WIDTH:,} units. {hint} Without "
            "hidden layers it is logistic_regression."
        )
    dropout, batch_norm = settings.pop("dropout", 0.0), settings.pop("batch_norm", False)
    if settings:
        raise InputError(f"The model {name!r} has the unknown setting {next(iter(settings))!r}. {hint}")
    if type(dropout) not in (int, float) or not 0 <= dropout < 1 or type(batch_norm) is not bool:
        raise InputError(f"The model {name!r}: dropout is a share from 0 to below 1, batch_norm is True or False. {hint}")
    return Network(hidden=widths, dropout=float(dropout), batch_norm=batch_norm)
