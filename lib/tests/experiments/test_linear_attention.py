import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import linear_attention as la
from theorycheck.seeds import generator

D = 3


def random_layer(seed=0):
    rng = generator(seed, "layer")
    return la.Layer(rng.normal(size=D + 1), rng.normal(size=(D + 1, D)), rng.normal(size=D))


def some_prompts(count=200, **options):
    return la.draw_prompts(count, 5, D, 0.5, generator(0, "prompts"), **options)


def test_predictions_against_attention_written_out():
    """Read-out of the query's residual stream v_q + sum_i W_V v_i (v_i^T W_K^T W_Q v_q), with explicit matrices."""
    rng = generator(0, "weights")
    w_value, w_key, w_query = rng.normal(size=(3, D + 1, D + 1))
    read_out = rng.normal(size=D + 1)
    m = (w_key.T @ w_query)[:, :D]
    layer = la.Layer(w_value.T @ read_out, m, read_out[:D])
    prompts = some_prompts(10)
    predicted = la.predict(layer, prompts)
    for k in range(10):
        v = [np.append(x, y) for x, y in zip(prompts.x[k], prompts.y[k], strict=True)]
        q = np.append(prompts.x_query[k], 0)
        out = q + sum(w_value @ vi * ((w_key @ vi) @ (w_query @ q)) for vi in v)
        assert predicted[k] == pytest.approx(read_out @ out)


def test_features_and_coefficients_give_the_predictions_and_the_loss():
    layer, prompts = random_layer(), some_prompts()
    predicted = la.predict(layer, prompts)
    assert la.features(prompts) @ la.coefficients(layer) == pytest.approx(predicted)
    loss, _ = la.loss_and_gradient(layer, *la.moments(prompts))
    assert loss == pytest.approx(np.mean((predicted - prompts.y_query) ** 2))


def test_gradient_against_finite_differences():
    moments = la.moments(some_prompts())

    def split(z):
        return la.Layer(z[: D + 1], z[D + 1 : (D + 1) ** 2].reshape(D + 1, D), z[(D + 1) ** 2 :])

    z = np.concatenate([part.ravel() for part in random_layer()])
    gradient = np.concatenate([part.ravel() for part in la.loss_and_gradient(split(z), *moments)[1]])
    numeric = optimize.approx_fprime(z, lambda v: la.loss_and_gradient(split(v), *moments)[0], 1e-6)
    assert gradient == pytest.approx(numeric, rel=1e-3, abs=1e-2)


def test_training_finds_a_planted_layer_without_noise():
    prompts, planted = some_prompts(4000), random_layer(1)
    prompts = prompts._replace(y_query=la.predict(planted, prompts))
    layer, loss, _ = la.train_globally(*la.moments(prompts), D, generator(0, "starts"))
    assert loss < 1e-6 * np.mean(prompts.y_query**2)
    assert la.coefficients(layer) == pytest.approx(la.coefficients(planted), abs=1e-3)


def test_lower_bound_is_below_every_layer():
    a, b, c = la.moments(some_prompts(2000))
    bound = la.lower_bound(a, b, c)
    layer, loss, ratio = la.train_globally(a, b, c, D, generator(0, "starts"), starts=2, limit=4)
    assert bound <= loss == pytest.approx(ratio * bound)
    assert la.loss_and_gradient(layer, a, b, c)[0] == pytest.approx(loss)


def test_effective_map_is_the_coefficient_of_the_gradient():
    """Only the products x_i y_i are left in the difference between a prompt and the prompt with y negated."""
    layer, prompts = random_layer(), some_prompts(20)
    odd = (la.predict(layer, prompts) - la.predict(layer, prompts._replace(y=-prompts.y))) / 2
    direct = np.einsum("nid,ni,dl,nl->n", prompts.x, prompts.y, la.effective_map(layer), prompts.x_query)
    assert odd == pytest.approx(direct)


@pytest.mark.parametrize("covariates", ["gauss", "rademacher", "sphere"])
def test_prompts_have_the_stated_covariances(covariates):
    root = np.diag([0.5, 1.0, 2.0])
    prompts = some_prompts(20_000, covariates=covariates, root=root)
    x = prompts.x.reshape(-1, D)
    assert x.T @ x / len(x) == pytest.approx(root @ root, abs=0.06)
    assert np.mean(prompts.y**2) == pytest.approx(D + 0.5, rel=0.03)
    # two responses of one prompt share w: E[y_q y_1 x_q^T x_1] = E[w^T S^2 w] = tr S when w has covariance S^-1
    aligned = prompts.y_query * prompts.y[:, 0] * np.einsum("nd,nd->n", prompts.x_query, prompts.x[:, 0])
    assert aligned.mean() == pytest.approx(np.trace(root @ root), rel=0.15)
    with pytest.raises(ValueError, match="covariates must be"):
        some_prompts(1, covariates="cauchy")


def test_a_link_is_applied_before_the_noise():
    prompts = la.draw_prompts(50, 5, D, 0.0, generator(0, "prompts"), link=np.sign)
    assert set(np.unique(prompts.y)) == {-1.0, 1.0}


def blocks_of_a_planted_layer(planted, root=None):
    """Eight blocks of prompts answered by a layer, up to noise."""
    rng = generator(0, "blocks")
    for _ in range(8):
        prompts = la.draw_prompts(400, 5, D, 0.5, rng, root=root)
        yield prompts._replace(y_query=la.predict(planted, prompts) + 0.1 * rng.normal(size=400))


def test_training_on_blocks_finds_the_planted_map_within_its_errors():
    planted, root = random_layer(2), np.diag([0.7, 1.0, 1.5])
    found = la.train_on_blocks(blocks_of_a_planted_layer(planted, root), D, generator(0, "starts"), root=root)
    assert 1 <= found.ratio < 1.1  # of 18 coefficients fitted more than a layer has, on 3200 prompts
    g = la.effective_map(planted)
    w = root @ g @ root
    for estimate, truth in (
        (found.step, np.trace(w) / D),
        (found.rest, w - np.trace(w) / D * np.eye(D)),
        (found.rest_unwhitened, g - np.trace(g) / D * np.eye(D)),
    ):
        assert estimate.value.shape == np.shape(truth)
        assert np.abs(estimate.value - truth).max() < 6 * estimate.se.max() < 0.01
        assert np.all(estimate.dof == 7)


def test_comparison_with_the_layer_that_takes_the_step():
    """u = e_y and M = (direction; 0) give x_q^T direction X^T y, so that nothing is left between layer and step."""
    direction = np.array([[0.3, 0.1, 0], [0.1, 0.2, 0], [0, 0, 0.5]])
    layer = la.Layer(np.array([0.0, 0, 0, 1]), np.vstack([direction, np.zeros(D)]), np.zeros(D))
    blocks = [some_prompts(6), some_prompts(7)]
    loss, apart, size = la.compare_with_step(layer, blocks, direction)
    assert apart == pytest.approx([0, 0], abs=1e-20)
    for k, p in enumerate(blocks):
        steps = np.einsum("nl,lj,nij,ni->n", p.x_query, direction, p.x, p.y)
        assert size[k] == pytest.approx(np.mean(steps**2))
        assert loss[k] == pytest.approx(np.mean((steps - p.y_query) ** 2))
    silent = layer._replace(u=np.zeros(D + 1))
    assert la.compare_with_step(silent, blocks, direction)[1] == pytest.approx(size)
