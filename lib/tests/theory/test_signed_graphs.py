from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.theory import signed_graphs as sg


def paths_by_walking(signs):
    """For each pair of ends, the set of signs of the non-zero paths between them, one path at a time."""
    sizes = [signs[0].shape[1], *(S.shape[0] for S in signs)]
    found = {}
    for path in product(*(range(d) for d in sizes)):
        sign = np.prod([S[b, a] for S, a, b in zip(signs, path[:-1], path[1:], strict=True)])
        if sign:
            found.setdefault((path[-1], path[0]), set()).add(int(sign))
    return found


def balanced_by_colouring(signs):
    """Balance by depth-first two-colouring of the signed graph (Harary): a second algorithm."""
    sizes = [signs[0].shape[1], *(S.shape[0] for S in signs)]
    first = np.concatenate([[0], np.cumsum(sizes)])
    edges = {}
    for layer, S in enumerate(signs):
        for (b, a), sign in np.ndenumerate(S):
            if sign:
                u, v = first[layer] + a, first[layer + 1] + b
                edges.setdefault(u, []).append((v, sign))
                edges.setdefault(v, []).append((u, sign))
    colour = {}
    for root in range(first[-1]):
        stack = [] if root in colour else [root]
        colour.setdefault(root, 1)
        while stack:
            u = stack.pop()
            for v, sign in edges.get(u, []):
                if colour.setdefault(v, colour[u] * sign) != colour[u] * sign:
                    return False
                if (v, "seen") not in colour:
                    colour[(v, "seen")] = True
                    stack.append(v)
    return True


def networks(values):
    sizes = st.lists(st.integers(1, 3), min_size=3, max_size=4)
    return sizes.flatmap(
        lambda d: st.tuples(
            *(
                st.lists(st.sampled_from(values), min_size=a * b, max_size=a * b).map(
                    lambda entries, shape=(b, a): np.array(entries).reshape(shape)
                )
                for a, b in pairwise(d)
            )
        ).map(list)
    )


@settings(max_examples=60, deadline=None)
@given(networks([-1, 0, 1]))
def test_path_signs_are_those_of_the_paths_walked_one_by_one(signs):
    found = paths_by_walking(signs)
    positive, negative = sg.path_signs(signs)
    for end in product(range(signs[-1].shape[0]), range(signs[0].shape[1])):
        assert positive[end] == (1 in found.get(end, set()))
        assert negative[end] == (-1 in found.get(end, set()))
    assert sg.paths_agree(signs) == all(len(s) == 1 for s in found.values())


@settings(max_examples=60, deadline=None)
@given(networks([-1, 0, 1]))
def test_balance_is_two_colourability_and_implies_that_paths_agree(signs):
    balanced = bool(sg.is_balanced(signs))
    assert balanced == balanced_by_colouring(signs)
    assert sg.paths_agree(signs) or not balanced


@settings(max_examples=60, deadline=None)
@given(networks([-1, 1]))
def test_without_zeros_balance_is_agreement_of_paths(signs):
    assert bool(sg.is_balanced(signs)) == bool(sg.paths_agree(signs))


def test_a_zero_can_hide_a_negative_cycle_from_all_paths():
    # With W_1 the identity one path leads from any input to any output, so nothing can cancel, while the four
    # weights of W_2 close a cycle of negative sign.
    S1 = np.eye(2, dtype=int)
    S2 = np.array([[1, 1], [1, -1]])
    assert sg.paths_agree([S1, S2])
    assert not sg.is_balanced([S1, S2])


@pytest.mark.parametrize("sizes", [(2, 2, 2), (1, 3, 2), (2, 1, 3), (2, 2, 1, 2)])
def test_counts_by_enumeration(sizes):
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    cuts = np.cumsum([a * b for a, b in shapes])[:-1]
    exact, products = 0, set()
    for entries in product([-1, 1], repeat=sg.edges(sizes)):
        signs = [part.reshape(shape) for part, shape in zip(np.split(np.array(entries), cuts), shapes, strict=True)]
        if all(len(s) == 1 for s in paths_by_walking(signs).values()):
            exact += 1
            weights = signs[0]
            for S in signs[1:]:
                weights = S @ weights
            products.add(np.sign(weights).tobytes())
            assert sg.has_rank_one_signs(weights)
    assert exact == sg.balanced_patterns(sizes)
    assert len(products) == sg.product_patterns(sizes)
    assert exact / 2 ** sg.edges(sizes) == sg.exactness_probability(sizes)


def test_rank_one_signs_against_the_rank_of_the_sign_matrix():
    for entries in product([-1, 1], repeat=6):
        signs = np.array(entries).reshape(2, 3)
        assert sg.has_rank_one_signs(signs * 2.5) == (np.linalg.matrix_rank(signs) == 1)


def test_independence_of_pairs_is_right_only_where_pairs_share_no_path():
    assert sg.independent_pairs_probability((2, 3, 2)) == 2.0**-8
    assert sg.independent_pairs_probability((1, 3, 2)) == sg.exactness_probability((1, 3, 2))


def test_one_layer_is_refused():
    with pytest.raises(ValueError, match="at least three layers"):
        sg.independent_cycles((3, 2))
