"""Grouping: whatever the order and the size of the runs, each subject's rows come together as the file has them."""

import random
import tracemalloc
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.scenario.grouping import Row, grouped


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.text(max_size=4)), max_size=60), st.integers(1, 2_000))
@settings(max_examples=150)
def test_groups_are_those_of_a_dictionary(rows: list[tuple[str, str]], run_bytes: int) -> None:
    expected: dict[str, list[tuple[int, str]]] = {}
    for line, (subject, text) in enumerate(rows):
        expected.setdefault(subject, []).append((line, text))
    found = grouped((Row(subject, line, text) for line, (subject, text) in enumerate(rows)), run_bytes)
    assert [(group.subject, list(group.rows)) for group in found] == sorted(expected.items())


def test_memory_does_not_grow_with_the_number_of_cases() -> None:
    def peak(cases: int) -> int:
        def rows() -> Iterator[Row]:
            order = [case for case in range(cases) for _ in range(3)]
            random.Random(1).shuffle(order)
            for line, case in enumerate(order):
                yield Row(f"case:{case:06}", line, "x" * 200)

        list_of_lines = rows()
        next(list_of_lines)  # the shuffled order is the test's own memory
        tracemalloc.start()
        try:
            assert sum(len(group.rows) for group in grouped(list_of_lines, 1_500_000)) == 3 * cases - 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(2_000), peak(12_000)
    assert large < 2 * small
