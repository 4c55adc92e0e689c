"""Generate what Sphinx reads: a front page, a page per field, a page per notebook, and the reference list."""

from io import BytesIO
from zlib import crc32

from PIL import Image
from pybtex.database import parse_string
from pybtex.exceptions import PybtexError

from theorycheck.suite import bibliography, instrument
from theorycheck.suite.book import pages
from theorycheck.suite.summary import run_seconds, summarize

THUMBNAIL_WIDTH = 480  # pixels: sharp at 240 CSS pixels on a phone's display


def generate(root, infos, target):
    """Bring the folder `target` in step with the notebooks `infos` of the project at `root`.

    A file is written only if its content changed, so that Sphinx rebuilds only what depends on it; files that
    nothing generates any more are removed. ValueError where the bibliography lacks a paper.
    """
    files = dict(_files(root, infos, target))
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


def _files(root, infos, target):
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
            picture = figure.read_bytes()
            # With the figure's checksum in its name, one that is there need not be made again.
            name = f"thumbnails/{info.field}/{info.slug}-{crc32(picture):08x}.png"
            thumbnails[info.slug] = name
            yield name, (target / name).read_bytes() if (target / name).is_file() else _thumbnail(picture)
    seconds = run_seconds(root)

    def row(info):
        return pages.Row(summarize(info), pages.alt_text(info), thumbnails.get(info.slug), seconds.get(info.slug))

    rows = {field: list(map(row, members)) for field, members in fields.items()}
    yield "index.md", pages.front_page(rows, instrument.markdown(root, infos))
    for field, members in rows.items():
        index = root / "notebooks" / field / "index.md"
        text = index.read_text(encoding="utf-8") if index.is_file() else None
        yield f"{field}/index.md", pages.field_page(field, text, members)
    yield "references.md", pages.REFERENCES
    yield "references.bib", _bibliography(root)


def _bibliography(root):
    """Return the text of the bibliography; ValueError where it is not one, which Sphinx would say at length."""
    path = root / bibliography.FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        parse_string(text, "bibtex")
    except PybtexError as error:
        raise ValueError(f"{bibliography.FILE}: {error}") from error
    return text


def _thumbnail(picture):
    """Return a figure's PNG scaled down for the tables of claims."""
    with Image.open(BytesIO(picture)) as image:
        image.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        image.convert("RGB").save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
