"""What a stranger does with saved models: predict what the results say from the files alone; a script as well."""

import sys

import numpy as np
import pandas as pd

from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.training.saved_models import load_model


def check(expression, predictions, models, values):
    """Compare the predictions of every saved model with the stored ones, and return how many there are.

    Args:
        expression: file of a table, samples x genes.
        predictions: file of what is stored.
        models: folder.
        values: "raw" or nothing, as of ``features``.
    """
    table, stored, checked = pd.read_parquet(expression), pd.read_parquet(predictions), 0
    for (key, fraction), judged in stored.groupby(["key", "fraction"]):
        model = load_model(f"{models}/{key}-fraction-{fraction}.safetensors")
        samples = model.features(table.loc[judged.sample_id], values=values or None)
        removed = model.signal != "full"
        if removed:
            samples = remove_linear_signal(samples, np.searchsorted(model.class_names, judged.label.to_numpy()))
        predicted = model.predict(samples, values="scaled" if values else None, signal_removed=removed)
        assert (predicted == judged.predicted.to_numpy()).all(), key
        checked += len(judged)
    return checked


if __name__ == "__main__":
    print(check(*sys.argv[1:]))
