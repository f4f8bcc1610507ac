"""Schreiber, Singh, Bilmes & Noble 2020: models that look good across cell types because they remember loci."""

TITLE = "Schreiber, Singh, Bilmes & Noble 2020"
