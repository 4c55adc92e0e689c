r"""Binary classifiers, trained on many samples and several labellings of each.

Points have shape (..., n, d), and leading axes count samples. Labels in {-1, +1} have shape (..., n), or
(..., W, n) for W labellings of the same points; then W classifiers are trained on each sample, and their axis stands
after those of the samples. Linear classifiers are homogeneous, $x\mapsto\mathrm{sign}(w^\top x)$.
"""

import functools

import numpy as np
from scipy import special
from sklearn.svm import SVC


def _for_each_sample(learner):
    """Let a learner of one sample, points (n, d), take any number: one at a time, so that each stays in cache."""

    @functools.wraps(learner)
    def learn(points, labels, *settings, **named):
        if points.ndim == 2:
            return learner(points, labels, *settings, **named)
        learned = [learn(x, y, *settings, **named) for x, y in zip(points, labels, strict=True)]
        return tuple(map(np.stack, zip(*learned, strict=True))) if isinstance(learned[0], tuple) else np.stack(learned)

    return learn


def unit(w):
    """The vectors w (..., d), scaled to length 1."""
    return w / np.linalg.norm(w, axis=-1, keepdims=True)


@_for_each_sample
def logistic_regression(points, labels, ridge, steps=12):
    r"""Minimizers of $\frac1n\sum_i\ln(1+e^{-y_iw^\top x_i})+\frac\lambda2\|w\|^2$, by Newton's method from
    0.

    Parameters
    ----------
    points, labels : arrays (..., n, d) and (..., n) or (..., W, n)
    ridge : float
        $\lambda>0$.
    steps : int
        Newton steps.

    Returns
    -------
    w : array (..., d) or (..., W, d)

    Raises
    ------
    RuntimeError
        If the gradient is longer than 1e-8 after the last step.
    """
    n, d = points.shape
    w = np.zeros((*labels.shape[:-1], d))
    for _ in range(steps):
        slope = special.expit(-labels * (w @ points.T))
        gradient = ridge * w - (labels * slope) @ points / n
        if np.abs(gradient).max() < 1e-12:
            break
        hessian = points.T @ ((slope * (1 - slope))[..., None] * points) / n + ridge * np.eye(d)
        w = w - np.linalg.solve(hessian, gradient[..., None])[..., 0]
    if np.linalg.norm(gradient, axis=-1).max() > 1e-8:
        raise RuntimeError(f"logistic regression: not at the minimum after {steps} Newton steps")
    return w


@_for_each_sample
def hinge_machine(points, labels, ridge, tolerance=1e-8, steps=3000):
    r"""Support vector machines without bias: minimizers of $\frac1n\sum_i\max(0,1-y_iw^\top x_i)+\lambda\|w\|^2$.

    Accelerated projected ascent with restarts on the dual, $\max_{0\le a\le1}\frac1n\sum_ia_i-\lambda\|w_a\|^2$ with
    $w_a=\frac1{2\lambda n}\sum_ia_iy_ix_i$, from a = 1 (the solution where no margin exceeds 1), until the duality gap
    certifies that the objective is within `tolerance` of the minimum, and so w within $\sqrt{tolerance/\lambda}$ of the
    minimizer.

    Returns
    -------
    w : array (..., d) or (..., W, d)

    Raises
    ------
    RuntimeError
        If the gap is larger than `tolerance` after the last step.
    """
    n = len(points)
    # The dual has gradient (1 - margin)/n, and curvature at most the covariance's largest eigenvalue over 2 lambda n.
    rate = 2 * ridge / np.linalg.norm(points.T @ points / n, 2)

    def primal(a):
        w = (labels * a) @ points / (2 * ridge * n)
        return w, 1 - labels * (w @ points.T)

    a = ahead = np.ones(labels.shape)
    momentum = np.ones((*labels.shape[:-1], 1))
    for step in range(steps):
        if step % 10 == 0:
            w, slack = primal(a)
            gap = np.maximum(slack, 0).mean(axis=-1) + 2 * ridge * (w**2).sum(axis=-1) - a.mean(axis=-1)
            if gap.max() <= tolerance:
                return w
        ascent = primal(ahead)[1]
        new = np.clip(ahead + rate * ascent, 0, 1)
        # Restart where the step and the ascent direction disagree (O'Donoghue and Candes 2015).
        restart = (ascent * (new - a)).sum(axis=-1, keepdims=True) < 0
        momentum = np.where(restart, 1.0, momentum)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + np.where(restart, 0.0, (momentum - 1) / following) * (new - a)
        a, momentum = new, following
    raise RuntimeError(f"hinge machine: duality gap {gap.max():.1e} after {steps} steps")


