"""A defect's life in Jira, mirrored into the cases that wait for it, through a real store and a sidecar's parts."""

from collections import Counter

from casewarden.plugin import Answer, Attempt
from casewarden.store.database import Database
from connectors.jira.conftest import Desk
from support.sidecars import Bench
from support.small import more, rule, ruleset

RULES = rule(
    "file", "when: {case.core: down}\nthen: [{link: {kind: defect, create: {status: filed}}}, {note: hello}]"
) + more("told", "when: {links.defect: {some: {status: fixed}}}\nthen: [{reply: bye}]")


def test_two_cases_of_one_defect_are_each_told_once_that_it_is_fixed(desk: Desk, database: Database) -> None:
    fake = desk.fake
    values = {"Down": "down", "Fine": "available"}
    desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core service", "values": dict(values)}}}
    connector = desk.connect()

    def apply(attempt: Attempt) -> Answer:
        return connector.apply(attempt)

    bench, cursor = Bench(database, ruleset(RULES), fake.now(), connector=apply), None

    def pass_time() -> None:
        nonlocal cursor
        for _ in range(6):
            fake.advance(120)
            bench.until(fake.now())
            page = connector.changes(cursor)
            assert not page.refused
            cursor = page.cursor
            bench.take(page.events)
            bench.known["desk"] = page.complete_through or 0
        bench.until(fake.now())

    first, second = fake.open_ticket("help"), fake.open_ticket("help too")
    pass_time()
    fake.happening.change(first, {"customfield_10101": "Down"}, by="lee")
    pass_time()
    (defect,) = (one for one in fake.state.issues.values() if one.project == "ENG")
    assert [key for _, key in fake.state.issues[first].links] == [defect.key]
    fake.happening.link(second, defect.id, by="lee")
    pass_time()
    assert not any(one["body"] == "Bye." for ticket in (first, second) for one in fake.state.issues[ticket].comments)
    fake.happening.change(defect.id, {"status": "Resolved", "resolution": "Done"}, by="dev")
    pass_time()
    pass_time()
    for ticket in (first, second):
        said = Counter(one["body"] for one in fake.state.issues[ticket].comments)
        assert said["Bye."] == 1
    assert set(bench.states().values()) == {"applied"}
