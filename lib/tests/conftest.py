"""For all tests: tests that did not run for want of a browser are said to have not run, where nobody overlooks it."""

from hypothesis import settings

# The machines are shared and noisy: no test asserts a time, hypothesis' own deadline included.
settings.register_profile("theorycheck", deadline=None)
settings.load_profile("theorycheck")


def pytest_terminal_summary(terminalreporter):
    """Say at the end how many browser tests did not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "tests/browser/" in report.nodeid]
    if skipped:
        terminalreporter.write_line(
            f"NOT RUN: {len(skipped)} browser tests, because no Chromium or Chrome was found. The book was not read in "
            "a browser. Install one (Debian: apt-get install chromium) to run them.",
            yellow=True,
            bold=True,
        )
