"""Terms bind at opening, operations are the newest: two revisions made one for the cases of the older one."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.model import fold
from casewarden.ruleset.compose import Composed, compose
from casewarden.ruleset.deletion import deletions
from casewarden.ruleset.digest import meaning
from casewarden.ruleset.elements import citing_elements
from casewarden.ruleset.pruning import pruned
from casewarden.ruleset.variation import Edit, scalar
from casewarden.ruleset.written import Written
from casewarden.scenario.play import play
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.suite import files_of
from casewarden.shipped import shipped
from casewarden.worktime.zones import zone
from support.revisions import changed, of_file, of_text, of_whole, other_messages, other_terms
from support.rulefiles import GOOD, main_files
from support.small import Log, at, clocks, done, edges, live, say, text_of

STARTER = shipped("rules") / "starter" / "starter.yaml"
EVERYTHING = GOOD / "everything.yaml"
TERMS = ("calendars", "plans", "severity", "clocks", "credits", "quotas")
OPERATIONS = ("rules", "messages", "guards", "channels", "intake", "scope", "queue", "people", "close_reasons")

CLOCK = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""
WARN = """
rules:
  warn:
    clause: [S]
    when: {until: {due: answer, at_most: 30 minutes}}
    then: [note: hello]
"""


def composed(older: Written, newer: Written) -> Composed:
    found = compose(older, newer)
    assert found.refused is None, found.refused
    return found


# -- whole revisions


@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.stem)
def test_a_revision_composed_with_itself_is_itself(path: Path) -> None:
    revision = of_file(path)
    assert compose(revision, revision) == Composed(revision.ruleset)


@pytest.mark.states("E1")
@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.stem)
def test_terms_are_the_older_ones_and_all_else_the_newer(path: Path) -> None:
    older = of_file(path)
    newer = changed(older, (*other_terms(older), *other_messages(older)))
    found = composed(older, newer)
    assert found.left_out == ()
    for section in TERMS:
        assert same(found.ruleset, older.ruleset, section), section
    for section in OPERATIONS:
        assert same(found.ruleset, newer.ruleset, section), section
    assert found.ruleset.digest not in (older.digest, newer.digest)


def same(one: object, other: object, section: str) -> bool:
    left, right = getattr(one, section), getattr(other, section)
    if hasattr(left, "keys"):
        return left.keys() == right.keys() and all(meaning(left[name]) == meaning(right[name]) for name in left)
    return meaning(left) == meaning(right)


@pytest.mark.states("E1")
@pytest.mark.parametrize("folder", ["starter", "vendor", "zitadel"])
def test_the_shipped_tests_hold_under_the_older_terms_whatever_the_newer_are(folder: str) -> None:
    path = shipped("rules") / folder / f"{folder}.yaml"
    older = of_file(path)
    newer = changed(older, other_terms(older))
    found = composed(older, newer)
    assert list(failing(path, compile_ruleset(found.ruleset))) == []
    assert next(failing(path, compile_ruleset(newer.ruleset)), None) is not None


def failing(path: Path, rules: Compiled) -> Iterator[str]:
    """The names of a shipped ruleset's tests that fail with these rules."""
    for file in files_of([path.parent]):
        tests, _ = load_scenarios(file)
        assert tests is not None
        outcomes = (play(rules, test, zone(tests.zone)) for test in tests.scenarios if not test.reading)
        yield from (outcome.scenario.name for outcome in outcomes if not outcome.passed)


@pytest.mark.parametrize("path", [EVERYTHING, STARTER], ids=lambda path: path.stem)
def test_whatever_is_deleted_or_added_the_terms_are_the_older_ones(path: Path) -> None:
    whole = of_file(path)
    for element in citing_elements(whole.document):
        (edits, *_) = deletions(whole.document, element)
        less = changed(whole, pruned(whole.document, whole.path, edits).edits)
        for older, newer in ((whole, less), (less, whole)):
            if newer.ruleset.revision.binds == "new_cases":
                found = composed(older, newer)
                assert all(same(found.ruleset, older.ruleset, section) for section in TERMS), element.id
                assert found.ruleset.rules.keys() <= newer.ruleset.rules.keys(), element.id


