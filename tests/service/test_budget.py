"""What a connector may be asked: its rate, its rest after failures, and the rest that it asks for."""

import pytest

from casewarden.service.budget import FAILURES, SECOND, Budget

NOW = 100_000 * SECOND


def failing(times: int = FAILURES, rate: float = 1e9) -> Budget:
    budget = Budget(rate)
    for _ in range(times):
        assert budget.take(NOW)
        budget.came_back()
        budget.failed(NOW)
    return budget


def test_attempts_come_at_the_rate() -> None:
    budget = Budget(2.0)
    assert [budget.take(NOW) for _ in range(3)] == [True, True, False]
    assert budget.next_at(NOW) == NOW + SECOND // 2 + 1
    assert budget.take(NOW + SECOND // 2 + 1)


@pytest.mark.parametrize("rate", [2.0, 1e9])
def test_who_asks_to_be_left_alone_is_left_alone_by_all(rate: float) -> None:
    budget = Budget(rate)
    budget.rest(NOW, 60)
    for seconds in (0, 1, 30, 59):
        assert not budget.take(NOW + seconds * SECOND)
        assert budget.next_at(NOW + seconds * SECOND) == NOW + 60 * SECOND
    assert budget.take(NOW + 60 * SECOND)


def test_after_failures_it_rests_and_then_one_may_try() -> None:
    budget = failing()
    assert (budget.state(NOW), budget.next_at(NOW)) == ("open", NOW + 10 * SECOND)
    later = NOW + 10 * SECOND
    assert budget.take(later)
    assert not budget.take(later)
    assert budget.next_at(later) == later + SECOND  # not at once: whoever tries may take long
    budget.failed(later)
    assert budget.next_at(later) == later + 20 * SECOND


def test_a_success_ends_the_rest() -> None:
    budget = failing(rate=FAILURES)
    budget.succeeded()
    assert not budget.take(NOW)
    assert budget.next_at(NOW) < NOW + SECOND


def test_a_clock_that_is_put_back_makes_no_rest_longer() -> None:
    budget = failing()
    budget.rest(NOW, 60)
    hour_ago = NOW - 3_600 * SECOND
    assert budget.state(hour_ago) == "half_open"
    assert budget.take(hour_ago)
