"""Rounds over one case as the engine takes them: what rises fires, the highest priority wins, until all is at rest."""

from dataclasses import dataclass

from casewarden.analysis.findings import Analysis, Case
from casewarden.analysis.formula import FALSE, TRUE, Formula, truths
from casewarden.ruleset.syntax import Action, Assign, CloseCase, FromPath, Reopen, Rule, SetFact, Tag
from casewarden.ruleset.terms import Value


@dataclass(frozen=True, slots=True)
class Player:
    """One rule as far as rings go; a foreign one is the helpdesk's own, which acts on what ours have set."""

    rule: Rule
    formula: Formula
    reads: frozenset[str]
    writes: frozenset[str]
    constants: tuple[tuple[str, Value], ...]
    foreign: bool = False


class Rounds:
    """Rounds of the engine over cases.

    `end` is the case with which the last game came to rest, and which rules are true; `ring` those that would not rest.
    """

    def __init__(self, analysis: Analysis, players: list[Player]) -> None:
        self._analysis = analysis
        self._players = players
        self._foreign = {player.rule.name for player in players if player.foreign}
        self.end: tuple[Case, frozenset[str]] = ({}, frozenset())
        self.ring: tuple[str, ...] = ()

    def play(self, case: Case, active: frozenset[str]) -> bool:
        """Whether some rules fire without end, beginning with a case and the rules that are true already."""
        now = dict(case)
        fired: list[tuple[str, ...]] = []
        seen: dict[tuple[object, ...], int] = {}
        counts: dict[str, int] = {}
        while True:
            key = (*now.items(), active)
            if key in seen:
                self.ring = tuple(dict.fromkeys(name for names in fired[seen[key] :] for name in names))
                return True
            seen[key] = len(fired)
            found = {player.rule.name: truths(player.formula, now) for player in self._players}
            rising = [p for p in self._players if found[p.rule.name] == TRUE and p.rule.name not in active]
            active = frozenset(
                name for name, truth in found.items() if truth == TRUE or (truth != FALSE and name in active)
            )
            firing = [player.rule for player in rising if self._may(player.rule, counts)]
            if not firing:
                self.end = (now, active)
                return False
            fired.append(tuple(rule.name for rule in firing))
            for several in (
                [rule for rule in firing if rule.name not in self._foreign],
                [rule for rule in firing if rule.name in self._foreign],
            ):
                now = {**now, **self._settled([(rule, self._wants(rule, now)) for rule in several])}

    def _may(self, rule: Rule, counts: dict[str, int]) -> bool:
        if rule.limit is None:
            return True
        counts[rule.name] = counts.get(rule.name, 0) + 1
        return counts[rule.name] <= rule.limit.times

    def _wants(self, rule: Rule, now: Case) -> list[dict[str, Value | None]]:
        """What each action of a firing wants; the sequence ends where one is withheld."""
        found: list[dict[str, Value | None]] = []
        for action in rule.then:
            wants = self._wants_of(action, now, guarded=rule.name not in self._foreign)
            if wants is None:
                break
            found.append(wants)
        return found

    def _wants_of(self, action: Action, now: Case, *, guarded: bool) -> dict[str, Value | None] | None:
        match action:
            case SetFact(path, value):
                if path.root == "links":
                    return {}
                known = now.get(value.path.text) if isinstance(value, FromPath) else value
                return None if known is None else {stands_at(self._analysis, path.text): known}
            case Assign(person):
                return {"case.assigned_to": person}
            case CloseCase(reason):
                said = now.get(reason.path.text) if isinstance(reason, FromPath) else reason
                if said is None or (guarded and self._forbidden("close", str(said), now)):
                    return None
                return {"case.status": "closed", "case.close_reason": said}
            case Reopen():
                return None if guarded and self._forbidden("reopen", None, now) else {"case.status": "open"}
            case Tag(add, remove):
                tags = now.get("case.tags")
                kept = set(tags) if isinstance(tags, tuple) else set()
                return {"case.tags": tuple(sorted((kept | set(add)) - set(remove)))}
            case _:
                return {}

    def _forbidden(self, what: str, reason: str | None, now: Case) -> bool:
        return any(
            guard.forbids == what
            and reason not in guard.except_reasons
            and truths(self._analysis.formula(guard.condition), now) != FALSE
            for guard in self._analysis.ruleset.guards.values()
        )

    def _settled(self, firings: list[tuple[Rule, list[dict[str, Value | None]]]]) -> Case:
        """What stands after the round: the highest priority wins, equal ones that differ set nothing."""
        while (loser := _first_conflict(firings)) is not None:
            path, names = loser
            for rule, wants in firings:
                if rule.name in names:
                    cut = next((number for number, wanted in enumerate(wants) if path in wanted), len(wants))
                    del wants[cut:]
        return {path: value for _, wants in firings for wanted in wants for path, value in wanted.items()}


def _first_conflict(firings: list[tuple[Rule, list[dict[str, Value | None]]]]) -> tuple[str, set[str]] | None:
    wanted: dict[str, dict[str, tuple[int, Value | None]]] = {}
    for rule, wants in firings:
        for each in wants:
            for path, value in each.items():
                wanted.setdefault(path, {})[rule.name] = (rule.priority, value)
    for path, by_rule in wanted.items():
        best = max(priority for priority, _ in by_rule.values())
        winners = {name: value for name, (priority, value) in by_rule.items() if priority == best}
        values = list(winners.values())
        if any(value != values[0] for value in values):
            return path, set(by_rule)
        losers = {name for name, (_, value) in by_rule.items() if name not in winners and value != values[0]}
        if losers:
            return path, losers
    return None


def stands_at(analysis: Analysis, path: str) -> str:
    """Where a value that a rule sets stands: as a proposal where a person must confirm it."""
    declared = analysis.ruleset.fields.get(path)
    return f"{path}.proposed" if declared is not None and declared.confirmed_by else path
