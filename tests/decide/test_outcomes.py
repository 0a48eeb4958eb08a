"""What was wanted and then rejected: the case is again as the helpdesk last told it."""

import pytest

from casewarden.decide import compile_ruleset, decide, engine_events, outcome_event
from casewarden.model import fold
from casewarden.model.event import Json
from casewarden.ruleset.syntax import Note, SetFact
from casewarden.ruleset.terms import Is, Path, Value
from support.slow.samples import Log, at, path_test, rule, ruleset
from support.slow.spans import MINUTE

OPENED = at("2026-03-06 16:00")


@pytest.mark.parametrize(
    ("path", "told", "wanted", "shown", "before"),
    [
        ("case.text", "theirs", "ours", "case.text", "theirs"),
        ("case.size", None, 3, "case.size", 1),
        ("case.cause", "them", "us", "case.cause.proposed", "them"),
    ],
    ids=["a value", "one that stands in", "a proposal"],
)
def test_a_rejected_value_gives_way_to_what_stood_before(
    path: str, told: Json, wanted: Value, shown: str, before: Value
) -> None:
    rules = ruleset(
        rules=[
            rule("sets", SetFact(Path(path), wanted), each="customer_message"),
            rule("again", Note("hello"), when=path_test(shown, Is((before,)))),
        ]
    )
    compiled = compile_ruleset(rules)
    log = Log().opened(OPENED, **({} if told is None else {path.replace(".", "__"): told}))
    log.add("message", OPENED, public=True)
    first = decide(compiled, fold(log.events), OPENED)
    assert [(edge.rule, edge.rises) for edge in first.edges if edge.rule == "again"] == [
        ("again", True),
        ("again", False),
    ]
    (setting,) = [action for action in first.actions if action.kind == "set"]
    rejected = outcome_event("rejected", setting, "case:1", OPENED + MINUTE, len(first.events))
    after = decide(compiled, fold([*log.events, *engine_events(first), rejected]), OPENED + MINUTE)
    assert [(edge.rule, edge.rises, edge.activation) for edge in after.edges] == [("again", True, 2)]
