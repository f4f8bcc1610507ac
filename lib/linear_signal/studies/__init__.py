"""One folder a study: its findings, its published numbers, and what only it needs."""
