"""Webhooks: what Jira sends, and those that an OAuth login registers."""

import json
from collections.abc import Sequence

from casewarden.model.event import Json
from casewarden.testing.wire import Reply, Request, json_reply
from support.jira.bodies import Bodies
from support.jira.state import World


def deliveries(world: World, bodies: Bodies, millis: int) -> Sequence[bytes]:
    """What happened so far, in order, as bodies that were made at an instant (in milliseconds)."""
    found: list[tuple[int, Json]] = []
    for issue in world.issues.values():
        shown = bodies.issue(world, issue, ("*all",), history=False, plain=True)
        named = {"timestamp": millis, "issue": shown}
        opening = bodies.opening(world, issue)
        found.append((issue.created, {**named, "webhookEvent": "jira:issue_created", "issue": opening}))
        for comment in issue.comments:
            said = bodies.comment(issue, comment, plain=True)
            found.append((comment["created"], {**named, "webhookEvent": "comment_created", "comment": said}))
        for history in issue.histories:
            log = {"id": history["id"], "items": bodies.history(history)["items"]}
            found.append((history["created"], {**named, "webhookEvent": "jira:issue_updated", "changelog": log}))
    return [json.dumps(body).encode() for _, body in sorted(found, key=lambda one: one[0])]


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
