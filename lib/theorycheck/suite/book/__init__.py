"""The book: the accepted notebooks as pages, built by Sphinx and myst-nb without running anything."""

from theorycheck.suite.book.build import BookError, build

__all__ = ["BookError", "build"]
