"""What holds when: revisions in force one after the other, terms from the opening, reloads all or nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.config.settings import RulesetSource
from casewarden.decide import decide
from casewarden.decide.binding import binds, effective_at
from casewarden.model import fold
from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.service.rulebook import Rulebook, UnknownRevisionError, reloaded
from casewarden.service.ruleset_sources import Revision, stored_revision, taken_over, written_of
from support.small import Log, at, text_of

CLOCK = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}\n"
RULE = "rules:\n  tell: {clause: [S], when: {case.core: down}, then: [note: hello]}\n"
EARLY = at("mon-1 00:00")


def text(
    hours: int = 4, start: str = "2026-01-01", name: str = "small", *, all_cases: bool = False, more: str = ""
) -> str:
    """A ruleset whose clock has that many hours; `2026-03-0N` are the days of the test week, mon is the 2nd."""
    whole = text_of(more + CLOCK.replace("4 business", f"{hours} business") + RULE)
    whole = whole.replace("from: 2026-01-01", f"from: {start}").replace("ruleset: small", f"ruleset: {name}")
    return whole.replace("binds: new_cases", "binds: all_cases") if all_cases else whole


def revision(said: str, added: int = EARLY, origin: str = "small.yaml") -> Revision:
    written = written_of({"small.yaml": said})
    since = effective_at(written.ruleset)
    return Revision(written.ruleset.name, written, {"small.yaml": said}, origin, since, added)


def book(*revisions: Revision) -> Rulebook:
    found = Rulebook()
    for one in revisions:
        found = found.with_revision(one)
    return found


def hours(rulebook: Rulebook, opened: str, now: str, lane: str = "small") -> int:
    """How many business hours the clock has of a case that was opened then, decided now."""
    operations = rulebook.operations_at(lane, at(now))
    assert operations is not None
    terms = rulebook.terms_at(lane, at(opened))
    target = rulebook.compiled(lane, terms.digest, operations.digest).ruleset.clocks["answer"].targets.at(None, None)
    return target.duration.count  # type: ignore[union-attr]


FIRST = revision(text(4))
SECOND = revision(text(6, "2026-03-04"), at("mon 09:00"))
THIRD = revision(text(8, "2026-03-06"), at("mon 10:00"))


# -- in force one after the other


@pytest.mark.states("E1", "E6")
def test_revisions_come_into_force_at_their_dates_and_terms_are_those_of_the_opening() -> None:
    found = book(FIRST, SECOND, THIRD)
    assert found.operations_at("small", at("tue 23:59")) == FIRST
    assert found.operations_at("small", at("wed 00:00")) == SECOND
    assert found.operations_at("small", at("sun 00:00")) == THIRD
    assert [found.terms_at("small", at(time)) for time in ("mon 08:00", "wed 00:00", "thu 23:59")] == [
        FIRST,
        SECOND,
        SECOND,
    ]
    assert [hours(found, opened, "sun 00:00") for opened in ("tue 23:59", "thu 12:00", "fri 00:00")] == [4, 6, 8]


def test_effective_dates_are_wake_ups() -> None:
    found = book(FIRST, SECOND, THIRD)
    assert found.next_effective(at("mon 12:00")) == at("wed 00:00")
    assert found.next_effective(at("wed 00:00")) == at("fri 00:00")
    assert found.next_effective(at("fri 00:00")) is None


def test_before_the_first_revision_nothing_is_done_and_its_terms_are_the_earliest_that_there_are() -> None:
    found = book(SECOND)
    assert found.operations_at("small", at("mon 09:00")) is None
    assert found.terms_at("small", at("mon 09:00")) == SECOND
    assert found.operations_at("other", at("mon 09:00")) is None
    with pytest.raises(UnknownRevisionError, match="there is no ruleset `other`"):
        found.terms_at("other", 0)


@pytest.mark.states("E1", "E6")
@given(st.lists(st.integers(2, 28), min_size=1, max_size=6, unique=True), st.integers(-30, 60))
def test_the_terms_of_a_case_are_the_last_that_bind_it(days: list[int], day: int) -> None:
    line = [revision(text(4, f"2026-03-{start:02}")) for start in sorted(days)]
    opened = at("mon 00:00") + day * 86_400_000_000 // 2
    binding = [one for one in line if binds(one.ruleset, opened)]
    assert book(*line).terms_at("small", opened) == (binding[-1] if binding else line[0])


@pytest.mark.states("E1")
def test_a_revision_that_binds_all_cases_brings_its_terms_also_for_those_after_it() -> None:
    everybody = revision(text(6, "2026-03-04", all_cases=True), at("mon 09:00"))
    found = book(FIRST, everybody, THIRD)
    assert hours(found, "mon 08:00", "tue 12:00") == 4
    assert hours(found, "mon 08:00", "wed 12:00") == 6
    assert hours(found, "mon 08:00", "sun 12:00") == 6
    assert hours(found, "fri 08:00", "sun 12:00") == 8


@pytest.mark.states("E9")
def test_what_is_learnt_later_takes_the_place_of_what_lies_ahead() -> None:
    instead = revision(text(9, "2026-03-05"), at("mon 11:00"))
    found = book(FIRST, SECOND, THIRD, instead)
    assert [one.digest for one in found.timelines["small"]] == [FIRST.digest, SECOND.digest, instead.digest]
    assert found.revision(THIRD.digest) == THIRD


@pytest.mark.states("E9")
def test_a_file_that_is_put_back_is_in_force_again_and_cases_keep_what_they_were_promised() -> None:
    back = replace(FIRST, added_at=at("thu 09:00"))
    found = book(FIRST, SECOND, back)
    assert found.operations_at("small", at("thu 10:00")) == back
    promised = found.compiled("small", SECOND.digest, back.digest).ruleset
    assert promised.clocks["answer"].targets.at(None, None) == SECOND.ruleset.clocks["answer"].targets.at(None, None)


def test_the_rulebook_of_the_store_is_the_one_that_was_stored() -> None:
    found = book(FIRST, SECOND, revision(text(9, "2026-03-04"), at("mon 11:00")))
    live = [one for line in found.timelines.values() for one in line]
    others = [one for one in found.known.values() if one not in live]
    stored = [[again(one) for one in ones] for ones in (live, others)]
    rebuilt = Rulebook.of(*stored)
    assert {lane: [one.digest for one in line] for lane, line in rebuilt.timelines.items()} == {
        lane: [one.digest for one in line] for lane, line in found.timelines.items()
    }
    assert rebuilt.known.keys() == found.known.keys()
    assert hours(rebuilt, "mon 08:00", "sun 12:00") == hours(found, "mon 08:00", "sun 12:00")


def again(one: Revision) -> Revision:
    return stored_revision(
        one.files,
        digest=one.digest,
        lane=one.lane,
        origin=one.origin,
        effective_at=one.effective_at,
        added_at=one.added_at,
    )


# -- compiled once


def test_what_was_compiled_is_at_hand_as_long_as_few_others_were() -> None:
    found = Rulebook.of([FIRST, SECOND, THIRD], most=2)
    one = found.compiled("small", FIRST.digest, SECOND.digest)
    assert found.compiled("small", FIRST.digest, SECOND.digest) is one
    found.compiled("small", FIRST.digest, FIRST.digest)
    assert found.with_known(THIRD).compiled("small", FIRST.digest, SECOND.digest) is one
    found.compiled("small", FIRST.digest, THIRD.digest)
    assert found.compiled("small", FIRST.digest, SECOND.digest) is one
    found.compiled("small", FIRST.digest, FIRST.digest)
    found.compiled("small", FIRST.digest, THIRD.digest)
    assert found.compiled("small", FIRST.digest, SECOND.digest) is not one


def test_threads_that_ask_for_one_ruleset_get_one() -> None:
    found, seen = book(FIRST, SECOND), []
    threads = [
        Thread(target=lambda: seen.append(found.compiled("small", FIRST.digest, SECOND.digest))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len({id(one) for one in seen}) == 1


def test_what_a_composition_leaves_out_can_be_asked() -> None:
    more = "  repair: {clause: [S], starts: case_opened, stops: case_resolved, target: 1 business day}\n"
    newer = revision(text(4, "2026-03-04").replace(RULE, more + RULE))
    (one,) = book(FIRST, newer).composed("small", FIRST.digest, newer.digest).left_out
    assert (one.section, one.name) == ("clocks", "repair")


def test_a_digest_that_nobody_knows() -> None:
    with pytest.raises(UnknownRevisionError, match="revision abc is neither in the store nor in a file"):
        book(FIRST).compiled("small", "abc", FIRST.digest)


# -- whom a ruleset governs


@pytest.mark.states("R13")
def test_the_lanes_that_govern_a_case() -> None:
    one = revision(text(name="one", more="applies_to: {case.core: down}\n"))
    two = revision(text(name="two", more="applies_to: {case.core: [down, degraded]}\n"))
    later = revision(text(name="later", start="2026-03-04"))
    found = book(one, two, later)
    now = at("mon 10:00")

    def lanes(core: str) -> tuple[str, ...]:
        return found.governing(fold(Log().opened("mon 09:00", {"case.core": core}).events), now)

    assert (lanes("down"), lanes("degraded"), lanes("available")) == (("one", "two"), ("two",), ())
    assert found.governing(fold(Log("account:7").observed("mon 09:00", {"customer.region": "emea"}).events), now) == (
        "one",
        "two",
    )
    assert found.governing(fold(Log().opened("mon 09:00").events), at("thu 10:00")) == ("later",)


# -- trials


def test_a_trial_lies_beside_its_lane_and_governs_nothing() -> None:
    now = at("mon 12:00")
    head = revision(text(9, "2026-05-01"), now)
    found = book(FIRST).with_trial("small", "spring", head, now)
    assert (found.lanes, found.trials) == (("small",), ("small@spring",))
    assert found.operations_at("small", now) == FIRST
    assert found.operations_at("small@spring", now).digest == head.digest  # type: ignore[union-attr]
    assert hours(found, "mon 08:00", "mon 12:00", "small@spring") == 4
    assert hours(found, "mon 13:00", "mon 14:00", "small@spring") == 9
    assert found.governing(fold(Log().opened("mon 09:00").events), now) == ("small",)
    ended = found.without_lane("small@spring")
    assert ended.trials == ()
    assert ended.revision(head.digest) == head


# -- reloading


def put(folder: Path, **files: str) -> tuple[RulesetSource, ...]:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return tuple(RulesetSource(folder / f"{name}.yaml") for name in files)


def good(found: Rulebook | Diagnostics) -> Rulebook:
    assert isinstance(found, Rulebook), [item.message for item in found.items]
    return found


def bad(found: Rulebook | Diagnostics) -> list[str]:
    assert isinstance(found, Diagnostics)
    return [item.message for item in found.items if item.level is Level.ERROR]


def test_a_reload_takes_what_changed_and_nothing_else(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text(name="one"), two=text(name="two"))
    first = good(reloaded(sources, Rulebook(), EARLY))
    assert first.lanes == ("one", "two")
    assert good(reloaded(sources, first, at("mon 09:00"))) is first
    put(tmp_path, two=text(5, name="two"))
    second = good(reloaded(sources, first, at("mon 09:00")))
    assert second.timelines["one"] == first.timelines["one"]
    assert second.operations_at("two", at("mon 10:00")).added_at == at("mon 09:00")  # type: ignore[union-attr]


@pytest.mark.states("E4")
@pytest.mark.parametrize(
    "breaks",
    [lambda said: said + "rules: 7\n", lambda said: said[:200], lambda _: "[", lambda _: ""],
    ids=["mistake", "half written", "no YAML", "empty"],
)
def test_one_broken_file_replaces_nothing_and_all_its_problems_are_said(
    tmp_path: Path, breaks: Callable[[str], str]
) -> None:
    sources = put(tmp_path, one=text(name="one"), two=text(name="two"), three=text(name="three"))
    running = good(reloaded(sources, Rulebook(), EARLY))
    put(tmp_path, one=text(5, name="one"), two=breaks(text(name="two")), three=text(name="three") + "people: [x, x]\n")
    found = reloaded(sources, running, at("mon 09:00"))
    files = {Path(item.place.file).stem for item in found.items if item.level is Level.ERROR}  # type: ignore[union-attr]
    assert files == {"two", "three"}
    assert running.operations_at("one", at("mon 10:00")).digest == revision(text(name="one")).digest  # type: ignore[union-attr]
    put(tmp_path, two=text(name="two"), three=text(name="three"))
    assert good(reloaded(sources, running, at("mon 10:00"))).timelines["one"] != running.timelines["one"]


def test_lanes_have_names_of_their_own(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text(), two=text(5))
    (said,) = bad(reloaded(sources, Rulebook(), EARLY))
    assert said == f"two rulesets are called `small`: {tmp_path / 'one.yaml'} and {tmp_path / 'two.yaml'}"


def test_a_ruleset_does_not_change_its_name_under_its_cases(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text(name="one"), two=text(name="two"))
    running = good(reloaded(sources, Rulebook(), EARLY))
    put(tmp_path, two=text(name="second"))
    (said,) = bad(reloaded(sources, running, at("mon 09:00")))
    assert said == "the ruleset `two` is now called `second`, and its cases would be nobody's"
    elsewhere = put(tmp_path, one=text(name="one"), three=text(name="second"))
    assert good(reloaded(elsewhere, running, at("mon 09:00"))).lanes == ("one", "second")


def test_a_ruleset_that_is_no_longer_named_has_no_lane_and_stays_known(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text(name="one"), two=text(name="two"))
    running = good(reloaded(sources, Rulebook(), EARLY))
    fewer = good(reloaded(sources[:1], running, at("mon 09:00")))
    assert fewer.lanes == ("one",)
    assert fewer.known == running.known


def test_what_a_rollout_put_in_force_stands_until_the_file_says_something_new(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text())
    running = good(reloaded(sources, Rulebook(), EARLY))
    head = revision(text().replace("down}, then", "degraded}, then"), at("mon 09:00"))
    now = at("tue 09:00")
    taken = taken_over(running.operations_at("small", now), head, ["tell"], rollout="spring", at=now)  # type: ignore[arg-type]
    promoted = running.with_revision(taken)
    assert promoted.operations_at("small", now) == taken
    assert good(reloaded(sources, promoted, at("wed 09:00"))) is promoted
    put(tmp_path, one=text(7))
    newest = good(reloaded(sources, promoted, at("thu 09:00")))
    assert hours(newest, "thu 10:00", "thu 11:00") == 7


def test_a_planned_revision_waits_for_its_date(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text())
    running = good(reloaded(sources, Rulebook(), EARLY))
    put(tmp_path, one=text(7, "2026-03-05"))
    found = good(reloaded(sources, running, at("mon 09:00")))
    assert (hours(found, "mon 09:00", "wed 23:00"), hours(found, "thu 09:00", "thu 10:00")) == (4, 7)
    assert found.next_effective(at("mon 09:00")) == at("thu 00:00")
    put(tmp_path, one=text(7, "2026-03-04"))
    sooner = good(reloaded(sources, found, at("mon 10:00")))
    assert [one.effective_at for one in sooner.timelines["small"][1:]] == [at("wed 00:00")]


@pytest.mark.states("E1")
def test_a_case_goes_on_under_a_new_revision_with_its_own_deadline(tmp_path: Path) -> None:
    sources = put(tmp_path, one=text())
    running = good(reloaded(sources, Rulebook(), EARLY))
    put(tmp_path, one=text(7, "2026-03-03").replace("down}, then", "[down, degraded]}, then"))
    found = good(reloaded(sources, running, at("mon 12:00")))
    log = Log().opened("mon 16:00", {"case.core": "degraded"})
    terms = found.terms_at("small", at("mon 16:00")).digest
    told = []
    for now in ("mon 16:30", "tue 08:30"):
        operations = found.operations_at("small", at(now))
        assert operations is not None
        decision = decide(found.compiled("small", terms, operations.digest), fold(log.events), at(now))
        assert [clock.due for clock in decision.clocks] == [at("tue 11:00")]
        told.append([action.rule for action in decision.actions])
    assert told == [[], ["tell"]]
