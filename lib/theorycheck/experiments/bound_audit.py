"""Book-keeping of an audit of bounds: what each promised of a classifier, and what was true."""

import numpy as np


class BoundAudit:
    """Bounds and exact risks by name.

    Attributes
    ----------
    bounds, risks : dict of str to array (worlds, reps)
        What the bound said of the classifier learned from each sample in each world, and that classifier's exact risk.
    """

    def __init__(self):
        self.bounds, self.risks = {}, {}

    def record(self, name, candidates, risks):
        """Enter a bound, or the smallest of several for each sample and world, with the risk of what it speaks of.

        Parameters
        ----------
        name : str
        candidates, risks : arrays (reps, worlds) or (choices, reps, worlds)
        """
        candidates, risks = (np.reshape(a, (-1, *np.shape(a)[-2:])) for a in (candidates, risks))
        if candidates.shape != risks.shape:
            raise ValueError(f"{name}: {candidates.shape} bounds on {risks.shape} risks")
        best = np.argmin(candidates, axis=0)[None]
        self.bounds[name], self.risks[name] = (np.take_along_axis(a, best, axis=0)[0].T for a in (candidates, risks))

    def medians(self, names):
        """Medians over the samples, bound and risk: array (2, names, worlds)."""
        return np.array([[np.median(of[name], axis=-1) for name in names] for of in (self.bounds, self.risks)])

    def failures(self, name):
        """The number of samples on which the bound lies below the risk, in the world where there are most."""
        return int(np.sum(self.bounds[name] < self.risks[name], axis=-1).max())
