"""Executable checks of machine-learning theory: predictions, experiments, and the contract between them."""
