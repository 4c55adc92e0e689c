import numpy as np
import pytest

from theorycheck.experiments import adaptive_analyst


def test_one_question_is_answered_by_its_own_size():
    # With one feature the final answer is |q|, whose mean for 9 coins is C(8, 4)/2^8.
    final = adaptive_analyst.final_answers(9, [1], 0.0, 2000, np.random.default_rng(0))
    assert final.shape == (1, 2000)
    assert set(np.rint(final * 9).astype(int).ravel()) <= {1, 3, 5, 7, 9}
    assert final.mean() == pytest.approx(70 / 256, abs=4 * final.std() / np.sqrt(2000))


def test_who_does_not_look_finds_nothing():
    looked = adaptive_analyst.final_answers(50, [40], 0.0, 400, np.random.default_rng(1))
    blind = adaptive_analyst.final_answers(50, [40], 0.0, 400, np.random.default_rng(1), adaptive=False)
    assert abs(blind.mean()) < 4 * blind.std() / 20 < looked.mean()


def test_noise_alone_finds_nothing_and_analysts_average():
    one = adaptive_analyst.final_answers(60, [15, 30], 50.0, 300, np.random.default_rng(2))
    many = adaptive_analyst.final_answers(60, [15, 30], 50.0, 300, np.random.default_rng(2), analysts=9)
    assert abs(many.mean()) < 0.02
    assert many.std() < 0.5 * one.std()


def test_waiting_times_are_geometric():
    # n = 1: q is +-1, and a threshold between 0 and 1 with little noise is passed at once; above 1 by noise alone.
    assert np.all(adaptive_analyst.waiting_times(1, 0.5, 0.01, 50, np.random.default_rng(3)) == 1)
    waits = adaptive_analyst.waiting_times(4, 0.9, 0.001, 3000, np.random.default_rng(4))  # P(|q| = 1) = 1/8
    assert waits.min() == 1
    assert waits.mean() == pytest.approx(8, abs=4 * waits.std() / np.sqrt(3000))
    assert waits.std() == pytest.approx(np.sqrt(1 - 1 / 8) * 8, rel=0.1)


def test_waiting_times_longer_than_a_chunk():
    waits = adaptive_analyst.waiting_times(20, 0.98, 0.001, 4, np.random.default_rng(5))  # P = 2^-19
    assert np.all(waits > 0)
    assert 2**16 < waits.mean() < 2**22


def test_guess_and_check_finds_what_is_real():
    rng = np.random.default_rng(6)
    error, found, false = adaptive_analyst.guess_and_check(900, 2000, 4, 0.5, 0.25, 0.02, rng)
    assert (found, false) == (4, 0)
    assert abs(error) < 0.2
    # A low threshold lets all through, and the final answer is far from the truth.
    error, found, false = adaptive_analyst.guess_and_check(100, 2000, 4, 0.5, 0.02, 0.02, rng)
    assert false > 1000
    assert error > 0.3


def test_guess_and_check_error_is_unbiased_when_only_real_answers_are_released():
    rng = np.random.default_rng(7)
    errors = [adaptive_analyst.guess_and_check(100, 3, 3, 0.6, 0.1, 0.001, rng)[0] for _ in range(400)]
    assert abs(np.mean(errors)) < 4 * np.std(errors) / 20
