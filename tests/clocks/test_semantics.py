"""What the language says about clocks, sentence by sentence."""

from fractions import Fraction

import pytest

from casewarden.decide.clock_terms import ClockTerms, ContractTerms
from casewarden.decide.clocks import Circumstances, ClockInputs, Run, derive, runs
from casewarden.decide.proof import proof
from casewarden.model.decision import ClockInstance, ClockState
from casewarden.ruleset.syntax import Clock, Commitment
from casewarden.ruleset.terms import NoClock, NoDueTime, Turn
from casewarden.worktime import Boundary, DayMode, DayOrigin, DayRule
from support.clock_cases import HOUR, MINUTE, START_DAY, clock, instant, office, table, target, terms, weekdays

OPENED = instant("2026-07-15 10:00")  # a Wednesday
FRIDAY_EVENING = instant("2026-07-17 17:00")
MONDAY = instant("2026-07-20 08:00")
Events = list[tuple[int, str]]


def events(*instants: int) -> Events:
    return [(at, f"event-{number}") for number, at in enumerate(instants, 1)]


def one(
    clock: Clock,
    *stops: int,
    around: Circumstances | None = None,
    starts: Events | None = None,
    with_terms: ClockTerms | None = None,
    counts_from: list[int] | None = None,
    pauses: list[tuple[int, int | None]] | None = None,
    applies: list[tuple[int, str | None]] | None = None,
) -> Run:
    inputs = ClockInputs(
        clock,
        around or Circumstances(),
        starts=starts or events(OPENED),
        stops=events(*stops),
        counts_from=counts_from,
        pauses=pauses or [],
        applies=applies or [],
    )
    return runs(inputs, with_terms or terms())[-1]


@pytest.mark.states("C13", "C14")
class TestBeginAndEnd:
    """`A clock begins to exist with its first starts ... and ends with the first stops at or after`."""

    def test_without_a_start_it_waits(self) -> None:
        (instance,) = derive(ClockInputs(clock("1 business hour"), Circumstances(), starts=[]), terms(), OPENED)
        assert (instance.state, instance.number) == (ClockState.WAITING, 0)

    def test_it_begins_with_its_first_start_and_runs_once(self) -> None:
        inputs = ClockInputs(
            clock("1 business hour"),
            Circumstances(),
            starts=events(OPENED, OPENED + 9 * HOUR),
            stops=events(OPENED + 1),
        )
        (run,) = runs(inputs, terms())
        assert (run.started, run.started_by, run.number) == (OPENED, "event-1", 1)

    def test_each_time_it_begins_with_each_start_while_no_run_is_open(self) -> None:
        starts = events(OPENED, OPENED + HOUR, OPENED + 3 * HOUR)
        stops = events(OPENED + 2 * HOUR, OPENED + 4 * HOUR)
        inputs = ClockInputs(clock("1 business hour", each_time=True), Circumstances(), starts, stops)
        found = runs(inputs, terms())
        assert [(run.started, run.stopped, run.number) for run in found] == [
            (OPENED, OPENED + 2 * HOUR, 1),
            (OPENED + 3 * HOUR, OPENED + 4 * HOUR, 2),
        ]

    def test_a_start_at_the_instant_of_the_stop_before_opens_a_run_that_the_same_stop_ends(self) -> None:
        starts, stops = events(OPENED, OPENED + HOUR), events(OPENED + HOUR)
        first, second = runs(
            ClockInputs(clock("1 business hour", each_time=True), Circumstances(), starts, stops), terms()
        )
        assert first.stopped == second.started == second.stopped == OPENED + HOUR

    def test_it_counts_from_the_latest_counts_from_at_or_before_the_start(self) -> None:
        run = one(clock("8 business hours"), counts_from=[OPENED - 2 * HOUR, OPENED - HOUR, OPENED + HOUR])
        assert run.counted_from == OPENED - HOUR
        assert run.due == OPENED - HOUR + 8 * HOUR

    def test_else_it_counts_from_its_start(self) -> None:
        assert one(clock("1 business hour"), counts_from=[OPENED + 1]).counted_from == OPENED

    def test_it_ends_with_the_first_stop_at_or_after_the_instant_it_counts_from(self) -> None:
        assert one(clock("1 business hour"), OPENED - 1, OPENED, OPENED + 1).stopped == OPENED
        assert one(clock("1 business hour"), OPENED - 1, counts_from=[OPENED - HOUR]).stopped == OPENED - 1

    @pytest.mark.states("C15")
    def test_nothing_else_ends_it_a_missed_clock_counts_on_until_its_stop(self) -> None:
        run = one(clock("1 business hour"))
        later = OPENED + 6 * HOUR
        assert run.at(later).state is ClockState.MISSED
        assert run.at(later).overdue
        assert run.used(later) == 6 * HOUR


