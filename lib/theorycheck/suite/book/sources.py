"""Generate what Sphinx reads: a front page, a page per field, a page per notebook, and the reference list."""

from io import BytesIO

from PIL import Image

from theorycheck.suite import bibliography
from theorycheck.suite.book import pages
from theorycheck.suite.summary import run_seconds, summarize

THUMBNAIL_WIDTH = 480  # pixels: sharp at 240 CSS pixels on a phone's display


def generate(root, infos, target):
    """Bring the folder `target` in step with the notebooks `infos` of the project at `root`.

    A file is written only if its content changed, so that Sphinx rebuilds only what depends on it; files that
    nothing generates any more are removed. ValueError where the bibliography lacks a paper.
    """
    files = dict(_files(root, infos))
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.relative_to(target).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = target / name
        content = content.encode() if isinstance(content, str) else content
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _files(root, infos):
    """Yield (name below the source folder, content) of everything that Sphinx needs."""
    known = bibliography.keys(root)
    fields = {}
    for info in infos:
        if info.paper not in known:
            raise ValueError(f"{info.field}/{info.slug}: {bibliography.FILE} has no entry {info.paper}")
        fields.setdefault(info.field, []).append(info)
        name = f"{info.field}/{info.slug}.ipynb"
        yield name, pages.claim_page(info)
        yield f"downloads/{name}", info.path.read_bytes()
    thumbnails = {}
    for info in infos:
        figure = root / "figures" / info.field / f"{info.slug}.png"
        if figure.is_file():
            thumbnails[info.slug] = f"thumbnails/{info.field}/{info.slug}.png"
            yield thumbnails[info.slug], _thumbnail(figure)
    seconds = run_seconds(root)

    def row(info):
        return pages.Row(summarize(info), pages.alt_text(info), thumbnails.get(info.slug), seconds.get(info.slug))

    rows = {field: list(map(row, members)) for field, members in fields.items()}
    yield "index.md", pages.front_page(rows)
    for field, members in rows.items():
        index = root / "notebooks" / field / "index.md"
        text = index.read_text(encoding="utf-8") if index.is_file() else None
        yield f"{field}/index.md", pages.field_page(field, text, members)
    yield "references.md", pages.REFERENCES
    papers = root / bibliography.FILE
    yield "references.bib", papers.read_bytes() if papers.is_file() else b""


def _thumbnail(figure):
    """Return the PNG of a figure, scaled down for the tables of claims."""
    with Image.open(figure) as image:
        image.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        image.convert("RGB").save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
