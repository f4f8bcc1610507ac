"""Recount3: a mirror of the archive, read study by study, with tissue and sex labels."""