@pytest.mark.states("C15")
class TestMetAndMissed:
    """`It is met when stopped at or before due`; `a clock is missed one open microsecond after due`."""

    def test_met_when_stopped_at_due(self) -> None:
        assert one(clock("1 business hour"), OPENED + HOUR).at(OPENED + HOUR).state is ClockState.MET

    def test_missed_when_stopped_one_microsecond_later(self) -> None:
        instance = one(clock("1 business hour"), OPENED + HOUR + 1).at(OPENED + HOUR + 1)
        assert (instance.state, instance.overdue) == (ClockState.MISSED, False)

    @pytest.mark.states("T15")
    def test_running_at_due_missed_one_microsecond_later(self) -> None:
        run = one(clock("1 business hour"))
        due = OPENED + HOUR
        assert [run.at(now).state for now in (due, due + 1)] == [ClockState.RUNNING, ClockState.MISSED]
        assert run.next_change(due) == due + 1
        assert run.next_change(due + 1) is None

    @pytest.mark.states("T14")
    def test_a_deadline_on_a_closing_instant_is_the_closing_instant(self) -> None:
        run = one(clock("16 business hours"), starts=events(instant("2026-07-16 10:00")))
        assert run.due == FRIDAY_EVENING

    @pytest.mark.states("T14")
    def test_boundary_next_opening_is_the_other_reading(self) -> None:
        other = terms({"office": office("Europe/Zurich", 8)}, boundary=Boundary.NEXT_OPENING)
        run = one(clock("16 business hours"), starts=events(instant("2026-07-16 10:00")), with_terms=other)
        assert run.due == MONDAY
        assert sum(segment.counted for segment in proof(run, MONDAY)) == 16 * HOUR

    @pytest.mark.parametrize("boundary", list(Boundary))
    @pytest.mark.states("T15")
    def test_in_both_readings_it_is_missed_one_open_microsecond_after_due(self, boundary: Boundary) -> None:
        other = terms({"office": office("Europe/Zurich", 8)}, boundary=boundary)
        run = one(clock("16 business hours"), starts=events(instant("2026-07-16 10:00")), with_terms=other)
        assert run.missed_at == MONDAY + 1
        assert run.at(MONDAY).state is ClockState.RUNNING
        assert run.at(MONDAY + 1).state is ClockState.MISSED

    def test_a_stop_in_closed_time_after_due_still_meets_it(self) -> None:
        saturday = instant("2026-07-18 12:00")
        run = one(clock("16 business hours"), saturday, starts=events(instant("2026-07-16 10:00")))
        assert run.at(saturday).state is ClockState.MET

    def test_wake_ups_lead_from_due_to_the_first_microsecond_that_counts(self) -> None:
        run = one(clock("16 business hours"), starts=events(instant("2026-07-16 10:00")))
        assert run.next_change(OPENED) == FRIDAY_EVENING + 1
        assert run.next_change(FRIDAY_EVENING + 1) == MONDAY + 1
        assert run.next_change(MONDAY + 1) is None

    def test_a_missed_clock_beyond_the_watermark_is_uncertain(self) -> None:
        due = OPENED + HOUR
        assert not one(clock("1 business hour"), around=Circumstances(watermark=due - 1)).at(due + 5).certain
        assert one(clock("1 business hour"), around=Circumstances(watermark=due)).at(due + 5).certain


