"""Every page of the book, as a browser shows it: from files, without a network, wide, narrow, and in the dark."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

PROBE = Path(__file__).with_name("probe.js").read_text()
SCREENS = {
    "wide": ({"width": 1280, "height": 900}, "light"),
    "narrow": ({"width": 380, "height": 800}, "light"),
    "narrow and dark": ({"width": 380, "height": 800}, "dark"),
}
CONTENT = """() => ({
    title: document.title,
    ids: [...document.querySelectorAll("[id]")].map((e) => e.id),
    links: [...document.querySelectorAll("a[href]")].map((e) => e.href),
    images: [...document.querySelectorAll("img")].map(
        (e) => ({source: e.getAttribute("src"), alt: e.alt, loaded: e.complete && e.naturalWidth > 0})),
    formulas: document.querySelectorAll(".math").length,
    typeset: document.querySelectorAll(".math > mjx-container > svg").length,
    bad: [...document.querySelectorAll(
        "[data-mml-node='merror'], mjx-merror, merror, .problematic, .system-message")].map((e) => e.textContent),
    text: document.querySelector("main").innerText,
    prose: (() => {
        const main = document.querySelector("main").cloneNode(true);
        main.querySelectorAll("pre, code, mjx-container, script").forEach((e) => e.remove());
        return main.textContent;
    })(),
})"""


@pytest.fixture(scope="session")
def pages(browser, book):
    """What was seen of each page: its path below the book -> a dictionary."""
    context = browser.new_context()
    context.set_offline(True)
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
    tab.on("request", lambda request: _local(request.url) or complaints.append(f"from elsewhere: {request.url}"))
    seen = {}
    for path in sorted(book.rglob("*.html")):
        complaints.clear()
        tab.set_viewport_size(SCREENS["wide"][0])
        tab.emulate_media(color_scheme="light")
        tab.goto(path.as_uri())
        _typeset(tab)
        page = tab.evaluate(CONTENT)
        for screen, (size, scheme) in SCREENS.items():
            tab.set_viewport_size(size)
            tab.emulate_media(color_scheme=scheme)
            page[screen] = tab.evaluate(PROBE)
        seen[path.relative_to(book).as_posix()] = {**page, "complaints": list(complaints)}
    context.close()
    return seen


def _local(url):
    return urlsplit(url).scheme in ("file", "data", "blob")


def _typeset(tab):
    """Wait until MathJax, on pages that have it, has set all formulas."""
    tab.evaluate("() => window.MathJax?.startup?.promise")


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


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_scrolls_sideways(pages, screen):
    wide = {name: p[screen]["width"] for name, p in pages.items() if p[screen]["width"][0] > p[screen]["width"][1]}
    assert wide == {}
    assert {name: page[screen]["sticking"] for name, page in pages.items() if page[screen]["sticking"]} == {}


@pytest.mark.parametrize("screen", ["wide", "narrow and dark"])
def test_every_text_stands_out_from_its_background(pages, screen):
    """WCAG 2, level AA: a contrast of at least 4.5, or 3 for large text."""
    assert {name: page[screen]["pale"] for name, page in pages.items() if page[screen]["pale"]} == {}


def test_dark_is_dark(browser, book):
    tab = browser.new_page(color_scheme="dark")
    tab.goto((book / "index.html").as_uri())
    red, green, blue = map(int, re.findall(r"\d+", tab.evaluate("getComputedStyle(document.body).backgroundColor"))[:3])
    assert max(red, green, blue) < 60
    tab.close()


def test_search_finds_a_claim(pages, browser, book):
    name = _claims(pages)[0]
    title = pages[name]["text"].strip().splitlines()[0].removesuffix("#").strip()
    words = " ".join(sorted(re.findall(r"[a-z]{5,}", title.lower()), key=len)[-2:])
    tab = browser.new_page()
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
    tab.close()
