import numpy as np
import pytest
from scipy import stats

from theorycheck.seeds import generator
from theorycheck.theory import in_context_regression as icr


def test_linear_step_against_wishart_moments():
    n, d, noise = 5, 3, 0.7
    gram = stats.wishart(df=n, scale=np.eye(d)).rvs(200_000, random_state=1)
    square = np.einsum("nij,nij->n", gram, gram)
    trace = np.trace(gram, axis1=1, axis2=2)
    step, loss = icr.linear_step(n, d, noise)
    assert step == pytest.approx(trace.mean() / (square + noise * trace).mean(), rel=0.01)
    # loss of any other step is larger, and the loss at the best one is the parabola's minimum
    assert loss == pytest.approx(d + noise - trace.mean() ** 2 / (square + noise * trace).mean(), rel=0.01)


def test_link_moments_in_closed_form():
    assert icr.link_moments(np.sign) == pytest.approx((np.sqrt(2 / np.pi), 1, 1))
    assert icr.link_moments(lambda z: z**3) == pytest.approx((3, 15, 105))


def test_identity_link_is_the_linear_case_on_another_scale():
    """w on the unit sphere instead of E||w||^2 = d: the same problem with the noise variance divided by d."""
    n, d, noise = 7, 4, 1.3
    step, loss = icr.link_step(n, d, noise / d, lambda z: z)
    expected = icr.linear_step(n, d, noise)
    assert (step, d * loss) == pytest.approx(expected)


@pytest.mark.parametrize("g", [np.sign, lambda z: np.tanh(2 * z)])
def test_link_step_against_simulation(g):
    n, d, noise, size = 4, 3, 0.5, 200_000
    rng = generator(0, "simulation")
    x = rng.normal(size=(size, n + 1, d))
    y = g(x[..., 0]) + np.sqrt(noise) * rng.normal(size=(size, n + 1))  # by symmetry w = e_1
    feature = np.einsum("nd,nid,ni->n", x[:, n], x[:, :n], y[:, :n])
    cross, square = np.mean(y[:, n] * feature), np.mean(feature**2)
    step, loss = icr.link_step(n, d, noise, g)
    assert step == pytest.approx(cross / square, rel=0.05)
    assert loss == pytest.approx(np.mean(y[:, n] ** 2) - cross**2 / square, rel=0.01)


def test_fixed_norm_step_by_enumerating_signs():
    """All sign matrices X of size n x d, weighted equally; w and the noise integrated exactly."""
    n, d, noise = 3, 2, 0.4
    signs = np.array(np.meshgrid(*[[-1, 1]] * (n * d))).reshape(n * d, -1).T.reshape(-1, n, d)
    gram = signs.swapaxes(1, 2) @ signs
    trace = np.trace(gram, axis1=1, axis2=2)
    square = np.einsum("nij,nij->n", gram, gram)
    assert icr.fixed_norm_step(n, d, noise) == pytest.approx(trace.mean() / (square + noise * trace).mean())