@pytest.mark.states("C17")
class TestTargets:
    """`target: a sum type, never a nullable number`."""

    @pytest.mark.parametrize("word", ["none", "not_covered"])
    def test_none_and_not_covered_do_not_apply(self, word: str) -> None:
        instance = one(clock(word)).at(OPENED + HOUR)
        assert (instance.state, instance.reason, instance.due) == (ClockState.NOT_APPLICABLE, word, None)

    @pytest.mark.parametrize("word", ["best_effort", "discretion"])
    def test_best_effort_and_discretion_run_without_a_due_time_and_are_never_missed(self, word: str) -> None:
        run = one(clock(word))
        instance = run.at(OPENED + 9000 * HOUR)
        assert (instance.state, instance.due, instance.reason) == (ClockState.RUNNING, None, word)
        assert (run.next_change(OPENED), run.used(OPENED), run.share(OPENED)) == (None, None, None)
        assert one(clock(word), OPENED + 9000 * HOUR).at(OPENED + 9000 * HOUR).state is ClockState.MET

    def test_per_contract_is_the_contracts_target(self) -> None:
        contract = ContractTerms(targets={"response": target("3 elapsed hours")})
        run = one(clock("per_contract"), around=Circumstances(contract=[(0, contract)]))
        assert run.due == OPENED + 3 * HOUR

    def test_per_contract_of_a_silent_contract_has_no_due_time(self) -> None:
        instance = one(clock("per_contract")).at(OPENED)
        assert (instance.due, instance.reason) == (None, "the contract names no target")

    @pytest.mark.states("T5")
    def test_a_contracts_targets_and_calendar_beat_the_plans(self) -> None:
        calendars = {"office": office("Europe/Zurich", 8), "weekdays": weekdays("Europe/Zurich")}
        both = terms(calendars, plans={"basic": "office"})
        contract = ContractTerms("weekdays", Commitment.CONTRACTUAL, {"response": {"1": target("10 business hours")}})
        around = Circumstances(severity=[(0, "1")], plan=[(0, "basic")], contract=[(0, contract)])
        run = one(clock("1 business hour"), around=around, with_terms=both)
        assert run.due == OPENED + 10 * HOUR
        assert run.at(OPENED).commitment == "contractual"

    def test_the_clocks_commitment_beats_the_contracts_and_the_plans(self) -> None:
        own = clock("1 business hour", commitment=Commitment.BEST_EFFORT)
        around = Circumstances(contract=[(0, ContractTerms(commitment=Commitment.CONTRACTUAL))])
        assert one(own, around=around).at(OPENED).commitment == "best_effort"

    @pytest.mark.states("T5")
    def test_business_is_the_plans_calendar_by_severity_where_given(self) -> None:
        calendars = {"office": office("Europe/Zurich", 8), "weekdays": weekdays("Europe/Zurich")}
        by_severity = terms(calendars, plans={"gold": {"1": "weekdays", "2": "office"}})
        for severity, due in (("1", OPENED + 10 * HOUR), ("2", instant("2026-07-16 11:00"))):
            around = Circumstances(severity=[(0, severity)], plan=[(0, "gold")])
            assert one(clock("10 business hours"), around=around, with_terms=by_severity).due == due

    def test_while_plan_or_severity_is_unknown_it_runs_without_a_due_time(self) -> None:
        cells = table({"a": {"1": "1 business hour"}}, by_plan=True)
        for around, why in (
            (Circumstances(severity=[(0, "1")]), "the plan is not known"),
            (Circumstances(plan=[(0, "a")]), "the severity is not known"),
        ):
            instance = one(clock(cells), around=around).at(OPENED + 99 * HOUR)
            assert (instance.state, instance.due, instance.reason) == (ClockState.RUNNING, None, why)

    def test_a_case_beyond_its_quota_gets_the_target_that_over_names(self) -> None:
        over = one(clock("1 business hour"), around=Circumstances(over=NoDueTime("best_effort"))).at(OPENED)
        assert (over.due, over.target) == (None, "best_effort")
        assert (
            one(clock("1 business hour"), around=Circumstances(over=NoClock("not_covered"))).at(OPENED).reason
            == "not_covered"
        )

    def test_elapsed_days_keep_the_local_time_in_the_default_calendars_zone(self) -> None:
        start = instant("2026-03-28 10:00")
        assert one(clock("1 elapsed day"), starts=events(start)).due == start + 23 * HOUR
        assert one(clock("24 elapsed hours"), starts=events(start)).due == start + 24 * HOUR


