"""Live and shadow beside each other, promoted and taken back: each action once, and the live lane undisturbed."""

import pytest

from casewarden.service import rollouts
from rollouts.conftest import Make
from support.rollout_story import BASE, DAYS, HEAD, Desk, live_through, story, trace
from support.small import HOUR, at

START, PROMOTED, BACK, END = at("mon 20:00"), at("tue 14:00"), at("wed 09:00"), at("wed 20:00")
OVER = at("mon 07:00") + DAYS * 24 * HOUR


@pytest.mark.parametrize("seed", range(3))
def test_the_live_lane_is_undisturbed_until_something_is_promoted_and_every_action_is_done_once(
    make: Make, seed: int
) -> None:
    alone, desk = make(BASE, connector=Desk()), Desk()
    live_through(alone, story(seed), PROMOTED)
    beside = make(BASE, connector=desk)
    events = story(seed)
    live_through(beside, events, START)
    beside.start("try", HEAD)
    live_through(beside, events, PROMOTED)
    undisturbed = trace(alone, until=PROMOTED)
    assert undisturbed["actions"], "the story does nothing"
    for what, rows in trace(beside, until=PROMOTED).items():
        assert rows == undisturbed[what], what
    assert beside.rows("SELECT count(*) FROM outbox WHERE lane = 'small@try' AND state = 'shadow'") > [(0,)]
    before = set(desk.applied)
    beside.roll(rollouts.promote, "try", ["greet", "lower"])
    beside.settle()
    assert set(desk.applied) == before, "what was true already is acted upon"
    live_through(beside, events, BACK)
    beside.roll(rollouts.back, "try")
    live_through(beside, events, END)
    beside.roll(rollouts.end, "try")
    live_through(beside, events, OVER)
    assert set(desk.applied.values()) == {1}
    live = {str(key) for (key,) in beside.rows("SELECT key FROM outbox WHERE lane = 'small' AND state = 'applied'")}
    assert set(desk.applied) == {key for key in live if "/classify/" not in key}


@pytest.mark.parametrize("seed", range(2))
def test_when_a_case_joins_its_trial_makes_no_difference_to_what_is_decided_there(make: Make, seed: int) -> None:
    at_once, bit_by_bit = make(BASE, connector=Desk()), make(BASE, connector=Desk())
    for bench in (at_once, bit_by_bit):
        live_through(bench, story(seed), START)
        bench.start("try", HEAD)
    live_through(at_once, _later(seed), OVER)
    bit_by_bit.populating = False  # only who gets mail joins, until a day has gone by
    events = _later(seed)
    live_through(bit_by_bit, events, PROMOTED)
    bit_by_bit.restart()
    bit_by_bit.populating = True
    live_through(bit_by_bit, events, OVER)
    wanted, found = (trace(bench, "small@try") for bench in (at_once, bit_by_bit))
    for what in ("actions", "ledger", "activations"):
        assert found[what] == wanted[what], what


def _later(seed: int) -> list:  # type: ignore[type-arg]  # of events
    return [event for event in story(seed) if event.seen_at > START]
