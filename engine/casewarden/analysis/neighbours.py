"""Loops between our rules and those of the helpdesk itself, which stand beside us and are only read.

A neighbour is a ruleset that says what the helpdesk does by itself, as `casewarden import` writes it. Ours sets what
one of its rules reacts on, and that one sets back what ours reacts on: then both go on for ever, each writing to the
helpdesk. Played are pairs of one rule of ours and one of theirs, and where no pair is a loop the whole part in which
they hang together. Events that come with a state (`becomes`) count as that state; messages set nothing off here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from casewarden.analysis.findings import Analysis
from casewarden.analysis.rings import Ring, connected_parts, how_it_begins, look_for_ring, players_of
from casewarden.analysis.rounds import Player
from casewarden.decide.enforced import enforced
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import Field, Rule, Ruleset
from casewarden.ruleset.terms import All, Any, AnyOf, Becomes, Condition
from casewarden.ruleset.walk import event_term, uses_of

MOST_TOLD: Final = 20
"""Loops told for one ruleset; the rest are told as a number."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One ruleset of both sides; `theirs` are the names of the neighbours' rules in it."""

    ruleset: Ruleset
    theirs: frozenset[str]


def find_loops(ruleset: Ruleset, neighbours: Sequence[Ruleset], diagnostics: Diagnostics, most_steps: int) -> None:
    """Report loops of rules of ours and of neighbours; what cannot be compared is told as not decided."""
    joined = join(enforced(ruleset), neighbours, diagnostics)
    analysis = Analysis(joined.ruleset, diagnostics, most_steps)
    players = {name: player for name, player in players_of(analysis, joined.theirs)}  # noqa: C416  # a copy in order
    told, more = 0, 0
    for part in connected_parts(analysis, players):
        mixed = [name for name in part if name in joined.theirs]
        if not mixed or len(mixed) == len(part):
            continue
        rings = list(_pairs(analysis, players, part, joined.theirs))
        if not rings:
            ring, whole = look_for_ring(
                analysis, [players[name] for name in part], lambda ring: _is_mixed(ring, joined)
            )
            rings = [] if ring is None else [ring]
            if not whole:
                names = ", ".join(f"`{name}`" for name in part[:6])
                place = next(players[name].rule for name in part if name not in joined.theirs).cited.place
                analysis.not_decided(place, f"whether {names} can set each other off for ever")
        for ring in rings:
            told += 1
            if told <= MOST_TOLD:
                _tell(analysis, ring, joined.theirs)
            else:
                more += 1
    if more:
        place = next(iter(ruleset.rules.values())).cited.place
        analysis.diagnostics.note("CW626", place, f"{more} more loops with the helpdesk's own rules are not listed")


def join(ruleset: Ruleset, neighbours: Sequence[Ruleset], diagnostics: Diagnostics) -> Joined:
    """Our rules and the neighbours', named `RULESET/RULE`, over the fields of all; events become states."""
    fields = dict(ruleset.fields)
    events = dict(ruleset.events)
    people, reasons, channels = (
        dict.fromkeys(ruleset.people),
        dict.fromkeys(ruleset.close_reasons),
        dict(ruleset.channels),
    )
    theirs: dict[str, Rule] = {}
    for number, neighbour in enumerate(neighbours):
        clashing = _join_fields(fields, neighbour.fields)
        other = {name for name, event in neighbour.events.items() if events.setdefault(name, event).term != event.term}
        people |= dict.fromkeys(neighbour.people)
        reasons |= dict.fromkeys(neighbour.close_reasons)
        channels = {**neighbour.channels, **channels}
        for rule in neighbour.rules.values():
            name = f"{neighbour.name}/{rule.name}"
            name = f"{name} ({number + 1})" if name in theirs else name
            stated = replace(_as_state(neighbour, rule), name=name)
            why = _cannot_join(ruleset, stated, clashing, other)
            if why is None:
                theirs[name] = stated
            else:
                place, fix = rule.cited.place, "give it the same meaning in both files, or another name in one"
                diagnostics.note(
                    "CW626", place, f"not decided: whether `{name}` loops with rules of ours, since {why}", fix
                )
    ours = {name: _as_state(ruleset, rule) for name, rule in ruleset.rules.items()}
    joined = replace(
        ruleset,
        fields=fields,
        events=events,
        people=tuple(people),
        close_reasons=tuple(reasons),
        channels=channels,
        rules={**ours, **theirs},
    )
    return Joined(joined, frozenset(theirs))


