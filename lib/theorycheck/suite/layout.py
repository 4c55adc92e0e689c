"""Where things are in a project, and how files get there: whole or not at all."""

import os
from contextlib import suppress
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


def executed_path(root, key):
    """Return where the executed notebook of a run goes; `key` is field/slug, or field/slug.digest."""
    return Path(root, "build", "notebooks", f"{key}.ipynb")


def record_path(root, key):
    """Return where what is known about a run goes."""
    return Path(root, "build", "records", f"{key}.json")


def figure_path(root, info):
    """Return where a claim's accepted figure goes."""
    return Path(root, "figures", info.field, f"{info.slug}.png")


def write_files(contents):
    """Write path -> bytes. Every file appears whole, and none does before all could be written.

    A full disk or a crash leaves what was there before.
    """
    prepared = []
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
            prepared.append((draft, path))
            with open(draft, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # else a crash after the rename can leave an empty file
        for draft, path in prepared:
            os.replace(draft, path)
    finally:
        for draft, _ in prepared:
            with suppress(OSError):
                draft.unlink()