def test_the_digest_depends_on_both() -> None:
    first = of_text(CLOCK + WARN)
    second = of_text(CLOCK.replace("4 business", "8 business") + WARN)
    third = of_text(CLOCK.replace("4 business", "2 business") + WARN.replace("30 minutes", "10 minutes"))
    digests = {compose(older, newer).ruleset.digest for older in (first, second) for newer in (second, third)}
    assert len(digests) == 4
    assert compose(first, third).ruleset.digest == compose(first, third).ruleset.digest


@pytest.mark.states("E1")
def test_a_revision_that_binds_all_cases_brings_its_terms() -> None:
    older = of_text(CLOCK)
    newer = of_text(CLOCK.replace("4 business", "8 business"), new_cases="all_cases")
    assert compose(older, newer) == Composed(newer.ruleset)


def test_revisions_of_two_rulesets_are_not_composed() -> None:
    with pytest.raises(ValueError, match="`small` and `other` are no revisions of one ruleset"):
        compose(of_text(CLOCK), of_whole(text_of(CLOCK).replace("ruleset: small", "ruleset: other")))


# -- deadlines and texts

FIELDS = st.sampled_from(["down", "degraded", "available"])
MINUTES = st.integers(0, 20 * 24 * 60)


@cache
def starter() -> Written:
    return of_file(STARTER)


@cache
def ready() -> Compiled:
    return compile_ruleset(starter().ruleset)


@st.composite
def new_targets(draw: st.DrawFn) -> tuple[Edit, ...]:
    """The starter's targets, hours and severities otherwise."""
    at = starter().document.main.place
    duration = st.builds(
        lambda count, unit: f"{count} {unit}",
        st.integers(2, 90),
        st.sampled_from(["business minutes", "elapsed hours", "business days", "always hours", "office days"]),
    )
    targets = st.one_of(duration, st.sampled_from(["none", "best_effort", "not_covered"]))
    levels = ("critical", "major", "minor")
    places = [
        ("clocks", "first_response", "targets_by_plan", plan, level)
        for plan in ("standard", "premium")
        for level in levels
    ] + [("clocks", "resolution", "targets_by_severity", level) for level in levels]
    edits = [Edit(steps, scalar(draw(targets), at)) for steps in places]
    edits += [
        Edit(("severity", "table", str(row), "gives"), scalar(draw(st.sampled_from(levels)), at)) for row in range(4)
    ]
    edits.append(Edit(("calendars", "office", "open"), scalar(draw(st.sampled_from(["24x7", "24x5"])), at)))
    edits.append(Edit(("defaults", "plan"), scalar(draw(st.sampled_from(["standard", "premium"])), at)))
    edits.append(Edit(("defaults", "on_change", "severity"), scalar(draw(st.sampled_from(["keep", "restart"])), at)))
    return tuple(edits)


@st.composite
def histories(draw: st.DrawFn) -> Log:
    log = Log()
    start = at("mon 06:00")
    moments = sorted(draw(st.lists(MINUTES, min_size=1, max_size=8)))
    for number, minutes in enumerate(moments):
        when = start + minutes * 60_000_000
        add(log, when, draw(st.integers(0, 3)) if number else None, draw)
    return log


def add(log: Log, when: int, kind: int | None, draw: st.DrawFn) -> None:
    text = say(when)
    assert text is not None
    match kind:
        case None:
            log.opened(text, {"case.core": draw(FIELDS), "case.reported_severity": "minor"})
        case 0:
            log.message(text, "agent")
        case 1:
            log.observed(text, {"case.core": draw(FIELDS)})
        case 2:
            log.observed(text, {"case.status": draw(st.sampled_from(["waiting_on_customer", "open", "resolved"]))})
        case _:
            log.observed(text, {"case.plan": draw(st.sampled_from(["standard", "premium"]))})


@pytest.mark.states("E1", "C1")
@settings(max_examples=60, deadline=None)
@given(new_targets(), histories(), MINUTES)
def test_a_deadline_is_the_older_one_whatever_the_new_targets(edits: tuple[Edit, ...], log: Log, later: int) -> None:
    newer = changed(starter(), edits)
    found = compile_ruleset(composed(starter(), newer).ruleset)
    now = max(event.at for event in log.events) + later * 60_000_000
    subject, again = fold(log.events), fold(log.events)
    old, new = decide(ready(), subject, now), decide(found, again, now)
    assert new.clocks == old.clocks
    assert (new.severity, new.severity_by) == (old.severity, old.severity_by)
    assert [entry for entry in new.ledger if entry.state == "posted"] == [e for e in old.ledger if e.state == "posted"]
    assert new.actions == old.actions
    assert new.next_wakeup == old.next_wakeup


