"""Random cases with small rulesets for one matter each, which are quick to decide slowly."""

from dataclasses import replace
from typing import Literal

from hypothesis import strategies as st

from casewarden.ruleset.syntax import Channel, Intake, Note, Scope
from casewarden.ruleset.terms import FactTest, Has, Is, Path, SetMode, Value
from support.slow.samples import CITED, rule, ruleset
from support.slow.spans import MINUTE
from support.strategies import (
    ACTIONS,
    BEGINNING,
    ENTRIES,
    MINUTES_AHEAD,
    PLAIN,
    PLAIN_EVENTS,
    SHORT,
    Case,
    happenings,
    histories,
    timed_leaves,
    trees,
)


@st.composite
def late_note_cases(draw: st.DrawFn) -> Case:
    """Late cases with rules that only tell, on facts and plain events: what rose when can be read off the log."""
    leaves = PLAIN | happenings(PLAIN_EVENTS) | timed_leaves(PLAIN_EVENTS)
    conditions = trees(leaves)
    rules = [
        rule(f"rule_{number}", Note("hello"), when=draw(conditions), over_person=draw(st.booleans()))
        for number in range(draw(st.integers(1, 3)))
    ]
    opening, *rest = draw(histories())
    delays = st.sampled_from([0, 0, 5, 20, 60, 3900])
    late = [replace(event, seen_at=event.at + draw(delays) * MINUTE) for event in rest]
    return Case(ruleset(events=ENTRIES, rules=rules), [opening, *late])


REQUIRED = ("case.workaround", "case.cause", "service.core.health", "case.text")


@st.composite
def derived_cases(draw: st.DrawFn) -> Case:
    """Cases with scope, intake and channels: what is derived of facts, and turns with them and with their age."""
    paths = st.lists(st.sampled_from(REQUIRED), max_size=2, unique=True).map(lambda names: tuple(map(Path, names)))
    intake = {name: Intake(name, CITED, draw(paths)) for name in ("bug", "question")}
    scope = {name: Scope(name, CITED, draw(PLAIN | happenings(PLAIN_EVENTS))) for name in ("old", "foreign")}
    cells: list[Literal["all", "unknown"] | tuple[str, ...]] = ["all", "unknown", ("basic",), ("premium", "basic")]
    channels = {name: Channel(name, CITED, draw(st.sampled_from(cells))) for name in ("mail", "phone")}
    words: dict[str, list[Value]] = {
        "case.intake": ["complete", "incomplete"],
        "case.scope": ["in", "out"],
        "channel.mail": ["included", "not_included"],
        "channel.phone": ["included", "not_included"],
    }
    equal = st.sampled_from([FactTest(Path(path), Is((word,))) for path, found in words.items() for word in found])
    sets = [("case.missing", name) for name in REQUIRED] + [("case.excluded_as", name) for name in scope]
    has = st.builds(
        lambda one, mode: FactTest(Path(one[0]), Has(mode, (one[1],))), st.sampled_from(sets), st.sampled_from(SetMode)
    )
    held = st.builds(lambda leaf, span: replace(leaf, held=span), equal, SHORT)
    conditions = trees(equal | has | held)
    rules = [rule(f"rule_{n}", draw(ACTIONS), when=draw(conditions)) for n in range(draw(st.integers(1, 3)))]
    history = draw(histories())
    types = [
        replace(
            history[0],
            kind="observed",
            at=at,
            seen_at=at,
            key=f"t{n}",
            sequence=500 + n,
            data={"facts": {"case.type": word}},
        )
        for n, (at, word) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(MINUTES_AHEAD).map(lambda m: BEGINNING + m * MINUTE),
                        st.sampled_from(["bug", "question", "other", None]),
                    ),
                    max_size=3,
                )
            )
        )
    ]
    whole = replace(ruleset(events=ENTRIES, rules=rules), intake=intake, scope=scope, channels=channels)
    return Case(whole, sorted([*history, *types], key=lambda event: event.order))
