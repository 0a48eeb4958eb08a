"""Status pages: what they answer becomes observations of services, each with its time, and nothing is made up.

The bodies are shaped as the vendors document them: Statuspage's summary, Cachet's components, Alertmanager's alerts.
"""

import json
from typing import Any

import httpx
import pytest

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin import Attempt, Page, Rejected, WebhookError
from casewarden.plugin.events import as_observed
from casewarden.plugin.http import Bounds, Http, HttpError, Token
from casewarden_statuspage.connector import StatuspageConnector
from casewarden_statuspage.plugin import Statuspages
from casewarden_statuspage.settings import read_settings

NINE = parse_instant("2026-03-02T09:00:00Z")
MINUTE = 60_000_000
CORE: dict[str, Any] = {
    "components": ["Core API"],
    "values": {"operational": "available", "degraded_performance": "degraded", "major_outage": "down"},
    "incident": "incident",
}
HOOK = "a-token-of-many-letters"


class Statuspage:
    """A page that answers what it is given, with a clock that the test moves."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.time = NINE
        self.asked: list[httpx.Request] = []
        self.body: Any = {}
        self.status = 200
        self.told = read_settings({"url": "https://status.example.com", **settings})
        http = Http(
            self.told.url,
            login=None if self.told.token is None else Token(self.told.token),
            transport=httpx.MockTransport(self._answer),
            bounds=Bounds(retries=0),
            now=lambda: self.time,
        )
        self.connector = StatuspageConnector("health", self.told, http, lambda: self.time)
        self.cursor: Json = None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        body = self.body(request) if callable(self.body) else self.body
        return httpx.Response(self.status, json=body)

    def poll(self, minutes: int = 0) -> list[tuple[str, dict[str, Json]]]:
        return [(iso(event.at)[11:16], told(event)) for event in self.page(minutes).events]

    def page(self, minutes: int = 0) -> Page:
        self.time += minutes * MINUTE
        page = self.connector.changes(self.cursor)
        self.cursor = json.loads(json.dumps(page.cursor))
        assert page.complete_through == self.time
        for event in page.events:
            assert as_observed(event, "health") == event
        return page


def told(event: Event) -> dict[str, Json]:
    facts = event.data["facts"]
    assert isinstance(facts, dict)
    return {path.removeprefix("service."): value for path, value in facts.items()}


def summary(*components: tuple[str, str, str], incidents: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "page": {"id": "p", "name": "Acme", "url": "https://status.example.com", "time_zone": "Etc/UTC"},
        "components": [
            {"id": name[:4].lower(), "name": name, "status": word, "updated_at": at, "position": 1, "group_id": None}
            for name, word, at in components
        ],
        "incidents": incidents or [],
        "scheduled_maintenances": [],
        "status": {"indicator": "none", "description": "All Systems Operational"},
    }


@pytest.fixture
def page() -> Statuspage:
    page = Statuspage({"services": {"core": CORE}})
    page.body = summary(("Core API", "operational", "2026-02-20T08:00:00.000Z"))
    return page


def test_a_service_is_told_at_first_sight_and_then_when_it_changes(page: Statuspage) -> None:
    assert page.poll() == [("09:00", {"core.health": "available", "core.incident": None})]
    assert page.poll(1) == []
    page.body = summary(("Core API", "major_outage", "2026-03-02T09:01:30.000Z"))
    assert page.poll(1) == [("09:01", {"core.health": "down", "core.incident": None})]


def test_a_change_that_lies_before_the_last_look_counts_from_when_it_was_seen(page: Statuspage) -> None:
    """What was said to be complete up to the last look stays so; pages are put right afterwards, too."""
    page.poll()
    page.body = summary(("Core API", "major_outage", "2026-03-02T08:30:00.000Z"))
    assert page.poll(2)[0][0] == "09:02"


def test_after_a_restart_a_change_counts_from_when_it_was_seen(page: Statuspage) -> None:
    page.poll()
    page.connector.looked_at = None
    page.body = summary(("Core API", "major_outage", "2026-03-02T09:01:30.000Z"))
    assert page.poll(2)[0][0] == "09:02"


def test_that_it_is_still_so_is_told_now_and_then_so_that_it_stays_fresh(page: Statuspage) -> None:
    page.poll()
    times = [time for minute in range(12) for time, _ in page.poll(1)]
    assert times == ["09:05", "09:10"]


def test_a_page_that_cannot_be_read_says_nothing(page: Statuspage) -> None:
    page.poll()
    before = page.cursor
    page.status = 503
    with pytest.raises(HttpError):
        page.page(1)
    page.status, page.body = 200, ["no object"]
    with pytest.raises(HttpError):
        page.page(1)
    assert page.cursor == before


def test_a_component_that_is_gone_makes_its_service_unknown(page: Statuspage) -> None:
    page.poll()
    page.body = summary(("Other", "operational", "2026-02-20T08:00:00.000Z"))
    assert page.poll(1) == [("09:01", {"core.health": None, "core.incident": None})]


def test_a_word_that_no_table_has_stays_as_it_is(page: Statuspage) -> None:
    page.body = summary(("Core API", "on_fire", "2026-02-20T08:00:00.000Z"))
    assert page.poll()[0][1]["core.health"] == "on_fire"


def test_of_several_components_the_worst_counts() -> None:
    page = Statuspage({"services": {"core": {**CORE, "components": ["Core API", "sear"]}}})
    page.body = summary(
        ("Core API", "operational", "2026-03-01T00:00:00Z"), ("Search", "degraded_performance", "2026-03-02T00:00:00Z")
    )
    assert page.poll()[0][1]["core.health"] == "degraded"


def test_the_incidents_that_are_not_resolved_are_named(page: Statuspage) -> None:
    incidents: list[dict[str, Any]] = [
        {"id": "i1", "name": "Slow answers", "status": "investigating", "components": [{"id": "core", "name": "Core"}]},
        {"id": "i2", "name": "Over", "status": "resolved", "components": [{"id": "core", "name": "Core"}]},
        {"id": "i3", "name": "Elsewhere", "status": "identified", "components": [{"id": "mail", "name": "Mail"}]},
        {"id": "i4", "name": "Everything", "status": "monitoring", "components": None},
    ]
    page.body = summary(("Core API", "operational", "2026-02-20T08:00:00.000Z"), incidents=incidents)
    assert page.poll()[0][1]["core.incident"] == "Everything; Slow answers"


def test_cachet_is_read_page_by_page() -> None:
    page = Statuspage(
        {"kind": "cachet", "services": {"core": {"components": ["Core API"], "values": {"operational": "up"}}}}
    )
    components = [{"id": 1, "name": "Core API", "status": 1}, {"id": 2, "name": "Mail", "status": "4"}]
    page.body = lambda request: {
        "meta": {"pagination": {"total_pages": 2}},
        "data": [components[int(request.url.params["page"]) - 1]],
    }
    assert page.poll() == [("09:00", {"core.health": "up"})]
    assert [request.url.params["page"] for request in page.asked] == ["1", "2"]


ALERTING = {
    "kind": "alertmanager",
    "token": "the-token-of-the-api",
    "webhook_token": HOOK,
    "services": {
        "core": {
            "alerts": [{"alertname": "CoreDown"}, {"alertname": "Burn", "slo": "core"}],
            "values": {"firing": "down", "resolved": "up"},
        }
    },
}


def alert(since: str, **labels: str) -> dict[str, Any]:
    return {"labels": labels, "startsAt": since, "status": {"state": "suppressed"}, "fingerprint": "f"}


def test_alerts_that_fire_tell_of_the_service_and_none_that_it_is_well() -> None:
    page = Statuspage(ALERTING)
    page.body = [alert("2026-03-02T08:00:00Z", alertname="Burn", slo="mail")]
    assert page.poll() == [("09:00", {"core.health": "up"})]
    page.body = [alert("2026-03-02T09:00:20Z", alertname="Burn", slo="core", severity="page")]
    assert page.poll(1) == [("09:00", {"core.health": "down"})]
    page.body = []
    assert page.poll(1) == [("09:02", {"core.health": "up"})]
    assert page.asked[0].headers["authorization"] == "Bearer the-token-of-the-api"


def test_a_notification_of_alertmanager_is_a_reason_to_look_and_nothing_else() -> None:
    """It tells of one group of alerts; whether another one fires for the service still, only the list says."""
    page = Statuspage(ALERTING)
    body = json.dumps({"version": "4", "status": "resolved", "alerts": [{"status": "resolved"}]}).encode()
    page.connector.verify_webhook({"authorization": f"Bearer {HOOK}"}, body, NINE)
    assert page.connector.parse_webhook({}, body) == ()


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": HOOK}, {"authorization": f"Basic {HOOK}"}, {"authorization": "Bearer ä"}]
)
def test_a_notification_without_the_token_is_not_believed(headers: dict[str, str]) -> None:
    with pytest.raises(WebhookError):
        Statuspage(ALERTING).connector.verify_webhook(headers, b"{}", NINE)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"version": "3", "alerts": []}', b'{"version": "4"}', b"[" * 9999]
)
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookError):
        Statuspage(ALERTING).connector.parse_webhook({}, body)


def test_a_page_without_webhooks_refuses_them(page: Statuspage) -> None:
    with pytest.raises(WebhookError, match="polled"):
        page.connector.verify_webhook({"authorization": "Bearer "}, b"{}", NINE)


def test_nothing_is_written_to_a_page(page: Statuspage) -> None:
    assert isinstance(page.connector.apply(Attempt("k", "case:1", "1", "close", {})), Rejected)


def test_one_service_is_fetched_by_its_name(page: Statuspage) -> None:
    assert [told(event)["core.health"] for event in page.connector.fetch("service:core").events] == ["available"]
    assert page.connector.fetch("mail").events == []


def test_the_check_names_what_the_page_does_not_have(page: Statuspage) -> None:
    page.body = summary(
        ("Core", "operational", "2026-02-20T08:00:00.000Z"), ("Core API", "on_fire", "2026-02-20T08:00:00Z")
    )
    assert [(one.level, one.message) for one in page.connector.check().findings] == [
        ("ok", "status.example.com answers; it has 2 components"),
        ("warning", "core is `on_fire` now, which `values` does not have: it stays as it is"),
    ]
    page.body = summary(("Core", "operational", "2026-02-20T08:00:00.000Z"))
    found = page.connector.check()
    assert not found.is_fit
    assert [one.message for one in found.findings if one.level == "error"] == [
        "the page has no component `Core API`, which is to be core"
    ]
    page.status = 404
    assert "cannot be read" in page.connector.check().findings[0].message


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"services": {}}, "`services` is empty"),
        ({"services": {"core": {"alerts": [{"a": "b"}]}}}, "takes `components`"),
        ({"services": {"core": {}}}, "says nothing of `components`"),
        ({"kind": "alertmanager", "services": {"core": {"alerts": [{"a": "b"}]}}}, "values has no `firing`"),
        ({"services": {"core": CORE}, "webhook_token": HOOK}, "for Alertmanager"),
        ({"services": {"core": CORE}, "confirm_every": 5}, "30 or more"),
    ],
)
def test_settings_that_cannot_work_are_told(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Statuspages().connect("health", {"url": "https://status.example.com", **settings})


def test_an_address_without_encryption_is_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        Statuspages().connect("health", {"url": "http://status.example.com", "services": {"core": CORE}})
