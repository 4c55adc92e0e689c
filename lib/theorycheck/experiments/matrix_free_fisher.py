"""Products with the inverse of F = lambda I + (1/m) sum_i g_i g_i^T, from the gradients alone.

All arithmetic goes through an `Arithmetic`, which counts multiply-adds and remembers the largest array. Pivots are
delta_i = m + g_i^T v_i, where v_i is g_i times the inverse of the F of the first i - 1 gradients; `pivot` replaces m.
Vectors are rounded to the precision of the gradients that a method was given.
"""

import numpy as np
from scipy import linalg


class Arithmetic:
    """Counted operations on arrays: `count` multiply-adds so far (a division is one), `largest` size of an array."""

    def __init__(self):
        self.count = self.largest = 0

    def _note(self, count, *arrays):
        self.count += count
        self.largest = max(self.largest, *(array.size for array in arrays))

    def scaled(self, a, factor):
        """Elementwise a * factor; `factor` is a number or shaped like a."""
        out = a * factor
        self._note(a.size, out)
        return out

    def matvec(self, A, x):
        """A @ x, for A (p, q) and x (q,)."""
        out = A @ x
        self._note(A.size, A, x, out)
        return out

    def dot(self, a, b):
        """Inner product of vectors."""
        self._note(a.size, a, b)
        return a @ b

    def triangular(self, B, x, transposed=False):
        """B @ x or B.T @ x for lower triangular B (q, q), by BLAS: q (q + 1)/2 multiply-adds."""
        (trmv,) = linalg.get_blas_funcs(("trmv",), (B, x))
        self._note(x.size * (x.size + 1) // 2, B, x)
        return trmv(B, x, lower=1, trans=int(transposed))


class StaticFisher:
    """The static recursion: stores v_1, ..., v_m (m x d) and the pivots."""

    def __init__(self, G, lam, arithmetic=None, *, pivot=None):
        self.lam, self.op, m = G.dtype.type(lam), arithmetic or Arithmetic(), len(G)
        pivot = m if pivot is None else pivot
        self.v, self.delta = np.empty_like(G), np.empty(m, dtype=G.dtype)
        for i, g in enumerate(G):
            v = self.op.scaled(g, 1 / self.lam)
            if i:
                share = self.op.scaled(self.op.matvec(self.v[:i], g), 1 / self.delta[:i])
                v = v - self.op.matvec(self.v[:i].T, share)
            self.v[i], self.delta[i] = v, pivot + self.op.dot(g, v)

    def product(self, x):
        """F^{-1} x."""
        x = np.asarray(x, dtype=self.v.dtype)
        share = self.op.scaled(self.op.matvec(self.v, x), 1 / self.delta)
        return self.op.scaled(x, 1 / self.lam) - self.op.matvec(self.v.T, share)

    def entry(self, a, b):
        """(F^{-1})_{ab}."""
        return (a == b) / self.lam - self.op.dot(self.op.scaled(self.v[:, a], 1 / self.delta), self.v[:, b])

    def log_determinant(self):
        """d log lambda + sum_i log(delta_i/m)."""
        return self.v.shape[1] * np.log(self.lam) + np.log(self.delta / len(self.v)).sum()


class WindowFisher:
    """The dynamic recursion: stores the gradients, their Gram matrix K, the pivots and B with v_i = sum_j B_ij g_j."""

    def __init__(self, G, lam, arithmetic=None, *, pivot=None):
        self.G, self.lam, self.op = G.copy(), G.dtype.type(lam), arithmetic or Arithmetic()
        self.pivot = len(G) if pivot is None else pivot
        self.K = np.stack([self.op.matvec(G, g) for g in G])
        self._rebuild()

    def _rebuild(self):
        """D by elimination of K / lambda, row by row above the diagonal, and B by the same multipliers."""
        m = len(self.K)
        D, self.delta = np.zeros_like(self.K), np.empty(m, dtype=self.K.dtype)
        self.B = np.zeros_like(self.K)
        for i in range(m):
            row = self.op.scaled(self.K[i, i:], 1 / self.lam)
            if i:
                share = self.op.scaled(D[:i, i], 1 / self.delta[:i])
                row = row - self.op.matvec(D[:i, i:].T, share)
                self.B[i, :i] = -self.op.triangular(self.B[:i, :i], share, transposed=True)
            D[i, i:], self.B[i, i] = row, 1 / self.lam
            self.delta[i] = self.pivot + row[0]

    def replace(self, j, g, *, stale=False):
        """Put g in the place of the j-th gradient; `stale` leaves out what must be recomputed."""
        self.G[j] = g
        self.K[j] = self.K[:, j] = self.op.matvec(self.G, self.G[j])
        if not stale:
            self._rebuild()

    def product(self, x):
        """F^{-1} x."""
        x = np.asarray(x, dtype=self.G.dtype)
        share = self.op.scaled(self.op.triangular(self.B, self.op.matvec(self.G, x)), 1 / self.delta)
        inner = self.op.triangular(self.B, share, transposed=True)
        return self.op.scaled(x, 1 / self.lam) - self.op.matvec(self.G.T, inner)


class DenseInverse:
    """The d x d inverse of F itself, kept by rank-one downdates and updates (Sherman and Morrison)."""

    def __init__(self, G, lam, arithmetic=None):
        self.G, self.op = G.copy(), arithmetic or Arithmetic()
        self.inverse = np.linalg.inv(lam * np.eye(G.shape[1]) + G.T @ G / len(G))

    def replace(self, j, g):
        """Put g in the place of the j-th gradient."""
        for sign, vector in ((-1, self.G[j].copy()), (1, g)):
            image = self.op.matvec(self.inverse, vector)
            scale = -sign / (len(self.G) + sign * self.op.dot(vector, image))
            self.inverse += self.op.scaled(np.outer(image, image), scale)
        self.G[j] = g

    def product(self, x):
        """F^{-1} x."""
        return self.op.matvec(self.inverse, x)


def count_operations(sizes):
    """Multiply-adds of each operation, and the size of the largest array without F^{-1}, whatever the gradients.

    Parameters
    ----------
    sizes : array (k, 2)
        Numbers of variables d and of gradients m.

    Returns
    -------
    dict of lists of k ints: set-up, product and entry of the static recursion, update and product of the dynamic one,
    largest array of both, and the update of a dense inverse
    """
    found = [_count(np.eye(m, d)) for d, m in sizes]
    return {name: [counts[name] for counts in found] for name in found[0]}


def _count(G):
    op, counts = Arithmetic(), {}

    def counted(name, function, *arguments):
        before, result = op.count, function(*arguments)
        counts[name] = op.count - before
        return result

    static = counted("set-up", StaticFisher, G, 1.0, op)
    counted("product", static.product, G[0])
    counted("entry", static.entry, 0, 1)
    window = WindowFisher(G, 1.0, op)
    counted("update", window.replace, 0, G[1])
    counted("window product", window.product, G[0])
    counts["largest array"] = op.largest
    counted("dense update", DenseInverse(G, 1.0, op).replace, 0, G[1])
    return counts


def errors(G, lam, cases, entries, log_determinant, *, pivot=None, dtype="float64"):
    """What rounding does to both recursions, which get G (m, d) in the precision `dtype`.

    Parameters
    ----------
    cases : list of pairs of arrays (d,)
        x and the exact F^{-1} x.
    entries : dict
        (F^{-1})_{ab} by (a, b).
    log_determinant : float
        Of F.

    Returns
    -------
    dict
        "products": relative errors, (cases, 2), of the static and the dynamic product; "entries": the largest error
        over u/lam, u the machine precision of doubles; "log det": the error per gradient.
    """
    static, window = (kind(G.astype(dtype), lam, pivot=pivot) for kind in (StaticFisher, WindowFisher))
    off = max(abs(static.entry(a, b) - exact) for (a, b), exact in entries.items())
    return {
        "products": [[relative_error(f.product(x), exact) for f in (static, window)] for x, exact in cases],
        "entries": off * lam / np.finfo(float).eps,
        "log det": (static.log_determinant() - log_determinant) / len(G),
    }


def orthogonal_part(z, G):
    """The part of z (d,) that is orthogonal to the rows of G (m, d), m < d."""
    for _ in range(2):  # the second time removes what rounding has left in the span
        z = z - G.T @ np.linalg.lstsq(G.T, z, rcond=None)[0]
    return z


def relative_error(found, exact):
    """||found - exact||/||exact||."""
    return np.linalg.norm(found - exact) / np.linalg.norm(exact)


def off_order(errors, orders, factor):
    """How many errors lie further than `factor` from their order, or are no numbers; the arrays broadcast."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return int((~(np.abs(np.log(errors / orders)) <= np.log(factor))).sum())


def slide(rng, m, d, lam, steps, *, every=10, pivot=None, dtype="float64", stale=False):
    """Slide a window over N(0, I) gradients: in each step a new one takes the place of the oldest.

    Parameters
    ----------
    rng : Generator
        Draws a gradient in each step; the caller may draw from it between the pauses.
    m, d, steps, every : int
        Gradients in the window, variables, replacements, and the steps from one pause to the next.
    pivot, dtype
        Of the window; the dense inverse has double precision.
    stale : bool
        Leave the factors of the window as they were in the steps that end in a pause.

    Yields
    ------
    (array (m, d), WindowFisher, DenseInverse), every `every` steps
        The gradients, which the caller must not change, and the two methods after the replacement.
    """
    G = rng.normal(size=(m, d))
    window, dense = WindowFisher(G.astype(dtype), lam, pivot=pivot), DenseInverse(G, lam)
    for step in range(1, steps + 1):
        j, pause = (step - 1) % m, step % every == 0
        G[j] = rng.normal(size=d)
        window.replace(j, G[j], stale=stale and pause)
        dense.replace(j, G[j])
        if pause:
            yield G, window, dense


def drifts(errors, factor=3.0, ends=4):
    """Whether errors (times, ...) change by more than `factor` from the first `ends` to the last, geometric means.

    Returns
    -------
    bool array (...)
    """
    logs = np.log(errors)
    return np.abs(logs[-ends:].mean(axis=0) - logs[:ends].mean(axis=0)) > np.log(factor)
