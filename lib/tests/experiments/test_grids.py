import numpy as np

from theorycheck.experiments.grids import tabulate


def test_every_entry_is_the_function_at_its_point():
    def measure(a, b, scale=1.0):
        return {"sum": scale * (a + b), "power": [[a**b, 0], [1, 2], [3, b]]}

    first, second = [1.0, 2.0, 5.0], [0, 1, 2, 3]
    found = tabulate(measure, first, second, scale=2.0)
    assert found["sum"].shape == (3, 4) and found["power"].shape == (3, 2, 3, 4)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            assert found["sum"][i, j] == 2 * (a + b)
            assert np.array_equal(found["power"][:, :, i, j], [[a**b, 0], [1, 2], [3, b]])
