import numpy as np
import pytest
from scipy.special import softmax

from theorycheck.experiments import positional_transformer as pt
from theorycheck.seeds import generator

D, HEADS, N = 8, 2, 5


def setup(standard=True):
    weights = pt.draw_weights(D, HEADS, 2, 1.5, generator(0, "weights"))
    positions = pt.draw_positions(D, HEADS, 2 * N, generator(0, "positions"), standard=standard)
    return weights, positions, generator(0, "x").normal(size=(3, N, D))


def rotary(vector, position, base):
    pairs = vector[0::2] + 1j * vector[1::2]
    turned = pairs * np.exp(1j * position * base ** (-np.arange(0, len(vector), 2) / len(vector)))
    return np.stack([turned.real, turned.imag], axis=1).ravel()


@pytest.mark.parametrize("variant", pt.INSIDE + pt.ELSEWHERE)
def test_attention_against_loops(variant):
    weights, positions, x = setup()
    w, width, reach = weights[0], D // HEADS, 2 * N
    result = pt.attention(x, w, positions, variant, HEADS)
    for s in range(3):
        out = np.zeros((N, D))
        for h in range(HEADS):
            part = slice(h * width, (h + 1) * width)
            q, k, v = (x[s] @ w[name][:, part] for name in "qkv")
            for i in range(N):
                logits = np.zeros(N)
                for j in range(N):
                    r = positions["offsets"][i - j + reach - 1] @ w["offset_k"][:, part]
                    back = positions["offsets"][j - i + reach - 1] @ w["offset_q"][:, part]
                    content = q[i] @ k[j]
                    if variant == "rope":
                        content = rotary(q[i], i, 100.0) @ rotary(k[j], j, 100.0)
                    if variant == "xl":
                        content += (q[i] + w["content_v"][h]) @ r + w["content_u"][h] @ k[j]
                    if variant == "deberta":
                        content += q[i] @ r + k[j] @ back
                    logits[j] = content / np.sqrt(width)
                    if variant in ("t5", "causal", "urpe", "shaw_values"):
                        logits[j] += positions["bias"][h, i - j + reach - 1]
                    if variant == "alibi":
                        logits[j] -= 2.0 ** -(h + 1) * abs(i - j)
                    if variant == "causal" and j > i:
                        logits[j] = -np.inf
                p = softmax(logits)
                for j in range(N):
                    value = v[j] + (positions["values"][h, i - j + reach - 1] if variant == "shaw_values" else 0)
                    factor = positions["factors"][h, i - j + reach - 1] if variant == "urpe" else 1
                    out[i, part] += factor * p[j] * value
        assert result[s] == pytest.approx(out @ w["o"])


def test_rotary_logits_depend_on_the_offset_only():
    q, k = generator(0, "qk").normal(size=(2, 4))
    first, second = (rotary(q, a, 100.0) @ rotary(k, b, 100.0) for a, b in ((3, 1), (7, 5)))
    assert first == pytest.approx(second)


def test_forward_states_and_residuals():
    weights, positions, x = setup()
    states = pt.forward(x, weights, positions, "t5", HEADS)
    assert len(states) == 3
    middle = x + pt.attention(pt.normalize(x), weights[0], positions, "t5", HEADS)
    hidden = np.maximum(pt.normalize(middle) @ weights[0]["up"] + weights[0]["bias"], 0)
    assert states[1] == pytest.approx(middle + hidden @ weights[0]["down"])
    with pytest.raises(ValueError, match="variant must be"):
        pt.forward(x, weights, positions, "none", HEADS)
    with pytest.raises(ValueError, match="positions reach"):
        pt.forward(np.ones((1, 3 * N, D)), weights, positions, "t5", HEADS)


def test_normalization_and_spread():
    x = generator(0, "x").normal(size=(2, 3, 6))
    assert pt.normalize(x).mean(axis=-1) == pytest.approx(np.zeros((2, 3)), abs=1e-12)
    assert pt.normalize(x).std(axis=-1) == pytest.approx(np.ones((2, 3)))
    assert pt.spread(np.ones((2, 4, 3))) == 0
    assert pt.spread(np.array([[[1.0], [-1.0]]])) == 1


def test_readout_error_against_the_normal_equations():
    rng = generator(0, "readout")
    states, target = [rng.normal(size=(6, 5, 2)) for _ in range(2)], rng.normal(size=(6, 5))
    f = np.column_stack([s.reshape(30, 2) for s in states] + [np.ones(30)])
    residual = target.ravel() - f @ np.linalg.solve(f.T @ f, f.T @ target.ravel())
    assert pt.readout_error(states, target) == pytest.approx(np.mean(residual**2))


def test_other_positions_differ():
    assert setup()[1]["base"] != setup(standard=False)[1]["base"]
    assert not np.allclose(setup()[1]["slopes"], setup(standard=False)[1]["slopes"])
