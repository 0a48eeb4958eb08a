"""Changes of severity, plan and contract under a clock: keep, retarget, restart, segments."""

from fractions import Fraction

import pytest

from casewarden.decide.clock_terms import ContractTerms
from casewarden.decide.clocks import Circumstances, ClockInputs, Run, runs
from casewarden.decide.proof import proof
from casewarden.decide.releases import ReleaseView
from casewarden.model.decision import ClockState
from casewarden.ruleset.syntax import Changes, Clock, OnChange, ReleaseRule
from casewarden.ruleset.terms import NextRelease
from support.clock_cases import HOUR, MINUTE, clock, duration, instant, office, table, target, terms, weekdays

OPENED = instant("2026-07-15 08:00")  # a Wednesday, nine open hours ahead
LEVELS = {"1": "2 business hours", "2": "8 business hours", "3": "best_effort"}


def followed(
    mode: str,
    *severity: tuple[int, str | None],
    stop: int | None = None,
    classified_at: int | None = None,
    by: Clock | None = None,
) -> Run:
    classified = () if classified_at is None else ((classified_at, True),)
    around = Circumstances(severity=[(OPENED + at, value) for at, value in severity], classified=classified)
    stops = [] if stop is None else [(stop, "stop")]
    (run,) = runs(ClockInputs(by or clock(LEVELS, change=mode), around, [(OPENED, "opened")], stops), terms())
    if run.due is not None:
        segments = proof(run, OPENED)
        assert sum(segment.counted for segment in segments) == run.budget
        assert (segments[0].start, segments[-1].end) == (run.counted_from, run.due)
    return run


@pytest.mark.states("C6")
class TestModes:
    """`keep`, `retarget` (same start), `restart` (from the change), `segments` (shares of a whole)."""

    @pytest.mark.parametrize(
        ("mode", "due"),
        [
            ("keep", OPENED + 8 * HOUR),
            ("retarget", OPENED + 2 * HOUR),
            ("restart", OPENED + 3 * HOUR),
            # one hour of eight is an eighth; seven eighths of two hours are left
            ("segments", OPENED + HOUR + 7 * 15 * MINUTE),
        ],
    )
    def test_severity_raised_after_an_hour(self, mode: str, due: int) -> None:
        assert followed(mode, (0, "2"), (HOUR, "1")).due == due

    @pytest.mark.states("C11")
    def test_the_proof_of_segments_names_the_severity_in_force(self) -> None:
        run = followed("segments", (0, "2"), (HOUR, "1"))
        assert [(s.severity, s.counted) for s in proof(run, OPENED)] == [("2", HOUR), ("1", 105 * MINUTE)]
        assert run.share(OPENED + HOUR) == Fraction(1, 8)
        assert run.share_instant(Fraction(1, 2)) == OPENED + HOUR + 45 * MINUTE

    def test_in_segments_non_numeric_targets_consume_nothing(self) -> None:
        run = followed("segments", (0, "2"), (HOUR, "3"), (3 * HOUR, "1"))
        assert run.due == OPENED + 3 * HOUR + 105 * MINUTE
        assert [s.reason for s in proof(run, OPENED)] == ["open", "no_target", "open"]

    def test_each_kind_of_change_has_its_own_mode(self) -> None:
        cells = table(
            {"a": {"1": "8 business hours", "2": "4 business hours"}, "b": {"1": "6 business hours"}}, by_plan=True
        )
        mixed = clock(cells, changes=Changes(OnChange.KEEP, OnChange.RETARGET, OnChange.KEEP))
        around = Circumstances(severity=[(0, "1"), (OPENED + HOUR, "2")], plan=[(0, "a"), (OPENED + 2 * HOUR, "b")])
        (run,) = runs(ClockInputs(mixed, around, [(OPENED, "opened")]), terms(plans={"a": "office", "b": "office"}))
        assert run.due == OPENED + 6 * HOUR  # plan b, with the severity that was kept

    def test_a_contract_change_brings_its_calendar(self) -> None:
        calendars = {"office": office("Europe/Zurich", 8), "weekdays": weekdays("Europe/Zurich")}
        around = Circumstances(contract=[(OPENED + HOUR, ContractTerms("weekdays"))])
        late = ClockInputs(clock("10 business hours", change="retarget"), around, [(OPENED, "opened")])
        assert runs(late, terms(calendars))[0].due == OPENED + 10 * HOUR
        kept = ClockInputs(clock("10 business hours", change="keep"), around, [(OPENED, "opened")])
        assert runs(kept, terms(calendars))[0].due == instant("2026-07-16 09:00")

    def test_what_a_contract_says_about_other_clocks_is_no_change(self) -> None:
        other = ContractTerms(targets={"resolution": target("1 business hour")})
        around = Circumstances(contract=[(0, ContractTerms()), (OPENED + HOUR, other)])
        (run,) = runs(ClockInputs(clock("4 business hours", change="restart"), around, [(OPENED, "opened")]), terms())
        assert run.counted_from == OPENED


