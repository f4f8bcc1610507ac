"""The reader's own expression data: any of the usual files, which way round and on which scale, with labels and groups."""
