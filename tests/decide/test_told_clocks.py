"""Clocks and credits of whole decisions against the slow clock: changes, reopenings, contracts, pauses, lateness."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset, decide
from casewarden.model import fold
from casewarden.model.decision import Decision
from support.slow_clock import DIMENSIONS, SlowTarget, Story, slow_runs, to_instant
from support.slow_stories import (
    CALENDARS,
    LAST,
    Lateness,
    Told,
    days_earned,
    log_of,
    ruleset_of,
    state_of,
    told_stories,
    until,
)

THOROUGH = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def engine_says(decision: Decision) -> dict[str, object]:
    """The runs and the credits of a decision."""
    return {
        "clocks": [
            (one.number, one.state.value, one.started, one.counted_from, one.due, one.stopped)
            for one in decision.clocks
            if one.number
        ],
        "credits": [(one.amount, one.state) for one in decision.ledger],
    }


def slow_says(told: Told, now: int) -> dict[str, object]:
    """The same, step by step."""
    story = until(told, now)
    found, earned = [], []
    for number, run in enumerate(slow_runs(story), start=1):
        state = state_of(story, run, now)
        due = None if state == "paused" else run.due
        stopped = None if run.stopped is None else to_instant(run.stopped)
        found.append((number, state, to_instant(run.started), to_instant(run.origin), due, stopped))
        days = days_earned(told, story, run, now)
        if days:
            earned.append((days, "accruing" if stopped is None else "posted"))
    return {"clocks": found, "credits": sorted(earned)}


def must_agree(told: Told, looks: set[int]) -> None:
    compiled, log = compile_ruleset(ruleset_of(told)), log_of(told)
    for now in sorted(looks):
        decision = decide(compiled, fold(event for event in log if event.at <= to_instant(now)), to_instant(now))
        ours, theirs = engine_says(decision), slow_says(told, now)
        ours["credits"] = sorted(ours["credits"])  # type: ignore[call-overload]
        assert ours == theirs, f"step {now}"


@THOROUGH
@given(told_stories(), st.sets(st.integers(0, LAST + 100), max_size=2))
def test_decisions_agree_with_the_slow_clock(told: Told, looks: set[int]) -> None:
    must_agree(told, {*looks, LAST + 100})


# Where they once differed


def test_a_severity_that_is_forgotten_and_determined_again_is_no_first_determination() -> None:
    cells = {(plan, level): SlowTarget(steps=10 if level == "1" else 20) for plan in "ab" for level in "12"}
    for mode in ("keep", "retarget", "segments", "restart"):
        story = Story(
            calendars=CALENDARS,
            default="office",
            plans={"a": "office", "b": "office"},
            target=lambda plan, level: None if plan is None or level is None else cells[plan, level],
            modes=dict.fromkeys(DIMENSIONS, mode),
            given={"severity": [(2, "1"), (5, None), (8, "2")], "plan": [(0, "a")], "contract": []},
            contract_calendars={},
            classified=None,
            starts=[3],
            stops=[],
            counts_from=None,
            reopens=[],
            pauses=[],
            each_time=False,
            on_reopen="stay",
        )
        must_agree(Told(story, cells, Lateness(SlowTarget(steps=1), "full", None), None), {4, 6, 9, 40})
