"""A small claim, and what stands around it in a project."""

import sys
import textwrap
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from theorycheck.suite import notebooks, readme

COMMAND = Path(sys.executable).with_name("theorycheck")
REPOSITORY = Path(__file__).parents[3]
NOTEBOOK = "notebooks/averages/mean-of-draws.ipynb"
FIGURE = "figures/averages/mean-of-draws.png"

CELLS = [
    (
        "statement",
        r"""
        # Averages fluctuate as the inverse square root of their number

        For independent $X_i$ of mean 0 and variance 1, and $\operatorname{Var}$ finite,

        $$
        \begin{aligned}
        \mathbb E\,\bigl|\tfrac1n\textstyle\sum_i X_i\bigr| &\sim \sqrt{\tfrac{2}{\pi n}} .
        \end{aligned}
        $$

        Laplace, *A theory*, 1810.""",
    ),
    (
        "parameters",
        """
        widths = [16, 64, 256]  # numbers of draws $n$
        replicates = 200  # independent repetitions
        law = "normal"  # law of the draws
        seed = 0  # seed of all random numbers""",
    ),
    (
        "setup",
        """
        import numpy as np
        from formulas import exponent

        from theorycheck import figures, rules, statistics
        from theorycheck.claim import Claim
        from theorycheck.parameters import Choice, Increasing, Integer
        from theorycheck.seeds import generator

        claim = Claim(
            slug="mean-of-draws",
            field="averages",
            title="Averages fluctuate as the inverse square root of their number",
            paper="laplace1810theory",
            kind="rate",
            evidence="theorem",
            parameters={
                "widths": Increasing(Integer(2, 4096), min_length=2, full=[16, 64, 256, 1024]),
                "replicates": Integer(2, 5000),
                "law": Choice("normal", "uniform"),
                "seed": Integer(0),
            },
        )
        claim.check_parameters(globals())""",
    ),
    (
        "prediction",
        """
        predicted = exponent()
        claim.table({"exponent": predicted})""",
    ),
    (
        "experiment",
        """
        def errors(n, power):
            draws = generator(seed, "draws", n).normal(size=(replicates, n))
            return np.abs(draws.sum(axis=1)) / n**power


        spread = np.array([errors(n, 1) for n in widths])
        claim.table({"n": widths, "mean error": statistics.mean(spread)})""",
    ),
    (
        "figure",
        """
        fig, axes = figures.panels()
        n = np.array(widths)
        figures.theory(axes, n, np.sqrt(2 / np.pi) * n**predicted, "theory")
        figures.measured(axes, n, statistics.mean(spread), "measured")
        axes.set(xscale="log", yscale="log", xlabel="number of draws n", ylabel="mean error")
        claim.figure(fig, alt="The measured errors lie on the line of the theory.")""",
    ),
    (
        "checks",
        """
        tolerance = {"tolerance": 0.1, "because": "the law is exact at every n"}
        claim.evidence("exponent", rules.rate(widths, spread, predicted=predicted, **tolerance))
        sums = np.array([errors(n, 0) for n in widths])
        claim.control("sums", rules.rate(widths, sums, predicted=predicted, **tolerance))
        claim.scalar("largest", statistics.mean(spread)[0])""",
    ),
    ("verdict", "claim.verdict()"),
    ("meaning", "The averages shrink as predicted at these sizes."),
]

BIBLIOGRAPHY = """
@article{laplace1810theory,
  author = {Laplace, Pierre-Simon},
  title = {A theory},
  journal = {Proceedings},
  year = {1810},
}
"""


def make_notebook():
    """The claim's notebook without outputs."""
    cells = []
    for name, text in CELLS:
        new_cell = new_markdown_cell if name in ("statement", "meaning") else new_code_cell
        tags = {"tags": ["parameters"]} if name == "parameters" else {}
        cells.append(new_cell(textwrap.dedent(text).strip(), id=name, metadata=tags))
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


FILES = {
    "formulas/formulas.py": "def exponent():\n    return -0.5\n",
    "requirements.txt": "",
    "README.md": f"# Claims\n\n{readme.BEGIN}\n{readme.END}\n\nThe end.\n",
    "notebooks/averages/index.md": "# Averages\n\nStart with [the mean](mean-of-draws.ipynb).\n",
    "notebooks/references.bib": BIBLIOGRAPHY,
}


def read_infos(root):
    """What the notebooks of a project say about themselves."""
    infos, errors = notebooks.discover(root)
    assert not errors
    return infos
