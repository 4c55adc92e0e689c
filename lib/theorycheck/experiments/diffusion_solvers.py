"""Exponential multistep solvers of the probability-flow equation, run on the exact denoiser of a Gaussian mixture."""

from dataclasses import dataclass

import numpy as np


def draw_mixtures(count, components, rng):
    """Means (count, components) uniform on [-2, 2] and weights from a Dirichlet law of parameter 4."""
    means = rng.uniform(-2, 2, size=(count, components))
    return means, rng.dirichlet(np.full(components, 4.0), size=count)


def mixture_output(x, alpha, sigma, means, weights, sd):
    """Posterior means of noise and data given α x_0 + σ ε = x, for x_0 from a mixture of Gaussians.

    Given component i the posterior mean of x_0 is m_i + α sd² (x - α m_i)/v with v = α² sd² + σ², and the component has
    posterior weight proportional to w_i exp(-(x - α m_i)²/(2v)). The noise is ε̂ = (x - α x̂_0)/σ.

    Parameters
    ----------
    x : array (..., M, U)
    alpha, sigma : float
    means, weights : arrays (M, K)
    sd : float

    Returns
    -------
    noise, data : arrays like x
    """
    v = (alpha * sd) ** 2 + sigma**2
    gap = x[..., None] - alpha * means[:, None]
    log_posterior = np.log(weights)[:, None] - gap**2 / (2 * v)
    posterior = np.exp(log_posterior - log_posterior.max(axis=-1, keepdims=True))
    mean_of_component = means[:, None] + alpha * sd**2 / v * gap
    data = (posterior * mean_of_component).sum(axis=-1) / posterior.sum(axis=-1)
    return (x - alpha * data) / sigma, data


@dataclass(frozen=True)
class MixtureModel:
    """What a solver calls at each step: model(x, λ), the posterior mean of the noise or of the data.

    Attributes
    ----------
    means, weights : arrays (M, K)
    sd : float
        M mixtures of Gaussians, as for `mixture_output`.
    form : str
        "noise" or "data".
    error : float
        The output is 1 + error times the posterior mean.
    """

    means: np.ndarray
    weights: np.ndarray
    sd: float
    form: str
    error: float = 0.0

    def __post_init__(self):
        _check_form(self.form)

    def __call__(self, x, lam):
        """Output at states x (..., M, U) at λ = ln(α/σ), α² + σ² = 1."""
        alpha, sigma = 1 / np.sqrt(1 + np.exp([-2 * lam, 2 * lam]))
        noise, data = mixture_output(x, alpha, sigma, self.means, self.weights, self.sd)
        return (1 + self.error) * (noise if self.form == "noise" else data)


def step_orders(pattern, steps, place=0.5):
    """Order of each step of a schedule: int array (steps,).

    Parameters
    ----------
    pattern : str
        "1", "2" or "3": this order at every step. "p+oneq": order p, but for a single step of order q. "half1": order 1
        for the first half and then 3; "alt13": orders 1 and 3 in turn.
    steps : int
    place : float in [0, 1)
        Where the single step stands, as a fraction of all.
    """
    if pattern in ("half1", "alt13"):
        orders = np.full(steps, 3)
        orders[slice(steps // 2) if pattern == "half1" else slice(0, steps, 2)] = 1
        return orders
    main, _, single = pattern.partition("+one")
    if not {main, single or main} <= {"1", "2", "3"} or not 0 <= place < 1:
        raise ValueError(f"pattern: 1, 2, 3, p+oneq, half1 or alt13, place in [0, 1); got {pattern!r} at {place}")
    orders = np.full(steps, int(main))
    if single:
        orders[int(place * steps)] = int(single)
    return orders


def step_weights(h, order, sign):
    """Weights w_j = ∫_0^h e^{sign s} L_j(s) ds, L_j the Lagrange polynomials on the nodes 0, -h, ..., (1 - order) h."""
    nodes, gauss = np.polynomial.legendre.leggauss(12)
    s = h * (nodes + 1) / 2
    grid = -h * np.arange(order)
    weights = []
    for j in range(order):
        others = np.delete(grid, j)
        basis = np.prod((s[:, None] - others) / (grid[j] - others), axis=1)
        weights.append(h / 2 * gauss @ (np.exp(sign * s) * basis))
    return np.array(weights)


def exponential_multistep(model, start, past, lambdas, orders, form, reuse_every=1):
    """Solve the probability-flow equation by exponential multistep steps whose order may change from step to step.

    Noise form: x_{n+1} = (α_{n+1}/α_n) x_n - α_{n+1} ∫ e^{-λ} P dλ; data form: x_{n+1} = (σ_{n+1}/σ_n) x_n +
    σ_{n+1} ∫ e^λ P dλ, where P interpolates the last outputs of the model, as many as the order of the step.

    Parameters
    ----------
    model : callable
        `model(x, lam)` returns the outputs (noise or data, as `form` says), of the shape of x.
    start : array (M, U)
        States at lambdas[0].
    past : sequence of two arrays (M, U)
        Outputs at lambdas[0] - h and at lambdas[0] - 2 h.
    lambdas : array (N + 1,)
        Uniform grid of λ = ln(α/σ), variance preserving.
    orders : int array (P, N)
        Order (1, 2 or 3) of each step, for P solvers that run side by side.
    form : str
        "noise" or "data".
    reuse_every : int
        The model is evaluated at every so many steps only, and its last value reused between.

    Returns
    -------
    array (P, M, U), the states at the end
    """
    _check_form(form)
    orders, lambdas = np.asarray(orders), np.asarray(lambdas)
    if orders.min() < 1 or orders.max() > 3 or orders.shape[1] != len(lambdas) - 1:
        raise ValueError(f"orders: one of 1, 2, 3 for each of {len(lambdas) - 1} steps; got shape {orders.shape}")
    h = (lambdas[-1] - lambdas[0]) / (len(lambdas) - 1)
    sign = -1 if form == "noise" else 1
    table = np.zeros((4, 3))
    for order in (1, 2, 3):
        table[order, :order] = step_weights(h, order, sign)
    scale = 1 / np.sqrt(1 + np.exp(2 * sign * lambdas))  # α in the noise form, σ in the data form
    x = np.broadcast_to(start, (len(orders), *np.shape(start)))
    outputs = [np.broadcast_to(p, x.shape) for p in past]
    for n, lam in enumerate(lambdas[:-1]):
        newest = model(x, lam) if n % reuse_every == 0 else outputs[0]
        outputs = [newest, *outputs[:2]]
        weights = table[orders[:, n]].T[..., None, None]
        increment = sum(w * m for w, m in zip(weights, outputs, strict=True))
        x = scale[n + 1] * (x / scale[n] + sign * np.exp(sign * lam) * increment)
    return x


def _check_form(form):
    if form not in ("noise", "data"):
        raise ValueError(f"form must be 'noise' or 'data'; got {form!r}")