@pytest.mark.states("C8")
class TestNoChangeMakesMissed:
    """`No change makes a clock missed before the change`, and none undoes a miss."""

    def test_a_shorter_target_whose_time_is_over_is_due_at_the_change(self) -> None:
        run = followed("retarget", (0, "2"), (5 * HOUR, "1"))
        assert (run.due, run.missed_at, run.budget) == (OPENED + 5 * HOUR, OPENED + 5 * HOUR + 1, 5 * HOUR)
        assert run.share(OPENED + 5 * HOUR) == 1

    def test_a_minimum_remainder_is_left_after_the_change_and_outlasts_pauses(self) -> None:
        least = duration("2 business hours")
        mode = OnChange.RETARGET
        by = clock(LEVELS, changes=Changes(mode, mode, mode, least))
        assert followed("retarget", (0, "2"), (5 * HOUR, "1"), by=by).due == OPENED + 7 * HOUR
        around = Circumstances(severity=[(OPENED, "2"), (OPENED + 5 * HOUR, "1")])
        pauses: list[tuple[int, int | None]] = [(OPENED + 4 * HOUR, OPENED + 6 * HOUR)]
        (run,) = runs(ClockInputs(by, around, [(OPENED, "opened")], pauses=pauses), terms())
        assert run.due == OPENED + 8 * HOUR
        assert (run.budget, run.used(OPENED + 8 * HOUR)) == (6 * HOUR, 6 * HOUR)
        pauses = [(OPENED + 4 * HOUR, None)]
        (run,) = runs(ClockInputs(by, around, [(OPENED, "opened")], pauses=pauses), terms())
        assert (run.due, run.at(OPENED + 8 * HOUR).state) == (None, ClockState.PAUSED)

    def test_answered_before_the_change_was_seen_is_met(self) -> None:
        run = followed("retarget", (0, "2"), (5 * HOUR, "1"), stop=OPENED + 5 * HOUR)
        assert run.at(OPENED + 5 * HOUR).state is ClockState.MET

    def test_a_clock_missed_before_the_change_stays_missed(self) -> None:
        for mode in ("keep", "retarget", "restart", "segments"):
            run = followed(mode, (0, "1"), (3 * HOUR, "2"))
            assert run.due == OPENED + 2 * HOUR
            assert run.at(OPENED + 4 * HOUR).state is ClockState.MISSED

    def test_a_finished_clock_stays_as_it_finished(self) -> None:
        for mode in ("keep", "retarget", "restart", "segments"):
            run = followed(mode, (0, "2"), (4 * HOUR, "1"), stop=OPENED + 3 * HOUR)
            assert (run.due, run.at(OPENED + 9 * HOUR).state) == (OPENED + 8 * HOUR, ClockState.MET)

    def test_retarget_to_the_same_target_changes_nothing(self) -> None:
        same = clock({"1": "2 business hours", "2": "2 business hours"}, change="retarget")
        run = followed("retarget", (0, "1"), (HOUR, "2"), by=same)
        assert (run.due, run.budget, run.regime.severity) == (OPENED + 2 * HOUR, 2 * HOUR, "2")


@pytest.mark.states("C7")
class TestFirstDetermination:
    """`The first determination is not a change`."""

    @pytest.mark.parametrize("mode", ["keep", "retarget", "restart", "segments"])
    def test_from_unknown(self, mode: str) -> None:
        run = followed(mode, (0, None), (HOUR, "2"))
        assert (run.counted_from, run.due) == (OPENED, OPENED + 8 * HOUR)

    @pytest.mark.parametrize("mode", ["keep", "retarget", "restart", "segments"])
    @pytest.mark.states("C9")
    def test_from_what_stood_in_until_classified(self, mode: str) -> None:
        run = followed(mode, (0, "1"), (HOUR, "2"), classified_at=OPENED + HOUR)
        assert (run.counted_from, run.due) == (OPENED, OPENED + 8 * HOUR)

    def test_it_may_say_that_the_time_is_over_already(self) -> None:
        run = followed("keep", (0, None), (3 * HOUR, "1"))
        assert run.due == OPENED + 2 * HOUR
        assert run.at(OPENED + 3 * HOUR).state is ClockState.MISSED

    def test_with_the_stop_it_still_counts_after_it_no_more(self) -> None:
        assert followed("keep", (0, None), (3 * HOUR, "1"), stop=OPENED + 3 * HOUR).due == OPENED + 2 * HOUR
        assert followed("keep", (0, None), (3 * HOUR, "1"), stop=OPENED + 3 * HOUR - 1).due is None

    def test_the_next_one_is_a_change(self) -> None:
        assert followed("restart", (0, None), (HOUR, "2"), (2 * HOUR, "1")).due == OPENED + 4 * HOUR

    def test_unknown_again_has_no_due_time_and_coming_back_changes_nothing(self) -> None:
        assert followed("restart", (0, "2"), (HOUR, None)).due is None
        assert followed("restart", (0, "2"), (HOUR, None), (2 * HOUR, "2")).due == OPENED + 8 * HOUR


