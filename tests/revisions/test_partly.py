"""A rollout rule by rule: the running revision with some rules as the new one has them."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset
from casewarden.ruleset.compose import compose, partly
from casewarden.ruleset.digest import meaning
from casewarden.ruleset.variation import Edit, scalar
from casewarden.ruleset.written import Written
from casewarden.shipped import shipped
from support.revisions import changed, of_file, of_text, other_messages
from support.small import more, rule

CLOCK = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""
FIRST = rule("first", "when: {case.core: down}\nthen: [note: hello]")
SECOND = more("second", "when: {case.core: degraded}\nthen: [note: bye]")
BASE = FIRST + SECOND


def refused(base: str, head: str, *rules: str) -> str:
    with pytest.raises(ValueError, match=r".") as error:
        partly(of_text(base), of_text(head), rules)
    return str(error.value)


@cache
def starter() -> Written:
    return of_file(shipped("rules") / "starter" / "starter.yaml")


@cache
def next_starter() -> Written:
    """The starter with every rule asking something else, and every message saying something more."""
    base = starter()
    at = base.document.main.place
    edits = [Edit(("rules", name, "priority"), scalar("7", at)) for name in base.ruleset.rules]
    edits.append(Edit(("rules", "warn_before_response_is_due", "when", "until", "at_most"), scalar("45 minutes", at)))
    return changed(base, (*edits, *other_messages(base)))


RULES = st.frozensets(st.sampled_from(sorted(starter().ruleset.rules)))


@settings(max_examples=60, deadline=None)
@given(RULES)
def test_each_rule_and_its_messages_are_of_the_side_that_was_asked_for(names: frozenset[str]) -> None:
    found = partly(starter(), next_starter(), names).ruleset
    for name, one in found.rules.items():
        side = (next_starter() if name in names else starter()).ruleset
        assert meaning(one) == meaning(side.rules[name])
        for said in re.findall(r"message='(\w+)'", repr(one)):
            assert found.messages[said].texts == side.messages[said].texts
    assert {s: meaning(c) for s, c in found.clocks.items()} == {
        s: meaning(c) for s, c in starter().ruleset.clocks.items()
    }


def test_none_is_the_base_and_all_is_the_head() -> None:
    assert partly(starter(), next_starter(), ()).digest == starter().digest
    assert partly(starter(), next_starter(), starter().ruleset.rules).digest == next_starter().digest


def test_promoting_one_after_the_other_is_promoting_them_together() -> None:
    names = sorted(starter().ruleset.rules)
    step = starter()
    for name in names[:4]:
        step = partly(step, next_starter(), [name])
    assert step.digest == partly(starter(), next_starter(), names[:4]).digest


def test_a_new_rule_brings_what_only_it_needs() -> None:
    head = (
        "fields:\n  case:\n    core: {type: choice, of: [down, degraded, available]}\n    colour: {type: text}\n"
        "events:\n  asked: {kind: message, text: {contains: why}}\n  painted: {any: [asked, case_opened]}\n"
        'messages:\n  hello: {en: "Hello."}\n  bye: {en: "Bye."}\n  paint: {en: "It is {{ case.colour }}."}\n'
        "people: [support, manager, triage, painter]\n"
    ) + (BASE + more("third", "each: painted\nthen: [notify: {who: painter, message: paint}]"))
    found = partly(of_text(BASE), of_text(head), ["third"]).ruleset
    assert list(found.rules) == ["first", "second", "third"]
    assert set(found.events) == {"asked", "painted"}
    assert "case.colour" in found.fields
    assert "paint" in found.messages
    assert found.people == ("support", "manager", "triage", "painter")


def test_a_rule_that_the_head_dropped_goes_and_nothing_else() -> None:
    found = partly(of_text(BASE), of_text(FIRST.replace("down", "degraded")), ["second"]).ruleset
    assert list(found.rules) == ["first"]
    assert meaning(found.rules["first"]) == meaning(of_text(BASE).ruleset.rules["first"])


def test_a_message_of_its_own_comes_with_a_rule() -> None:
    base, head = of_text(BASE), of_text(BASE, **{"Hello.": "Good morning."})
    assert partly(base, head, ["first"]).ruleset.messages["hello"].texts["en"].body == "Good morning."
    assert partly(base, head, ["second"]).digest == base.digest


def test_a_message_that_another_rule_sends_as_well_is_not_changed_under_it() -> None:
    shared = BASE.replace("note: bye", "note: hello")
    with pytest.raises(
        ValueError, match="the rule `first` needs `hello` of `messages` as the newer revision has it"
    ) as no:
        partly(of_text(shared), of_text(shared, **{"Hello.": "Good morning."}), ["first"])
    assert "`second` of `rules` rests on it as it is" in str(no.value)
    both = partly(of_text(shared), of_text(shared, **{"Hello.": "Good morning."}), ["first", "second"])
    assert both.ruleset.messages["hello"].texts["en"].body == "Good morning."


def test_an_event_on_which_a_clock_rests_is_not_changed_under_it() -> None:
    event = "events:\n  asked: {kind: message, by: customer}\n"
    clock = CLOCK.replace("starts: case_opened", "starts: asked")
    third = more("third", "each: asked\nthen: [note: hello]")
    said = refused(
        event + clock + BASE + third, event.replace("kind: message", "kind: call") + clock + BASE + third, "third"
    )
    assert "needs `asked` of `events`" in said
    assert "`answer` of `clocks` rests on it" in said


def test_terms_come_with_the_whole_revision_only() -> None:
    late = more("third", "when: {clock.answer: missed}\nthen: [note: hello]")
    said = refused(BASE, CLOCK + BASE + late, "third")
    assert said == (
        "the rule `third` needs `answer` of `clocks`, which only the newer revision has;"
        " terms come with the whole revision"
    )
    longer = CLOCK.replace("4 business", "8 business")
    found = partly(of_text(CLOCK + BASE), of_text(longer + BASE + late), ["third"]).ruleset
    assert meaning(found.clocks["answer"]) == meaning(of_text(CLOCK).ruleset.clocks["answer"])


def test_what_the_checker_would_refuse_is_refused_with_its_words() -> None:
    sets = more("third", "when: {case.core: down}\nthen: [set: {case.known_as: here}]")
    head = FIRST.replace("note: hello", "set: {case.known_as: there}")
    said = refused(BASE + sets, head, "first")
    assert said.startswith("with `first` of the newer revision the ruleset would be refused: the rules `")
    assert "can hold at once" in said


def test_a_reading_that_was_open_comes_with_the_rule_that_rests_on_it() -> None:
    reading = "interpretations:\n  A1: {reading: READING, by: lead, decided: 2026-01-01, reason: asked}\n"
    cites = FIRST.replace("clause: [S]", "clause: [S]\n    interpretation: [A1]") + SECOND.replace("[S]", "[T]")
    base, head = (of_text(cites + reading.replace("READING", word)) for word in ("open", "decided"))
    found = partly(base, head, ["first"]).ruleset
    assert not found.is_open(found.rules["first"].cited)
    both = BASE.replace("clause: [S]", "clause: [S]\n    interpretation: [A1]")
    said = refused(both + reading.replace("READING", "open"), both + reading.replace("READING", "decided"), "first")
    assert "`second` of `rules` rests on it" in said


def test_a_whole_scope_is_one_thing() -> None:
    scope = "scope:\n  ours: {when: {case.workaround: yes}}\n  theirs: {when: {case.core: available}}\n"
    less = "scope:\n  ours: {when: {case.workaround: yes}}\n"
    asks = rule("first", "when: {case.scope: out}\nthen: [note: hello]")
    found = partly(of_text(scope + asks), of_text(less + asks.replace("hello", "bye")), ["first"]).ruleset
    assert list(found.scope) == ["ours"]
    other = more("second", "when: {case.scope: in}\nthen: [note: bye]")
    assert "rests on it" in refused(scope + asks + other, less + asks + other, "first")


def test_rules_that_were_not_taken_over_keep_their_identity() -> None:
    head = of_text(BASE.replace("down", "available").replace("degraded", "down"))
    before = compile_ruleset(of_text(BASE).ruleset).rule_digests
    after = compile_ruleset(partly(of_text(BASE), head, ["first"]).ruleset).rule_digests
    assert after["second"] == before["second"]
    assert after["first"] != before["first"]


def test_a_name_that_no_rule_has() -> None:
    assert refused(BASE, BASE, "fist") == "neither revision has a rule `fist`"


def test_what_was_taken_over_partly_is_the_operations_of_older_cases() -> None:
    oldest = of_text(CLOCK + BASE)
    base = of_text(CLOCK.replace("4 business", "8 business") + BASE)
    head = of_text(CLOCK.replace("4 business", "9 business") + BASE.replace("down", "available"))
    found = compose(oldest, partly(base, head, ["first"])).ruleset
    assert meaning(found.clocks["answer"]) == meaning(oldest.ruleset.clocks["answer"])
    assert meaning(found.rules["first"]) == meaning(head.ruleset.rules["first"])
