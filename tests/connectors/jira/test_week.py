"""A simulated week of changes with faults at every step, through a real store and a real sidecar's parts.

At its end both sides are equal: every comment and change is in the log once, every rule's effect stands once.
`CASEWARDEN_WEEK_CHANGES` makes the week longer than the usual run has time for.
"""

import os
from collections import Counter

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Connector
from casewarden.store.database import Database
from casewarden.testing.helpdesk import Fault
from connectors.jira.conftest import Desk
from support.faulty_weeks import FaultyWeek
from support.jira.logins import ME
from support.small import more, rule, ruleset

CHANGES = int(os.environ.get("CASEWARDEN_WEEK_CHANGES", "60"))
FAULTS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.UNAVAILABLE, Fault.TOO_MANY, Fault.TOO_MANY_FOR, Fault.MALFORMED)
RULES = rule("greet", "when: {case.core: down}\nthen: [{note: hello}, {tag: {add: [seen]}}]") + more(
    "thank", "each: customer_message\nthen: [{reply: bye}]"
)


class Week(FaultyWeek):
    """What people do in a Jira."""

    def __init__(self, desk: Desk, database: Database, seed: int) -> None:
        self.desk = desk
        values: Json = {"Down": "down", "Fine": "available"}
        desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core service", "values": values}}}
        desk.settings["page_size"] = 5
        super().__init__(desk.fake, FAULTS, database, ruleset(RULES), seed)
        self.tickets: list[str] = []

    def connect(self) -> Connector:
        return self.desk.connect()

    def start_anew(self) -> None:
        self.connector = self.connect()  # as after a crash: nobody closes the one before

    def happen(self) -> None:
        """Something that people do."""
        fake = self.desk.fake
        if not self.tickets or self.chance.random() < 0.15:
            self.tickets.append(fake.open_ticket(f"ticket {len(self.tickets)}"))
            return
        ticket = self.chance.choice(self.tickets)
        match self.chance.randrange(4):
            case 0 | 1:
                fake.comment(ticket, f"comment {fake.state.last_id}")
            case 2:
                fake.happening.change(ticket, {"customfield_10101": self.chance.choice(("Down", "Fine"))}, by="lee")
            case _:
                self.webhook()

    def webhook(self) -> None:
        """Some deliveries come, of others nobody hears."""
        for hook in self.desk.fake.some_webhooks(self.chance, 2):
            self.connector.verify_webhook(hook.headers, hook.body, self.desk.fake.now())
            self.bench.take(self.connector.parse_webhook(hook.headers, hook.body))


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("edition", ["desk", "service_desk", "data_center"])
def test_a_week_of_changes_ends_with_both_sides_equal(
    request: pytest.FixtureRequest, database: Database, edition: str, seed: int
) -> None:
    desk: Desk = request.getfixturevalue(edition)
    week = Week(desk, database, seed)
    for _ in range(CHANGES):
        week.happen()
        week.pass_time(week.chance.randrange(1, 7 * 86_400 // CHANGES))
        week.poll()
    for _ in range(60):
        week.pass_time(600)
        week.poll()

    for ticket in week.tickets:
        issue, log = desk.fake.state.issues[ticket], week.bench.log(f"case:{ticket}")
        assert len([event for event in log if event.kind == "opened"]) == 1
        told = Counter(str(event.data["text"]) for event in log if event.kind == "message")
        assert told == Counter(one["body"] for one in issue.comments)
        ours = Counter(one["body"] for one in issue.comments if one["author"] == ME)
        assert ours["Bye."] == len([one for one in issue.comments if one["author"] != ME])
        # A change that was taken back before anybody heard of it fires nothing; what fired stands once
        turned = [
            item["after"] for one in issue.histories for item in one["items"] if item["field"] == "customfield_10101"
        ]
        fired = {key.split("/")[2] for key in week.bench.states() if key.startswith(f"case:{ticket}/greet/")}
        assert ours["Hello."] == len(fired) <= turned.count("Down")
        assert ("seen" in issue.fields["labels"]) is bool(fired)
    assert set(week.bench.states().values()) <= {"applied"}
