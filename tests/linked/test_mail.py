"""Mail beside Zendesk: notices go out by the real mail servers, and what is answered to them is the same case's."""

from collections.abc import Callable
from uuid import uuid4

from casewarden.model.event import Event
from casewarden.plugin import clock
from casewarden.testing.helpdesk import Clock
from casewarden_email.plugin import Email
from linked.conftest import CORE
from support.across import Across
from support.letters import arrived, eventually, letter, send
from support.servers.mail import MailServers
from support.zendesk.state import AGENT


def test_an_answer_to_a_notice_is_of_the_zendesk_case_and_no_mail_opens_another(
    begin: Callable[..., Across], mail_servers: MailServers
) -> None:
    address, word, mark = mail_servers.new_mailbox(), uuid4().hex, uuid4().hex
    login = "user: casewarden@example.com, password: {env: CASEWARDEN_MAIL_PASSWORD}"
    here = f"tls: none, user: {address}, password: {{env: CASEWARDEN_MAIL_PASSWORD}}"
    at_home = {
        f"host: imap.example.com, port: 993, {login}": f"host: 127.0.0.1, port: {mail_servers.imap}, {here}",
        f"host: smtp.example.com, port: 465, {login}": f"host: 127.0.0.1, port: {mail_servers.smtp}, tls: none",
        "address: casewarden@example.com": f"address: {address}\n      lag: 0",
        "engineering@example.com": "alice@desk.example",
    }
    now = Clock(clock.now())
    world = begin(clock=now, mail=Email(now=now.now), change=at_home)
    ticket = world.zendesk.open_ticket(f"Export fails {word}")
    down = [{"id": CORE, "value": "core_down"}]
    world.zendesk.update(int(ticket), AGENT, {"tags": ["product_defect"], "custom_fields": down})
    world.pass_time(10)
    assert world.problems() == []
    (notice,) = eventually(lambda: arrived(mail_servers, "alice@desk.example", word))

    send(mail_servers, letter(f"Something else {word}", "Who are you?", by="kim@customer.example", to=address))
    answer = letter(f"Re: {notice['Subject']}", f"We look at it. {mark}", by="alice@desk.example", to=address)
    answer["In-Reply-To"] = notice["Message-ID"]
    send(mail_servers, answer)

    def answered() -> list[Event]:
        world.pass_time(2)
        return [event for event in world.log(f"case:{ticket}") if mark in str(event.data.get("text"))]

    (event,) = eventually(answered)
    assert (event.source, event.kind) == ("mail", "message")
    assert (event.by, event.who) == ("automation", ("unauthenticated",)), "one of ours, and nothing proves it"
    sent = next(one for one in world.log(f"case:{ticket}") if one.kind == "message" and one.source == "mail")
    assert (sent.by, sent.data["public"]) == ("ourselves", False), "customers saw no notice"
    assert world.rows("SELECT name FROM subject WHERE name LIKE 'case:%'") == [(f"case:{ticket}",)]
    assert [one.kind for one in world.log(f"case:{ticket}")].count("opened") == 1
