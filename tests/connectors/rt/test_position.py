"""Reading by number: what is committed late is found, what is known is not read twice, and a cursor stays small."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden_rt.position import OVERLAP_S, Looked, Position, position_of
from casewarden_rt.records import Transaction

START = 1_796_000_000


@dataclass(frozen=True)
class Made:
    """A transaction: its number, the second in which it was made, and how many seconds later it becomes visible."""

    number: int
    second: int
    late: int

    def as_read(self) -> Transaction:
        return Transaction(self.number, "1", "Set", "Subject", "", "", "alice", self.second * 1_000_000)


@st.composite
def histories(draw: st.DrawFn) -> list[Made]:
    steps = draw(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(0, OVERLAP_S - 1)), max_size=60))
    made, number, second = [], 0, START
    for gap, pause, late in steps:
        number, second = number + gap, second + pause
        made.append(Made(number, second, late))
    return made


@given(
    histories(),
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.integers(1, 7),
    st.integers(0, 60),
    st.booleans(),
)
def test_everything_is_read_once_however_late_it_becomes_visible(
    made: list[Made], waits: list[int], page: int, pause: int, restarts: bool
) -> None:
    cursor, now, came = Position().as_json(), START, list[int]()
    looked: Looked | None = None
    end = (made[-1].second if made else START) + OVERLAP_S
    for wait in [*waits, end - START, 300]:
        now += wait
        is_over = False
        while not is_over:  # one look: pages of new ones, each a call, then its end
            position = position_of(json.loads(json.dumps(cursor)))
            began = now if position.began is None else position.began
            last, deep = position.start(looked if looked and looked.cursor == cursor else None, now)
            deep = began if deep is None else deep
            visible = [one for one in made if one.second + one.late <= now]
            new: list[Transaction] = []
            while not new and (rows := [one for one in visible if one.number > last][:page]):
                last = rows[-1].number
                new = position.new_among([one.as_read() for one in rows])
            is_over = not new
            cursor = (position.at_end() if is_over else position.with_read(new, last, began, deep)).as_json()
            looked = Looked(cursor, began, deep) if is_over and not restarts else looked
            came += [one.id for one in new]
            now += pause
    assert len(came) == len(set(came))
    assert sorted(came) == [one.number for one in made]


@given(histories(), st.integers(0, 10_000))
def test_a_cursor_holds_what_is_young_and_no_more(made: list[Made], after: int) -> None:
    now = START + after
    position = Position().with_read([one.as_read() for one in made], 10**6, now, now)
    assert all(one.number <= position.after or (one.number, one.second) in position.young for one in made)
    if after > 60 * 40 + OVERLAP_S:
        assert position.young == ()


def test_a_flood_keeps_the_newest_apart_and_takes_the_rest_as_complete() -> None:
    flood = [
        Transaction(number, "1", "Set", "Subject", "", "", "alice", START * 1_000_000) for number in range(1, 5_001)
    ]
    position = Position().with_read(flood, 5_000, START, START)
    assert (position.after, len(position.young)) == (3_000, 2_000)
    assert len(json.dumps(position.as_json())) < 100_000


@pytest.mark.parametrize(
    "cursor", [1, "x", [], {}, {"after": "1"}, {"after": 1, "young": 5}, {"after": 1, "young": [["a", 1]]}]
)
def test_a_cursor_of_another_connector_is_told(cursor: object) -> None:
    with pytest.raises(ValueError, match="none of the Request Tracker connector"):
        position_of(cursor)  # type: ignore[arg-type]  # that is what is tried
