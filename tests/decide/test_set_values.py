"""An instant that a rule sets is read again like one that was observed."""

import pytest

from casewarden.decide import compile_ruleset, decide
from casewarden.model import fold
from casewarden.ruleset.syntax import FromPath, Note, SetFact
from casewarden.ruleset.terms import Known, Path, Value
from support.slow.samples import Log, at, path_test, rule, ruleset

OPENED = at("2026-03-06 16:00")


@pytest.mark.parametrize("wanted", [FromPath(Path("case.opened_at")), OPENED], ids=["from a path", "as written"])
def test_an_instant_that_was_set_is_known(wanted: Value | FromPath) -> None:
    rules = ruleset(
        rules=[
            rule("plans", SetFact(Path("case.planned"), wanted), each="customer_message"),
            rule("sees", Note("hello"), when=path_test("case.planned", Known(True))),
        ]
    )
    log = Log().opened(OPENED)
    log.add("message", OPENED, public=True)
    decision = decide(compile_ruleset(rules), fold(log.events), OPENED)
    (setting,) = [action for action in decision.actions if action.kind == "set"]
    assert setting.content["value"] == "2026-03-06T15:00:00Z"
    assert [edge.rule for edge in decision.edges if edge.rises] == ["plans", "sees"]
