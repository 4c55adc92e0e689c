"""One measurement at every point of a grid of arguments."""

from itertools import product

import numpy as np


def tabulate(function, *axes, **options):
    """Collect by name what `function(*point, **options)` measures at every point of a grid.

    Parameters
    ----------
    function : callable
        Returns a dict of numbers or arrays, with the same names and shapes at each point.
    *axes : sequences
        Values of its positional arguments, none of them empty.
    **options
        Passed on.

    Returns
    -------
    dict of arrays (..., len(axes[0]), len(axes[1]), ...)
        The grid stands on the last axes, so that replicates are last if their numbers are the last of `axes`.
    """
    shape = [len(axis) for axis in axes]
    found = [function(*point, **options) for point in product(*axes)]
    columns = {name: np.moveaxis(np.array([each[name] for each in found]), 0, -1) for name in found[0]}
    return {name: column.reshape(*column.shape[:-1], *shape) for name, column in columns.items()}
