"""Pairing expectations with what happened, against trying every assignment."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.scenario.matching import pair_up


def most_pairs(fits: list[list[bool]], ones: int) -> int:
    """The largest number of expectations that can have a partner of their own, by trying every order."""
    if not fits or not ones:
        return 0
    best = 0
    width = max(len(fits), ones)
    for order in permutations(range(width), len(fits)):
        best = max(best, sum(index < ones and fits[row][index] for row, index in enumerate(order)))
    return best


@settings(max_examples=200)
@given(st.data(), st.integers(0, 5), st.integers(0, 5))
def test_as_many_as_possible_find_a_partner(data: st.DataObject, wanted: int, ones: int) -> None:
    fits = [[data.draw(st.booleans()) for _ in range(ones)] for _ in range(wanted)]
    partners, left = pair_up(range(wanted), range(ones), lambda row, index: fits[row][index])
    taken = [index for index in partners if index is not None]
    assert len(taken) == len(set(taken)) == most_pairs(fits, ones)
    assert all(index is None or fits[row][index] for row, index in enumerate(partners))
    assert sorted([*taken, *left]) == list(range(ones))