def test_a_message_says_what_the_newer_revision_says() -> None:
    older = of_text(CLOCK + WARN)
    newer = of_text(CLOCK.replace("4 business", "9 business") + WARN, **{"Hello.": "Good morning."})
    found = compile_ruleset(composed(older, newer).ruleset)
    log = Log().opened("mon 09:00")
    (one,) = live(found, log, "mon 09:00", "mon 12:30")[-1].actions
    assert one.content["text"] == "Good morning."
    assert live(found, log, "mon 09:00")[-1].clocks[0].due == at("mon 13:00")


# -- which rules are known


@pytest.mark.states("D14", "E1")
@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.stem)
def test_rules_that_mean_the_same_keep_their_identity(path: Path) -> None:
    older = of_file(path)
    newer = changed(older, (*other_terms(older), *other_messages(older)))
    found = compile_ruleset(composed(older, newer).ruleset)
    assert found.rule_digests == compile_ruleset(older.ruleset).rule_digests
    assert found.rule_digests == compile_ruleset(newer.ruleset).rule_digests


@pytest.mark.states("D14")
def test_a_new_revision_makes_no_baseline_of_rules_that_stayed() -> None:
    older = of_text(CLOCK + WARN)
    newer = of_text(CLOCK.replace("4 business", "9 business") + WARN, **{"Hello.": "Good morning."})
    both = compile_ruleset(composed(older, newer).ruleset)
    log = Log().opened("mon 09:00")
    first = live(compile_ruleset(older.ruleset), log, "mon 09:00", "mon 12:30")
    assert edges(first) == ["mon 12:30 warn up 1"]
    remembered = [event for decision in first for event in decision.events]
    after = decide(both, fold([*log.events, *remembered]), at("mon 12:31"))
    assert (after.edges, after.actions, after.events) == ((), (), ())


@pytest.mark.states("D14")
def test_only_the_rule_that_changed_begins_anew() -> None:
    other = "  other:\n    clause: [S]\n    when: {case.core: down}\n    then: [note: bye]\n"
    older = of_text(CLOCK + WARN + other)
    newer = of_text(CLOCK + WARN.replace("30 minutes", "60 minutes") + other)
    one, two = (compile_ruleset(it.ruleset).rule_digests for it in (older, newer))
    both = compile_ruleset(composed(older, newer).ruleset).rule_digests
    assert both == two
    assert {name for name in one if one[name] != both[name]} == {"warn"}


# -- what does not go together


def left_out(found: Composed) -> dict[str, bool]:
    return {f"{one.section}/{one.name}": one.instead for one in found.left_out}


@pytest.mark.states("E8")
def test_a_new_clock_is_no_promise_and_takes_along_what_speaks_of_it() -> None:
    more = "  repair: {clause: [S], starts: case_opened, stops: case_resolved, target: 1 business day}\n"
    rule = "  warn_of_repair:\n    clause: [S]\n    when: {clock.repair: missed}\n    then: [note: late]\n"
    event = "events:\n  repair_missed: {clock: repair, turns: missed}\n"
    message = (
        'messages:\n  hello: {en: "Hello."}\n  late: {en: "Due {{ clock.repair.due_at }}."}\n  bye: {en: "Bye."}\n'
    )
    found = composed(of_text(CLOCK + WARN), of_text(event + CLOCK + more + WARN + rule + message))
    assert left_out(found) == {
        "clocks/repair": False,
        "events/repair_missed": False,
        "messages/late": False,
        "rules/warn_of_repair": False,
    }
    assert "no clock `repair`" in {one.name: one.why for one in found.left_out}["warn_of_repair"]
    assert list(found.ruleset.rules) == ["warn"]


@pytest.mark.states("E8")
def test_a_rule_is_never_cut_down_the_older_one_goes_on_instead() -> None:
    more = "  repair: {clause: [S], starts: case_opened, stops: case_resolved, target: 1 business day}\n"
    wider = WARN.replace(
        "when: {until: {due: answer, at_most: 30 minutes}}",
        "when: {any: [{until: {due: answer, at_most: 30 minutes}}, {clock.repair: missed}]}",
    )
    older = of_text(CLOCK + WARN)
    found = composed(older, of_text(CLOCK + more + wider))
    assert left_out(found) == {"clocks/repair": False, "rules/warn": True}
    assert compile_ruleset(found.ruleset).rule_digests == compile_ruleset(older.ruleset).rule_digests


