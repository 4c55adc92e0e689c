"""`theorycheck new`: a notebook for a new claim that runs already, with every section of the anatomy in place."""

import re
from importlib.resources import files

import click

from theorycheck.suite.layout import write_files
from theorycheck.suite.notebooks import notebook_paths
from theorycheck.suite.selection import Refusal

PATTERNS = {"field": r"[a-z0-9]+(_[a-z0-9]+)*", "slug": r"[a-z0-9]+(-[a-z0-9]+)*"}


def new(root, field, slug):
    """Write notebooks/<field>/<slug>.ipynb, and the front page of a new field."""
    for what, word in (("field", field), ("slug", slug)):
        if not re.fullmatch(PATTERNS[what], word):
            raise Refusal(f"a {what} is lower-case words joined by {'_' if what == 'field' else '-'}, not {word!r}")
    paths = notebook_paths(root)
    if taken := [path for path in paths if path.stem == slug or path.parent.name == slug or path.stem == field]:
        raise Refusal(f"the name is taken: {taken[0].relative_to(root)}")
    text = files("theorycheck.suite").joinpath("skeleton.ipynb").read_text(encoding="utf-8")
    text = text.replace("skeleton-claim", slug).replace("skeleton_field", field)
    path = root / "notebooks" / field / f"{slug}.ipynb"
    contents = {path: text.encode()}
    front = path.with_name("index.md")
    if not front.exists():
        contents[front] = _front_page(field, slug).encode()
    write_files(contents)
    for written in contents:
        click.echo(f"{written.relative_to(root)}: written")
    click.echo(
        f"Edit it where it says TODO; `theorycheck run {slug}` runs it, `theorycheck accept {slug}` stores its outputs."
    )


def _front_page(field, slug):
    title = field.replace("_", " ").capitalize()
    return f"""# {title}

TODO: which questions this field asks, which claims stand here, how they lean on or limit one another, and in which
order to read them.

- [{slug}]({slug}.ipynb)
"""
