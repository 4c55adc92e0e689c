"""The book of a small project: what the pages hold, and what a build does when something is wrong."""

import hashlib
import re
import shutil
import subprocess
import time
from importlib import resources

import pytest
from PIL import Image
from sample_claim import COMMAND, NOTEBOOK, read_infos

from theorycheck.suite.book import pages

BLACK = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
PAGE = "build/book/averages/mean-of-draws.html"


def build(root):
    done = subprocess.run([COMMAND, "book"], cwd=root, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def book(accepted, tmp_path_factory):
    """The folder of the built book of the accepted project."""
    root = tmp_path_factory.mktemp("book") / "project"
    shutil.copytree(accepted, root)
    status, text = build(root)
    assert status == 0, text
    assert re.fullmatch(r"book of 1 claim: build/book/index.html \([\d.]+ s\)\n", text), text
    return root


def page(root, name):
    return (root / "build/book" / name).read_text()


def test_a_claim_page_has_its_facts_and_parameters(book):
    html = page(book, "averages/mean-of-draws.html")
    facts = re.search(r'<div class="tc-facts docutils container">(.*?)</div>', html, re.DOTALL)[1]
    assert '<span class="tc-badge tc-holds">holds</span>' in facts
    assert "rate (theorem)" in facts
    assert "references.html#id" in facts and "1810" in facts
    [download] = re.findall(r'href="\.\./(_downloads/[^"]+/mean-of-draws.ipynb)"', facts)
    assert (book / "build/book" / download).read_bytes() == (book / NOTEBOOK).read_bytes()
    table = re.sub("</?(span|code)[^>]*>", "", re.search(r'<table class="tc-parameters.*?</table>', html, re.DOTALL)[0])
    assert "[16, 64, 256, 1024]" in table
    assert "independent repetitions" in table
    assert "an increasing list of 2 or more entries, each an integer in [2, 4096]" in table
    assert r"\(n\)" in table
    assert "theorycheck run mean-of-draws -p " in re.sub("<[^>]+>", "", html)


def test_a_claim_page_shows_outputs_for_people_only(book):
    html = page(book, "averages/mean-of-draws.html")
    assert 'class="tc-checks"' in html and 'class="tc-numbers"' in html
    assert "vnd.theorycheck" not in html and "&quot;slug&quot;" not in html
    assert 'alt="The measured errors lie on the line of the theory."' in html
    assert "claim.verdict()" not in re.sub("<[^>]+>", "", html)
    assert "Show the figure" in html and "Show the claim" in html


def test_the_front_page_and_the_field_page_list_the_claim(book):
    [info] = read_infos(book)
    shown = info.stored_verdict["checks"][0]["shown"]
    for name, link in [("index.html", "averages/mean-of-draws.html"), ("averages/index.html", "mean-of-draws.html")]:
        table = re.search(r'<table class="tc-claims.*?</table>', page(book, name), re.DOTALL)[0]
        assert f'href="{link}"' in table
        assert '<span class="tc-badge tc-holds">holds</span>' in table
        assert shown["predicted"] in table and shown["measured"] in table
        [picture] = re.findall(r'src="([^"]+)"', table)
        with Image.open((book / "build/book" / name).parent / picture) as image:
            assert image.width == 480
    assert "Start with" in page(book, "averages/index.html")


def test_nothing_in_the_book_is_loaded_from_elsewhere(book):
    for path in (book / "build/book").rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"|<link[^>]+href="([^"]+)"', path.read_text())
        assert not [url for pair in loaded for url in pair if re.match(r"(https?:)?//", url)], path


def test_an_up_to_date_book_is_not_built_again_and_a_changed_page_is(book):
    front, claim = book / "build/book/index.html", book / PAGE
    before = front.stat().st_ino
    started = time.monotonic()
    assert build(book)[0] == 0
    assert time.monotonic() - started < 3
    assert front.stat().st_ino == before
    index = book / "notebooks/averages/index.md"
    index.write_text(index.read_text() + "\nWhy averages shrink.\n")
    assert build(book)[0] == 0
    assert "Why averages shrink." in page(book, "averages/index.html")
    assert claim.is_file()


def test_a_new_title_stands_in_the_menu_of_every_page(project, edit):
    def rename(cells):
        old = cells["setup"]["source"]
        cells["setup"]["source"] = re.sub(r'title="[^"]*"', 'title="Another name"', old)
        cells["statement"]["source"] = re.sub(r"^# .*", "# Another name", cells["statement"]["source"])

    assert build(project)[0] == 0
    pages = ["index.html", "references.html", "averages/index.html", "averages/mean-of-draws.html"]
    assert not any("Another name" in page(project, name) for name in pages)
    edit(rename)
    assert build(project)[0] == 0
    assert all("Another name" in page(project, name) for name in pages)


def test_what_is_gone_leaves_the_book(project, edit):
    def repaint(cells):
        cells["figure"]["outputs"][0]["data"]["image/png"] = BLACK

    assert build(project)[0] == 0
    pictures = {path.name for path in (project / "build/book/_images").iterdir()}
    shutil.copy(project / NOTEBOOK, project / "notebooks/averages/another.ipynb")
    notebook = project / "notebooks/averages/another.ipynb"
    notebook.write_text(notebook.read_text().replace("mean-of-draws", "another"))
    edit(repaint)
    assert build(project)[0] == 0
    assert (project / "build/book/averages/another.html").is_file()
    notebook.unlink()
    assert build(project)[0] == 0
    assert not (project / "build/book/averages/another.html").exists()
    assert len([*(project / "build/book/_images").iterdir()]) == len(pictures)


def test_a_warning_of_sphinx_fails_every_build_and_leaves_the_last_good_book(project):
    assert build(project)[0] == 0
    good = (project / PAGE).read_bytes()
    index = project / "notebooks/averages/index.md"
    text = index.read_text()
    index.write_text(text + "\n[nowhere](no-such-claim.ipynb)\n")
    for _ in range(2):
        status, printed = build(project)
        assert status == 1
        assert "no-such-claim.ipynb" in printed
        assert "Error: the book has the warnings above" in printed
        assert (project / PAGE).read_bytes() == good
    index.write_text(text)
    assert build(project)[0] == 0


def test_a_paper_that_the_bibliography_lacks_is_one_line(project):
    (project / "notebooks/references.bib").write_text("")
    status, printed = build(project)
    assert status == 1
    assert printed == "Error: averages/mean-of-draws: notebooks/references.bib has no entry laplace1810theory\n"


def test_a_bibliography_that_cannot_be_read_is_one_line(project):
    papers = project / "notebooks/references.bib"
    papers.write_text(papers.read_text().replace("year = {1810},", "year = {1810,"))
    status, printed = build(project)
    assert status == 1
    assert printed == "Error: notebooks/references.bib: syntax error in line 8: premature end of file\n"


def test_a_claim_without_outputs_has_a_page_that_says_so(project, edit):
    def strip(cells):
        for cell in cells.values():
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None

    edit(strip)
    status, printed = build(project)
    assert status == 0, printed
    assert '<span class="tc-badge tc-not-run">not run</span>' in (project / PAGE).read_text()


def test_mathjax_is_the_file_that_its_authors_published():
    # SHA-256 of es5/tex-svg-full.js in the package mathjax 3.2.2 of the npm registry.
    mathjax = resources.files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js"
    published = "a4354ff94fd868aea0cc6eaaa79a57fda0588646fc46ee3700a349ee0a11cbe6"
    assert hashlib.sha256(mathjax.read_bytes()).hexdigest() == published


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a plain text", "a plain text"),
        ("the factor n_1 * n_2 [sic]", r"the factor n\_1 \* n\_2 \[sic\]"),
        ("width $n_1$ of `x`", r"width $n_1$ of \`x\`"),
        ("costs 3 $", r"costs 3 \$"),
        ("two\nlines", "two lines"),
    ],
)
def test_texts_are_shown_as_they_are_but_for_formulas(text, shown):
    assert pages.plain(text) == shown


def test_claims_follow_in_the_order_in_which_the_field_page_mentions_them():
    from theorycheck.suite.summary import Summary

    rows = [pages.Row(Summary("f", slug, slug, "holds", "1", "1"), "", None, None) for slug in "abc"]
    text = "# Field\n\nFirst [c](c.ipynb), then [a](a.ipynb), and [c](c.ipynb) again.\n"
    entries = pages.field_page("f", text, rows).split(":hidden:")[1].split("```")[0].split()
    assert entries == ["c", "a", "b"]
