"""A page with every defect, so that no check of the book can be blind to the one it looks for."""

import pytest
from visit import chromium, visit

BAD = r"""<!DOCTYPE html>
<html><head><title>bad</title><script src="missing.js"></script></head>
<body style="margin: 0; background: white; color: black">
<main>
  <p>A formula \(x^2\) that nobody set: <span class="math">\(x^2\)</span></p>
  <p style="color: #aaa">Too pale to read.</p>
  <div style="width: 700px; height: 1em">too wide for a phone</div>
  <div style="overflow-x: auto"><div style="width: 700px">wide, but scrolls in a box of its own</div></div>
  <img src="missing.png" alt="">
  <img src="https://example.org/picture.png" alt="a picture from elsewhere">
  <script>throw new Error("broken script");</script>
</main>
</body></html>
"""


@pytest.fixture(scope="module")
def seen(browser_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    (folder / "bad.html").write_text(BAD)
    with chromium(browser_path) as browser:
        return visit(browser, folder, [folder / "bad.html"])["bad.html"]


def test_complaints_of_the_browser_are_heard(seen):
    complaints = "\n".join(seen["complaints"])
    for part in ("broken script", "missing.js", "missing.png", "from elsewhere: https://example.org/picture.png"):
        assert part in complaints


def test_images_and_formulas_that_are_not_there_are_seen(seen):
    assert [image["loaded"] for image in seen["images"]] == [False, False]
    assert (seen["formulas"], seen["typeset"]) == (1, 0)
    assert r"\(x^2\)" in seen["prose"]


def test_what_sticks_out_is_seen_and_what_scrolls_is_not(seen):
    assert seen["wide"] == []
    assert "700 pixels wide in 380" in seen["narrow"][0]
    assert [line for line in seen["narrow"] if "too wide for a phone" in line]
    assert not [line for line in seen["narrow"] if "scrolls in a box" in line]


def test_pale_text_is_seen(seen):
    [line] = seen["light"]
    assert "Too pale to read" in line and "contrast 2.3" in line
