"""Quadratics with a bound constraint and an l1 term: their minimizers."""

import numpy as np


def box_l1_minimizer(a, b, radius, l1=0.0, *, tolerance=1e-14, max_steps=100_000):
    """Minimizer of x^T a x / 2 - b^T x + l1 ||x||_1 subject to ||x||_inf <= radius.

    Accelerated proximal gradient with restarts whenever the momentum points uphill; the prox of the l1 term and the
    box is soft thresholding followed by clipping, since both are separable.

    Parameters
    ----------
    a : array (..., d, d)
        Symmetric positive definite.
    b : array (..., d)
    radius : float
        At least 0.
    l1 : float or array that broadcasts to b
        Weight of the l1 norm, at least 0.

    Returns
    -------
    array (..., d)

    Raises
    ------
    RuntimeError
        If a prox-gradient step still moves by more than `tolerance` * radius after `max_steps` steps.

    Notes
    -----
    `scipy.optimize.lsq_linear(..., method="bvls")` solves the case l1 = 0 one problem at a time.
    """
    step = 1 / np.linalg.eigvalsh(a)[..., -1:]
    x = z = np.zeros_like(b)
    age = np.ones((*b.shape[:-1], 1))
    for _ in range(max_steps):
        forward = z - step * (np.einsum("...ij,...j->...i", a, z) - b)
        new = np.clip(np.sign(forward) * np.maximum(np.abs(forward) - step * l1, 0), -radius, radius)
        moved = np.abs(new - z).max()
        if moved <= tolerance * radius:
            return new
        uphill = ((z - new) * (new - x)).sum(axis=-1, keepdims=True) > 0
        age = np.where(uphill, 1.0, age)
        older = (1 + np.sqrt(1 + 4 * age**2)) / 2
        z = new + np.where(uphill, 0.0, (age - 1) / older) * (new - x)
        x, age = new, older
    raise RuntimeError(f"box_l1_minimizer: a step still moves by {moved:g} after {max_steps} steps")
