"""Tails of the binomial law and their inverses: what a number of errors says about a probability of error."""

import numpy as np
from scipy import special

_LARGEST_BELOW_ONE = np.nextafter(1.0, 0.0)
# Below this the incomplete beta function is close to underflow, and the tail is summed in logarithms instead.
_SMALLEST_DIRECT_TAIL = 1e-250


def bernoulli_kl(q, p):
    r"""Relative entropy of two coins, $kl(q\|p) = q\ln\frac qp + (1-q)\ln\frac{1-q}{1-p}$, in nats.

    Parameters
    ----------
    q, p : array_like
        Probabilities in [0, 1], broadcast against each other. Infinite where p is 0 or 1 and q is not equal
        to it.
    """
    q, p = _probabilities(q=q, p=p)
    return special.rel_entr(q, p) + special.rel_entr(1 - q, 1 - p)


def kl_inverse(q, c):
    r"""Largest p with $kl(q\|p) \le c$: the upper end of a Chernoff confidence interval.

    Parameters
    ----------
    q : array_like
        Observed frequency, in [0, 1].
    c : array_like
        Budget in nats, at least 0, broadcast against q.

    Returns
    -------
    ndarray of values in [q, 1].

    Notes
    -----
    $p \mapsto kl(q\|p)$ is convex and increasing on [q, 1), so Newton's method decreases monotonically to
    the root from any point above it. It starts at the smaller of two such points: Pinsker's $q+\sqrt{c/2}$,
    and $1-e^{-(c+h(q))/(1-q)}$, with h the entropy, from dropping the nonnegative term $q\ln(1/p)$.
    """
    (q,) = _probabilities(q=q)
    q, c = np.broadcast_arrays(q, np.asarray(c, dtype=float))
    if np.any(~(c >= 0)):
        raise ValueError("kl_inverse: the budget c must be at least 0")
    entropy = special.entr(q) + special.entr(1 - q)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.minimum(q + np.sqrt(c / 2), -np.expm1(-(c + entropy) / (1 - q)))
    inside = (q < 1) & (c > 0)
    p = np.where(inside, np.clip(p, q, _LARGEST_BELOW_ONE), q)
    for _ in range(60):
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (bernoulli_kl(q, p) - c) * p * (1 - p) / (p - q)
        step = np.where(inside & (step > 0), step, 0.0)
        p = np.maximum(p - step, q)
        if np.all(step <= 4e-16 * p):
            break
    return np.where(q == 1, 1.0, p)


def log_binomial_cdf(k, n, p):
    r"""$\ln P(\mathrm{Bin}(n, p) \le k)$, accurate also where the probability itself underflows.

    Parameters
    ----------
    k, n : array_like of int
        Number of successes, 0 <= k <= n, and of trials, n >= 1.
    p : array_like
        Probability of success, in [0, 1]. All three are broadcast.

    Notes
    -----
    Where the regularized incomplete beta function $I_{1-p}(n-k, k+1)$ (`scipy.special.bdtr`) is too small
    to be represented well, the sum $P(k)\,[1 + \frac{k}{n-k+1}\frac{1-p}p + \dots]$ is taken in logarithms.
    There p is far above k/n, so its terms fall geometrically.
    """
    k, n = _counts(k, n)
    (p,) = _probabilities(p=p)
    return _log_pmf_and_cdf(*np.broadcast_arrays(k, n, p))[1]


def _log_pmf_and_cdf(k, n, p):
    """Logarithms of P(Bin(n, p) = k) and of P(Bin(n, p) <= k), for arrays of one shape."""
    log_pmf = (
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + special.xlogy(k, p)
        + special.xlog1py(n - k, -p)
    )
    direct = np.where(k < n, special.betainc(np.maximum(n - k, 1), k + 1.0, 1 - p), 1.0)
    deep = (direct < _SMALLEST_DIRECT_TAIL) & (p < 1)
    log_cdf = np.log(np.where(deep, 1.0, direct), out=np.full(p.shape, -np.inf), where=deep | (direct > 0))
    if np.any(deep):
        log_cdf[deep] = log_pmf[deep] + np.log(_tail_over_pmf(k[deep], n[deep], p[deep]))
    return log_pmf, log_cdf


def _tail_over_pmf(k, n, p):
    """P(Bin(n, p) <= k) / P(Bin(n, p) = k) as a sum of at most k + 1 positive falling terms."""
    odds = (1 - p) / p
    total = term = np.ones_like(p)
    for j in range(int(k.max())):
        term = term * np.maximum(k - j, 0) / (n - k + 1 + j) * odds
        total = total + term
        if np.all(term <= 1e-17 * total):
            break
    return total


def binomial_tail_inverse(k, n, log_delta):
    r"""Upper confidence limit of a binomial probability: $\max\{p : P(\mathrm{Bin}(n,p) \le k) \ge \delta\}$.

    With k errors in n independent trials, the probability of error exceeds this limit with probability at
    most delta over the trials, whatever it is (Clopper and Pearson 1934, one-sided; the test-set bound of
    Langford, JMLR 2005). `scipy.stats.beta.isf(delta, k + 1, n - k)` is the same while delta does not
    underflow.

    Parameters
    ----------
    k, n : array_like of int
        Number of errors, 0 <= k <= n, and of trials, n >= 1.
    log_delta : array_like
        $\ln\delta < 0$; no lower limit (a union over $e^{600}$ hypotheses is in order).

    Returns
    -------
    ndarray of values in (k/n, 1] for delta up to about 1/2.

    Notes
    -----
    The tail is the survival function of a Beta(k + 1, n - k) variable, whose density is log-concave; so its
    logarithm is a concave decreasing function of p, and Newton's method converges monotonically from the
    right. It starts at the Chernoff limit `kl_inverse(k / n, -log_delta / n)`, which is never below the
    root.
    """
    k, n = _counts(k, n)
    log_delta = np.asarray(log_delta, dtype=float)
    if np.any(~(log_delta < 0)):
        raise ValueError("binomial_tail_inverse: log_delta must be negative (delta < 1)")
    k, n, log_delta = np.broadcast_arrays(k, n, log_delta)
    p = np.minimum(kl_inverse(k / n, -log_delta / n), _LARGEST_BELOW_ONE)
    inside = k < n
    for _ in range(100):
        log_pmf, log_cdf = _log_pmf_and_cdf(k, n, p)
        # d ln P / dp = -(n - k) P(Bin = k) / ((1 - p) P(Bin <= k))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = (log_delta - log_cdf) * (1 - p) * np.exp(log_cdf - log_pmf) / (n - k)
        step = np.where(inside & (step > 0), step, 0.0)
        p = np.maximum(p - step, 0.0)
        if np.all(step <= 4e-16 * p):
            break
    return np.where(inside, p, 1.0)


def _probabilities(**named):
    """The arguments as float arrays, all in [0, 1]."""
    arrays = []
    for name, value in named.items():
        value = np.asarray(value, dtype=float)
        if np.any(~((value >= 0) & (value <= 1))):
            raise ValueError(f"{name} must lie in [0, 1]")
        arrays.append(value)
    return arrays


def _counts(k, n):
    """Numbers of successes and of trials as float arrays, checked."""
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    if np.any(~((k >= 0) & (k <= n) & (n >= 1) & (k == np.floor(k)) & (n == np.floor(n)))):
        raise ValueError("expected integers 0 <= k <= n with n >= 1")
    return k, n
