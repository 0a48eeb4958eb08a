"""A status page on loopback, for the conformance kit: it shows how its components are now, and nothing of before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.testing.helpdesk import Choice, Happens, Webhook
from casewarden.testing.server import FakeServer
from casewarden.testing.wire import Reply, Request, json_reply

TOKEN: Final = "page-token-77ab01"


@dataclass
class Shown:
    """The words of the components by their names, and when each has changed last."""

    words: dict[str, str | None] = field(default_factory=lambda: {"Core API": "operational", "Web": "operational"})
    changed: dict[str, int] = field(default_factory=dict)


class FakeStatuspage(FakeServer[Shown]):
    happens: frozenset[Happens] = frozenset({"change"})
    page = 0
    choice = Choice("service.core.health", {"major_outage": "down", "operational": "available"}, can_be_empty=False)

    def __init__(self) -> None:
        super().__init__(Shown(), (TOKEN,))

    def open_ticket(self, text: str) -> str:
        return "core"

    def comment(self, ticket: str, text: str) -> None:
        raise AssertionError("nobody writes to a status page")

    def change(self, ticket: str, value: str | None) -> None:
        assert ticket == "core"
        self.state.words["Core API"] = value
        self.state.changed["Core API"] = self.now()

    def subject(self, ticket: str) -> str:
        return f"service:{ticket}"

    def standing(self, text: str) -> int:
        return 0

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        return []

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return json_reply({"error": "no such token"}, 401)
        if request.path != "/api/v2/summary.json":
            return json_reply({"error": "no such page"}, 404)
        components: list[Json] = [
            {
                "id": name[:4].lower(),
                "name": name,
                "status": word,
                "updated_at": iso(self.state.changed.get(name, 1_700_000_000_000_000)),
            }
            for name, word in self.state.words.items()
        ]
        return json_reply({"page": {"id": "p", "name": "Acme"}, "components": components, "incidents": []})
