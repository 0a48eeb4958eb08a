"""The first scenario test of a blank ruleset: one case from its opening to its answer, as the engine decides it."""

from typing import Final

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.decision import ClockInstance, Decision, PlannedAction
from casewarden.model.event import Event, Json
from casewarden.ruleset.load import load_text
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.fresh.questions import NONE, Answers, listed, plans_of
from casewarden.scenario.fresh.written import clause_prefix, scalar
from casewarden.scenario.run import run
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone, zone

_SUBJECT: Final = "case:1"
_NUMBER: Final = "S-1"
_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR


def first_test(text: str, answers: Answers) -> str:
    """A file of tests for the ruleset of these answers and this text, which must be sound."""
    ruleset, _ = load_text(text, f"{answers['name']}.yaml")
    assert ruleset is not None
    compiled, where = compile_ruleset(ruleset), zone(answers["zone"])
    given = _given(answers)
    opened = _opening(compiled, ruleset, where)
    begun = _decide(compiled, [_event("opened", "customer", opened, {"facts": dict(given)})], opened)
    answered = _answering(begun, opened)
    met = _decide(
        compiled,
        [
            _event("opened", "customer", opened, {"facts": dict(given)}),
            _event("message", "agent", answered, {"public": True}),
        ],
        answered,
    )
    now = [action for decision in begun for action in decision.actions]
    later = [(one.at, action) for one in met if one.at > opened for action in one.actions]
    return "\n".join(
        [
            f"# A first test of {answers['name']}.yaml: is this what was promised? Then write one for each promise.",
            "casewarden_test: 1",
            f"ruleset: {answers['name']}.yaml",
            f"zone: {scalar(answers['zone'])}",
            f"given: {{{', '.join(f'{path}: {scalar(value)}' for path, value in given.items())}}}",
            "tests:",
            "  answered_in_time:",
            f"    clause: [{', '.join(_cited(answers, warned=bool(now or later)))}]",
            "    timeline:",
            f"      - at: {shown(opened, where)}",
            "        opened: {by: customer}",
            *_expected(begun, [(opened, action) for action in now], where, answers, whole=True),
            f"      - at: {shown(answered, where)}",
            "        message: {by: agent}",
            *_expected(met, later, where, answers, whole=False),
            "",
        ]
    )


def _given(answers: Answers) -> dict[str, str]:
    levels, plans = listed(answers["severities"]), list(plans_of(answers))
    given = {"case.number": _NUMBER}
    if plans:
        given["case.plan"] = plans[0]
    if levels:
        given["case.urgency"] = levels[0]
    return given


def _opening(compiled: Compiled, ruleset: Ruleset, where: Zone) -> int:
    """An hour after the first opening of the office on a day on which the ruleset binds, or then."""
    begin = where.wall_us(ruleset.revision.from_date.toordinal(), 0)
    office = compiled.calendars[ruleset.defaults.calendar]
    opening = office.next_opening(begin)
    return opening + _HOUR if office.is_open(opening + _HOUR) else opening


def _event(kind: str, by: str, at: int, data: dict[str, Json]) -> Event:
    return Event(subject=_SUBJECT, kind=kind, at=at, seen_at=at, by=by, source="scenario", key=kind, data=data)


def _decide(compiled: Compiled, events: list[Event], until: int) -> tuple[Decision, ...]:
    return run(compiled, events, until).decisions


def _clocks(decisions: tuple[Decision, ...]) -> dict[str, ClockInstance]:
    return {clock.clock: clock for clock in decisions[-1].clocks}


def _answering(begun: tuple[Decision, ...], opened: int) -> int:
    """The last instant in time; where there is none, the next day."""
    due = _clocks(begun)["first_response"].due
    return opened + _DAY if due is None else due


def _cited(answers: Answers, *, warned: bool) -> list[str]:
    prefix = clause_prefix(answers["name"])
    numbers = [*([1] if listed(answers["severities"]) else []), 2, 3, *([4] if warned else [])]
    return [f"{prefix}-{number}" for number in numbers]


def _expected(
    decisions: tuple[Decision, ...],
    actions: list[tuple[int, PlannedAction]],
    where: Zone,
    answers: Answers,
    *,
    whole: bool,
) -> list[str]:
    lines = ["        expect:"]
    levels = listed(answers["severities"])
    if whole and levels:
        lines.append(f"          case.severity: {scalar(levels[0])}")
    clocks = _clocks(decisions)
    lines.append("          clocks:")
    names = ("first_response", "resolution") if whole else ("first_response",)
    lines.extend(f"            {name}: {_state(clocks[name], where, whole=whole)}" for name in names)
    if actions:
        done = [f"{{rule: {action.rule}, at: {shown(at, where)}}}" for at, action in actions]
        lines.append(f"          actions: [{', '.join(done)}]")
    return [*lines, "          nothing_else: yes"]


def _state(clock: ClockInstance, where: Zone, *, whole: bool) -> str:
    if not whole:
        return str(clock.state)
    due = NONE if clock.due is None else shown(clock.due, where)
    target = "" if clock.target is None else f", target: {scalar(clock.target)}"
    return f"{{state: {clock.state}{target}, due: {due}}}"