def _join_fields(fields: dict[str, Field], theirs: Mapping[str, Field]) -> set[str]:
    """Add the fields of a neighbour, and to known ones its values; the paths that have another type there."""
    clashing = set()
    for path, declared in theirs.items():
        known = fields.get(path)
        if known is None:
            fields[path] = declared
        elif known.type is not declared.type:
            clashing.add(path)
        else:
            fields[path] = replace(known, of=tuple(dict.fromkeys((*known.of, *declared.of))))
    return clashing


def _as_state(ruleset: Ruleset, rule: Rule) -> Rule:
    """A rule whose event is the beginning of a state as one that acts when the state turns true."""
    states = [] if rule.each is None else list(_states(ruleset, rule.each, set()))
    if not states:
        return rule
    state: Condition = states[0] if len(states) == 1 else Any(tuple(states))
    return replace(rule, each=None, when=state if rule.when is None else All((state, rule.when)))


def _states(ruleset: Ruleset, event: str, seen: set[str]) -> Iterator[Condition]:
    if event in seen:
        return
    seen.add(event)
    match event_term(ruleset, event):
        case Becomes(condition):
            yield condition
        case AnyOf(names):
            for name in names:
                yield from _states(ruleset, name, seen)
        case _:
            pass


def _cannot_join(ruleset: Ruleset, rule: Rule, clashing: set[str], other: set[str]) -> str | None:
    """Why a neighbour's rule cannot be read among ours; None where it can."""
    if rule.when is None:
        return None
    uses = uses_of(rule.when)
    for path in uses.paths:
        if path in clashing:
            return f"`{path}` has another type there"
        root, _, rest = path.partition(".")
        section: Collection[str] | None = {
            "guard": ruleset.guards, "quota": ruleset.quotas, "clock": ruleset.clocks
        }.get(root)  # fmt: skip
        if section is not None and rest.partition(".")[0] not in section:
            return f"`{path}` is not known here"
    for event in uses.events:
        if event in other:
            return f"the event `{event}` means something else there"
    return next(
        (f"the clock `{clock}` is not known here" for clock in uses.clocks if clock not in ruleset.clocks), None
    )


def _pairs(
    analysis: Analysis, players: Mapping[str, Player], part: list[str], theirs: frozenset[str]
) -> Iterator[Ring]:
    """Loops of one rule of ours and one of theirs."""
    for ours in (name for name in part if name not in theirs):
        for other in (name for name in part if name in theirs):
            one, two = players[ours], players[other]
            if not (one.writes & two.reads and two.writes & one.reads):
                continue
            ring, _ = look_for_ring(analysis, [one, two], lambda ring: len(ring) > 1)
            if ring is not None:
                yield ring


def _is_mixed(ring: tuple[str, ...], joined: Joined) -> bool:
    return bool(joined.theirs.intersection(ring)) and not joined.theirs.issuperset(ring)


def _tell(analysis: Analysis, ring: Ring, theirs: frozenset[str]) -> None:
    rules = analysis.ruleset.rules
    ours = next(name for name in ring.rules if name not in theirs)
    at = ring.rules.index(ours)
    order = [*ring.rules[at:], *ring.rules[:at]]
    names = " -> ".join(f"`{name}`" for name in [*order, ours])
    analysis.diagnostics.warning(
        "CW627",
        rules[ours].cited.place,
        f"the helpdesk's own rules and ours can set each other off for ever: {names}."
        f" For example {how_it_begins(analysis, ring)}",
        "switch the rule of the helpdesk off, or let one of the two set something else",
        [
            (
                rules[name].cited.place,
                f"`{name}` is a rule of the helpdesk" if name in theirs else f"`{name}` is part of it",
            )
            for name in order[1:]
        ],
    )
