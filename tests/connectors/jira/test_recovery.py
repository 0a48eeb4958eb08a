"""After hours in which Jira is away, or our login is none, what rules asked for stands once: without a person."""

from collections import Counter
from collections.abc import Callable

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Answer, Attempt, Retry
from casewarden.plugin.http import HttpError
from casewarden.store.database import Database
from casewarden.testing.wire import Reply, Request, json_reply
from connectors.jira.conftest import Desk
from support.jira.logins import ME
from support.sidecars import Bench
from support.small import rule, ruleset

RULES = rule("greet", "when: {case.core: down}\nthen: [{note: hello}, {tag: {add: [seen]}}]")


def gone(_request: Request) -> Reply:
    return Reply(500, b"<!DOCTYPE html><h1>Oops</h1>", {"content-type": "text/html"})


def ended(_request: Request) -> Reply:
    return json_reply({"errorMessages": ["Client must be authenticated to access this resource."]}, 401)


def out_of_sight(request: Request) -> Reply | None:
    if request.path.endswith("/mypermissions"):
        return json_reply({"permissions": {"BROWSE_PROJECTS": {"havePermission": False}}})
    if request.path.endswith("/search/jql"):
        return json_reply({"issues": [], "isLast": True})
    return json_reply({"errorMessages": ["Issue does not exist"]}, 404) if "/issue/" in request.path else None


@pytest.mark.parametrize("trouble", [gone, ended, out_of_sight])
def test_hours_of_trouble_end_by_themselves(
    desk: Desk, database: Database, trouble: Callable[[Request], Reply | None]
) -> None:
    fake, values = desk.fake, {"Down": "down", "Fine": "available"}
    desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core service", "values": dict(values)}}}
    connector = desk.connect()
    answers: list[Answer] = []
    told: list[str] = []
    cursor: Json = None

    def apply(attempt: Attempt) -> Answer:
        answers.append(connector.apply(attempt))
        return answers[-1]

    bench = Bench(database, ruleset(RULES), fake.now(), connector=apply)

    def pass_time(minutes: int) -> None:
        nonlocal cursor
        for _ in range(minutes // 10):
            fake.advance(600)
            bench.until(fake.now())
            try:
                page = connector.changes(cursor)
            except HttpError as problem:
                told.append(str(problem))
                continue
            cursor = page.cursor
            bench.take(page.events)
            bench.known["desk"] = page.complete_through or bench.known.get("desk", 0)

    ticket = fake.open_ticket("help")
    pass_time(20)
    fake.happening.change(ticket, {"customfield_10101": "Down"}, by="lee")
    bench.take(connector.changes(cursor).events)
    fake.refuse = trouble
    pass_time(180)
    assert len(told) == 18
    assert "<" not in told[0]
    assert not fake.state.issues[ticket].comments
    assert answers
    assert all(isinstance(answer, Retry) for answer in answers)
    fake.refuse = None
    pass_time(180)
    assert Counter(one["body"] for one in fake.state.issues[ticket].comments if one["author"] == ME) == {"Hello.": 1}
    assert fake.state.issues[ticket].fields["labels"] == ["seen"]
    assert set(bench.states().values()) == {"applied"}
