"""Late events, against the slow evaluator: everything agrees, and what is late or would have fired is called so."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from casewarden.model import Event
from casewarden.ruleset.syntax import Note, SetFact
from casewarden.ruleset.terms import Becomes, Path
from support.narrow_cases import late_note_cases
from support.slow import slow_decide
from support.slow.late import would_have_fired
from support.slow.live import live
from support.slow.samples import Log, at, is_, iso, message, rule, ruleset
from support.slow.spans import MINUTE
from support.slow.story import told
from support.strategies import Case

THOROUGH = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def disagreements(case: Case) -> list[str]:
    """The first instant's differences."""
    for moment in live(case.ruleset, case.history):
        slow = slow_decide(case.ruleset, moment.log, moment.now)
        decision = moment.decision
        edges = sorted((e.rule, e.rises, e.activation) for e in decision.edges)
        theirs = sorted((e.rule, e.rises, e.activation) for e in slow.edges)
        gone, still = would_have_fired(case.ruleset, moment)
        found = [
            f"{iso(moment.now)} {about}: engine {ours} slow {other}"
            for about, ours, other in (
                ("edges", edges, theirs),
                ("would have fired", {one.rule for one in decision.withheld if one.why == "would_have_fired"}, gone),
                ("late", {e.rule for e in decision.edges if e.late}, still & {e.rule for e in slow.edges if e.rises}),
            )
            if ours != other
        ]
        if found:
            return found
    return []


def must_agree(case: Case) -> None:
    found = disagreements(case)
    assert not found, "\n".join([told(case.ruleset, case.history), *found])


@THOROUGH
@given(late_note_cases())
def test_what_is_learnt_late_fires_once_marked_late_or_is_told_as_what_would_have_fired(case: Case) -> None:
    must_agree(case)


# Where they once differed

OPENED = at("2026-03-06 16:00")


def learnt(log: Log, minutes: int) -> list[Event]:
    """The log with its last event learnt of so many minutes after it happened."""
    *rest, last = log.events
    return [*rest, replace(last, seen_at=last.at + minutes * MINUTE)]


def test_a_rule_that_fired_long_before_a_late_event_would_not_have_fired_again() -> None:
    rules = ruleset(rules=[rule("down", Note("hello"), when=is_("case.core", "down"))])
    log = Log().opened(OPENED, case__core="down").observed(OPENED + 20 * MINUTE, "case.core", "available")
    message(log, OPENED + 10 * MINUTE)
    must_agree(Case(rules, learnt(log, 20)))


def test_a_rule_that_fell_and_rose_by_what_came_in_time_is_not_late() -> None:
    rules = ruleset(rules=[rule("down", Note("hello"), when=is_("case.core", "down"))])
    log = Log().opened(OPENED, case__core="down").observed(OPENED + 20 * MINUTE, "case.core", "available")
    log.observed(OPENED + 30 * MINUTE, "case.core", "down")
    message(log, OPENED + 10 * MINUTE)
    must_agree(Case(rules, learnt(log, 20)))


def test_what_our_own_writes_made_false_would_not_have_fired() -> None:
    """The core is available since our write, whatever came in of the time before."""
    lowered = rule("lowered", SetFact(Path("case.core"), "available"), when=is_("case.core", "down"))
    long_down = rule("long_down", Note("hello"), when=is_("case.core", "down", held="15 minutes"))
    log = Log().opened(OPENED, case__core="down")
    message(log, OPENED + 10 * MINUTE)
    must_agree(Case(ruleset(rules=[lowered, long_down]), learnt(log, 60)))


def test_what_a_late_event_made_happen_in_the_past_is_late_or_would_have_fired() -> None:
    rules = ruleset(
        events={"went_down": Becomes(is_("case.core", "down"))},
        rules=[
            rule("told", Note("hello"), each="went_down"),
            rule("told_while_down", Note("hello"), each="went_down", when=is_("case.core", "down")),
        ],
    )
    log = Log().opened(OPENED, case__core="available").observed(OPENED + 20 * MINUTE, "case.core", "available")
    log.observed(OPENED + 10 * MINUTE, "case.core", "down")
    moments = list(live(rules, learnt(log, 20)))
    (edge, held) = moments[-1].decision.edges
    assert (edge.rule, edge.late, edge.silent) == ("told", True, False)
    assert (held.rule, held.late, held.silent) == ("told_while_down", True, True)
    assert [one.rule for one in moments[-1].decision.withheld] == ["told_while_down"]
