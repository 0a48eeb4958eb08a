"""A subject is a value: folding goes on from it in as many directions as one likes."""

from hypothesis import given
from hypothesis import strategies as st

from casewarden.model import Event, Subject, fold


def event(number: int) -> Event:
    return Event("case:1", "message", number // 3, number // 3 + number % 2, "customer", "desk", f"e{number}")


NUMBERS = st.lists(st.integers(0, 12), max_size=12)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_two_subjects_that_go_on_from_one_know_nothing_of_each_other(
    common: list[int], left: list[int], right: list[int]
) -> None:
    stem = fold([event(99), *map(event, common)])
    one = stem.with_events(map(event, left))
    other = stem.with_events(map(event, right))
    again = one.with_events(map(event, right))
    assert [e.key for e in one.events] == in_order({99, *common, *left})
    assert [e.key for e in other.events] == in_order({99, *common, *right})
    assert [e.key for e in again.events] == in_order({99, *common, *left, *right})
    assert [e.key for e in stem.events] == in_order({99, *common})
    for subject in (stem, one, other, again):
        assert [n for n in range(13) if subject.has(event(n))] == [n for n in range(13) if event(n) in subject.events]


def in_order(numbers: set[int]) -> list[str]:
    return [e.key for e in sorted((event(number) for number in numbers), key=lambda e: e.order)]


@given(NUMBERS)
def test_what_was_learnt_after_it_happened_is_told_apart(numbers: list[int]) -> None:
    subject = Subject("case:1").with_events(map(event, numbers))
    assert {e.key for e in subject.delayed} == {f"e{number}" for number in numbers if number % 2}
