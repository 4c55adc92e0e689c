"""Figures of one style: theory as a line, measurements as points with intervals, controls visibly apart.

Colours are those of Okabe and Ito, which the common kinds of colour blindness keep apart; series differ in marker
as well. Figures are made without pyplot, so nothing depends on a notebook's display backend.
"""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "osD^vP"
CONTROL = "#6b6b6b"
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.dpi": 140,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS),
}
# For the whole notebook, since legends and ticks read their style when they are made, not when the figure is.
matplotlib.rcParams.update(STYLE)


def panels(columns=1, rows=1, *, width=None, height=3.4, **options):
    """Return (figure, axes) in the house style; axes is one Axes, or an array of them.

    `width` and `height` (of a row) are inches; further options go to `Figure.subplots`, e.g. `width_ratios`.
    """
    fig = Figure(figsize=(width or min(4.6 * columns, 10), height * rows), layout="constrained")
    return fig, fig.subplots(rows, columns, **options)


def theory(axes, x, y, label=None, index=0, **options):
    """Draw a prediction as a line in the colour of series `index`."""
    return axes.plot(x, y, color=COLORS[index % len(COLORS)], label=label, zorder=2, **options)


def measured(axes, x, estimate, label=None, index=0, level=0.05, **options):
    """Draw measured points with 1 - `level` intervals in the colour and marker of series `index`."""
    options = {"color": COLORS[index % len(COLORS)], "marker": MARKERS[index % len(MARKERS)], **options}
    return _points(axes, x, estimate, label, level, options)


def control(axes, x, estimate, label=None, level=0.05, **options):
    """Draw what the control measured: grey crosses."""
    return _points(axes, x, estimate, label, level, {"color": CONTROL, "marker": "x", **options})


def wrong_theory(axes, x, y, label=None, **options):
    """Draw the prediction of a wrong theory: a dashed grey line."""
    return axes.plot(x, y, **{"color": CONTROL, "linestyle": "--", "label": label, "zorder": 1.5, **options})


def legend_below(axes, columns=2):
    """Put the legend of each of `axes` below it, where it covers no points, in so many columns."""
    for each in np.ravel(axes):
        each.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=columns)


def _points(axes, x, estimate, label, level, options):
    """Error bars without connecting line; `estimate` is an Estimate, or plain values without intervals."""
    value = np.asarray(getattr(estimate, "value", estimate), dtype=float)
    half = estimate.half_width(level) if hasattr(estimate, "half_width") else None
    options = {"linestyle": "none", "capsize": 2, "elinewidth": 1.2, "zorder": 3, "label": label, **options}
    return axes.errorbar(x, value, yerr=half, **options)


def png(fig):
    """The figure as PNG bytes, the same bytes for the same figure (no time stamp, no version)."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=fig.dpi, metadata={"Software": None})
    return buffer.getvalue()