def compressed_kernel_machine(kernel, sample, labels, penalty=10.0, tolerance=1.0):
    r"""A kernel support vector machine as a sample compression scheme.

    A first, rough fit picks the points to keep, its support vectors; the classifier is the machine fitted to these
    points alone. So it is a function of the kept points exactly, however roughly either fit is solved.

    Parameters
    ----------
    kernel : array (N, N)
        Kernel between the points of a finite population.
    sample : array (..., n) of int
        Indices of the points that were drawn.
    labels : array (..., n) or (..., W, n)
        Labels -1 and +1 of the sample, both present.
    penalty, tolerance : float
        C and the stopping tolerance of `sklearn.svm.SVC`.

    Returns
    -------
    kept : array of bool, in the shape of the labels
        Which sample points were kept.
    values : array (..., N) or (..., W, N)
        Values on the population of the function whose sign is the classifier.
    """
    machine = SVC(C=penalty, kernel="precomputed", tol=tolerance)
    kept = np.zeros(labels.shape, dtype=bool)
    weights, offset = np.zeros((*labels.shape[:-1], len(kernel))), np.zeros((*labels.shape[:-1], 1))
    for which in np.ndindex(sample.shape[:-1]):
        drawn = sample[which]
        gram = kernel[np.ix_(drawn, drawn)]
        for labelling in np.ndindex(labels.shape[sample.ndim - 1 : -1]):
            index = which + labelling
            support = machine.fit(gram, labels[index]).support_
            kept[index][support] = True
            machine.fit(gram[np.ix_(support, support)], labels[index][support])
            # A point of the population may have been drawn more than once.
            np.add.at(weights[index], drawn[support][machine.support_], machine.dual_coef_[0])
            offset[index] = machine.intercept_
    return kept, weights @ kernel + offset


@_for_each_sample
def relu_network(points, labels, hidden, steps, rng, rate=2.0, momentum=0.9, scale=0.3):
    r"""Networks $f(x)=\sum_kv_k\max(w_k^\top x,0)$ trained by gradient descent with Nesterov momentum.

    Full-batch descent on the mean logistic loss. Initial weights are normal: those of
    the first layer with variance 2 `scale`^2 (inputs have unit length), those of the second with variance
    1/hidden.

    Parameters
    ----------
    points, labels : arrays (..., n, d) and (..., n) or (..., W, n)
    hidden : int
        Number of neurons.
    steps : int
        Gradient steps.
    rng : numpy.random.Generator
        Initial weights, drawn for each network of the batch.

    Returns
    -------
    first : array (..., d, hidden)
        Neurons $w_k$ as columns.
    second : array (..., hidden)
    """
    n, d = points.shape
    batch, y = labels.shape[:-1], labels[..., None]
    first = np.sqrt(2) * scale * rng.normal(size=(*batch, d, hidden))
    second = rng.normal(size=(*batch, hidden, 1)) / np.sqrt(hidden)
    speed1, speed2 = np.zeros_like(first), np.zeros_like(second)
    for _ in range(steps):
        active = np.maximum(points @ first, 0)
        error = -y * special.expit(-y * (active @ second)) / n
        slope2 = np.swapaxes(active, -1, -2) @ error
        np.greater(active, 0, out=active)
        active *= error * np.swapaxes(second, -1, -2)
        slope1 = points.T @ active
        speed1 = momentum * speed1 - rate * slope1
        speed2 = momentum * speed2 - rate * slope2
        first += momentum * speed1 - rate * slope1
        second += momentum * speed2 - rate * slope2
    return first, second[..., 0]


def relu_output(points, first, second):
    """Values at points (n, d), shape (..., n), of the networks (...) that `relu_network` returns."""
    if first.ndim > 2:
        return np.stack([relu_output(points, *layers) for layers in zip(first, second, strict=True)])
    return np.maximum(points @ first, 0) @ second


def rounded(w, levels):
    """Weights as integers in [-levels, levels], the largest weight of each classifier scaled to +-levels."""
    return np.rint(w / np.abs(w).max(axis=-1, keepdims=True) * levels)


def rounded_choices(solutions, maps, bits):
    r"""Rounded classifiers in several subspaces and at several precisions.

    Parameters
    ----------
    solutions : sequence of arrays (..., K)
        Weights z, each in its own subspace.
    maps : sequence of arrays (d, K)
        The classifiers are $w=Pz$.
    bits : sequence of int
        Bits b a weight: integers from -q to q with $q=2^{b-1}-1$.

    Returns
    -------
    w : array (choices, ..., d)
        One choice for each map and each b.
    log_count : array (choices,)
        $K\ln(2q+1)+\ln\#$: the logarithm of how many classifiers a choice can give, times the number # of choices.
    """
    choices = [(z, P, 2 ** (b - 1) - 1) for z, P in zip(solutions, maps, strict=True) for b in bits]
    w = np.stack([rounded(z, q) @ P.T for z, P, q in choices])
    return w, np.array([P.shape[1] * np.log(2 * q + 1) + np.log(len(choices)) for _, P, q in choices])


def gibbs_error(unit_margins, scales):
    r"""Mean error of the Gibbs classifier that draws its weights from $N(uw, I)$, $\|w\|=1$: $\overline{\Phi(-um_i)}$.

    Parameters
    ----------
    unit_margins : array (..., n)
        $m_i=y_iw^\top x_i$ for points of unit length.
    scales : array (U,)
        Values of u.

    Returns
    -------
    array (U, ...)
    """
    return np.stack([special.ndtr(-u * unit_margins).mean(axis=-1) for u in scales])


def ramp_loss(values, gamma):
    r"""Mean over the last axis of $\min(1,\max(0,1-m/\gamma))$ of margins m."""
    return np.clip(1 - values / gamma, 0, 1).mean(axis=-1)
