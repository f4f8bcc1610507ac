"""Is there non-linear signal in gene expression? Five rooms: data, models, training, experiment, page."""

__version__ = "0.1.0"
