"""What a browser shows of pages, and what it complains about."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

PROBE = Path(__file__).with_name("probe.js").read_text()
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 380, "height": 800}
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# A test needs no sandbox for its own pages (as root, in a container, Chromium would not start with one), and no
# services of its maker's.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser():
    """Return the path of a Chromium or Chrome, or None."""
    found = filter(None, map(shutil.which, NAMES))
    return next(found, str(MAC) if MAC.exists() else None)


@contextmanager
def chromium(path):
    """A headless Chromium, for the thread that opens it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def visit(browser, book, paths):
    """Open each page without a network; return its path below `book` -> what was seen of it.

    Beside what content() in probe.js returns: `complaints` of the browser, what sticks out of the window when it is
    `wide` and when it is `narrow`, and the texts that are too pale when it is `light` and when it is `dark`.
    """
    context = browser.new_context()
    context.set_offline(True)
    context.add_init_script(PROBE)
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
    tab.on("request", lambda request: _local(request.url) or complaints.append(f"from elsewhere: {request.url}"))
    seen = {}
    for path in paths:
        complaints.clear()
        tab.set_viewport_size(WIDE)
        tab.emulate_media(color_scheme="light")
        tab.goto(path.as_uri())
        # Where a page has formulas, wait until MathJax has set them.
        tab.evaluate("() => window.MathJax?.startup?.promise")
        page = tab.evaluate("() => ({...probe.content(), wide: probe.sticking(), light: probe.pale()})")
        tab.set_viewport_size(NARROW)
        page["narrow"] = tab.evaluate("() => probe.sticking()")
        tab.emulate_media(color_scheme="dark")
        page["dark"] = tab.evaluate("() => probe.pale()")
        seen[path.relative_to(book).as_posix()] = page | {"complaints": list(complaints)}
    context.close()
    return seen


def _local(url):
    return urlsplit(url).scheme in ("file", "data", "blob")
