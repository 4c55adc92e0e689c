"""Where things are: the top level of the project, and what goes to build/."""

from pathlib import Path


class RootError(ValueError):
    """No project at or above the folder that was asked."""


def find_root(start=None):
    """Return the nearest folder at or above `start` that holds notebooks/ and requirements.txt."""
    start = Path.cwd() if start is None else Path(start).resolve()
    for folder in [start, *start.parents]:
        if (folder / "notebooks").is_dir() and (folder / "requirements.txt").is_file():
            return folder
    raise RootError(f"no folder with notebooks/ and requirements.txt at or above {start}")
