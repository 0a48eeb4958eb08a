"""A simulated week of changes with faults at every step, through a real store and a real sidecar's parts.

At its end both sides are equal: every comment and change is in the log once, every rule's effect stands once.
`CASEWARDEN_WEEK_CHANGES` makes the week longer than the usual run has time for.
"""

import os
from collections import Counter
from random import Random

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Answer, Attempt, Connector, Retry, WebhookError
from casewarden.store.database import Database
from casewarden.testing.helpdesk import Fault
from connectors.zendesk.conftest import Desk
from support.fake_zendesk import AGENT
from support.sidecars import Bench
from support.small import more, rule, ruleset

CHANGES = int(os.environ.get("CASEWARDEN_WEEK_CHANGES", "60"))
FAULTS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.UNAVAILABLE, Fault.TOO_MANY, Fault.TOO_MANY_FOR, Fault.MALFORMED)
RULES = rule("greet", "when: {case.core: down}\nthen: [{note: hello}, {tag: {add: [seen]}}]") + more(
    "thank", "each: customer_message\nthen: [{reply: bye}]"
)


class Week:
    """One week: things happen, some calls fail, and the connector is started anew now and again."""

    def __init__(self, desk: Desk, database: Database, seed: int) -> None:
        self.desk, self.chance = desk, Random(seed)
        desk.fake.custom_field(3600, "Core", "tagger", ("down", "available"))
        desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core", "type": "choice"}}}
        self.connector: Connector = desk.connect()
        self.cursor: Json = None
        self.bench = Bench(database, ruleset(RULES), desk.fake.now(), connector=self.apply)
        self.tickets: list[str] = []

    def apply(self, attempt: Attempt) -> Answer:
        if self.chance.random() < 0.3:
            self.desk.fake.inject(self.chance.choice(FAULTS), on="write", times=1)
        try:
            return self.connector.apply(attempt)
        except Exception as problem:  # noqa: BLE001  # as the sidecar does: it is not known whether it happened
            return Retry(f"{problem}")
        finally:
            self.desk.fake.clear()

    def poll(self) -> None:
        """One call, which may fail; what came is kept with its cursor, or a crash loses both."""
        if self.chance.random() < 0.3:
            self.desk.fake.inject(self.chance.choice(FAULTS), on="read", times=1)
        if self.chance.random() < 0.1:
            self.connector = self.desk.connect()
        try:
            page = self.connector.changes(self.cursor)
        except Exception:  # noqa: BLE001  # as the sidecar does: it polls again
            return
        finally:
            self.desk.fake.clear()
        if self.chance.random() < 0.1:
            return  # killed before anything was kept
        self.bench.take(page.events)
        if self.chance.random() < 0.1:
            return  # killed between the events and the cursor
        self.cursor = page.cursor
        if page.complete_through is not None:
            self.bench.known["desk"] = page.complete_through

    def happen(self) -> None:
        """Something that people do."""
        fake = self.desk.fake
        if not self.tickets or self.chance.random() < 0.15:
            self.tickets.append(fake.open_ticket(f"ticket {len(self.tickets)}"))
            return
        ticket = self.chance.choice(self.tickets)
        match self.chance.randrange(4):
            case 0 | 1:
                fake.comment(ticket, f"comment {fake.state.numbers}")
            case 2:
                value = self.chance.choice(("down", "available"))
                fake.update(int(ticket), AGENT, {"custom_fields": [{"id": 3600, "value": value}]})
            case _:
                self.webhook()

    def webhook(self) -> None:
        """Some deliveries come, of others nobody hears."""
        for hook in self.chance.sample(self.desk.fake.webhooks(), k=2):
            self.connector.verify_webhook(hook.headers, hook.body, self.desk.fake.now())
            try:
                found = self.connector.parse_webhook(hook.headers, hook.body)
            except WebhookError:
                continue  # its ticket cannot be read just now: polling finds what happened
            self.bench.take(found)

    def pass_time(self, seconds: int) -> None:
        self.desk.fake.advance(seconds)
        self.bench.until(self.desk.fake.now())


@pytest.mark.parametrize("seed", [1])
def test_a_week_of_changes_ends_with_both_sides_equal(desk: Desk, database: Database, seed: int) -> None:
    week = Week(desk, database, seed)
    for _ in range(CHANGES):
        week.happen()
        week.pass_time(week.chance.randrange(1, 7 * 86_400 // CHANGES))
        week.poll()
    for _ in range(60):
        week.pass_time(600)
        week.poll()

    texts = Counter(
        event["body"] for audit in desk.fake.state.audits for event in audit["events"] if event["type"] == "Comment"
    )
    told: Counter[str] = Counter()
    for ticket in week.tickets:
        log = week.bench.log(f"case:{ticket}")
        told.update(str(event.data["text"]) for event in log if event.kind == "message")
        assert len([event for event in log if event.kind == "opened"]) == 1
    assert told == texts
    for ticket in week.tickets:
        audits = [audit for audit in desk.fake.state.audits if str(audit["ticket_id"]) == ticket]
        ours = Counter(
            event["body"] for audit in audits for event in audit["events"]
            if event["type"] == "Comment" and audit["author_id"] == 1
        )  # fmt: skip
        customers = sum(
            event["type"] == "Comment" for audit in audits if audit["author_id"] == 3 for event in audit["events"]
        )
        turned_down = sum(
            event.get("field_name") == "3600" and event["value"] == "down"
            for audit in audits
            for event in audit["events"]
        )
        assert ours["Bye."] == customers
        # A change that was taken back before anybody heard of it fires nothing; what fired stands once
        fired = {key.split("/")[2] for key in week.bench.states() if key.startswith(f"case:{ticket}/greet/")}
        assert ours["Hello."] == len(fired) <= turned_down
    assert set(week.bench.states().values()) <= {"applied"}
