"""Does the complex model see anything that a simple one does not? A thin library under an executable book."""

__version__ = "0.1.0"
