"""The clock of the demonstration, with real time given by hand."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.clock import scaled


@given(
    st.integers(0, 10**16),
    st.floats(0.001, 1e6),
    st.lists(st.integers(0, 10**15), min_size=1, max_size=8),
)
def test_it_shows_the_start_and_then_runs_so_many_times_as_fast(start: int, speed: float, steps: list[int]) -> None:
    ticks = 123
    clock = scaled(start, speed, lambda: ticks)
    assert clock() == start
    for step in steps:
        ticks += step
        assert clock() == start + math.floor(Fraction(ticks - 123, 1000) * Fraction(speed))


@pytest.mark.parametrize("speed", [0, -1, math.nan, math.inf])
def test_a_speed_is_a_number_above_zero(speed: float) -> None:
    with pytest.raises(ValueError, match="a speed above zero"):
        scaled(0, speed)
