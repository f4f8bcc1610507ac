"""What the exactly solved model is fitted on where that is not genes as they are, by the name its record has for it."""

from __future__ import annotations

from linear_signal.training.pair_products import PairProducts, pair_products_of
from linear_signal.training.squares import SquaredGenes, squares_of

LEARN = {"squares": squares_of, "pair_products": pair_products_of}
READ = {"squares": SquaredGenes.from_state, "pair_products": PairProducts.from_state}
Derived = SquaredGenes | PairProducts
