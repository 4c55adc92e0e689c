r"""Regret of optimistic online mirror descent in the plane between the stochastic and the adversarial world.

Round t plays $x_t=\Pi[\hat x_t-\eta_tg_{t-1}]$, sees the gradient $g_t$ of a random loss with mean loss $F_t$, and
moves on to $\hat x_{t+1}=\Pi[\hat x_t-\eta_tg_t]$. The set has diameter D, gradients have norm at most G,
$V_t=\sum_{s\le t}\|g_s-g_{s-1}\|^2$ with $g_0=0$, and in the convex case $\eta_t=D/\sqrt{4G^2+V_{t-1}}$.
"""

import numpy as np


def path_bound(diameter, gradient, squares):
    r"""Bound $\frac32D\sqrt{4G^2+V_T}$ on the regret of every path of linear losses, against every fixed point.

    From $\mathrm{Reg}\le\frac{D^2}{2\eta_T}+\sum_t\frac{\eta_t}2\|g_t-g_{t-1}\|^2$ and
    $\|g_t-g_{t-1}\|\le2G$, so that $\eta_t\le D/\sqrt{V_t}$ and the sum is at most $D\sqrt{V_T}$.

    Parameters
    ----------
    diameter, gradient : float or array
        D and G.
    squares : float or array
        V_T.
    """
    return 1.5 * diameter * np.sqrt(4 * np.square(gradient) + squares)


def mean_bound(diameter, gradient, variance, variation):
    r"""Bound $\frac32D\sqrt{5G^2+2\sigma_{1:T}^2+\Sigma_{1:T}^2}$ on the expected regret of linear losses.

    `path_bound` and Jensen's inequality: $E\|g_t-g_{t-1}\|^2$ is the sum of two variances and of the squared change of
    the mean gradient, and $\|g_1-g_0\|\le G$.

    Parameters
    ----------
    variance, variation : float or array
        Cumulative $\sigma_{1:T}^2$ and $\Sigma_{1:T}^2$.
    """
    return path_bound(diameter, gradient, np.square(gradient) + 2 * np.asarray(variance) + variation)


def alternating_regret(diameter, gradient, amplitude, rounds):
    r"""Regret $\frac34D(\sqrt{5G^2+4a^2T}-\sqrt5G)$ of gradients that alternate between a and -a in one coordinate.

    The hint is always wrong: two rounds cost $3\eta a^2$, and V starts at $\|g_1\|^2=G^2$ and grows by $4a^2$ a round.
    Holds up to terms of the size of the first step.
    """
    start = 5 * np.square(gradient)
    return 0.75 * diameter * (np.sqrt(start + 4 * np.square(amplitude) * rounds) - np.sqrt(start))


def calm_regret(diameter, gradient, squares):
    r"""Regret $\frac1{2\eta}$ of a small constant gradient m in one coordinate, from the centre of [-1, 1].

    The step $\eta=D/\sqrt{4G^2+V}$ is constant, since V stays at $\|g_1\|^2$ (`squares`). The point walks to the
    border in $1/(\eta m)$ rounds and loses m/2 in the mean of them, whatever m, up to O(m).
    """
    return np.sqrt(4 * np.square(gradient) + squares) / (2 * diameter)


def descent_calm_regret(diameter, gradient, rounds):
    r"""The same without hints and with steps $D/(G\sqrt t)$, at the worst m: $\frac3{16}\frac GD\sqrt T$.

    After t rounds the point is at $2Dm\sqrt t/G$, so that the regret is $mT-\frac43\frac DGm^2T^{3/2}$, largest at
    $m=\frac38\frac G{D\sqrt T}$.
    """
    return 3 / 16 * np.asarray(gradient) / diameter * np.sqrt(rounds)


def noise_coefficient(variance, curvature, factor=2.0):
    r"""Coefficient of ln T in the regret for $\frac\lambda2x^2$ with gradient noise, steps $c/(\lambda t)$.

    With $E\hat x_t^2\simeq v/t$ the recursion gives $-v=-2cv+c^2\sigma^2/\lambda^2$, hence
    $\frac{c^2}{2(2c-1)}\frac{\sigma^2}\lambda$: $\frac23\sigma^2/\lambda$ for c = 2, $\frac12\sigma^2/\lambda$ for
    c = 1. Requires c > 1/2.
    """
    return factor**2 / (2 * (2 * factor - 1)) * variance / curvature


def alternation_coefficient(variation, curvature, factor=2.0):
    r"""The same for $\frac\lambda2(x-(-1)^ta)^2$ without noise, given $\Sigma_{\max}^2=4\lambda^2a^2$.

    $\hat x_t\simeq-\frac c2(-1)^ta/t$ and the wrong hint makes it $x_t\simeq-\frac{3c}2(-1)^ta/t$, hence
    $\frac{3c}2\lambda a^2=\frac{3c}8\Sigma_{\max}^2/\lambda$.
    """
    return 3 * factor / 8 * variation / curvature
