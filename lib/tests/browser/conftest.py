"""The book in a real browser. Without a Chromium these tests cannot run, and say so at the end of the test run."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from visit import chromium, find_browser, visit

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def browser_path():
    """The path of a Chromium or Chrome."""
    path = find_browser()
    if path is None:
        if os.environ.get("THEORYCHECK_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium or Chrome found, and THEORYCHECK_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium or Chrome found")
    return path


@pytest.fixture
def tab(browser_path):
    """An empty tab of a headless Chromium."""
    with chromium(browser_path) as browser:
        yield browser.new_page()


@pytest.fixture(scope="session")
def pages(browser_path, book):
    """What was seen of each page of the book: its path below the book -> a dictionary."""
    paths = sorted(book.rglob("*.html"))
    workers = min(os.cpu_count() or 1, len(paths))

    def look(share):
        with chromium(browser_path) as browser:
            return visit(browser, book, share)

    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(look, [paths[i::workers] for i in range(workers)])
        return dict(sorted(seen for share in shares for seen in share.items()))


@pytest.fixture(scope="session")
def book():
    """The folder of the book of this repository, built if it is not up to date."""
    command = Path(sys.executable).with_name("theorycheck")
    done = subprocess.run([command, "book"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return REPOSITORY / "build" / "book"
