"""Helpdesks that send webhooks, signed as theirs are, and answer a connector that asks back, by HTTP on loopback."""

import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.plugin.clock import now
from connector_fakes import SECOND, Export, Search

SECRET: Final = "bench-webhook-secret"


class Hooked(Protocol):
    """A helpdesk: how it is configured, what it answers, and its webhooks by number."""

    name: str
    plugin: str

    def settings(self, url: str) -> dict[str, Json]:
        """What the connector is told, the helpdesk being at `url`."""

    def answer(self, path: str, params: httpx.QueryParams) -> Any:
        """What it answers."""

    def webhook(self, number: int, at: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of the one that tells of something new."""


class Helpdesk(Export):
    """A Zendesk whose exports are empty; each ticket that is asked for was opened and changed a minute ago."""

    name, plugin = "helpdesk", "zendesk"

    def __init__(self) -> None:
        super().__init__(0)
        self.start = now() // SECOND - 60

    def settings(self, url: str) -> dict[str, Json]:
        said: dict[str, Json] = {"url": url, "client_id": "bench", "client_secret": "bench-secret"}
        many: dict[str, Json] = {"calls_per_minute": 100_000, "exports_per_minute": 100_000}
        return {**said, **many, "webhook_secret": SECRET}

    def answer(self, path: str, params: httpx.QueryParams) -> Any:
        match path.removeprefix("/api/v2/").split("/"):
            case ["tickets", number] if number.isdigit():
                return {"ticket": self.ticket(int(number))}
            case ["tickets", number, "audits"]:
                return {"audits": [self._audit(one) for one in self.audits(int(number))], "meta": {"has_more": False}}
            case _:
                return super().answer(path, params)

    def stamp(self, number: int) -> str:  # noqa: ARG002  # all at once
        return super().stamp(0)

    def webhook(self, number: int, at: int) -> tuple[dict[str, str], bytes]:
        body = json.dumps({"casewarden": 1, "ticket": str(number), "at": iso(at)}).encode()
        signed = b64encode(hmac.digest(SECRET.encode(), iso(at).encode() + body, "sha256")).decode()
        stamp = {"X-Zendesk-Webhook-Signature": signed, "X-Zendesk-Webhook-Signature-Timestamp": iso(at)}
        return {**stamp, "X-Zendesk-Webhook-Invocation-Id": f"invocation-{number}"}, body

    def _audit(self, exported: Mapping[str, Any]) -> dict[str, Any]:
        """An audit as a ticket's history has it, out of one of the export."""
        audit = {name: exported[name] for name in ("id", "ticket_id", "metadata")}
        events = []
        for child in exported["child_events"]:
            kind, event = child["event_type"], {"id": child["id"], "type": child["event_type"]}
            if kind == "Comment":
                events.append({**child, "type": kind})
            else:
                field = next(name for name in ("requester_id", "status", "priority") if name in child)
                said = {"field_name": field, "value": child[field], "previous_value": child.get("previous_value")}
                events.append({**event, **said})
        via = {"channel": "email"}
        return {**audit, "author_id": exported["updater_id"], "created_at": self.stamp(0), "via": via, "events": events}


class IssueTracker(Search):
    """A Jira whose search finds nothing; its webhooks tell of comments."""

    name, plugin = "tracker", "jira"

    def __init__(self) -> None:
        super().__init__(0)

    def settings(self, url: str) -> dict[str, Json]:
        login: dict[str, Json] = {"email": "a@example.com", "token": "bench-token"}
        return {"url": url, **login, "projects": ["SUP"], "calls_per_second": 1_000, "webhook_secret": SECRET}

    def webhook(self, number: int, at: int) -> tuple[dict[str, str], bytes]:
        self.start = at // SECOND - 60 - number
        issue = self.issue(number)
        comment = issue["fields"].pop("comment")["comments"][0]
        said = {"webhookEvent": "comment_created", "timestamp": at // 1_000, "issue": issue, "comment": comment}
        body = json.dumps(said).encode()
        signed = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
        return {"X-Hub-Signature": f"sha256={signed}", "X-Atlassian-Webhook-Identifier": f"delivery-{number}"}, body


class Alerts:
    """An Alertmanager with one alert, which fires after every other webhook: each tells of a change."""

    name, plugin = "health", "statuspage"

    def __init__(self) -> None:
        self._fires_since: int | None = None

    def settings(self, url: str) -> dict[str, Json]:
        core: dict[str, Json] = {
            "alerts": [{"alertname": "CoreDown"}],
            "values": {"firing": "down", "resolved": "available"},
        }
        return {"url": url, "kind": "alertmanager", "webhook_token": SECRET, "services": {"core": core}}

    def answer(self, path: str, params: httpx.QueryParams) -> Any:  # noqa: ARG002  # it is asked for its alerts alone
        return [self._alert()] if self._fires_since is not None else []

    def webhook(self, number: int, at: int) -> tuple[dict[str, str], bytes]:  # noqa: ARG002  # it has no number
        self._fires_since = at if self._fires_since is None else None
        group = {"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "receiver": "casewarden"}
        status, labels = "resolved" if self._fires_since is None else "firing", {"alertname": "CoreDown"}
        alert = {"status": status, "labels": labels, "startsAt": iso(at), "fingerprint": "5ef77f1f8a3ecf8d"}
        body = json.dumps({**group, "status": status, "alerts": [alert], "groupLabels": labels}).encode()
        return {"Authorization": f"Bearer {SECRET}"}, body

    def _alert(self) -> dict[str, Json]:
        assert self._fires_since is not None
        at = iso(self._fires_since)
        status: dict[str, Json] = {"state": "active", "silencedBy": [], "inhibitedBy": []}
        return {"labels": {"alertname": "CoreDown"}, "startsAt": at, "updatedAt": at, "endsAt": at, "status": status}


@contextmanager
def served(desk: Hooked) -> Iterator[str]:
    """Let it answer on loopback, in threads of this process; where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body, or the second waits for the first's receipt

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            pass

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = json.dumps(desk.answer(parts.path, httpx.QueryParams(parts.query))).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