@pytest.mark.states("C5")
class TestBudget:
    """`A target in day modes resolves once, unpaused, to an instant; the open time from start to it is the budget`."""

    @pytest.mark.states("C12")
    def test_the_budget_of_end_of_day_is_the_open_time_up_to_it(self) -> None:
        run = one(clock("1 business day"))
        assert (run.due, run.budget) == (instant("2026-07-16 17:00"), 16 * HOUR)
        assert sum(segment.counted for segment in proof(run, OPENED)) == 16 * HOUR

    def test_pauses_count_in_that_budget(self) -> None:
        run = one(clock("1 business day"), pauses=[(OPENED, OPENED + 2 * HOUR)])
        assert (run.due, run.budget) == (instant("2026-07-17 10:00"), 16 * HOUR)

    @pytest.mark.states("C10")
    def test_percentages_count_in_that_budget(self) -> None:
        run = one(clock("1 business day"))
        assert run.share_instant(Fraction(1, 2)) == instant("2026-07-16 09:00")
        assert run.share(instant("2026-07-16 09:00")) == Fraction(1, 2)
        assert run.remaining(instant("2026-07-16 09:00")) == 8 * HOUR

    def test_a_day_that_was_over_before_the_start_is_due_at_the_start(self) -> None:
        evening = instant("2026-07-15 18:00")
        first_is_own = DayRule(DayMode.END_OF_DAY, DayOrigin.DATE, START_DAY)
        run = one(clock("1 business day", days=first_is_own), starts=events(evening))
        assert (run.due, run.budget) == (evening, 0)
        assert run.missed_at == instant("2026-07-16 08:00") + 1
        assert proof(run, evening) == ()


@pytest.mark.states("C18")
class TestPauses:
    """`No pause unless the ruleset states one`; `it pauses only while pauses_while is true`."""

    def test_a_pause_extends_in_counted_time_only(self) -> None:
        night = (instant("2026-07-15 17:00"), instant("2026-07-16 08:00"))
        assert one(clock("8 business hours"), pauses=[night]).due == one(clock("8 business hours")).due
        inside = (OPENED + HOUR, OPENED + 2 * HOUR)
        assert one(clock("2 business hours"), pauses=[inside]).due == OPENED + 3 * HOUR

    def test_while_it_is_paused_it_has_no_due_time(self) -> None:
        run = one(clock("2 business hours"), pauses=[(OPENED + HOUR, None)])
        instance = run.at(OPENED + 5 * HOUR)
        assert (instance.state, instance.due, instance.budget) == (ClockState.PAUSED, None, 2 * HOUR)
        assert run.remaining(OPENED + 5 * HOUR) == HOUR

    def test_a_missed_clock_is_missed_even_in_a_pause(self) -> None:
        run = one(clock("1 business hour"), pauses=[(OPENED + 2 * HOUR, None)])
        assert run.at(OPENED + 3 * HOUR).state is ClockState.MISSED
        assert run.used(OPENED + 5 * HOUR) == 2 * HOUR

    def test_a_pause_that_begins_at_due_keeps_it_from_being_missed(self) -> None:
        run = one(clock("1 business hour"), OPENED + 5 * HOUR, pauses=[(OPENED + HOUR, None)])
        assert run.at(OPENED + 5 * HOUR).state is ClockState.MET

    def test_a_paused_clock_turns_paused_and_resumed(self) -> None:
        run = one(clock("2 business hours"), OPENED + 4 * HOUR, pauses=[(OPENED + HOUR, OPENED + 2 * HOUR)])
        assert run.turns(OPENED + 9 * HOUR) == (
            (OPENED + HOUR, Turn.PAUSED),
            (OPENED + 2 * HOUR, Turn.RESUMED),
            (OPENED + 3 * HOUR, Turn.DUE),
            (OPENED + 3 * HOUR + 1, Turn.MISSED),
        )
        assert run.turns(OPENED + 3 * HOUR)[-1] == (OPENED + 3 * HOUR, Turn.DUE)


