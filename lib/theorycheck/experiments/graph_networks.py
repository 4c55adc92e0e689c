"""A small network that turns a graph into an affine map of node states, H -> gamma A H + B, and iterates it."""

from dataclasses import dataclass

import autograd.numpy as anp
import numpy as np
from autograd import grad
from autograd.tracer import getval

HIDDEN, STATE = 8, 4


@dataclass(frozen=True)
class Graph:
    """A graph with features, and targets on its nodes.

    Attributes
    ----------
    edges : bool array (n, n)
        edges[i, j] says that node i hears node j.
    nodes : array (n, 3)
    pairs : array (n, n, 8)
        Features of i, of j and of the edge from j to i; without meaning where there is no edge.
    targets : array (n,)
    """

    edges: np.ndarray
    nodes: np.ndarray
    pairs: np.ndarray
    targets: np.ndarray


def random_graph(n, p_edge, rng):
    """Erdős-Rényi edges in both directions, a cycle in both directions and a loop at node 0; Gaussian features.

    The cycle makes it connected, the loop aperiodic.
    """
    upper = np.triu(rng.random((n, n)) < p_edge, 1)
    edges = upper | upper.T
    around = np.arange(n), (np.arange(n) + 1) % n
    edges[around] = edges[around[::-1]] = True
    edges[0, 0] = True
    nodes, marks = rng.standard_normal((n, 3)), rng.standard_normal((n, n, 2))
    both = np.broadcast_to(nodes[:, None], (n, n, 3)), np.broadcast_to(nodes, (n, n, 3))
    return Graph(edges, nodes, np.concatenate([*both, marks], axis=-1), rng.standard_normal(n))


SHAPES = ((8, HIDDEN), (HIDDEN,), (HIDDEN,), (3, STATE), (STATE,))


def weight_count():
    """Number of weights: hidden layer, its biases, score, inputs of B, decoder."""
    return sum(int(np.prod(shape)) for shape in SHAPES)


def _unpack(weights):
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])
    starts = [0, *ends[:-1]]
    return [weights[a:b].reshape(shape) for a, b, shape in zip(starts, ends, SHAPES, strict=True)]


def affine_map(weights, graph, normalize=True):
    """A (n, n) and B (n, 4): softmax over the neighbours of an edge score, and tanh(features) W.

    The score is a one-layer tanh network of the pair's features. Without `normalize` the exponentials of the scores are
    not divided by their sum.
    """
    hidden, bias, score, inputs, _ = _unpack(weights)
    s = anp.dot(anp.tanh(anp.dot(graph.pairs, hidden) + bias), score)
    shift = np.where(graph.edges, getval(s), -np.inf).max(axis=1, keepdims=True) if normalize else 0.0
    a = anp.where(graph.edges, anp.exp(anp.where(graph.edges, s - shift, 0.0)), 0.0)
    if normalize:
        a = a / anp.sum(a, axis=1, keepdims=True)
    return a, anp.dot(np.tanh(graph.nodes), inputs)


def iterate(a, b, gamma, state, steps):
    """State after `steps` applications of H -> gamma A H + B."""
    for _ in range(steps):
        state = gamma * anp.dot(a, state) + b
    return state


def distances(a, b, gamma, first, second, steps):
    """Largest entry of the difference of two iterations after 0, ..., `steps` steps.

    Iterations whose states exceed 1e30 have diverged; their last difference stands for all later ones.
    """
    found = [np.abs(first - second).max()]
    for _ in range(steps):
        if max(np.abs(first).max(), np.abs(second).max()) > 1e30:
            return np.pad(found, (0, steps + 1 - len(found)), mode="edge")
        first, second = gamma * a @ first + b, gamma * a @ second + b
        found.append(np.abs(first - second).max())
    return np.array(found)


def contraction_factors(a, b, gamma, states):
    """max |T(H) - T(H')| / max |H - H'| for pairs of states (pairs, 2, n, s), and gamma times the largest row sum."""
    images = gamma * a @ states + b
    change, before = (np.abs(x[:, 0] - x[:, 1]).max(axis=(1, 2)) for x in (images, states))
    return np.append(change / before, gamma * np.abs(a).sum(axis=1).max())


def loss(weights, graph, state):
    """Half the squared error of the linear decoder; and by autograd, its derivatives."""
    return anp.sum((anp.dot(state, _unpack(weights)[-1]) - graph.targets) ** 2) / 2


def unrolled_gradient(weights, graph, gamma, steps):
    """Gradient of the loss after `steps` steps from 0, by reverse-mode differentiation through all of them."""

    def run(w):
        a, b = affine_map(w, graph)
        return loss(w, graph, iterate(a, b, gamma, np.zeros((len(graph.targets), STATE)), steps))

    return grad(run)(weights)


def state_gradient(weights, graph, state):
    """dl/dH at a state."""
    return grad(loss, 2)(weights, graph, state)


def pulled_back(weights, graph, state, da, db):
    """Gradient of the weights from dl/dA and dl/dB, and from the decoder directly."""

    def linear(w):
        a, b = affine_map(w, graph)
        return anp.sum(a * da) + anp.sum(b * db) + loss(w, graph, state)

    return grad(linear)(weights)


def solved_loss(weights, graph, gamma):
    """Loss at the fixed point, which a dense solver finds."""
    a, b = affine_map(weights, graph)
    return loss(weights, graph, np.linalg.solve(np.eye(len(a)) - gamma * a, b))


def directional_difference(function, point, direction, step=1e-4):
    """Derivative along a direction by the central difference of fourth order."""
    near, far = (function(point + s * step * direction) - function(point - s * step * direction) for s in (1, 2))
    return (8 * near - far) / (12 * step)
