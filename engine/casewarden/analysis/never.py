"""Rules that can never fire, and clocks that can never start, apply or stop."""

from collections.abc import Iterator

from casewarden.analysis.findings import Analysis
from casewarden.analysis.formula import NOT_FALSE
from casewarden.analysis.search import NOT_DECIDED, Goal
from casewarden.ruleset.syntax import Ask, Clock, Note, Notify, Publish, Reply, Rule
from casewarden.ruleset.terms import AllOf, AnyOf, Becomes, ClockTurns, Entry, EventTerm, Given, Is, Turn
from casewarden.ruleset.walk import event_term


def find_rules_that_never_fire(analysis: Analysis) -> set[str]:
    """Report them; return their names, of which other analyses need not speak."""
    found: set[str] = set()
    for rule in analysis.ruleset.rules.values():
        why = why_never_fires(analysis, rule)
        if why is not None:
            found.add(rule.name)
            analysis.diagnostics.warning(
                "CW624",
                rule.cited.place,
                f"the rule `{rule.name}` can never fire: {why}",
                "change its condition or its event, or take the rule away",
            )
    return found


def why_never_fires(analysis: Analysis, rule: Rule) -> str | None:
    """Why a rule never fires; None where it may. What is not decided is told."""
    goals = analysis.fires(rule)
    case = analysis.find(goals)
    if case is NOT_DECIDED:
        analysis.not_decided(rule.cited.place, f"whether the rule `{rule.name}` can fire")
        return None
    if case is None:
        outside = analysis.ruleset.applies_to is not None and analysis.find(goals[:1]) is not None
        return "no case to which the ruleset applies meets its condition" if outside else "no case meets its condition"
    return None if rule.each is None else why_never(analysis, rule.each, goals)


def find_endless_clocks(analysis: Analysis) -> None:
    """Report clocks that can never start, apply or stop."""
    for clock in analysis.ruleset.clocks.values():
        fault = next(_faults(analysis, clock), None)
        if fault is not None:
            what, why, fix = fault
            message = f"the clock `{clock.name}` can never {what}: {why}"
            analysis.diagnostics.warning("CW623", clock.cited.place, message, fix)


def _faults(analysis: Analysis, clock: Clock) -> Iterator[tuple[str, str, str]]:
    applies = [] if clock.applies_if is None else [analysis.goal(clock.applies_if, NOT_FALSE)]
    why = why_never(analysis, clock.starts, [])
    if why is not None:
        yield "start", why, "let it start with something that can happen"
    if applies and analysis.find(applies) is None:
        yield "apply", "its `applies_if` is false in every case", "change its `applies_if`"
    why = why_never(analysis, clock.stops, [])
    if why is not None:
        yield "stop", why, "let it stop with something that can happen"
    elif applies and why_never(analysis, clock.stops, applies) is not None:
        why = f"wherever `{clock.stops}` happens its `applies_if` is false"
        yield "stop", why, "let `applies_if` hold where the clock stops"


def why_never(analysis: Analysis, name: str, goals: list[Goal]) -> str | None:
    """Why an event can never happen while the goals are met; None where it can, or where that is not decided."""
    term = event_term(analysis.ruleset, name)
    return None if term is None else _why_term(analysis, name, term, goals)


def _why_term(analysis: Analysis, name: str, term: EventTerm, goals: list[Goal]) -> str | None:
    match term:
        case Entry():
            return _why_entry(analysis, name, term)
        case Becomes(condition):
            if analysis.find([analysis.goal(condition), *goals]) is None:
                return f"the condition of `{name}` is never true" + (" together with it" if goals else "")
            return None
        case ClockTurns(clock, Turn.PAUSED | Turn.RESUMED) if analysis.ruleset.clocks[clock].pauses_while is None:
            return f"`{name}` waits for a pause of `{clock}`, which has no `pauses_while`"
        case ClockTurns():
            return None
        case AllOf(names):
            return next((why for part in names if (why := why_never(analysis, part, []))), None)
        case AnyOf(names):
            reasons = [why_never(analysis, part, goals) for part in names]
            return None if any(why is None for why in reasons) else reasons[0]
        case Given(given):
            return _why_given(analysis, given)


def _why_entry(analysis: Analysis, name: str, entry: Entry) -> str | None:
    """Why no entry can be this one: only rules bring messages with a template, and by automation."""
    tests = dict(entry.tests)
    template, by = tests.get("template"), tests.get("by")
    if not isinstance(template, Is) or template.negated:
        return None
    if isinstance(by, Is) and not by.negated and "automation" not in by.values:
        return f"`{name}` wants a message made from a template by somebody else than us"
    if not sent(analysis).intersection(map(str, template.values)):
        return f"no rule sends the message that `{name}` waits for"
    return None


def sent(analysis: Analysis) -> set[str]:
    """The messages that some rule sends."""
    found: set[str] = set()
    for rule in analysis.ruleset.rules.values():
        for action in (*rule.then, *rule.if_unsupported):
            if isinstance(action, Reply | Note | Ask | Notify | Publish):
                found.add(action.message)
    return found


def _why_given(analysis: Analysis, name: str) -> str | None:
    severity = analysis.ruleset.severity
    if severity is None:
        return f"`{name}` needs a severity, and none is declared"
    if name == "case_unclassified" and severity.otherwise != "person":
        return "the severity table leaves nothing to a person, so no case is unclassified"
    if name in ("severity_raised", "severity_lowered") and len(severity.levels) < 2:
        return "there is only one severity"
    return None
