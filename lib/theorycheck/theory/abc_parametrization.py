"""How much the features of a wide network move: exponents of the width, from the scales of its parametrization.

An abc-parametrization of a network with L hidden layers of width n has the weights W^l = n^(-a_l) w^l, where
w^l ~ N(0, n^(-2 b_l)) is trained by gradient descent at the rate eta n^(-c), for l = 1 .. L + 1.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Parametrization:
    """Exponents a and b of the layers 1 .. L + 1, and c.

    Replacing (a_l, b_l, c) by (a_l + t, b_l - t, c - 2 t) in all layers changes nothing about the trained network.
    """

    a: tuple
    b: tuple
    c: float

    def __post_init__(self):
        if len(self.a) != len(self.b) or len(self.a) < 2:
            raise ValueError(f"a and b need one entry for each of two or more layers; got {self.a} and {self.b}")

    def hidden_layers(self):
        """L."""
        return len(self.a) - 1

    def backward_exponent(self, later=True, moving_readout=True):
        """g, where the derivatives of the output by an activation of the last hidden layer are of order n^(-g).

        The readout is of order n^(-(a + b)) at first; the first step adds n^(-a) n^(-c) n^(-a).

        Parameters
        ----------
        later : bool
            After the first step.
        moving_readout : bool
            False leaves out what the first step adds (a wrong theory).
        """
        first = self.a[-1] + self.b[-1]
        return min(first, 2 * self.a[-1] + self.c) if later and moving_readout else first

    def change_exponents(self, later=True, *, moving_readout=True, input_layer=True):
        """Exponents -r_l of the change of the pre-activations of the hidden layers.

        A step changes W^m x by n^(-c - 2 a_m) delta^m <x, x>, where delta is of order n^(-g) and the inner product of
        order n, but of order 1 for the network's inputs:

            r_l = min_{m <= l} [g + c - 1 + 2 a_m + 1(m = 1)].

        Parameters
        ----------
        later : bool
            False for the first step alone.
        moving_readout, input_layer : bool
            False for wrong theories: g frozen at its initial value, and no indicator 1(m = 1).

        Returns
        -------
        array (L,)
            0 for features that are learned, negative for kernel dynamics, positive for instability.

        References
        ----------
        G. Yang, E. J. Hu, Feature Learning in Infinite-Width Neural Networks, arXiv:2011.14522, for the space of
        parametrizations; the exponents follow from the orders of magnitude above.
        """
        a = np.array(self.a[:-1], dtype=float)
        own = self.backward_exponent(later, moving_readout) + self.c - 1 + 2 * a
        own[0] += input_layer
        return 0.0 - np.minimum.accumulate(own)

    def gram_exponent(self, later=True):
        """Exponent of the relative change of the last hidden layer's Gram matrix, -min(2 r_L, r_L + 1/2).

        The part that is linear in the change averages over the random signs of n neurons, the quadratic part does not.
        """
        r = -self.change_exponents(later)[-1]
        return -min(2 * r, r + 0.5) + 0.0


def named(name, hidden_layers):
    """A member of the family.

    Parameters
    ----------
    name : str
        "sp" (standard, with c = 1), "sp_unstable" (with c = 0), "ntp" (tangent kernel), "mup" (maximal update),
        "mup_small" (with b = 1 in the readout), or "interp" and a number t in [0, 1], e.g. "interp0.5": a and b are
        1 - t times those of "ntp" and t times those of "mup".
    hidden_layers : int
        L, at least 1.
    """
    if hidden_layers < 1:
        raise ValueError(f"hidden_layers must be at least 1; got {hidden_layers}")
    depth = hidden_layers
    half = (0.5,) * depth
    middle = (0.0,) * (depth - 1)
    members = {
        "sp": Parametrization((0.0,) * (depth + 1), (0.0, *half), 1.0),
        "sp_unstable": Parametrization((0.0,) * (depth + 1), (0.0, *half), 0.0),
        "ntp": Parametrization((0.0, *half), (0.0,) * (depth + 1), 0.0),
        "mup": Parametrization((-0.5, *middle, 0.5), (0.5, *half), 0.0),
        "mup_small": Parametrization((-0.5, *middle, 0.5), (*half, 1.0), 0.0),
    }
    if name in members:
        return members[name]
    try:
        t = float(name.removeprefix("interp"))
    except ValueError:
        t = -1.0
    if not name.startswith("interp") or not 0 <= t <= 1:
        raise ValueError(f"unknown parametrization {name!r}: use {', '.join(members)} or interp with t in [0, 1]")
    start, end = members["ntp"], members["mup"]
    a, b = (
        tuple((1 - t) * u + t * v for u, v in zip(x, y, strict=True)) for x, y in ((start.a, end.a), (start.b, end.b))
    )
    return Parametrization(a, b, 0.0)
