"""Placeholders of Zendesk's texts, which are Liquid."""

import re
from typing import Final

from casewarden.importing.draft import Needs
from casewarden.importing.fate import Left
from casewarden.importing.texts import Equal
from casewarden.importing.zendesk.vocabulary import Vocabulary

_GIVEN: Final = {
    "ticket.id": "case.number",
    "ticket.encoded_id": "case.number",
    "ticket.title": "case.subject",
    "ticket.status": "case.status",
    "ticket.assignee.name": "case.assigned_to",
    "ticket.assignee.first_name": "case.assigned_to",
    "ticket.created_at": "case.opened_at",
    "ticket.created_at_with_timestamp": "case.opened_at",
    "ticket.via": "case.channel",
    "ticket.tags": "case.tags",
}
_FIELDS: Final = {
    "ticket.priority": "priority",
    "ticket.ticket_type": "type",
    "ticket.group.name": "group_id",
    "ticket.brand.name": "brand_id",
    "ticket.organization.name": "organization_id",
    "ticket.requester.name": "requester_id",
}
_TICKET_FIELD: Final = re.compile(r"ticket\.ticket_field(?:_option_title)?_([0-9]{1,20})")


def equal_of(inside: str, words: Vocabulary, needs: Needs) -> Equal:
    """What shows the same here."""
    name = inside.split("|", maxsplit=1)[0].strip()
    if name in _GIVEN:
        return _GIVEN[name], None
    path, differs = None, None
    if name in _FIELDS:
        key = _FIELDS[name]
        path = words.path(needs, key, "choice" if key in ("priority", "type") else "text")
        differs = "it shows what the field holds here, which may be an id" if key.endswith("_id") else None
    elif match := _TICKET_FIELD.fullmatch(name):
        path = words.any_path(needs, f"custom_fields_{match[1]}")
    if path is not None:
        return path, differs
    if inside.startswith("dc."):
        return Left("dynamic content is text by language", "the same message in each language, under its code")
    if "comment" in inside:
        return Left("messages do not quote the conversation", "say what is to be done, and link the ticket")
    return Left("there is no such value here", "a field of your own that the connector fills")
