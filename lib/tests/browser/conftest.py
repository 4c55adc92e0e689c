"""The book in a real browser. Without a Chromium these tests cannot run, and say so at the end of the test run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
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


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    path = find_browser()
    if path is None:
        if os.environ.get("THEORYCHECK_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium or Chrome found, and THEORYCHECK_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium or Chrome found")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book():
    """The folder of the book of this repository, built if it is not up to date."""
    command = Path(sys.executable).with_name("theorycheck")
    done = subprocess.run([command, "book"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return REPOSITORY / "build" / "book"
