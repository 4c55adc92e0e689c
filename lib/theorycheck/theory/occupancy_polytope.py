r"""Geometry of the occupancy measures of a finite Markov decision process.

With transitions $\tau(s'|s,a)$, start law $\mu$ and discount $\gamma$ the discounted state-action occupancies form the
polytope $\Omega=\{x\ge0:Mx=\mu\}$ in $\mathbb R^{SA}$, where
$(Mx)_{s'}=\sum_ax(s',a)-\gamma\sum_{s,a}\tau(s'|s,a)x(s,a)$. The value of a policy is linear in its occupancy, so only
the part of a reward in $V=\ker M$, of dimension S(A-1), tells policies apart. State-action pairs are flattened with the
action last.
"""

from itertools import product

import numpy as np
from scipy import linalg, spatial


def _flow(transition, gamma):
    """The matrix M, (S, S A)."""
    states, actions, _ = transition.shape
    stay = np.repeat(np.eye(states), actions, axis=1)
    return stay - gamma * transition.reshape(states * actions, states).T


def vertices(transition, start, gamma):
    """Occupancies of all deterministic policies, which span the polytope.

    Parameters
    ----------
    transition : array (S, A, S)
        Laws of the next state.
    start : array (S,)
    gamma : float
        Discount, 0 <= gamma < 1.

    Returns
    -------
    array (A**S, S A)
    """
    states, actions, _ = transition.shape
    flow = _flow(transition, gamma)
    columns = np.array(list(product(range(actions), repeat=states))) + actions * np.arange(states)
    occupancies = np.zeros((len(columns), states * actions))
    for row, chosen in zip(occupancies, columns, strict=True):
        row[chosen] = linalg.solve(flow[:, chosen], start)
    return occupancies


def directions(transition, gamma):
    """Orthonormal basis of the directions V = ker M along which occupancies differ: array (S A, S (A - 1))."""
    return linalg.null_space(_flow(transition, gamma))


def radii(occupancies, basis):
    r"""Radii of the largest ball inside and of the smallest ball around $D=\Omega-\Omega$, both centred at 0 in V.

    The inner one is the least distance of a facet of the convex hull of the vertex differences, the outer one the
    largest distance between two vertices.

    Parameters
    ----------
    occupancies : array (n, m)
        Vertices, whose differences lie in the span of `basis`.
    basis : array (m, k)
        Orthonormal columns, k >= 2.

    Returns
    -------
    (float, float)
    """
    points = occupancies @ basis
    differences = (points[:, None] - points)[~np.eye(len(points), dtype=bool)]
    outer = np.linalg.norm(differences, axis=1).max()
    hull = spatial.ConvexHull(differences)
    return float(-hull.equations[:, -1].max()), float(outer)


def width(occupancies, reward):
    r"""Range of values $h_D(r)=\max_\Omega\langle r,x\rangle-\min_\Omega\langle r,x\rangle$ of rewards (..., S A)."""
    values = np.asarray(reward) @ occupancies.T
    return values.max(axis=-1) - values.min(axis=-1)


def section_width(occupancies, reward, normal):
    r"""Width of D in the hyperplane orthogonal to a reward: $\max\{\langle r,z\rangle:z\in D,\langle n,z\rangle=0\}$.

    By duality this is $\min_\lambda h_D(r-\lambda n)$, a convex piecewise linear function of one number, whose minimum
    is found among its break points.

    Parameters
    ----------
    occupancies : array (n, m)
    reward, normal : arrays (m,)
        r and n.
    """
    a, b = occupancies @ reward, occupancies @ normal
    first, second = np.triu_indices(len(a), 1)
    gap = b[first] - b[second]
    distinct = np.abs(gap) > 1e-12 * np.abs(b).max()
    breaks = (a[first] - a[second])[distinct] / gap[distinct]
    values = a - breaks[:, None] * b
    return float((values.max(axis=1) - values.min(axis=1)).min())


def levelling_condition(transition, gamma):
    r"""Condition number on V of $T:r\mapsto r-M^\top V^\pi(r)$, with $V^\pi$ the values of the uniform policy.

    Value-adjusted levelling sends every reward r to T(P r), where P projects onto V: a reward orthogonal to V is
    $M^\top\Phi$, and its values are $\Phi$.
    """
    states, actions, _ = transition.shape
    flow, uniform = _flow(transition, gamma), np.repeat(np.eye(states), actions, axis=1) / actions
    # r - M' V with V solving (average over actions of M') V = average of r.
    levelled = np.eye(states * actions) - flow.T @ np.linalg.solve(uniform @ flow.T, uniform)
    return float(np.linalg.cond(levelled @ directions(transition, gamma)))
