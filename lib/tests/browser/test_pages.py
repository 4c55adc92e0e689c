"""Every page of the book, as a browser shows it: from files, without a network, wide, narrow, light and dark."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from visit import NARROW


def _claims(pages):
    return [name for name, page in pages.items() if "download the notebook" in page["text"]]


def test_every_notebook_has_a_page(pages, book):
    notebooks = (book.parents[1] / "notebooks").glob("*/*.ipynb")
    assert sorted(_claims(pages)) == sorted(f"{path.parent.name}/{path.stem}.html" for path in notebooks)


def test_the_browser_has_nothing_to_complain_about(pages):
    assert {name: page["complaints"] for name, page in pages.items() if page["complaints"]} == {}


def test_every_link_within_the_book_leads_somewhere(pages, book):
    broken = []
    for name, page in pages.items():
        for link in page["links"]:
            parts = urlsplit(link)
            if parts.scheme != "file":
                continue
            target = Path(unquote(parts.path))
            if not target.is_file():
                broken.append(f"{name}: {link}")
            elif parts.fragment and target.suffix == ".html":
                ids = pages[target.relative_to(book).as_posix()]["ids"]
                if unquote(parts.fragment) not in ids:
                    broken.append(f"{name}: {link} (no such place on that page)")
    assert broken == []


def test_every_image_is_there_and_says_what_it_shows(pages):
    images = [(name, image) for name, page in pages.items() for image in page["images"]]
    assert [(name, image["source"]) for name, image in images if not image["loaded"]] == []
    assert [(name, image["source"]) for name, image in images if len(image["alt"]) < 20] == []
    figures = {name for name, image in images if image["loaded"]}
    assert set(_claims(pages)) <= figures


def test_every_formula_is_typeset(pages):
    assert {name: page["bad"] for name, page in pages.items() if page["bad"]} == {}
    assert [name for name, page in pages.items() if page["typeset"] != page["formulas"]] == []
    assert [name for name in _claims(pages) if not pages[name]["formulas"]] == []
    tex = re.compile(r"\\[a-zA-Z(\[]|\$\S|\\begin")
    assert {name: found[0] for name, page in pages.items() if (found := tex.search(page["prose"]))} == {}


def test_no_data_for_programs_is_shown(pages):
    strange = re.compile(r"vnd\.theorycheck|\{['\"]slug['\"]|<theorycheck\.|<IPython|Traceback \(most recent|WARNING")
    assert {name: found[0] for name, page in pages.items() if (found := strange.search(page["text"]))} == {}


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_page_scrolls_sideways(pages, width):
    assert {name: page[width] for name, page in pages.items() if page[width]} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_background(pages, scheme):
    """WCAG 2, level AA: a contrast of at least 4.5, or 3 for large text."""
    assert {name: page[scheme] for name, page in pages.items() if page[scheme]} == {}


def test_dark_is_dark(tab, book):
    tab.emulate_media(color_scheme="dark")
    tab.goto((book / "index.html").as_uri())
    red, green, blue = map(int, re.findall(r"\d+", tab.evaluate("getComputedStyle(document.body).backgroundColor"))[:3])
    assert max(red, green, blue) < 60


def test_search_finds_a_claim(pages, tab, book):
    name = _claims(pages)[0]
    title = pages[name]["text"].strip().splitlines()[0].removesuffix("#").strip()
    words = " ".join(sorted(re.findall(r"[a-z]{5,}", title.lower()), key=len)[-2:])
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.goto((book / "index.html").as_uri())
    tab.keyboard.press("Control+k")
    tab.keyboard.type(words)
    tab.keyboard.press("Enter")
    result = tab.locator("#search-results li a").first
    result.wait_for(timeout=20_000)
    found = [
        urlsplit(link).path
        for link in tab.eval_on_selector_all("#search-results li a", "all => all.map((a) => a.href)")
    ]
    assert any(path.endswith(name) for path in found), (words, found)
    assert complaints == []


def test_a_phone_has_a_menu_a_search_and_a_switch_to_the_dark(pages, tab, book):
    tab.set_viewport_size(NARROW)
    tab.goto((book / _claims(pages)[0]).as_uri())
    tab.locator(".bd-header-article .primary-toggle").click()
    tab.locator("dialog[open] a", has_text="References").click()
    tab.wait_for_url("**/references.html")
    tab.locator(".bd-header-article .search-button").click()
    assert tab.locator("#pst-search-dialog input").is_visible()
    tab.keyboard.press("Escape")
    tab.locator(".bd-header-article .theme-switch-button").click()
    tab.get_by_text("Dark", exact=True).click()
    assert tab.locator("html").get_attribute("data-theme") == "dark"
