"""Steps and component evaluations of the Halpern iteration, plain and with a recursive variance-reduced estimate."""

import numpy as np


def steps_to_accuracy(distance, step, accuracy):
    """Steps of u_{k+1} = l_k u_0 + (1 - l_k)(u_k - step F(u_k)), l_k = 2/(k + 4), until ||F(u_k)|| <= accuracy.

    Where F is invertible u_k settles, so that the anchor balances the step: step F(u_k) = l_k/(1 - l_k) (u_0 - u_k) up
    to lower order, with l_k/(1 - l_k) = 2/(k + 2) and u_0 - u_k -> u_0 - u*. Hence, asymptotically as the accuracy goes
    to 0, K = 2 ||u_0 - u*|| / (step accuracy) - 2.

    Parameters
    ----------
    distance : float
        ||u_0 - u*||.
    step, accuracy : float or array

    Returns
    -------
    float or array, not rounded to an integer
    """
    return 2 * distance / (step * np.asarray(accuracy)) - 2


def expected_calls(probabilities, n, batch, steps):
    """Expected component evaluations of `steps` steps of the variance-reduced iteration.

    Step k evaluates all n components with probability p_k, else 2 * batch: sum_{k < steps} (p_k n + 2 (1 - p_k) batch).

    Parameters
    ----------
    probabilities : array (at least steps,)
        p_0, p_1, ...; p_0 = 1.
    n, batch : int
    steps : float
        Not more than the number of probabilities; a fraction of a step counts as that fraction of its cost.
    """
    p = np.asarray(probabilities, dtype=float)
    if steps > len(p):
        raise ValueError(f"expected_calls: {steps:g} steps need as many probabilities; got {len(p)}")
    total = np.concatenate([[0.0], np.cumsum(p * n + 2 * (1 - p) * batch)])
    return float(np.interp(steps, np.arange(len(total)), total))


def calls_deviation(probabilities, n, batch, steps):
    """Standard deviation of the component evaluations: |n - 2 batch| (sum_{k < steps} p_k (1 - p_k))^{1/2}.

    Parameters are those of `expected_calls`; the coins are independent.
    """
    p = np.asarray(probabilities, dtype=float)[: int(steps)]
    return abs(n - 2 * batch) * float(np.sqrt(np.sum(p * (1 - p))))
