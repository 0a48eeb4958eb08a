"""The world as a connector: pages that go on where the last one ended, and answers as the contract wants them."""

import pytest

from casewarden.demo.connector import DemonstrationConnector, DemonstrationFactory, DemonstrationPlugin
from casewarden.demo.moments import DAY, HOUR
from casewarden.demo.world import START, World
from casewarden.model.event import Event, Json
from casewarden.plugin import AlreadyApplied, Applied, Attempt, Connector, Rejected, WebhookError
from casewarden.plugin.manager import load_plugins


class Hand:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def made(seed: int = 1) -> tuple[DemonstrationConnector, Hand]:
    hand = Hand()
    return DemonstrationFactory(hand).connect("helpdesk", {"seed": seed}), hand


def all_after(connector: DemonstrationConnector, cursor: Json = None) -> tuple[list[Event], Json, int | None]:
    found: list[Event] = []
    while True:
        page = connector.changes(cursor)
        found += page.events
        cursor = page.cursor
        if not page.more:
            return found, cursor, page.complete_through
        assert page.complete_through is None


def test_it_is_found_as_a_plugin_and_keeps_the_contract() -> None:
    plugins = load_plugins([DemonstrationPlugin(DemonstrationFactory(Hand()))])
    factory = plugins["demonstration"]
    connector = factory.connect("helpdesk", {})
    assert isinstance(connector, Connector)
    assert connector.spec() == factory.spec()
    assert connector.check().is_fit
    connector.close()


def test_pages_give_the_worlds_events_each_once_and_are_complete_up_to_now() -> None:
    connector, hand = made()
    found, cursor, through = all_after(connector)
    assert through == START
    for hours in (1, 2, 2, 30, 72):
        hand.now = START + hours * HOUR
        events, cursor, through = all_after(connector, cursor)
        found += events
        assert through == hand.now
    assert found == World(1, START, source="helpdesk").advance(START + 3 * DAY)
    assert {event.source for event in found} == {"helpdesk"}


def test_a_page_can_be_asked_for_again() -> None:
    connector, hand = made()
    hand.now = START + 3 * DAY
    first = connector.changes(None)
    assert first.more
    assert list(connector.changes(first.cursor).events) == list(connector.changes(first.cursor).events)
    assert list(connector.changes(None).events) == list(first.events)


@pytest.mark.parametrize("cursor", [10**6, -1, "word", True, {"place": 3}])
def test_a_cursor_of_another_run_is_refused(cursor: Json) -> None:
    connector, _ = made()
    with pytest.raises(ValueError, match="has begun anew and cannot go on from here: begin with an empty store"):
        connector.changes(cursor)


def test_a_ticket_is_fetched_with_the_version_that_writing_asks_for() -> None:
    connector, hand = made()
    page = connector.fetch("S-1005")
    assert [event.kind for event in page.events][:2] == ["opened", "message"]
    reply = Attempt("a/1", "case:S-1005", "S-1005", "reply", {"message": "closing_soon"}, precondition=page.cursor)
    assert isinstance(connector.apply(reply), Applied)
    assert isinstance(connector.apply(reply), AlreadyApplied)
    hand.now += HOUR
    assert connector.fetch("S-1005").cursor != page.cursor
    assert connector.fetch("nowhere").events == []


def test_what_is_applied_is_applied_at_the_present_instant() -> None:
    connector, hand = made()
    hand.now = START + 5 * HOUR
    connector.apply(Attempt("a/1", "case:Z-1001", "Z-1001", "link", {"kind": "page", "create": {"status": "open"}}))
    hand.now = START + 2 * DAY
    events, _, _ = all_after(connector)
    (corrected,) = (event for event in events if event.kind == "linked" and event.data["kind"] == "page")
    assert corrected.at > START + 5 * HOUR


def test_accounts_and_services_are_acted_on_without_a_ticket() -> None:
    connector, hand = made()
    told = Attempt("a/1", "account:quarzhof", None, "notify", {"who": "support", "message": "close_channel"})
    assert isinstance(connector.apply(told), Applied)
    publish = Attempt("a/2", "service:core", None, "publish", {"message": "core_is_down", "service": "core"})
    assert isinstance(connector.apply(publish), Applied)
    assert isinstance(connector.apply(Attempt("a/3", "case:X-1", None, "reply", {})), Rejected)
    hand.now = START + DAY
    events, _, _ = all_after(connector)
    assert {"facts": {"customer.private_channel": "closed"}} in [event.data for event in events]


def test_there_are_no_webhooks() -> None:
    connector, hand = made()
    with pytest.raises(WebhookError, match="sends no webhooks"):
        connector.verify_webhook({}, b"{}", hand.now)
    with pytest.raises(WebhookError, match="sends no webhooks"):
        connector.parse_webhook({}, b"{}")


@pytest.mark.parametrize("seed", ["1", True, 1.5])
def test_a_seed_is_a_whole_number(seed: Json) -> None:
    with pytest.raises(ValueError, match="`seed` is a whole number"):
        DemonstrationFactory(Hand()).connect("helpdesk", {"seed": seed})
