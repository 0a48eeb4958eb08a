"""A simulated week of mails with faults at every step, through a real dovecot, a real store and a sidecar's parts.

At its end both sides are equal: every mail is in the log once, also where it arrived twice; each rule's effect stands
once. `CASEWARDEN_WEEK_CHANGES` makes the week longer than the usual run has time for.
"""

import os
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes

import pytest

from casewarden.plugin import Connector
from casewarden.store.database import Database
from casewarden.testing.helpdesk import Fault
from casewarden_email.plugin import Email
from support.faulty_weeks import FaultyWeek
from support.mail_desk import MailDesk, settings
from support.servers.mail import MailServers
from support.small import more, rule, ruleset

CHANGES = int(os.environ.get("CASEWARDEN_WEEK_CHANGES", "40"))
FAULTS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.UNAVAILABLE, Fault.MALFORMED, Fault.REFUSED)
RULES = rule("thank", "each: customer_message\nthen: [{reply: bye}]") + more(
    "heed", "each: customer_message\nthen: [{note: hello}]"
)


class Week(FaultyWeek):
    """What people write to a mailbox."""

    def __init__(self, desk: MailDesk, database: Database, seed: int) -> None:
        self.desk = desk
        super().__init__(desk, FAULTS, database, ruleset(RULES), seed)
        self.texts: dict[str, list[str]] = {}

    def connect(self) -> Connector:
        return Email(now=self.desk.now).connect("desk", settings(self.desk))

    def happen(self) -> None:
        """Somebody writes; some mails arrive late, some twice."""
        if self.chance.random() < 0.1:
            self.desk.inject(Fault.LATE)
        text = f"This is mail {sum(map(len, self.texts.values()))}."
        if not self.texts or self.chance.random() < 0.2:
            self.texts[self.desk.open_ticket(text)] = [text]
        else:
            ticket = self.chance.choice(list(self.texts))
            self.desk.comment(ticket, text)
            self.texts[ticket].append(text)
        if self.chance.random() < 0.1:
            self.desk.comes_again()


@pytest.fixture
def desk(mail_servers: MailServers) -> Iterator[MailDesk]:
    with MailDesk(mail_servers).at_work() as found:
        yield found


def test_a_week_of_mails_ends_with_both_sides_equal(desk: MailDesk, database: Database) -> None:
    week = Week(desk, database, 1)
    for _ in range(CHANGES):
        week.happen()
        week.pass_time(week.chance.randrange(1, 7 * 86_400 // CHANGES))
        week.poll()
    for _ in range(60):
        week.pass_time(600)
        week.poll()
    week.connector.close()

    answers = Counter(f"case:{ticket}" for ticket in _answered(desk))
    for ticket, texts in week.texts.items():
        log = week.bench.log(f"case:{ticket}")
        assert len([event for event in log if event.kind == "opened"]) == 1
        told = Counter(str(event.data["text"]) for event in log if event.kind == "message")
        assert told == Counter([*texts, *["Bye."] * len(texts), *["Hello."] * len(texts)])
        assert answers[f"case:{ticket}"] == len(texts)
    assert desk.standing("Hello.") == sum(map(len, week.texts.values()))
    assert set(week.bench.states().values()) <= {"applied"}


def _answered(desk: MailDesk) -> list[str]:
    """The cases of the answers that were sent, each mail once: a Message-ID names it."""
    sent = {str(message_from_bytes(mail)["Message-ID"]): message_from_bytes(mail) for mail in desk.taken}
    roots = {id_: ticket for ticket, id_ in desk.roots.items()}
    return [next(roots[id_] for id_ in str(mail["References"]).split() if id_ in roots) for mail in sent.values()]
