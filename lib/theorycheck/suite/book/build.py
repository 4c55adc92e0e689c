"""Build the book: generate Sphinx sources under build/book-source, and publish HTML under build/book."""

import hashlib
import json
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import click

from theorycheck.suite.summary import run_seconds

HERE = Path(__file__).parent
CONFIG = HERE / "config"
# What Sphinx and its theme leave beside the pages and no reader needs.
UNREAD = shutil.ignore_patterns(".*", "_sources", "objects.inv", "*webpack-macros.html")
MADE_FROM = ("notebooks", "figures", "ci")  # folders of the project
TOOLS = ("Sphinx", "myst-nb", "sphinx-book-theme", "sphinxcontrib-bibtex", "sphinx-mathjax-offline")


class BookError(ValueError):
    """The book cannot be built; str(error) is what to tell the reader."""


def build(root, infos):
    """Build the book of the notebooks `infos` of the project at `root`; return the path of its front page.

    Nothing is executed, and nothing is done if the book is up to date. Pages whose source did not change are not
    built again. The published folder is replaced only after Sphinx finished without a warning, so that a failed build
    leaves the last good book in place.
    """
    root = Path(root).resolve()  # Sphinx takes relative paths from elsewhere
    work = root / "build"
    source, doctrees, html, published = (work / f"book{part}" for part in ("-source", "-doctrees", "-html", ""))
    stamp, inputs = work / "book-stamp", _digest(root)
    if stamp.is_file() and stamp.read_text() == inputs and (published / "index.html").is_file():
        return published / "index.html"
    # Pillow and Sphinx take a second to import, which a book that is up to date need not wait for.
    from theorycheck.suite.book import sources

    try:
        sources.generate(root, infos, source)
    except ValueError as error:
        raise BookError(str(error)) from error
    try:
        _sphinx(source, html, doctrees)
    except BaseException:
        # Sphinx would take the pages that it warned about for up to date, and the next build would pass.
        shutil.rmtree(doctrees, ignore_errors=True)
        raise
    _publish(html, published)
    stamp.write_text(inputs)
    return published / "index.html"


def _digest(root):
    """Return a digest of all that the book is made from: what is stored, times of runs, this code, its tools."""
    digest = hashlib.sha256(json.dumps([*map(metadata.version, TOOLS), run_seconds(root)], sort_keys=True).encode())
    code = [path for path in HERE.rglob("*") if path.suffix != ".pyc"] + [*HERE.parent.glob("*.py")]
    for path in sorted([*(path for name in MADE_FROM for path in Path(root, name).rglob("*")), *code]):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _sphinx(source, html, doctrees):
    """Run Sphinx; BookError if it has as much as a warning."""
    # jsonschema, which nbformat imports, builds a grammar of IRIs if this package is there. It takes over a second,
    # and no notebook has an IRI to check.
    sys.modules.setdefault("rfc3987_syntax", None)
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    status = _Progress()
    try:
        with patch_docutils(str(CONFIG)), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=CONFIG,
                outdir=html,
                doctreedir=doctrees,
                buildername="html",
                confoverrides={"bibtex_bibfiles": [str(source / "references.bib")]},
                status=status,
                warning=sys.stderr,
                warningiserror=True,
            )
            _keep_menus_in_step(app)
            app.build()
    except SphinxError as error:
        raise BookError(f"Sphinx: {error}") from error
    finally:
        status.end()
    if app.statuscode:
        raise BookError("the book has the warnings above; build/book was left as it was")
    _sweep(html, app.env)


def _keep_menus_in_step(app):
    """Let Sphinx write every page again once any title has changed: all pages list all titles in their menus."""

    def titles(env):
        return {name: title.astext() for name, title in env.titles.items()}

    def remember(app, env, names):
        nonlocal before
        before = titles(env)

    def pages_to_write(app, env):
        return [] if titles(env) == before else sorted(env.found_docs)

    before = {}
    app.connect("env-before-read-docs", remember)
    app.connect("env-updated", pages_to_write)


def _sweep(html, env):
    """Remove pages, pictures and downloads of earlier builds, which Sphinx leaves behind."""
    wanted = {f"{name}.html" for name in [*env.found_docs, "search"]}
    wanted |= {f"_images/{name}" for _, name in env.images.values()}
    wanted |= {f"_downloads/{name}" for _, name in env.dlfiles.values()}
    for path in html.rglob("*"):
        name = path.relative_to(html)
        ours = name.parts[0] in ("_images", "_downloads") or (name.suffix == ".html" and name.parts[0] != "_static")
        if path.is_file() and ours and name.as_posix() not in wanted:
            path.unlink()


class _Progress:
    """Sphinx's stream of status lines, shown as one line that grows on a terminal and as nothing elsewhere."""

    def __init__(self):
        self.shown = False

    def write(self, text):
        step = re.search(r"(reading sources|writing output)\.\.\..*\[ *(\d+)%\]", click.unstyle(text))
        if step and sys.stdout.isatty():
            click.echo(f"\r{step[1]} {step[2]:>3} %", nl=False)
            self.shown = True

    def flush(self):
        sys.stdout.flush()

    def end(self):
        if self.shown:
            click.echo("\r" + " " * 40 + "\r", nl=False)


def _publish(html, published):
    """Replace the folder `published` by a copy of `html` in one step."""
    fresh, old = (published.with_name(published.name + suffix) for suffix in (".new", ".old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(html, fresh, ignore=UNREAD)
    if published.exists():
        published.rename(old)
    fresh.rename(published)
    shutil.rmtree(old, ignore_errors=True)
