r"""Linear rewards with a uniform error: how well a needle hides, and what a net of sparse directions guarantees.

Action a has a feature $\phi_a$ and pays $\langle\phi_a,\theta^*\rangle+\nu_a$ with $|\nu_a|\le\epsilon$, without
noise.
"""

import math

import numpy as np
from scipy import special


def sphere_tail(s, gamma):
    r"""Probability that two random unit vectors in R^s have an inner product larger than $\gamma$ in absolute value.

    The squared inner product has the law Beta(1/2, (s-1)/2), so this is $I_{1-\gamma^2}(\frac{s-1}2,\frac12)$.

    Parameters
    ----------
    s : int or array
        Dimension, at least 2.
    gamma : float
        In (0, 1).
    """
    return special.betainc((np.asarray(s) - 1) / 2, 0.5, 1 - gamma**2)


def needle_actions(s, gamma):
    r"""Number of random actions $k=\lfloor\ln2/(-\ln(1-p_s(\gamma)))\rfloor$, one of which is hidden half the time.

    Grows like $(1-\gamma^2)^{-s/2}$, up to a power of s. Returns an int or an array of ints.
    """
    k = np.floor(np.log(2) / -np.log1p(-sphere_tail(s, gamma))).astype(int)
    return int(k) if k.ndim == 0 else k


def hidden_probability(s, gamma, k):
    r"""Probability $(1-p_s(\gamma))^{k-1}$ that none of k - 1 inner products with the needle exceeds $\gamma$."""
    return (1 - sphere_tail(s, gamma)) ** (np.asarray(k) - 1)


def net_size(d, s, epsilon):
    r"""Points of an $\epsilon$-net of the unit vectors with at most s of d coordinates, for s = 1 and s = 2.

    Signed coordinate vectors for s = 1; for s = 2 on each pair of coordinates a circle of $\lceil\pi/\epsilon\rceil$
    points, of which one is within angle $\epsilon$ of any other point of it.
    """
    if s not in (1, 2):
        raise ValueError(f"s must be 1 or 2; got {s}")
    return 2 * d if s == 1 else math.comb(d, 2) * math.ceil(math.pi / epsilon)


def net_guarantee(epsilon, radius):
    r"""Suboptimality $2\rho+2\epsilon$ of the best action of a net of radius $\rho$, for actions in the unit ball.

    Let h be the net point nearest to $\theta^*$. Its best action $a_h$ pays at least
    $\langle a_h,h\rangle-\rho-\epsilon\ge\langle a,h\rangle-\rho-\epsilon\ge r(a)-2\rho-2\epsilon$ for every a.
    """
    return 2 * radius + 2 * epsilon


def least_squares_loss(d, epsilon):
    r"""Suboptimality $0.98\epsilon\sqrt{d-1}$ of least squares on coordinate actions whose errors conspire.

    It takes the action $(0,1,\dots,1)/\sqrt{d-1}$, whose estimated reward $\epsilon\sqrt{d-1}$ exceeds that of the best
    action, $0.98\epsilon\sqrt{d-1}$, and which pays nothing.
    """
    return 0.98 * epsilon * np.sqrt(np.asarray(d) - 1)
