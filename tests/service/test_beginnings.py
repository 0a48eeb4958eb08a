"""A case begins with what was learnt at its first instant, whenever somebody comes to look at it."""

import pytest

from casewarden.model.event import Json
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

RULES = rule("probe", "when: {service.core.health: down}\nthen: [note: hello]")


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("services", [{}, {"customer.services": []}])
def test_what_is_learnt_later_does_not_change_how_a_case_began(
    database: Database, services: dict[str, Json], is_late: bool
) -> None:
    """It writes before anybody opens it: for ten minutes nobody can know which services the customer uses."""
    bench = Bench(database, ruleset(RULES), at("mon 09:00"))
    bench.take(Log("service:core").observed("mon 08:30", {"service.core.health": "down"}, by="automation").events)
    bench.settle()
    bench.take(Log().message("mon 09:00", key="m").events)
    if not is_late:
        bench.settle()
    bench.now = at("mon 09:10")
    bench.take(Log().opened("mon 08:50", services, key="o").events)
    bench.settle()
    told = [event.key for event in bench.log("case:1") if event.source == "desk"]
    assert told == ["service:core/e001", "m", "o"]
    assert bench.decided("case:1")[0] == at("mon 09:00")
    assert bench.rows("SELECT opened_at FROM subject WHERE name = 'case:1'") == [(at("mon 09:00"),)]
