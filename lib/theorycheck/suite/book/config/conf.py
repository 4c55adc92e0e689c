"""Sphinx configuration of the book. Its sources are generated (see ../sources.py); nothing is executed."""

from importlib import resources

project = "theorycheck"
author = "The theorycheck authors"
extensions = ["myst_nb", "sphinxcontrib.bibtex", "sphinx.ext.mathjax"]
exclude_patterns = ["downloads"]  # the notebooks as accepted, for downloading; the pages are made from them

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True  # $$ within a paragraph, as Jupyter reads it
bibtex_reference_style = "author_year"
numfig = False

# One file of MathJax 3.2.2, with every TeX extension in it and no font to load: it works from a file, without a
# network. The package holds MathJax's own files, unchanged (a test compares the hash).
MATHJAX = resources.files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js"
mathjax_path = MATHJAX.name
mathjax3_config = {
    "options": {"enableMenu": False, "enableAssistiveMml": True},
    # Without noerrors and noundefined a mistake in a formula is marked as an error, which the browser tests find.
    "tex": {"packages": {"[-]": ["noerrors", "noundefined"]}},
}

html_theme = "sphinx_book_theme"
html_title = "theorycheck"
templates_path = ["templates"]
html_static_path = ["static", str(MATHJAX)]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_use_index = False
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "search_bar_text": "Search claims",
    "footer_content_items": "",
}
