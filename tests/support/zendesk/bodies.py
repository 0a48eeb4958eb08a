"""What the fake Zendesk knows, in the forms in which its answers state it."""

from typing import Any

_CHANNELS = {"web": "Web form", "email": "Mail", "api": "Web service"}


def ticket(known: dict[str, Any]) -> dict[str, Any]:
    """A ticket as it is."""
    return {name: value for name, value in known.items() if name != "cursor"}


def audit(known: dict[str, Any]) -> dict[str, Any]:
    """An entry of a ticket's history, as the history itself states it."""
    return {name: value for name, value in known.items() if name not in ("late", "seconds")}


def exported(known: dict[str, Any]) -> dict[str, Any]:
    """An audit as the export of ticket events states it: other names, and a text for the channel."""
    rel = known["via"]["source"].get("rel")
    start = known["via"]["source"]["from"].get("ticket_id")
    return {
        "id": known["id"],
        "ticket_id": known["ticket_id"],
        "timestamp": known["seconds"],
        "created_at": known["created_at"],
        "updater_id": known["author_id"],
        "via": "Closed ticket" if rel == "follow_up" else _CHANNELS[known["via"]["channel"]],
        "via_reference_id": start if rel == "follow_up" else None,
        "system": {"client": "x"},
        "metadata": known["metadata"],
        "event_type": "Audit",
        "child_events": [_child(event, known["id"]) for event in known["events"]],
    }


def _child(event: dict[str, Any], audit_id: int) -> dict[str, Any]:
    child: dict[str, Any] = {"id": event["id"], "event_type": event["type"], "via_reference_id": None}
    child["via"] = "Rule" if "via" in event else "Web form"
    match event["type"]:
        case "Create" | "Change":
            name, value = event["field_name"], event["value"]
            child |= {"custom_ticket_fields": {name: value}} if name.isdecimal() else {name: value}
            if event["type"] == "Change":
                child["previous_value"] = event["previous_value"]
            if name == "tags":
                child |= {"added_tags": [], "removed_tags": []}
        case _:
            child |= {key: value for key, value in event.items() if key not in ("id", "via")}
            child |= {"comment_present": True, "comment_public": event.get("public"), "audit_id": audit_id}
    return child