@pytest.mark.states("C16")
class TestApplies:
    """`applies_if is read with present facts until the clock has stopped; false makes it not applicable`."""

    def test_false_makes_it_not_applicable_with_its_reason(self) -> None:
        instance = one(clock("1 business hour"), applies=[(0, "case.channel is email")]).at(OPENED)
        assert (instance.state, instance.reason) == (ClockState.NOT_APPLICABLE, "case.channel is email")

    def test_present_facts_decide_while_it_runs(self) -> None:
        run = one(clock("9 business hours"), applies=[(0, "out"), (OPENED + HOUR, None)])
        assert run.at(OPENED + HOUR).state is ClockState.RUNNING

    def test_after_the_stop_nothing_changes_it(self) -> None:
        run = one(clock("9 business hours"), OPENED + HOUR, applies=[(OPENED + 2 * HOUR, "out")])
        assert run.at(OPENED + 3 * HOUR).state is ClockState.MET

    def test_where_it_begins_to_exist_after_its_stop_its_beginning_decides(self) -> None:
        def state(*applies: tuple[int, str | None]) -> ClockState:
            began = events(OPENED + HOUR)
            run = one(clock("9 business hours"), OPENED, starts=began, counts_from=[OPENED], applies=list(applies))
            return run.at(OPENED + 3 * HOUR).state

        assert state((0, "out"), (OPENED + HOUR, None), (OPENED + 2 * HOUR, "out")) is ClockState.MET
        assert state((0, None), (OPENED + HOUR, "out"), (OPENED + 2 * HOUR, None)) is ClockState.NOT_APPLICABLE


@pytest.mark.states("X7", "X9")
class TestCancelled:
    """`Spam ends without clocks`; `merge keeps the older case`."""

    def state(self, *stops: int) -> ClockInstance:
        around = Circumstances(cancelled=(OPENED + HOUR, "spam"))
        return one(clock("8 business hours"), *stops, around=around).at(OPENED + 9 * HOUR)

    def test_a_running_clock_is_cancelled_with_the_reason(self) -> None:
        instance = self.state()
        assert (instance.state, instance.reason) == (ClockState.CANCELLED, "spam")
        assert self.state(OPENED + 2 * HOUR).state is ClockState.CANCELLED

    def test_a_finished_clock_stays_as_it_finished(self) -> None:
        assert self.state(OPENED + MINUTE).state is ClockState.MET

    def test_no_run_begins_afterwards(self) -> None:
        around = Circumstances(cancelled=(OPENED, "merged"))
        assert runs(ClockInputs(clock("1 business hour"), around, events(OPENED)), terms()) == ()


@pytest.mark.states("C3")
class TestReopening:
    """`on_reopen: keep | resume (the closed stretch does not count) | new instance`."""

    STOP, REOPEN = OPENED + HOUR, OPENED + 3 * HOUR

    def found(self, mode: str, *stops: int) -> tuple[Run, ...]:
        around = Circumstances(reopens=[(self.REOPEN, "reopened-1")])
        inputs = ClockInputs(
            clock("4 business hours", on_reopen=mode), around, events(OPENED), events(self.STOP, *stops)
        )
        return runs(inputs, terms())

    def test_stay(self) -> None:
        (run,) = self.found("stay")
        assert run.at(OPENED + 9 * HOUR).state is ClockState.MET

    def test_resume_does_not_count_the_closed_stretch(self) -> None:
        (run,) = self.found("resume")
        assert (run.stopped, run.due) == (None, OPENED + 6 * HOUR)
        assert [(s.reason, s.counted) for s in proof(run, OPENED)] == [
            ("open", HOUR),
            ("reopened", 0),
            ("open", 3 * HOUR),
        ]

    def test_a_resumed_run_ends_with_the_next_stop(self) -> None:
        (run,) = self.found("resume", OPENED + 7 * HOUR)
        assert run.at(OPENED + 7 * HOUR).state is ClockState.MISSED
        assert run.used(OPENED + 9 * HOUR) == 5 * HOUR

    def test_restart_is_a_new_run_from_the_reopening(self) -> None:
        first, second = self.found("restart")
        assert first.at(OPENED + 9 * HOUR).state is ClockState.MET
        assert (second.number, second.started, second.started_by) == (2, self.REOPEN, "reopened-1")
        assert second.due == self.REOPEN + 4 * HOUR

    def test_a_reopening_while_it_runs_changes_nothing(self) -> None:
        around = Circumstances(reopens=[(OPENED + MINUTE, "r")])
        (run,) = runs(ClockInputs(clock("4 business hours", on_reopen="restart"), around, events(OPENED)), terms())
        assert run.due == OPENED + 4 * HOUR
