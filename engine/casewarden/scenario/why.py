"""Why a rule did or did not fire: its leaves as they are written, with what they found."""

from casewarden.decide.codegen import leaves_of
from casewarden.decide.explain.words import Words
from casewarden.decide.facts import plain
from casewarden.decide.state import State
from casewarden.decide.trilean import Trilean
from casewarden.decide.walk import state_at
from casewarden.model.decision import Edge
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType, Rule
from casewarden.ruleset.terms import FactTest, Happened, InstantOf, Leaf, LinksTest, Moment, Since, Until
from casewarden.scenario.mismatch import LeafSaid, RuleSaid
from casewarden.scenario.moment import Moment as TestMoment
from casewarden.scenario.say import value_text
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone


def why(rule: Rule, moment: TestMoment) -> RuleSaid:
    """What the rule's condition says at the moment, leaf by leaf, and what the rule did so far."""
    state = state_at(moment.compiled, moment.subject, moment.now)
    leaves = () if rule.when is None else tuple(_said(leaf, state, moment) for leaf in leaves_of(rule.when))
    truth: Trilean = None
    if rule.when is not None:
        truth, _ = moment.compiled.condition(rule.when)(state, moment.now)
    return RuleSaid(rule.name, rule.cited.place, truth, leaves, tuple(_remarks(rule, state, moment, truth)))


def _said(leaf: Leaf, state: State, moment: TestMoment) -> LeafSaid:
    truth, _ = moment.compiled.condition(leaf)(state, moment.now)
    words = Words(moment.compiled.ruleset)
    return LeafSaid(words.leaf(leaf), truth, found(leaf, state, moment.now, moment.zone), leaf.place)


def _remarks(rule: Rule, state: State, moment: TestMoment, truth: Trilean) -> list[str]:
    remarks = []
    if rule.each is not None:
        seen = state.occurrences.get(rule.each, [])
        last = f", last {shown(seen[-1].at, moment.zone)}" if seen else ""
        remarks.append(f"it waits for {rule.each}, which happened {_times(len(seen))}{last}")
    fired = [edge for edge in moment.edges if edge.rule == rule.name and edge.rises]
    remarks.extend(f"{_edge_word(edge)} {shown(edge.at, moment.zone)}" for edge in fired[-3:])
    if fired and truth is not False and rule.repeat is None and rule.each is None:
        remarks.append("it fires again only after its condition was false")
    remarks.extend(f"held back: {one.why}, {one.detail}" for one in moment.withheld if one.rule == rule.name)
    return remarks


def _edge_word(edge: Edge) -> str:
    if edge.baseline:
        return "it was true already when the engine first saw the case,"
    if edge.silent:
        return "it turned true without doing anything"
    return f"it fired (activation {edge.activation}{f', repetition {edge.repetition}' if edge.repetition else ''})"


def _times(count: int) -> str:
    return "never" if not count else "once" if count == 1 else f"{count} times"


def found(leaf: Leaf, state: State, now: int, zone: Zone) -> str:
    """What a leaf found: the value at its path, or the instants and events that it looks at."""
    match leaf:
        case FactTest(path=path):
            return _fact(path.text, state, now, zone)
        case LinksTest(kind=kind):
            tickets = state.links_of(kind)
            rows = [f"{ticket} {value_text(state.links[kind][ticket])}" for ticket in tickets]
            return f"{kind}: {'; '.join(rows)}" if rows else f"no {kind} is linked"
        case Happened(event=event):
            seen = state.occurrences.get(event, [])
            unclear = len(state.unsure(event))
            last = f", last {shown(seen[-1].at, zone)}" if seen else ""
            return f"happened {_times(len(seen))}{last}{f', unclear {unclear}' if unclear else ''}"
        case Since(instant=instant) | Until(instant=instant):
            at = _instant(instant, state, now)
            name = f"{instant.moment.value} {instant.name}"
            return f"there is no {name}" if at is None else f"{name} is {shown(at, zone)}"


def _fact(path: str, state: State, now: int, zone: Zone) -> str:
    root, _, rest = path.partition(".")
    if root == "clock":
        name, _, used = rest.partition(".")
        run = state.newest(name)
        if run is None:
            return "waiting"
        if used:
            share = run.share(now)
            return "no share" if share is None else f"{float(share):.2%}"
        due = "" if run.due is None else f", due {shown(run.due, zone)}"
        return f"{run.at(now).state.value}{due}"
    if root in ("guard", "quota", "channel"):
        return ""
    if path == "now":
        return shown(now, zone)
    value, _ = state.fact(path, now)
    if value is None:
        if state.is_stale(path, now):
            seen = state.seen.get(path)
            return (
                f"stale: {value_text(plain(state.values[path]))}{'' if seen is None else f', seen {shown(seen, zone)}'}"
            )
        unfit = state.unfit.get(path)
        return "not known" if unfit is None else f"not known: {value_text(unfit)} is not of its type"
    if is_instant(path, state) and isinstance(value, int):
        return shown(value, zone)
    return value_text(plain(value))


def is_instant(path: str, state: State) -> bool:
    """Whether an instant stands at the path."""
    field = state.compiled.ruleset.fields.get(path)
    kind = field.type if field is not None else GIVEN_PATHS.get(path, (FieldType.TEXT, ()))[0]
    return kind is FieldType.INSTANT


def _instant(term: InstantOf, state: State, now: int) -> int | None:
    match term.moment:
        case Moment.FIRST:
            return state.first(term.name)
        case Moment.LAST:
            return state.last(term.name)
        case Moment.DUE:
            return state.pending_due(term.name, now)
        case Moment.STARTED:
            run = state.newest(term.name)
            return None if run is None else run.started
        case Moment.STOPPED:
            return state.clock_stopped(term.name, now)
        case Moment.AT:
            value, _ = state.fact(term.name, now)
            return value if isinstance(value, int) and not isinstance(value, bool) else None
