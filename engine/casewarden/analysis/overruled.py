"""Rules that others shadow, and rules for each of two entries that can fight when both fall on one instant."""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from casewarden.analysis.findings import Analysis
from casewarden.analysis.formula import NOT_TRUE
from casewarden.analysis.search import NOT_DECIDED, Goal
from casewarden.ruleset.check_conflicts import writes
from casewarden.ruleset.syntax import Assign, CloseCase, FromPath, Reopen, Rule, SetFact
from casewarden.ruleset.terms import AnyOf, Entry, Value
from casewarden.ruleset.walk import event_term

MOST_PAIRS: Final = 5_000

Setter = tuple[Rule, object]


def find_shadowed(analysis: Analysis, silent: set[str]) -> None:
    """Report each rule that a higher priority overrules whenever it fires; rules that never fire are left out."""
    rules = [rule for rule in analysis.ruleset.rules.values() if rule.name not in silent]
    by_path: dict[str, list[tuple[Rule, Value]]] = {}
    for rule in rules:
        for path, value in certain_sets(rule):
            by_path.setdefault(path, []).append((rule, value))
    pairs = 0
    for rule in rules:
        for path, value in dict(_wanted(rule)).items():
            rivals = [
                rival
                for rival, other in by_path.get(path, ())
                if rival.priority > rule.priority and other != value and _comes_along(rule, rival)
            ]
            pairs += len(rivals)
            if pairs > MOST_PAIRS:
                analysis.not_decided(
                    rule.cited.place, f"whether the rule `{rule.name}` and those after it are overruled"
                )
                return
            if rivals and _tell_shadow(analysis, rule, path, rivals):
                break


def _wanted(rule: Rule) -> Iterator[tuple[str, Value]]:
    for action in rule.then:
        match action:
            case SetFact(path, value) if not isinstance(value, FromPath):
                yield path.text, value
            case Assign(person):
                yield "case.assigned_to", person
            case _:
                pass


def certain_sets(rule: Rule) -> Iterator[tuple[str, Value]]:
    """What a rule is sure to want when it fires: nothing before can be withheld, and no limit holds it back."""
    if rule.limit is not None or (rule.repeat is not None and rule.repeat.first == "after_interval"):
        return
    for action in rule.then:
        match action:
            case SetFact(path, value) if not isinstance(value, FromPath):
                yield path.text, value
            case Assign(person):
                yield "case.assigned_to", person
            case SetFact() | CloseCase() | Reopen():
                return
            case _:
                pass


def _comes_along(rule: Rule, rival: Rule) -> bool:
    """Whether the two fire on the same occasions, as far as their conditions allow."""
    return rule.each == rival.each and rule.about == rival.about and (rival.over_person or not rule.over_person)


def _tell_shadow(analysis: Analysis, rule: Rule, path: str, rivals: list[Rule]) -> bool:
    """Whether some rivals hold in every case in which the rule does; then it is told."""
    fires = analysis.fires(rule)
    chosen: list[Rule] | None = None
    for group in ([rival] for rival in rivals):
        if analysis.find([*fires, *_none_of(analysis, group)]) is None:
            chosen = group
            break
    if chosen is None and len(rivals) > 1:
        answer = analysis.find([*fires, *_none_of(analysis, rivals)])
        if answer is NOT_DECIDED:
            analysis.not_decided(rule.cited.place, f"whether the rule `{rule.name}` is always overruled")
        chosen = rivals if answer is None else None
    if chosen is None:
        return False
    example = analysis.find(fires)
    assert isinstance(example, dict)
    names = " or ".join(f"`{rival.name}`" for rival in chosen)
    analysis.diagnostics.warning(
        "CW620",
        rule.cited.place,
        f"whenever `{rule.name}` holds, {names} holds too and sets `{path}` otherwise, with a higher priority;"
        f" {_say(analysis, rule, chosen)}. For example {analysis.case(example)}",
        f"give `{rule.name}` the higher priority, or let the others not hold where it does",
        [(rival.cited.place, f"`{rival.name}` has the higher priority") for rival in chosen],
    )
    return True


def _none_of(analysis: Analysis, rules: Iterable[Rule]) -> list[Goal]:
    return [analysis.goal(rule.when, NOT_TRUE) for rule in rules]


def _say(analysis: Analysis, rule: Rule, rivals: list[Rule]) -> str:
    """What say is left to the rule: some, where a rival can have turned true before it."""
    before = [analysis.find([*analysis.fires(rival), analysis.goal(rule.when, NOT_TRUE)]) for rival in rivals]
    if rule.each is not None or all(case is None for case in before):
        return "what it sets never comes to pass"
    return "what it sets comes to pass only where the other had turned true before"


def find_fights(analysis: Analysis, silent: set[str]) -> None:
    """Report rules for each of two different entries that want different values, were both to fall on one instant.

    All others that can hold at once are refused by the plain check already (CW601).
    """
    groups: dict[tuple[str, int, str], list[Setter]] = {}
    for rule in analysis.ruleset.rules.values():
        if rule.name not in silent and rule.each is not None and _is_entry(analysis, rule.each):
            for path, value in writes(rule):
                groups.setdefault((path, rule.priority, rule.about), []).append((rule, value))
    pairs = 0
    for (path, _, _), group in groups.items():
        for (first, one), (second, other) in combinations(group, 2):
            if first.each == second.each or one == other or first is second:
                continue
            pairs += 1
            if pairs > MOST_PAIRS:
                analysis.not_decided(
                    second.cited.place, f"whether the rule `{second.name}` and those after it can fight"
                )
                return
            _tell_fight(analysis, path, first, second)


def _tell_fight(analysis: Analysis, path: str, first: Rule, second: Rule) -> None:
    case = analysis.find([*analysis.fires(first), *analysis.fires(second)])
    if case is NOT_DECIDED:
        analysis.not_decided(second.cited.place, f"whether `{first.name}` and `{second.name}` can fight")
    elif isinstance(case, dict):
        analysis.diagnostics.warning(
            "CW621",
            second.cited.place,
            f"where `{first.each}` and `{second.each}` fall on one instant, `{first.name}` and `{second.name}` want"
            f" different things of `{path}` and neither gets its way. For example {analysis.case(case)}",
            "give one of them a higher `priority`",
            [(first.cited.place, f"`{first.name}` has the same priority")],
        )


def _is_entry(analysis: Analysis, name: str) -> bool:
    match event_term(analysis.ruleset, name):
        case Entry():
            return True
        case AnyOf(names):
            return all(_is_entry(analysis, part) for part in names)
        case _:
            return False
