"""Roadmap Epigenomics: gene expression in 56 cell types from its public address or from files, and signal at pilot loci."""
