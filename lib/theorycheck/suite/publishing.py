"""What is stored in the repository, for people: is it whole, is it still true, and how it is read."""

import os
import time
from pathlib import Path

import click

from theorycheck.suite import gate as stored
from theorycheck.suite import notebooks
from theorycheck.suite import readme as table
from theorycheck.suite.selection import Refusal, select


def gate(root):
    """Print what is wrong with the stored notebooks, and fail if anything is."""
    if problems := stored.problems(root):
        click.echo("\n".join(problems))
        raise click.ClickException(_count(problems, "problem") + " in what is stored")
    paths = notebooks.notebook_paths(root)
    click.echo(f"{_count(paths, 'notebook')}, whole and in step with README.md and figures/")


def check(root, names, jobs):
    """Compare a fresh run of the named claims or fields, or of all after the gate, with what is stored."""
    from theorycheck.suite.check import compare

    infos, errors = select(root, names)
    if errors:
        raise Refusal("\n".join(map(str, errors)))
    if not names:
        gate(root)
    if not compare(root, [info.path for info in infos], jobs or os.cpu_count() or 1):
        raise click.ClickException("a fresh run differs from what is stored, as shown above")
    click.echo(f"{_count(infos, 'notebook')} ran anew and gave what is stored")


def readme(root, check):
    """Bring README.md's table of claims in step with the stored verdicts, or with `check` only say if it is not."""
    infos = _read_all(root)
    try:
        text = table.read(root)
    except table.ReadmeError as error:
        raise click.ClickException(str(error)) from error
    updated = table.update(text, infos, root)
    if updated == text:
        click.echo(f"README.md's table of {_count(infos, 'claim')} is in step")
    elif check:
        raise click.ClickException("README.md's table of claims is out of step: run `theorycheck readme`")
    else:
        Path(root, "README.md").write_text(updated, encoding="utf-8")
        click.echo(f"README.md's table now lists {_count(infos, 'claim')}")


def book(root):
    """Build the book and say where it is."""
    from theorycheck.suite.book import BookError, build

    started = time.monotonic()
    infos = _read_all(root)
    try:
        front = build(root, infos)
    except BookError as error:
        raise click.ClickException(str(error)) from error
    seconds = time.monotonic() - started
    click.echo(f"book of {_count(infos, 'claim')}: {front.relative_to(root)} ({seconds:.1f} s)")


def _read_all(root):
    """Return what all notebooks say about themselves; those that cannot be read end the command, a line each."""
    infos, errors = notebooks.discover(root)
    if errors:
        raise click.ClickException("\n".join(map(str, errors)))
    return infos


def _count(things, name):
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"
