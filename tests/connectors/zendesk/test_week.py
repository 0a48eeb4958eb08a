"""A simulated week of changes with faults at every step, through a real store and a real sidecar's parts.

At its end both sides are equal: every comment and change is in the log once, every rule's effect stands once.
`CASEWARDEN_WEEK_CHANGES` makes the week longer than the usual run has time for.
"""

import os
from collections import Counter
from collections.abc import Sequence

import pytest

from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.plugin import Connector, WebhookError
from casewarden.store.database import Database
from casewarden.testing.helpdesk import Fault
from connectors.zendesk.conftest import Desk
from support.faulty_weeks import FaultyWeek
from support.small import more, rule, ruleset
from support.zendesk.hooks import deliveries
from support.zendesk.state import AGENT, CUSTOMER, ROBOT, SECOND

RECORDED = 1_000
"""Of a longer week no recording is kept."""
CHANGES = int(os.environ.get("CASEWARDEN_WEEK_CHANGES", "60"))
FAULTS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.UNAVAILABLE, Fault.TOO_MANY, Fault.TOO_MANY_FOR, Fault.MALFORMED)
RULES = rule("greet", "when: {case.core: down}\nthen: [{note: hello}, {tag: {add: [seen]}}]") + more(
    "thank", "each: customer_message\nthen: [{reply: bye}]"
)


class Week(FaultyWeek):
    """What happens in a Zendesk.

    It is polled after each third of what happens, so that a page has something of several tickets.
    """

    def __init__(self, desk: Desk, database: Database, seed: int) -> None:
        self.desk = desk
        desk.fake.custom_field(3600, "Core", "tagger", ("down", "available"))
        desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core", "type": "choice"}}}
        super().__init__(desk.fake, FAULTS, database, ruleset(RULES), seed)
        self.tickets: list[str] = []
        desk.fake.records = CHANGES <= RECORDED

    def connect(self) -> Connector:
        return self.desk.connect()

    def start_anew(self) -> None:
        self.desk.made.remove(self.connector)
        super().start_anew()

    def take(self, events: Sequence[Event]) -> None:
        super().take(events)
        self.bench.settle()

    def happen(self) -> bool:
        """Something that people do, or a webhook that comes; whether it was a change."""
        fake = self.desk.fake
        if not self.tickets or self.chance.random() < 0.15:
            self.tickets.append(fake.open_ticket(f"ticket {len(self.tickets)}"))
            return True
        ticket = self.chance.choice(self.tickets)
        match self.chance.randrange(4):
            case 0 | 1:
                fake.comment(ticket, f"comment {fake.state.numbers}")
            case 2:
                value = self.chance.choice(("down", "available"))
                fake.update(int(ticket), AGENT, {"custom_fields": [{"id": 3600, "value": value}]})
            case _:
                self.webhook()
                return False
        return True

    def webhook(self) -> None:
        """Some deliveries come, of others nobody hears."""
        fake = self.desk.fake
        sent = self.chance.choices(fake.state.audits, k=2)
        for hook in self.chance.sample([*deliveries(sent, iso(fake.now()))], k=2):
            self.connector.verify_webhook(hook.headers, hook.body, self.desk.fake.now())
            try:
                found = self.connector.parse_webhook(hook.headers, hook.body)
            except WebhookError:
                continue  # its ticket cannot be read just now: polling finds what happened
            self.take(found)

    def pass_time(self, seconds: int) -> None:
        """Both clocks go on together, and stop wherever the sidecar has something to do."""
        fake, bench = self.desk.fake, self.bench
        end = fake.now() + seconds * SECOND
        while (due := bench.following()) is not None and due <= end:
            self._until(due)
            bench.settle()
        self._until(end)

    def _until(self, instant: int) -> None:
        self.desk.fake.advance((instant - self.desk.fake.now()) / SECOND)
        self.bench.now = self.desk.fake.now()


@pytest.mark.parametrize("seed", [1])
def test_a_week_of_changes_ends_with_both_sides_equal(desk: Desk, database: Database, seed: int) -> None:
    week = Week(desk, database, seed)
    for _ in range(CHANGES):
        while not week.happen():
            pass
        week.pass_time(week.chance.randrange(1, 2 * 7 * 86_400 // CHANGES))
        if week.chance.random() < 1 / 3:
            week.poll()
    for _ in range(60):
        week.pass_time(600)
        week.poll()

    states = week.bench.states()
    # What of `greet` was not yet done when the core was available again is withdrawn; all else is done
    assert {state for key, state in states.items() if "/greet/" not in key} <= {"applied"}
    assert set(states.values()) <= {"applied", "withdrawn"}
    done = Counter((*key.split("/")[:2], key.rpartition("/")[2]) for key, state in states.items() if state == "applied")
    for ticket in week.tickets:
        events = [(audit, event) for audit in desk.fake.state.audits_of[int(ticket)] for event in audit["events"]]
        texts = [(audit["author_id"], event["body"]) for audit, event in events if event["type"] == "Comment"]
        log = week.bench.log(f"case:{ticket}")
        assert Counter(str(one.data["text"]) for one in log if one.kind == "message") == Counter(
            text for _, text in texts
        )
        assert len([event for event in log if event.kind == "opened"]) == 1
        ours = Counter(text for author, text in texts if author == ROBOT)
        assert ours["Bye."] == len([author for author, _ in texts if author == CUSTOMER])
        # A change that was taken back before anybody heard of it fires nothing; what fired stands once
        turned_down = [1 for _, event in events if event.get("field_name") == "3600" and event["value"] == "down"]
        assert ours["Hello."] == done[f"case:{ticket}", "greet", "0"] <= len(turned_down)
        assert ("seen" in desk.fake.state.tickets[int(ticket)]["tags"]) is (done[f"case:{ticket}", "greet", "1"] > 0)
