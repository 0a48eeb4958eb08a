"""Webhooks: what Jira sends, and those that an OAuth login registers."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

from casewarden.model.event import Json
from casewarden.testing.wire import Reply, Request, json_reply
from support.jira.bodies import Bodies
from support.jira.state import Issue, World


class Deliveries(Sequence[bytes]):
    """Bodies in their order; each is made when it is asked for, as a long week has many and looks at few."""

    def __init__(self, makers: Sequence[Callable[[], Json]]) -> None:
        self._makers = makers

    def __len__(self) -> int:
        return len(self._makers)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> "Deliveries": ...
    def __getitem__(self, place: int | slice) -> "bytes | Deliveries":
        if isinstance(place, slice):
            return Deliveries(self._makers[place])
        return json.dumps(self._makers[place]()).encode()


def deliveries(world: World, bodies: Bodies, millis: int) -> Deliveries:
    """What happened so far, in order, as bodies that were made at an instant (in milliseconds)."""

    def told(issue: Issue, event: str, what: str, body: Callable[[], Json]) -> Json:
        shown = bodies.issue(world, issue, ("*all",), history=False, plain=True)
        return {"timestamp": millis, "issue": shown, "webhookEvent": event, what: body()}

    def changed(history: dict[str, Any]) -> Json:
        return {"id": history["id"], "items": bodies.history(history)["items"]}

    found: list[tuple[int, Callable[[], Json]]] = []
    for issue in world.issues.values():
        opening = partial(bodies.opening, world, issue)
        found.append((issue.created, partial(told, issue, "jira:issue_created", "issue", opening)))
        for comment in issue.comments:
            said = partial(bodies.comment, issue, comment, plain=True)
            found.append((comment["created"], partial(told, issue, "comment_created", "comment", said)))
        for history in issue.histories:
            log = partial(changed, history)
            found.append((history["created"], partial(told, issue, "jira:issue_updated", "changelog", log)))
    return Deliveries([made for _, made in sorted(found, key=lambda one: one[0])])


def registered(world: World, request: Request, parts: tuple[str, ...], now: int) -> Reply:
    """Webhooks that an OAuth login registers."""
    match request.method, parts:
        case "GET", ("webhook",):
            return json_reply({"values": list(world.hooks.values()), "isLast": True, "total": len(world.hooks)})
        case "POST", ("webhook",):
            id_ = 10_000 + len(world.hooks)
            ends = (now + 30 * 86_400_000_000) // 1000
            (hook,) = request.json()["webhooks"]
            world.hooks[id_] = {"id": id_, "url": request.json()["url"], "expirationDate": ends, **hook}
            return json_reply({"webhookRegistrationResult": [{"createdWebhookId": id_}]})
        case "PUT", ("webhook", "refresh"):
            ends = (now + 30 * 86_400_000_000) // 1000
            for id_ in request.json()["webhookIds"]:
                world.hooks[id_]["expirationDate"] = ends
            return json_reply({"expirationDate": ends})
        case _:
            return json_reply({"errorMessages": ["no such resource"]}, 404)
