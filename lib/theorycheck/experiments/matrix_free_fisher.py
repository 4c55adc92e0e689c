"""Products with the inverse of F = lambda I + (1/m) sum_i g_i g_i^T, from the gradients alone.

All arithmetic goes through an `Arithmetic`, which counts multiply-adds and remembers the largest array. Pivots are
delta_i = m + g_i^T v_i, where v_i is g_i times the inverse of the F of the first i - 1 gradients; `pivot` replaces m.
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

    def __init__(self, G, lam, arithmetic, *, pivot=None):
        self.lam, self.op, m = G.dtype.type(lam), arithmetic, len(G)
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

    def __init__(self, G, lam, arithmetic, *, pivot=None):
        self.G, self.lam, self.op = G.copy(), G.dtype.type(lam), arithmetic
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
        self.K[j] = self.K[:, j] = self.op.matvec(self.G, g)
        if not stale:
            self._rebuild()

    def product(self, x):
        """F^{-1} x."""
        share = self.op.scaled(self.op.triangular(self.B, self.op.matvec(self.G, x)), 1 / self.delta)
        inner = self.op.triangular(self.B, share, transposed=True)
        return self.op.scaled(x, 1 / self.lam) - self.op.matvec(self.G.T, inner)


class DenseInverse:
    """The d x d inverse of F itself, kept by rank-one downdates and updates (Sherman and Morrison)."""

    def __init__(self, G, lam, arithmetic):
        self.G, self.op = G.copy(), arithmetic
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


def count_operations(G):
    """Multiply-adds of each operation by the gradients G (m x d), and the size of the largest array without F^{-1}.

    Returns
    -------
    dict of ints: set-up, product and entry of the static recursion, update and product of the dynamic one, largest
    array of both, and the update of a dense inverse
    """
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
