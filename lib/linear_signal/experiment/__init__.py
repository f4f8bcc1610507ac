"""What is run and kept: execution here or on Dask, the store, provenance, and the way back from a row to its run."""
