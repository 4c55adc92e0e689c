import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import free_features as ff
from theorycheck.seeds import generator


@pytest.mark.parametrize("M, bias, frozen", [(1, False, False), (3, True, False), (2, True, True)])
def test_gradient_by_finite_differences(M, bias, frozen):
    rng = generator(0, "gradient", M)
    H = rng.normal(size=(4, 6)) if frozen else None
    problem = ff.FreeFeatures(ff.one_hot([1, 2, 3]), 4, M, bias, H)
    v = rng.normal(size=sum(r * c for r, c in problem.shapes))
    lambdas = rng.uniform(0.1, 1, size=M + 1)
    _, gradient = problem.loss_and_gradient(v, lambdas)
    numerical = optimize.approx_fprime(v, lambda u: problem.loss_and_gradient(u, lambdas)[0], 1e-7)
    assert gradient == pytest.approx(numerical, abs=2e-5)


def test_loss_by_the_formula():
    rng = generator(1, "loss")
    problem = ff.FreeFeatures(ff.one_hot([2, 1], 0.1), 3, 2, True)
    v = rng.normal(size=9 + 6 + 9 + 2)
    (W1, W2, H), b = problem.unpack(v)
    assert [a.shape for a in (W1, W2, H, b)] == [(3, 3), (2, 3), (3, 3), (2, 1)]
    Y = np.array([[0.95, 0.95, 0.05], [0.05, 0.05, 0.95]])
    expected = ((W2 @ W1 @ H + b - Y) ** 2).sum() / 6 + 0.1 * (W1**2).sum() + 0.2 * (W2**2).sum() + 0.3 * (H**2).sum()
    assert problem.loss_and_gradient(v, [0.2, 0.4, 0.6])[0] == pytest.approx(expected)
    assert problem.singular_values(v) == pytest.approx(np.linalg.svd(W2 @ W1 @ H)[1][:2])


def test_one_layer_is_nuclear_norm_soft_thresholding():
    # min (1/2N)|Z - Y|^2 + sqrt(lambda_1 lambda_H) |Z|_*: singular values shrink by N sqrt(lambda_1 lambda_H)
    nk, lambdas = [5, 3, 1], np.array([0.02, 0.05])
    problem = ff.FreeFeatures(ff.one_hot(nk, 0.2), 6, 1)
    v, losses = problem.search(lambdas, generator(2, "search"), starts=4)
    sigma = np.linalg.svd(problem.targets, compute_uv=False)
    shrunk = np.maximum(sigma - 9 * np.sqrt(lambdas.prod()), 0)
    assert problem.singular_values(v) == pytest.approx(shrunk, abs=1e-5)
    best = ((sigma - shrunk) ** 2).sum() / 18 + np.sqrt(lambdas.prod()) * shrunk.sum()
    assert losses.min() == pytest.approx(best, rel=1e-9)
    assert len(losses) == 4
    assert len(problem.search(lambdas, generator(2, "search"), target=best)[1]) < 4


def test_frozen_features_reduce_to_ridge_regression():
    rng = generator(3, "ridge")
    H, Y, lam = rng.normal(size=(4, 8)), ff.one_hot([5, 3]), 0.3
    problem = ff.FreeFeatures(Y, 4, 1, False, H)
    v, _ = problem.search([lam, 0.0], rng, starts=1)
    ridge = Y @ H.T @ np.linalg.inv(H @ H.T + 8 * lam * np.eye(4))
    assert problem.unpack(v)[0][0] == pytest.approx(ridge, abs=1e-6)


def test_branch_keeps_its_minimum_under_warm_starts():
    problem = ff.FreeFeatures(ff.one_hot([4, 4]), 5, 2)
    losses, s = problem.follow([1e-6, 1e-5, 1e-4], generator(4, "branch"))
    assert (np.diff(losses) > 0).all() and (np.diff(s, axis=0) < 0).all()
    direct, _ = problem.search(np.full(3, 1e-4 ** (1 / 3)), generator(5, "direct"), starts=6)
    assert s[-1] == pytest.approx(problem.singular_values(direct), abs=1e-5)


def test_metrics_by_hand():
    H = np.array([[3.0, 3, 0, 0], [0, 0, 1, 3], [0, 0, 0, 0]])
    W = np.array([[1.0, 1, 0], [0, 0, 0]])
    problem = ff.FreeFeatures(ff.one_hot([2, 2]), 3, 1)
    metrics = ff.collapse_metrics(problem, np.concatenate([W.ravel(), H.ravel()]), [2, 2])
    assert metrics["spread"] == pytest.approx(np.sqrt(2 / 28))
    assert metrics["lengths"].tolist() == [[9, 5], [2, 0]]
    assert metrics["cosines"] == pytest.approx(np.array([np.eye(2), np.diag([1, 0])]))
    assert metrics["s"] == pytest.approx([np.linalg.norm(W @ H), 0])


def test_errors_by_hand():
    cosines = np.array([[[1, 0.1, 0.5], [0.1, 1, 0.7], [0.5, 0.7, 1]]] * 2)
    found = {"s": [3.0, 1, 0], "spread": 0.2, "cosines": cosines, "lengths": np.array([[4.0, 2, 1], [9, 9, 0]])}
    predicted = {"s": np.array([4.0, 0, 0]), "cosine": 0.3, "lengths": np.array([[5.0, 2, 0], [10, 5, 0]])}
    errors = ff.collapse_errors(found, predicted)
    assert errors["singular values"].tolist() == [-0.25, 0.25, 0]
    assert errors["spread"].tolist() == [0.2]
    assert errors["cosines"] == pytest.approx(np.full(4, -0.2))
    assert errors["lengths"] == pytest.approx([-0.2, 0, 0.2, -0.1, 0.4, 0])


def test_decays_have_the_product_and_the_ratio():
    lambdas = ff.decays(3e-4, 3, 2.5)
    assert lambdas.prod() == pytest.approx(3e-4)
    assert lambdas[:3] / lambdas[3] == pytest.approx(np.full(3, 2.5))
    with pytest.raises(ValueError, match="at least one start"):
        ff.FreeFeatures(ff.one_hot([1, 1]), 2, 1).search(ff.decays(0.1, 1, 1), generator(6, "x"), starts=0)
