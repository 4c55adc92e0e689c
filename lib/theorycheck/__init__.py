"""Executable checks of machine-learning theory: predictions, experiments, and the contract between them."""

__version__ = "0.1.0"
