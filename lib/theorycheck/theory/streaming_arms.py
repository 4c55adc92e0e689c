r"""Worst-case regret of bandits whose K arms pass by once, for a learner that can hold one of them.

Rewards are Bernoulli, an ordinary (null) arm has mean 1/2. Two worlds look alike until late: in A all arms are null but
the last, of mean 1; in B one arm of the first K - 1, at a random position, has mean 1/2 + gap. The regret of an
algorithm is the larger of its regret in A and of its regret in B at the worst gap.
"""

import numpy as np
from scipy import optimize, special


def lower_bound(arms, rounds):
    r"""A lower bound on the worst-case regret of every learner that holds one arm.

    Let N be the expected number of pulls before the last arm comes, were all arms null. World A costs at least N/2. In
    B take the gap $\epsilon=\frac12\sqrt{1-e^{-(K-1)/N}}$, for which Pinsker's inequality, averaged over positions,
    changes probabilities by at most 1/2: the special arm is held when the last one comes, or was pulled more than M
    times, with probability at most $\frac12+\frac1{K-1}+\frac N{(K-1)M}$. Otherwise the regret is at least
    $\epsilon(T-M)$. With the best M and $c=\frac12-\frac1{K-1}$,

    $$\min_N\max\Big\{\frac N2,\ \epsilon\Big(\sqrt{cT}-\sqrt{\tfrac N{K-1}}\Big)^2\Big\},$$

    which tends to $\frac12(T/2)^{2/3}K^{1/3}$, about $0.315K^{1/3}T^{2/3}$, for large K and T/K.

    Parameters
    ----------
    arms : int
        K, at least 4.
    rounds : float
        T, at least K.
    """
    others, share = arms - 1, 0.5 - 1 / (arms - 1)

    def second(n):
        left = max(np.sqrt(share * rounds) - np.sqrt(n / others), 0)
        return 0.5 * np.sqrt(-np.expm1(-others / n)) * left**2

    balanced = optimize.brentq(lambda n: n / 2 - second(n), 1e-9, rounds, xtol=1e-9, rtol=1e-12)
    return balanced / 2


def miss_probability(u, arms, nodes=400):
    r"""$P_{\mathrm{miss}}(u)=1-\int\phi(z)\Phi(z+u)^{K-1}dz$: the chance that the largest of K unit normals is not
    the one whose mean is u and the others' 0.

    Parameters
    ----------
    u : float or array
    arms : int
    """
    z, weights = special.roots_hermitenorm(nodes)
    keep = weights > 0
    z, weights = z[keep], weights[keep] / np.sqrt(2 * np.pi)
    return 1 - np.exp((arms - 1) * special.log_ndtr(z + np.asarray(u, dtype=float)[..., None])) @ weights


def exploration_price(arms):
    r"""$g(K)=\max_uuP_{\mathrm{miss}}(u)$, of the order $\sqrt{2\ln K}$, and the u that attains it."""
    found = optimize.minimize_scalar(
        lambda u: -u * miss_probability(u, arms), bounds=(0.01, 2 + np.sqrt(2 * np.log(arms))), method="bounded"
    )
    return -found.fun, found.x


def exploration_pulls(arms, rounds):
    r"""Pulls of each arm $s^*=(Tg/K)^{2/3}$ at which uniform exploration loses as much in A as in B."""
    return (rounds * exploration_price(arms)[0] / arms) ** (2 / 3)


def uniform_regret(arms, rounds):
    r"""Worst-case regret $V=\frac12K^{1/3}(Tg(K))^{2/3}$ of uniform exploration with $s^*$ pulls an arm, large T/K.

    A costs Ks/2, B costs $T\epsilon P_{\mathrm{miss}}$ with $\epsilon=u/(2\sqrt s)$.
    """
    return 0.5 * arms ** (1 / 3) * (rounds * exploration_price(arms)[0]) ** (2 / 3)