@pytest.mark.states("E8")
def test_where_a_clock_was_renamed_its_cases_are_served_as_they_were() -> None:
    older = of_text(CLOCK + WARN)
    newer = of_text((CLOCK + WARN).replace("answer", "first_answer"))
    found = composed(older, newer)
    assert left_out(found) == {"clocks/first_answer": False, "rules/warn": True}
    log = Log().opened("mon 09:00")
    assert done(live(compile_ruleset(found.ruleset), log, "mon 09:00", "mon 12:30")) == ["mon 12:30 warn note"]


def test_the_older_rule_brings_the_message_that_the_newer_revision_dropped() -> None:
    hello = 'messages:\n  hello: {en: "Hello."}\n  bye: {en: "Bye."}\n'
    older = of_text(CLOCK + WARN + hello)
    newer = of_text(
        (CLOCK + WARN).replace("answer", "first_answer").replace("hello", "bye") + hello.replace("hello", "hi")
    )
    found = composed(older, newer)
    assert set(found.ruleset.messages) == {"hello", "hi", "bye"}
    assert list(found.ruleset.rules) == ["warn"]


def test_a_severity_that_is_new_is_none_of_the_case() -> None:
    head = "severity:\n  clause: [S]\n  until_classified: low\n  hit: unique\n"
    older = of_text(
        f"{head}  levels: {{high: High, low: Low}}\n  table:\n"
        "    - {when: {case.core: down}, gives: high}\n"
        "    - {when: {case.core: [degraded, available]}, gives: low}\n"
    )
    newer = of_text(
        f"{head}  levels: {{top: Top, high: High, low: Low}}\n  table:\n"
        "    - {when: {case.core: down}, gives: top}\n"
        "    - {when: {case.core: degraded}, gives: high}\n"
        "    - {when: {case.core: available}, gives: low}\n"
        "rules:\n  tell: {clause: [S], when: {case.severity: top}, then: [note: hello]}\n"
    )
    found = composed(older, newer)
    assert left_out(found) == {"rules/tell": False}
    assert found.ruleset.severity is not None
    assert list(found.ruleset.severity.levels) == ["high", "low"]


@pytest.mark.states("E7")
def test_what_a_clock_rests_on_stays_as_it_was() -> None:
    event = "events:\n  answered: {kind: message, by: agent, public: yes}\n"
    clock = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: answered, target: 4 business hours}\n"
    older = of_text(event + clock + WARN)
    newer = of_text(event.replace("public: yes", "public: no") + clock + WARN)
    found = composed(older, newer)
    assert found.kept == (("events", "answered"),)
    assert found.left_out == ()
    assert meaning(found.ruleset.events["answered"]) == meaning(older.ruleset.events["answered"])
    log = Log().opened("mon 09:00").message("mon 10:00", "agent")
    assert clocks(live(compile_ruleset(found.ruleset), log, "mon 11:00")[-1]) == ["answer met mon 13:00"]


@pytest.mark.states("E7")
def test_events_and_fields_that_the_older_terms_need_and_the_newer_dropped_are_kept() -> None:
    older = of_text(
        "events:\n  fixed: {becomes: {case.known_as: fixed}}\n"
        "clocks:\n  fix: {clause: [S], starts: case_opened, stops: fixed, applies_if: {case.core: down},"
        " target: 4 business hours}\n"
    )
    newer = of_text("fields:\n  case:\n    size: {type: integer}\n")
    found = composed(older, newer)
    assert found.kept == (("events", "fixed"), ("fields", "case.core"), ("fields", "case.known_as"))
    assert set(found.ruleset.fields) == {"case.core", "case.known_as", "case.size"}


def test_an_event_that_only_operations_look_at_is_the_newer_one() -> None:
    event = "events:\n  called: {kind: call, by: customer}\n"
    rule = "rules:\n  thank: {clause: [S], each: called, then: [note: hello]}\n"
    older = of_text(CLOCK + event + rule)
    newer = of_text(CLOCK + event.replace("kind: call", "kind: [call, message]") + rule)
    found = composed(older, newer)
    assert meaning(found.ruleset.events["called"]) == meaning(newer.ruleset.events["called"])
    assert found.kept == ()


