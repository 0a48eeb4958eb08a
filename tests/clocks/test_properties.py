"""What holds of every clock, on random histories."""

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide.clocks import ClockInputs, derive, runs
from clocks.test_against_slow_clock import EVENTS, stories, the_inputs, the_terms
from support.slow_clock import SlowTarget, Story, to_instant

Told = tuple[Story, Mapping[tuple[str, str], SlowTarget]]
NOW = to_instant(EVENTS + 24)


@settings(max_examples=60, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
@pytest.mark.states("C1")
def test_a_recomputation_gives_the_same_in_whatever_order_events_came_in(told: Told, order: random.Random) -> None:
    story, cells = told
    inputs = the_inputs(story, cells)
    shuffled = {
        name: order.sample(list(getattr(inputs, name)), len(getattr(inputs, name))) for name in ("starts", "stops")
    }
    again = the_inputs(story, cells, **{name: sorted(found) for name, found in shuffled.items()})
    assert derive(inputs, the_terms(story), NOW) == derive(again, the_terms(story), NOW)


@settings(max_examples=60, deadline=None)
@given(stories(), st.integers(0, EVENTS), st.integers(1, 48))
def test_a_longer_pause_never_makes_it_due_earlier(told: Told, start: int, length: int) -> None:
    story, cells = told
    calm = replace(story, pauses=[], given={**story.given, "contract": []}, modes=dict.fromkeys(story.modes, "keep"))
    paused = replace(calm, pauses=[(start, start + length)])
    longer = replace(calm, pauses=[(start, start + length + 5)])
    found = [runs(the_inputs(each, cells), the_terms(story)) for each in (calm, paused, longer)]
    for one, two, three in zip(*found, strict=False):
        if one.due is not None and two.due is not None and three.due is not None:
            assert one.due <= two.due <= three.due


@settings(max_examples=60, deadline=None)
@given(stories(), st.sampled_from(["keep", "retarget", "segments"]))
def test_a_change_to_the_same_target_changes_nothing(told: Told, mode: str) -> None:
    story, cells = told
    same = dict.fromkeys(cells, cells["a", "1"])
    calm = replace(
        story,
        given={"severity": [(0, "1"), (EVENTS // 2, "2")], "plan": [(0, "a")], "contract": []},
        modes=dict.fromkeys(story.modes, mode),
        classified=None,
    )
    still = replace(calm, given={**calm.given, "severity": [(0, "1")]})
    changed, unchanged = (runs(the_inputs(each, same), the_terms(story)) for each in (calm, still))
    assert [(run.due, run.budget, run.stopped) for run in changed] == [
        (run.due, run.budget, run.stopped) for run in unchanged
    ]


@settings(max_examples=60, deadline=None)
@given(stories(), st.sampled_from([Decimal("0.25"), Decimal("0.75"), Decimal(1), Decimal("1.5")]))
@pytest.mark.states("C10")
def test_a_share_is_reached_at_its_instant_and_not_before(told: Told, share: Decimal) -> None:
    story, cells = told
    for run in runs(the_inputs(story, cells), the_terms(story)):
        at = run.share_instant(share)
        if at is not None and run.budget:
            reached, before = run.share(at), run.share(at - 1)
            assert reached is not None
            assert before is not None
            assert reached >= Fraction(share)
            assert before < Fraction(share) or at == run.counted_from


@settings(max_examples=60, deadline=None)
@given(stories())
@pytest.mark.states("C10")
def test_an_instance_holds_until_its_next_change(told: Told) -> None:
    story, cells = told
    now = NOW
    for run in runs(the_inputs(story, cells), the_terms(story)):
        for _ in range(5):
            change = run.next_change(now)
            if change is None:
                break
            fresh: ClockInputs = the_inputs(story, cells)
            again = next(other for other in runs(fresh, the_terms(story)) if other.started_by == run.started_by)
            assert now < change
            assert again.at(now) == run.at(now) == again.at(change - 1)
            now = change
