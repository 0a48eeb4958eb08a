"""The severity in force, found by walking through every instant at which an input of the table may change."""

from dataclasses import dataclass

from casewarden.ruleset.terms import Value
from support.slow import facts
from support.slow.world import World, listed, moments, once


@dataclass(frozen=True)
class InForce:
    """The level in force, and the level that is determined (by hand or table); None: none. `by_hand` beats the table.

    `gap`: the table's inputs are known and no row holds, so a person must classify.
    """

    level: str | None
    determined: str | None
    by_hand: str | None
    by: str | None
    gap: bool


def row_holds(world: World, when: tuple[tuple[str, tuple[Value, ...]], ...], t: int) -> bool | None:
    """Kleene and over the equality tests of a row."""
    answers = []
    for path, wanted in when:
        found = facts.value(world, path, t)
        answers.append(None if found is None else found in wanted)
    if False in answers:
        return False
    return None if None in answers else True


@once(0)
def table_says(world: World, t: int) -> tuple[str | None, bool]:
    """The level that the table gives with what is known at an instant, and whether it has a gap there."""
    declared = world.ruleset.severity
    assert declared is not None
    answers = [row_holds(world, row.when, t) for row in declared.table]
    for row, answer in zip(declared.table, answers, strict=True):
        if answer:
            return row.gives, False
    if None in answers or not answers:
        return None, False
    if declared.otherwise is not None and declared.otherwise != "person":
        return declared.otherwise, False
    return None, declared.otherwise == "person"


def hand_at(world: World, t: int) -> tuple[str | None, str | None]:
    """The level last set by hand and by whom: a person's observation or a rule's `set`; emptied: forgotten."""
    for write in reversed([write for write in facts.writes(world, "case.severity") if write.at <= t]):
        if write.ours or write.determined:
            newer_ours = [w for w in facts.writes(world, "case.severity") if w.ours and write.at <= w.at <= t]
            if not write.ours and newer_ours:
                write = newer_ours[-1]  # noqa: PLW2901 - an observation not newer than our write is history
            return (None, None) if write.value is None else (str(write.value), "rule" if write.ours else "person")
    return None, None


@listed
def instants(world: World) -> set[int]:
    """Every instant at which the severity may change, also ahead."""
    declared = world.ruleset.severity
    found = set(world.instants)
    if declared is not None:
        for row in declared.table:
            for path, _ in row.when:
                found |= facts.stale_instants(world, path)
    return found


@once(0)
def in_force(world: World, t: int) -> InForce:
    """By hand, else the table's, else what holds until it is classified; what the table gave stays while unknown."""
    declared = world.ruleset.severity
    if declared is None:
        by_hand, who = hand_at(world, t)
        return InForce(by_hand, by_hand, by_hand, who, gap=False)
    from_table: str | None = None
    gap = False
    for instant in sorted(when for when in instants(world) if when <= t):
        for seen in moments(world, instant):
            level, gap = table_says(seen, instant)
            from_table = from_table if level is None else level
    by_hand, who = hand_at(world, t)
    if by_hand is not None:
        return InForce(by_hand, by_hand, by_hand, who, gap=False)
    if from_table is not None:
        return InForce(from_table, from_table, None, "table", gap)
    if declared.until_classified == "reported":
        reported = facts.value(world, "case.reported_severity", t)
        known = str(reported) if reported in declared.levels else None
        return InForce(known, None, None, None if known is None else "reported", gap)
    return InForce(declared.until_classified, None, None, "until_classified", gap)