class TestResumed:
    """A change while a finished clock is closed counts when it resumes."""

    def test_restart_from_the_reopening(self) -> None:
        around = Circumstances(severity=[(0, "2"), (OPENED + 2 * HOUR, "1")], reopens=[(OPENED + 3 * HOUR, "reopened")])
        by = clock(LEVELS, change="restart", on_reopen="resume")
        (run,) = runs(ClockInputs(by, around, [(OPENED, "opened")], [(OPENED + HOUR, "stop")]), terms())
        assert (run.counted_from, run.due) == (OPENED + 3 * HOUR, OPENED + 5 * HOUR)


@pytest.mark.states("C17")
class TestNextRelease:
    """`next_release`: the first release after the counting starts."""

    SPRING, SUMMER = OPENED + 100 * HOUR, OPENED + 300 * HOUR

    def run(self, *views: ReleaseView, frozen: str = "skip", slipped: str = "move") -> Run:
        rule = ReleaseRule("skip" if frozen == "skip" else "count", "move" if slipped == "move" else "keep")
        by = clock("next_release", next_release=rule)
        around = Circumstances(releases=views)
        (run,) = runs(
            ClockInputs(by, around, [(OPENED, "opened")], pauses=[(OPENED + HOUR, OPENED + 9 * HOUR)]), terms()
        )
        return run

    def test_it_is_due_with_the_first_release_after_the_counting_starts(self) -> None:
        run = self.run(
            ReleaseView("past", 0, OPENED), ReleaseView("summer", 0, self.SUMMER), ReleaseView("spring", 0, self.SPRING)
        )
        assert (run.due, run.release, run.missed_at) == (self.SPRING, "spring", self.SPRING + 1)
        assert run.share(OPENED + 25 * HOUR) == Fraction(1, 4)
        assert [(s.reason, s.detail, s.counted) for s in proof(run, 0)] == [("elapsed", "spring", 100 * HOUR)]

    def test_without_a_known_release_there_is_no_due_time(self) -> None:
        instance = self.run().at(self.SPRING)
        assert (instance.state, instance.due, instance.reason) == (ClockState.RUNNING, None, "no release is known")
        assert isinstance(clock("next_release").targets.at(None, None), NextRelease)

    @pytest.mark.parametrize(("frozen", "due"), [("skip", SUMMER), ("count", SPRING)])
    def test_a_release_frozen_when_the_counting_starts(self, frozen: str, due: int) -> None:
        views = (ReleaseView("spring", 0, self.SPRING, frozen=True), ReleaseView("summer", 0, self.SUMMER))
        assert self.run(*views, frozen=frozen).due == due

    def test_a_release_that_freezes_later_still_counts(self) -> None:
        views = (ReleaseView("spring", 0, self.SPRING), ReleaseView("spring", OPENED + HOUR, self.SPRING, frozen=True))
        assert self.run(*views).due == self.SPRING

    @pytest.mark.parametrize(("slipped", "due"), [("move", SPRING + HOUR), ("keep", SPRING)])
    def test_a_slipped_release(self, slipped: str, due: int) -> None:
        views = (ReleaseView("spring", 0, self.SPRING), ReleaseView("spring", OPENED + HOUR, self.SPRING + HOUR))
        assert self.run(*views, slipped=slipped).due == due

    def test_a_release_that_is_out_counts_with_the_instant_it_came_out(self) -> None:
        early = ReleaseView("spring", self.SPRING, self.SPRING, released_at=self.SPRING - HOUR)
        assert self.run(ReleaseView("spring", 0, self.SPRING), early).due == self.SPRING - HOUR
