"""What is shown: chapters run into pages, figures, widgets, and the published curves."""
