"""Signed momentum with decoupled weight decay (Lion and its relatives): the iteration and its flow."""

import numpy as np
from scipy.integrate import solve_ivp


def lion(gradient, kernel_gradient, x0, h, lam, *, beta1=0.9, beta2=0.99, coupled=False):
    """Iterate Lion with any kernel K, without end.

    g = gradient(x_t), n = beta1 m_t - (1 - beta1) g, m_{t+1} = beta2 m_t - (1 - beta2) g and
    x_{t+1} = x_t + h (kernel_gradient(n) - lam x_t), from m_0 = 0. Lion is `kernel_gradient = np.sign`.

    Parameters
    ----------
    gradient, kernel_gradient : callables on arrays (..., d)
    x0 : array (..., d)
    h, lam : float
        Step size and weight decay.
    coupled : bool, or array of bools that broadcasts to x0
        Add lam x to the gradient instead of to the update, as l2 regularization does.

    Yields
    ------
    array (..., d)
        x_0, x_1, ...
    """
    x, m = np.array(x0, dtype=float), np.zeros_like(x0, dtype=float)
    inside, outside = lam * np.asarray(coupled), lam * ~np.asarray(coupled)
    while True:
        yield x
        g = gradient(x) + inside * x
        n = beta1 * m - (1 - beta1) * g
        m = beta2 * m - (1 - beta2) * g
        x = x + h * (kernel_gradient(n) - outside * x)


def soft_sign(threshold):
    """Gradient of K(m) = sum_i max(|m_i| - threshold, 0): the sign where |m_i| exceeds `threshold`, else 0.

    `threshold` is a number, or an array that broadcasts to m; 0 gives the sign itself.
    """
    return lambda m: np.sign(m) * (np.abs(m) > threshold)


def tanh_flow(gradient, x0, m0, times, *, lam, alpha, gamma, eps, along=None):
    """Integrate x' = tanh(n) - lam x, m' = -alpha g - gamma m with g = gradient(x), n = m - eps (alpha g + gamma m).

    Parameters
    ----------
    gradient : callable (d,) -> (d,)
    x0, m0 : arrays (d,)
    times : array (k,)
        From 0, increasing.
    along : callable (g, x, m) -> float, optional
        A quantity to integrate over time along the way.

    Returns
    -------
    x, m : arrays (k, d)
    integral : array (k,)
        Of `along` from 0; zeros without it.

    Notes
    -----
    DOP853 of SciPy with relative tolerance 1e-11.
    """
    d = len(x0)

    def velocity(_, state):
        x, m = state[:d], state[d : 2 * d]
        g = gradient(x)
        momentum = -alpha * g - gamma * m
        rate = 0.0 if along is None else along(g, x, m)
        return np.concatenate([np.tanh(m + eps * momentum) - lam * x, momentum, [rate]])

    start = np.concatenate([x0, m0, [0.0]])
    solved = solve_ivp(velocity, (times[0], times[-1]), start, "DOP853", times, rtol=1e-11, atol=1e-12)
    if not solved.success:
        raise RuntimeError(f"tanh_flow: {solved.message}")
    return solved.y[:d].T, solved.y[d : 2 * d].T, solved.y[-1]
