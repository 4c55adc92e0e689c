"""Random Transformers with positional information in different places, evaluated and never trained.

A layer is x + attention(norm(x)), then x + feed_forward(norm(x)). A *variant* says where positions enter:

- inside the softmax: "t5" (a bias for each head and offset), "alibi" (-slope |i - j|), "rope" (turned queries, keys),
  "xl" (content and offset vectors), "deberta" (content to offset and offset to content), "causal" (t5 with a mask);
- elsewhere: "urpe" (t5, the softmax times a Toeplitz matrix), "shaw_values" (t5, offset vectors added to the values),
  "absolute" (position vectors added to the input).
"""

import numpy as np

INSIDE = ("t5", "alibi", "rope", "xl", "deberta", "causal")
ELSEWHERE = ("urpe", "shaw_values", "absolute")


def draw_weights(d, heads, layers, scale, rng):
    """A list of layers' weights: entries N(0, scale^2 / inputs), feed-forward of width 2d with biases N(0, scale^2)."""

    def matrix(inputs, outputs):
        return scale * rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)

    return [
        {name: matrix(d, d) for name in ("q", "k", "v", "o", "offset_k", "offset_q")}
        | {"up": matrix(d, 2 * d), "bias": scale * rng.standard_normal(2 * d), "down": matrix(2 * d, d)}
        | {"content_u": rng.standard_normal((heads, d // heads)), "content_v": rng.standard_normal((heads, d // heads))}
        for _ in range(layers)
    ]


def draw_positions(d, heads, reach, rng, *, standard=True):
    """What depends on positions, for offsets below `reach`; slopes and base are the usual ones if `standard`.

    Returns
    -------
    dict
        bias (heads, 2 reach - 1) with N(0, 4) entries, factors of the same shape and N(0, 1), offset vectors
        (2 reach - 1, d), value vectors (heads, 2 reach - 1, d / heads), absolute vectors (reach, d), slopes (heads,),
        base of the rotary angles.
    """
    offsets = 2 * reach - 1
    return {
        "bias": 2 * rng.standard_normal((heads, offsets)),
        "factors": rng.standard_normal((heads, offsets)),
        "offsets": rng.standard_normal((offsets, d)),
        "values": rng.standard_normal((heads, offsets, d // heads)),
        "absolute": rng.standard_normal((reach, d)),
        "slopes": 2.0 ** -np.arange(1, heads + 1) * (1 if standard else rng.uniform(0.1, 10, heads)),
        "base": 100.0 if standard else float(rng.uniform(2, 50)),
    }


def normalize(x):
    """Layer normalization over the last axis, without gain or shift."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + 1e-12)


def _turn(x, base):
    """Rotary encoding of (..., n, width): pairs of coordinates turn by the position times base^(-2 i / width)."""
    n, width = x.shape[-2:]
    angle = np.arange(n)[:, None] * base ** (-np.arange(0, width, 2) / width)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    turned[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
    return turned


def attention(x, w, positions, variant, heads):
    """One attention layer on x (sequences, n, d), with the weights `w` of `draw_weights`; same shape."""
    count, n, d = x.shape
    width = d // heads

    def split(matrix):
        return (x @ matrix).reshape(count, n, heads, width).swapaxes(1, 2)

    q, k, v = split(w["q"]), split(w["k"]), split(w["v"])  # (sequences, heads, n, width)
    reach = (positions["bias"].shape[1] + 1) // 2
    offset = np.arange(n)[:, None] - np.arange(n) + reach - 1  # index of i - j
    if variant == "rope":
        q, k = _turn(q, positions["base"]), _turn(k, positions["base"])
    logits = q @ k.swapaxes(-1, -2)
    if variant in ("xl", "deberta"):
        by_offset = (positions["offsets"] @ w["offset_k"]).reshape(-1, heads, width)[offset]  # (n, n, heads, width)
        query = q + w["content_v"][:, None] if variant == "xl" else q
        logits = logits + np.einsum("shiw,ijhw->shij", query, by_offset)
    if variant == "xl":
        logits = logits + (k @ w["content_u"][..., None]).swapaxes(-1, -2)
    if variant == "deberta":
        to_content = (positions["offsets"] @ w["offset_q"]).reshape(-1, heads, width)[offset.T]
        logits = logits + np.einsum("shjw,ijhw->shij", k, to_content)
    logits = logits / np.sqrt(width)
    if variant in ("t5", "causal", "urpe", "shaw_values"):
        logits = logits + positions["bias"][:, offset]
    if variant == "alibi":
        logits = logits - positions["slopes"][:, None, None] * np.abs(offset - reach + 1)
    if variant == "causal":
        logits = np.where(offset >= reach - 1, logits, -np.inf)
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    if variant == "urpe":
        p = p * positions["factors"][:, offset]
    out = p @ v
    if variant == "shaw_values":
        out = out + np.einsum("shij,hijw->shiw", p, positions["values"][:, offset])
    return out.swapaxes(1, 2).reshape(count, n, d) @ w["o"]


def forward(x, weights, positions, variant, heads):
    """Input and output of every layer, a list of layers + 1 arrays (sequences, n, d).

    Raises
    ------
    ValueError
        If the variant is not known, or the sequences are longer than the positions reach.
    """
    if variant not in INSIDE + ELSEWHERE:
        raise ValueError(f"variant must be one of {', '.join(INSIDE + ELSEWHERE)}; got {variant!r}")
    if x.shape[1] > len(positions["absolute"]):
        raise ValueError(f"positions reach {len(positions['absolute'])} tokens; got {x.shape[1]}")
    states = [x]
    if variant == "absolute":
        x = x + positions["absolute"][: x.shape[1]]
    for w in weights:
        x = x + attention(normalize(x), w, positions, variant, heads)
        x = x + np.maximum(normalize(x) @ w["up"] + w["bias"], 0) @ w["down"]
        states.append(x)
    return states


def spread(output):
    """Largest |row - mean row| of any sequence's output (sequences, n, d), over the output's root mean square."""
    return float(np.abs(output - output.mean(axis=1, keepdims=True)).max() / np.sqrt(np.mean(output**2)))


def readout_error(states, target):
    """Mean squared error of the best affine read-out, the same for every token, of all states together.

    Parameters
    ----------
    states : list of arrays (sequences, n, d)
    target : array (sequences, n)
    """
    features = np.concatenate([*states, np.ones((*target.shape, 1))], axis=-1).reshape(target.size, -1)
    fitted = features @ np.linalg.lstsq(features, target.ravel(), rcond=1e-10)[0]
    return float(np.mean((fitted - target.ravel()) ** 2))
