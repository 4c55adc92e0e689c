r"""Random decision processes, pairs of rewards on them, distances between rewards, and the regret of mistaking them.

Rewards are arrays R[..., s, a, s'] of shape (..., S, A, S); a process is its array of transition laws (S, A, S) and a
discount. The start is uniform.
"""

from itertools import product

import numpy as np
from scipy import optimize


def random_transitions(states, actions, concentration, rng):
    """Laws of the next state drawn from a symmetric Dirichlet distribution: array (S, A, S)."""
    return rng.dirichlet(np.full(states, concentration), size=(states, actions))


def shaping(potential, actions, gamma):
    r"""Potential shaping $\gamma\Phi(s')-\Phi(s)$, which orders policies no differently: (..., S) to (..., S, A, S)."""
    potential = np.asarray(potential)
    return np.repeat((gamma * potential[..., None, :] - potential[..., :, None])[..., None, :], actions, axis=-2)


def redistribution(transition, rng, pairs=()):
    """Random rewards that average to zero over the next state of every state and action: array (*pairs, S, A, S)."""
    noise = rng.normal(size=(*pairs, *transition.shape))
    return noise - np.sum(noise * transition, axis=-1, keepdims=True)


def projected(rewards, transition, gamma):
    r"""Mean reward $r(s,a)=E_{s'}R$ without its component that is shaping, orthogonally: (..., S, A, S) to (..., S A).

    Shaping by $\Phi$ adds $K\Phi$ to r; what is left is the residual of the least-squares fit of r by shaping.
    """
    states, actions, _ = transition.shape
    means = np.sum(rewards * transition, axis=-1).reshape(-1, states * actions)
    shapes = gamma * transition.reshape(-1, states) - np.repeat(np.eye(states), actions, axis=0)
    fitted = np.linalg.lstsq(shapes, means.T, rcond=None)[0]
    return (means - (shapes @ fitted).T).reshape(*rewards.shape[:-3], -1)


def levelled(rewards, transition, gamma):
    r"""Value-adjusted levelling $E_{s'}[R-V^\pi(s)+\gamma V^\pi(s')]$, the advantages of the uniform policy."""
    means = np.sum(rewards * transition, axis=-1)
    chain = np.eye(len(transition)) - gamma * transition.mean(axis=1)
    values = np.linalg.solve(chain, means.mean(axis=-1)[..., None])[..., 0]
    advantage = means - values[..., None] + gamma * np.einsum("sat,...t->...sa", transition, values)
    return advantage.reshape(*rewards.shape[:-3], -1)


def centred(rewards, transition, gamma):
    """EPIC's canonical reward with uniform laws of states and actions, less its mean over all transitions.

    R(s,a,s') + gamma E R(s',A,S') - E R(s,A,S') - gamma E R(S,A,S'), which removes shaping but knows nothing of the
    transitions.
    """
    out = rewards.mean(axis=(-2, -1))
    constant = out.mean(axis=-1)[..., None, None, None]
    canonical = rewards + gamma * out[..., None, None, :] - out[..., :, None, None] - gamma * constant
    flat = canonical.reshape(*rewards.shape[:-3], -1)
    return flat - flat.mean(axis=-1, keepdims=True)


def unchanged(rewards, transition, gamma):
    """The reward as it is."""
    return rewards.reshape(*rewards.shape[:-3], -1)


CANONICAL = {"starc": projected, "val": levelled, "epic": centred, "raw": unchanged}


def distance(metric, first, second, transition, gamma):
    """Euclidean distance of the two canonical rewards, each scaled to norm one: (..., S, A, S) twice to (...).

    For "epic" this is twice the Pearson distance.
    """
    a, b = (CANONICAL[metric](rewards, transition, gamma) for rewards in (first, second))
    return np.linalg.norm(
        a / np.linalg.norm(a, axis=-1, keepdims=True) - b / np.linalg.norm(b, axis=-1, keepdims=True), axis=-1
    )


def policy_values(rewards, transition, gamma):
    """Values of all deterministic policies from the uniform start: (..., S, A, S) to (..., A**S)."""
    states, actions, _ = transition.shape
    means = np.sum(rewards * transition, axis=-1)
    policies, rows = np.array(list(product(range(actions), repeat=states))), np.arange(states)
    chains = np.eye(states) - gamma * transition[rows, policies]
    gained = np.moveaxis(means[..., rows, policies], -1, -1)[..., None]
    return np.linalg.solve(chains, gained)[..., 0].mean(axis=-1)


def worst_regret(first, second):
    """Largest loss in the first reward, as a share of its range, of a policy change that the second approves of.

    The policies are mixtures p, q of the deterministic ones: max J1(p) - J1(q) subject to J2(p) <= J2(q), by a linear
    program.

    Parameters
    ----------
    first, second : arrays (n,)
        Values J1, J2 of the deterministic policies, neither constant.

    Returns
    -------
    float in [0, 1]
    """
    n = len(first)
    one, two = ((values - values.min()) / np.ptp(values) for values in (first, second))
    whole = np.kron(np.eye(2), np.ones(n))
    found = optimize.linprog(
        np.concatenate([-one, one]),
        A_ub=[np.concatenate([two, -two])],
        b_ub=[0.0],
        A_eq=whole,
        b_eq=[1.0, 1.0],
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return float(-found.fun)
