"""The `theorycheck` command."""

import click


@click.group()
def main():
    """Run, accept and publish executable checks of machine-learning theory."""