def test_the_order_of_languages_and_of_defaults() -> None:
    """The language of messages is the newer one; how days are counted is the older one's."""
    older = of_text(CLOCK)
    newer = of_text(
        CLOCK + 'messages:\n  hello: {en: "Hello.", de: "Hallo."}\n  bye: {en: "Bye.", de: "Servus."}\n',
        **{"language: en": "language: de", "end_of_day": "open_hours", "boundary: closing": "boundary: next_opening"},
    )
    defaults = composed(older, newer).ruleset.defaults
    assert defaults.language == "de"
    assert (defaults.days, defaults.boundary) == (older.ruleset.defaults.days, older.ruleset.defaults.boundary)


def test_each_revision_keeps_what_it_left_open() -> None:
    reading = """
interpretations:
  A1: {reading: READING, by: lead, decided: 2026-01-01, reason: asked}
"""
    clock = CLOCK.replace("clause: [S]", "clause: [S], interpretation: [A1]")
    rule = WARN.replace("clause: [S]", "clause: [S]\n    interpretation: [A1]")
    older = of_text(clock + rule + reading.replace("READING", "open"))
    newer = of_text(clock + rule + reading.replace("READING", "decided"))
    found = composed(older, newer).ruleset
    assert found.is_open(found.clocks["answer"].cited)
    assert not found.is_open(found.rules["warn"].cited)


def test_readings_not_chosen_and_slips_of_letters_are_the_authors_matter() -> None:
    others = """
interpretations:
  A1:
    reading: four
    by: lead
    decided: 2026-01-01
    reason: asked
    others: {eight: {rules/warn/when/until/at_most: 60 minutes}}
"""
    clock = CLOCK.replace("clause: [S]", "clause: [S], interpretation: [A1]")
    older = of_text(clock + WARN + others)
    newer = of_text(
        CLOCK + WARN.replace("warn:", "form_warned:"), **{"people: [support,": "people: [support, fromage,"}
    )
    assert left_out(composed(older, newer)) == {}


@pytest.mark.states("R13")
def test_which_cases_are_governed_is_the_newer_ones() -> None:
    older = of_text("applies_to: {case.core: down}\n" + CLOCK)
    newer = of_text("applies_to: {case.core: [down, degraded]}\n" + CLOCK)
    assert composed(older, newer).ruleset.applies_to == newer.ruleset.applies_to
    no_longer = of_text("applies_to: {case.plan: other}\n" + CLOCK, gold="other")
    assert composed(older, no_longer).ruleset.applies_to == older.ruleset.applies_to


def test_two_that_do_not_go_together_leave_the_case_with_the_older_one() -> None:
    older = of_text(CLOCK)
    newer = of_text("applies_to: {case.plan: other}\n" + CLOCK, gold="other")
    found = compose(older, newer)
    assert found.ruleset == older.ruleset
    assert found.refused is not None
    assert "there is no plan `other`" in found.refused.message


def test_of_rules_that_share_a_place_of_the_file_by_an_alias_only_the_wrong_one_goes() -> None:
    rules = """
rules:
  one: {clause: [S], when: &asked {case.core: down}, then: [note: hello]}
  two: {clause: [S], when: *asked, then: [set: {case.workaround: yes}]}
  new: {clause: [S], when: {all: [*asked, {clock.repair: missed}]}, then: [note: hello]}
"""
    more = "  repair: {clause: [S], starts: case_opened, stops: case_resolved, target: 1 business day}\n"
    old_rules = "".join(line for line in rules.splitlines(keepends=True) if "new:" not in line)
    found = composed(of_text(CLOCK + old_rules), of_text(CLOCK + more + rules))
    assert left_out(found) == {"clocks/repair": False, "rules/new": False}


def test_places_tell_which_revision_an_element_is_from() -> None:
    older, newer = of_text(CLOCK + WARN), of_text(CLOCK + WARN.replace("30", "40"))
    found = composed(older, newer).ruleset
    assert found.clocks["answer"].cited.place.file == f"small.yaml@{older.digest[:8]}"
    assert found.rules["warn"].cited.place.file == "small.yaml"
    assert found.files == ("small.yaml", f"small.yaml@{older.digest[:8]}")


def test_a_term_of_the_older_one_is_bound_by_its_own_dates() -> None:
    older = of_text(CLOCK)
    newer = of_text(CLOCK + WARN, **{"2026-01-01": "2026-02-01"})
    assert composed(older, newer).ruleset.revision == older.ruleset.revision
