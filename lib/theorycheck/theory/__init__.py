"""Predictions from theory alone: closed forms, recursions, bounds and limits. Never imports `experiments`."""
