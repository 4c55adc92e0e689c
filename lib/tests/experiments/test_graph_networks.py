import numpy as np
import pytest
from scipy import optimize
from scipy.sparse import csgraph
from scipy.special import softmax

from theorycheck.experiments import graph_networks as gn
from theorycheck.seeds import generator


def network(scale=0.5, n=6):
    graph = gn.random_graph(n, 0.3, generator(0, "graph"))
    return graph, scale * generator(0, "weights").standard_normal(gn.weight_count())


def test_graphs_are_connected_symmetric_and_aperiodic():
    for seed in range(5):
        graph = gn.random_graph(9, 0.1, generator(seed, "graph"))
        assert csgraph.connected_components(graph.edges, connection="strong")[0] == 1
        assert np.array_equal(graph.edges, graph.edges.T)
        assert graph.edges[0, 0]


@pytest.mark.parametrize("scale", [0.5, 100.0])
def test_map_against_a_loop_over_nodes(scale):
    graph, weights = network(scale)
    hidden, bias, score = weights[:64].reshape(8, 8), weights[64:72], weights[72:80]
    a, b = gn.affine_map(weights, graph)
    for i in range(6):
        heard = np.flatnonzero(graph.edges[i])
        s = [np.tanh(graph.pairs[i, j] @ hidden + bias) @ score for j in heard]
        assert a[i, heard] == pytest.approx(softmax(s))
        assert a[i].sum() == pytest.approx(1)
    assert b == pytest.approx(np.tanh(graph.nodes) @ weights[80:92].reshape(3, 4))


def test_without_normalization_only_the_denominator_is_missing():
    graph, weights = network()
    a, raw = gn.affine_map(weights, graph)[0], gn.affine_map(weights, graph, normalize=False)[0]
    assert raw / raw.sum(axis=1, keepdims=True) == pytest.approx(a)


def test_iterations_and_factors():
    graph, weights = network()
    a, b = gn.affine_map(weights, graph)
    states = generator(0, "states").normal(size=(2, 6, 4))
    after = [gn.iterate(a, b, 0.7, state, 3) for state in states]
    assert gn.distances(a, b, 0.7, *states, 3)[-1] == pytest.approx(np.abs(after[0] - after[1]).max())
    diverging = gn.distances(1e20 * np.eye(2), np.ones((2, 1)), 1.0, np.ones((2, 1)), np.zeros((2, 1)), 9)
    assert diverging.shape == (10,)
    assert np.all(diverging[2:] == diverging[-1])
    factors = gn.contraction_factors(a, b, 0.7, np.stack([states, [states[0], states[0] + 1]]))
    assert factors[0] < 0.7
    assert factors[1:] == pytest.approx([0.7, 0.7])


def test_gradients_against_numerical_differences():
    graph, weights = network()
    a, b = gn.affine_map(weights, graph)
    state = np.linalg.solve(np.eye(6) - 0.5 * a, b)
    decoder = weights[-4:]
    assert gn.state_gradient(weights, graph, state) == pytest.approx(np.outer(state @ decoder - graph.targets, decoder))
    numerical = optimize.approx_fprime(weights, lambda w: gn.solved_loss(w, graph, 0.5), 1e-7)
    assert gn.unrolled_gradient(weights, graph, 0.5, 60) == pytest.approx(numerical, abs=1e-4)
    direction = generator(0, "direction").normal(size=weights.size)
    along = gn.directional_difference(lambda w: gn.solved_loss(w, graph, 0.5), weights, direction)
    assert along == pytest.approx(numerical @ direction, rel=1e-4)


def test_pull_back_against_the_derivative_of_a_linear_function():
    graph, weights = network()
    da, db = generator(0, "da").normal(size=(6, 6)), generator(0, "db").normal(size=(6, 4))
    state = generator(0, "state").normal(size=(6, 4))

    def total(w):
        a, b = gn.affine_map(w, graph)
        return np.sum(a * da) + np.sum(b * db) + gn.loss(w, graph, state)

    numerical = optimize.approx_fprime(weights, total, 1e-7)
    assert gn.pulled_back(weights, graph, state, da, db) == pytest.approx(numerical, abs=1e-4)
