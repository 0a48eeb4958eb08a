"""Rings of rules, found by playing: a case goes through rounds until it rests or comes back to where it was.

Played are the rules whose firing hangs on values that rules set. A rule for each event, one that waits for an interval,
and one whose test must have held for a span fire once at most at one instant, so they close no ring and are left out.
Only what rules set changes; how long ago something was, clocks, and what comes from elsewhere stay as they were.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from casewarden.analysis.findings import Analysis, Case, Goal
from casewarden.analysis.formula import And, axes_of, fixed
from casewarden.analysis.rounds import Player, Rounds, stands_at
from casewarden.ruleset.graphs import components
from casewarden.ruleset.syntax import Action, Assign, CloseCase, FromPath, Reopen, SetFact, Tag
from casewarden.ruleset.terms import FactTest, Value
from casewarden.ruleset.walk import leaves

MOST_PAIRS: Final = 20_000
"""Pairs of rules of which the one sets what the other reads."""
MOST_PLAYS: Final = 5_000
"""Cases that are played for one part of the ruleset, openings and changes of one value together."""


@dataclass(frozen=True, slots=True)
class Ring:
    """The rules that set each other off, in the order in which they fire, and the case with which that begins.

    `change` is the value that must change for it, None where it begins with the opening.
    """

    rules: tuple[str, ...]
    case: Case
    change: tuple[str, Value | None] | None = None


def find_rings(analysis: Analysis, silent: set[str]) -> None:
    """Report a ring for each part of the ruleset in which rules can set each other off."""
    players = {name: player for name, player in players_of(analysis) if name not in silent}
    for part in connected_parts(analysis, players):
        taking_part = _with_those_before(part, players)
        names = ", ".join(f"`{name}`" for name in part)
        ring, whole = look_for_ring(analysis, [players[name] for name in players if name in taking_part])
        place = players[part[0]].rule.cited.place
        if ring is not None:
            _tell(analysis, ring)
        elif not whole:
            analysis.not_decided(place, f"whether {names} can set each other off for ever")
        elif _hangs_on_the_table(analysis, [players[name] for name in part]):
            analysis.not_decided(place, f"whether {names} can set each other off through the severity table")


def connected_parts(analysis: Analysis, players: Mapping[str, Player]) -> list[list[str]]:
    """The groups of rules that can set each other off again and again."""
    return _lasting_parts(_graph(analysis, players), players)


def _graph(analysis: Analysis, players: Mapping[str, Player]) -> dict[str, list[str]]:
    """From each rule to those that it can set off; beyond the most pairs none more, which is told."""
    readers: dict[str, list[str]] = {}
    for name, player in players.items():
        for axis in player.reads:
            readers.setdefault(axis, []).append(name)
    graph: dict[str, list[str]] = {}
    pairs = 0
    for name, player in players.items():
        others = dict.fromkeys(other for axis in sorted(player.writes) for other in readers.get(axis, ()))
        pairs += len(others)
        if pairs > MOST_PAIRS:
            analysis.not_decided(player.rule.cited.place, f"whether `{name}` and the rules after it are in a ring")
            return {**graph, **{rest: [] for rest in players if rest not in graph}}
        graph[name] = [other for other in others if _can_set_off(analysis, player, players[other])]
    return graph


def _lasting_parts(graph: Mapping[str, list[str]], players: Mapping[str, Player]) -> list[list[str]]:
    """The parts of the graph that lead back to themselves, without rules that fire a few times only.

    In a ring that goes on for ever every rule reads something that the ring keeps changing: a path for which it wants
    more than one value. What it wants one value for stays so after the first time round.
    """
    edges = {name: list(targets) for name, targets in graph.items()}
    while True:
        parts = [part for part in components(edges) if len(part) > 1 or part[0] in edges[part[0]]]
        kept = {name for part in parts for name in part if players[name].reads & _changing([players[n] for n in part])}
        if len(kept) == len(edges):
            return parts
        edges = {name: [target for target in edges[name] if target in kept] for name in edges if name in kept}


def _changing(players: list[Player]) -> set[str]:
    """The axes for which these rules want different values; a tag changes where one adds it and another removes it."""
    wanted: dict[str, set[object]] = {}
    copied: list[tuple[str, str]] = []
    for player in players:
        for path, value in player.constants:
            wanted.setdefault(path, set()).add(value)
        for action in player.rule.then:
            match action:
                case SetFact(target, FromPath(source)):
                    for path in (target.text, f"{target.text}.proposed"):
                        wanted.setdefault(path, set()).add(source)
                        copied.append((path, source.text))
                case CloseCase(FromPath(source)):
                    wanted.setdefault("case.close_reason", set()).add(source)
                    copied.append(("case.close_reason", source.text))
                case Tag(add, remove):
                    wanted.setdefault("tags added", set()).update(add)
                    wanted.setdefault("tags removed", set()).update(remove)
                case _:
                    pass
    found = {path for path, values in wanted.items() if len(values) > 1 and not path.startswith("tags ")}
    if wanted.get("tags added", set()) & wanted.get("tags removed", set()):
        found.add("case.tags")
    while more := {path for path, source in copied if source in found and path not in found}:
        found |= more
    return found


def _can_set_off(analysis: Analysis, writer: Player, reader: Player) -> bool:
    """Whether what the one sets leaves a way for the other to be true; a rule that sets constants stops itself."""
    if writer is reader:
        return bool(writer.writes.difference(path for path, _ in writer.constants) & writer.reads)
    touched = writer.writes & reader.reads
    free = touched.difference(path for path, _ in writer.constants)
    if not touched or free:
        return bool(free)
    return any(
        analysis.find([Goal(fixed(reader.formula, {path: value}))]) is not None
        for path, value in writer.constants
        if path in touched
    )


def players_of(analysis: Analysis, foreign: Collection[str] = ()) -> Iterator[tuple[str, Player]]:
    """The rules that can be in a ring; `foreign` ones are not ours, and our guards do not hold them back."""
    for name, rule in analysis.ruleset.rules.items():
        late = rule.repeat is not None and rule.repeat.first == "after_interval"
        held = rule.when is not None and any(
            isinstance(leaf, FactTest) and leaf.held is not None for leaf in leaves(rule.when)
        )
        if rule.when is None or rule.each is not None or rule.about != "case" or late or held:
            continue
        formula = And(tuple(goal.formula for goal in analysis.fires(rule)))
        writes = frozenset(path for action in rule.then for path in _written(analysis, action))
        guards = [analysis.formula(guard.condition) for guard in analysis.ruleset.guards.values()]
        sources = {path for action in rule.then for path in _sources(analysis, action)}
        guarded = name not in foreign and any(isinstance(action, CloseCase | Reopen) for action in rule.then)
        asked = {axis for guard in guards if guarded for axis in axes_of(guard)}
        constants = tuple(pair for action in rule.then for pair in _constants(analysis, action))
        reads = frozenset(axes_of(formula)) | sources | asked
        yield name, Player(rule, formula, reads, writes, constants, foreign=name in foreign)


def _with_those_before(part: list[str], players: Mapping[str, Player]) -> set[str]:
    """The rules of a part, and all that set something which these read, or set as well."""
    found = set(part)
    while True:
        matters = frozenset[str]().union(*(players[name].reads | players[name].writes for name in found))
        more = {name for name, player in players.items() if name not in found and player.writes & matters}
        if not more:
            return found
        found |= more


def _written(analysis: Analysis, action: Action) -> list[str]:
    match action:
        case SetFact(path):
            return [] if path.root == "links" else [stands_at(analysis, path.text)]
        case Assign():
            return ["case.assigned_to"]
        case CloseCase():
            return ["case.status", "case.close_reason"]
        case Reopen():
            return ["case.status"]
        case Tag():
            return ["case.tags"]
        case _:
            return []


def _constants(analysis: Analysis, action: Action) -> list[tuple[str, Value]]:
    match action:
        case SetFact(path, value) if path.root != "links" and not isinstance(value, FromPath):
            return [(stands_at(analysis, path.text), value)]
        case Assign(person):
            return [("case.assigned_to", person)]
        case CloseCase(reason):
            return [
                ("case.status", "closed"),
                *([] if isinstance(reason, FromPath) else [("case.close_reason", reason)]),
            ]
        case Reopen():
            return [("case.status", "open")]
        case _:
            return []


def _sources(analysis: Analysis, action: Action) -> list[str]:
    match action:
        case SetFact(value=FromPath(path)) | CloseCase(reason=FromPath(path)):
            return [analysis.space.axis(path.text)]
        case _:
            return []


def _hangs_on_the_table(analysis: Analysis, players: list[Player]) -> bool:
    """Whether a rule reads the severity that changes with what another one sets."""
    severity = analysis.ruleset.severity
    inputs = {path for row in severity.table for path, _ in row.when} if severity is not None else set()
    return any("case.severity" in one.reads for one in players) and any(one.writes & inputs for one in players)


def look_for_ring(
    analysis: Analysis, players: list[Player], wanted: Callable[[tuple[str, ...]], bool] = bool
) -> tuple[Ring | None, bool]:
    """A ring among the rules, and whether all cases were tried: at the opening, and after a change of one value.

    `wanted` says of the names of a ring whether it is one that is looked for.
    """
    space = analysis.space
    axes = [axis for axis in space.values if any(axis in player.reads for player in players)]
    game = Rounds(analysis, players)
    plays = 0
    for values in product(*(space.values[axis] for axis in axes)):
        case = dict(zip(axes, values, strict=True))
        if game.play(case, frozenset()):
            if wanted(game.ring):
                return Ring(game.ring, case), True
            continue
        rest, active = game.end
        for axis in axes:
            for value in space.values[axis]:
                plays += 1
                if plays > MOST_PLAYS:
                    return None, False
                if value != rest.get(axis) and game.play({**rest, axis: value}, active) and wanted(game.ring):
                    return Ring(game.ring, rest, (axis, value)), True
    return None, True


def how_it_begins(analysis: Analysis, ring: Ring) -> str:
    """The case with which a ring begins, in words."""
    if ring.change is None:
        return f"opened with {analysis.case(ring.case)}"
    axis, value = ring.change
    return f"{analysis.case(ring.case)}, then {analysis.case({axis: value})}"


def _tell(analysis: Analysis, ring: Ring) -> None:
    rules = analysis.ruleset.rules
    names = " -> ".join(f"`{name}`" for name in [*ring.rules, ring.rules[0]])
    begin = how_it_begins(analysis, ring)
    analysis.diagnostics.warning(
        "CW622",
        rules[ring.rules[0]].cited.place,
        f"these rules can set each other off for ever, and would be switched off: {names}. For example {begin}",
        "take one of the steps away, or say `limit: {times: 1}` in one of them",
        [(rules[name].cited.place, f"`{name}` is part of it") for name in ring.rules[1:]],
    )
