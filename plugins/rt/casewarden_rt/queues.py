"""Queues: which there are, what custom fields their tickets have, and the ticket that was opened last in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from casewarden.plugin.http import RefusedError, as_array, as_id, as_object, path_of
from casewarden_rt.server import PAGE, Server, items_of


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: its lifecycle, and the custom fields of its tickets, number to name."""

    id: str
    name: str
    lifecycle: str
    custom: Mapping[str, str]


def queues(server: Server) -> list[Queue]:
    """The queues that we may see, without those that are disabled."""
    found: list[Queue] = []
    page = 1
    while True:
        reply = server.get("/queues/all", {"per_page": PAGE, "page": page})
        for item in items_of(reply):
            queue = queue_named(server, as_id(as_object(item, "a queue").get("id"), "the id of a queue"))
            found += [] if queue is None else [queue]
        pages = reply.object().get("pages")  # null where some may not be seen: then no page is known to be the last
        if page >= pages if isinstance(pages, int) else not items_of(reply):
            return found
        page += 1


def queue_named(server: Server, name: str) -> Queue | None:
    """A queue by name or number; None where there is none that we may see."""
    try:
        said = server.get(path_of("/queue/{}", name)).object()
    except RefusedError as problem:
        if problem.status not in (403, 404):
            raise
        return None
    listed = as_array(said.get("TicketCustomFields") or [], "fields")
    fields = [as_object(item, "a custom field") for item in listed]
    custom = {as_id(field.get("id"), "the id of a field"): str(field.get("name")) for field in fields}
    id_ = as_id(said.get("id"), "the id of a queue")
    return Queue(id_, str(said.get("Name")), str(said.get("Lifecycle")), custom)


def newest_ticket(server: Server, queues: Iterable[Queue]) -> str | None:
    """The ticket of these queues that was opened last."""
    which = " OR ".join(f"Queue = {int(queue.id)}" for queue in queues)
    params: dict[str, str | int] = {"query": which, "orderby": "id", "order": "DESC", "per_page": 1}
    found = [as_object(item, "a ticket") for item in items_of(server.get("/tickets", params))]
    return as_id(found[0].get("id"), "the id of a ticket") if found else None
