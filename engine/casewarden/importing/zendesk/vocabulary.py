"""What Zendesk's fields and values are called here.

Sources: the vendor's conditions and actions references, and the types in its OpenAPI file.
"""

from collections.abc import Iterable
from typing import Final

from casewarden.importing.draft import PRIORITIES, Draft, Needs
from casewarden.importing.names import identity, slug
from casewarden.importing.options import FieldChoice

STATUS_OF: Final = {
    "new": "new",
    "open": "open",
    "pending": "waiting_on_customer",
    "hold": "on_hold",
    "solved": "resolved",
    "closed": "closed",
}
STATUS_ORDER: Final = tuple(STATUS_OF)
PRIORITY_ORDER: Final = ("low", "normal", "high", "urgent")
TICKET_TYPES: Final = ("question", "incident", "problem", "task")
_TEXTS: Final = {  # fields whose values are ids or words
    "group_id": ("case.group", "the group of the ticket, by name or by its id in Zendesk"),
    "brand_id": ("case.brand", "the brand of the ticket, by its id in Zendesk"),
    "ticket_form_id": ("case.form", "the form of the ticket, by its id in Zendesk"),
    "organization_id": ("customer.organization", "the customer's organization, by its id in Zendesk"),
    "requester_id": ("case.requester", "who asks, by id in Zendesk"),
    "submitter_id": ("case.submitter", "who entered the ticket, by id in Zendesk"),
    "recipient": ("case.received_at", "the support address at which the ticket was received"),
    "locale_id": ("case.locale", "the requester's locale, by its id in Zendesk"),
    "custom_status_id": ("case.custom_status", "the custom status, by its id in Zendesk"),
    "satisfaction_score": ("case.satisfaction", "the satisfaction rating"),
    "requester_role": ("case.requester_role", "the role of who asks"),
    "ticket_is_public": ("case.privacy", "whether the requester sees the ticket: public or private"),
}
NUMBERS: Final = {
    "reopens": ("case.reopens", "how often the ticket was reopened"),
    "replies": ("case.replies", "how many public replies agents gave"),
    "agent_stations": ("case.agent_stations", "how many agents the ticket was assigned to"),
    "group_stations": ("case.group_stations", "how many groups the ticket was assigned to"),
    "number_of_incidents": ("case.incidents", "how many incidents hang on the problem"),
}
CHANNEL_OF: Final = {
    "0": "web",
    "4": "email",
    "5": "api",
    "29": "chat",
    "33": "voicemail",
    "34": "phone",
    "35": "phone",
}


class Vocabulary:
    """Finds paths and names; what it hands out is declared in the draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def event(self, needs: Needs, wanted: str, data: object) -> str:
        """The name of an event."""
        return self._draft.event(needs, wanted, data)  # type: ignore[arg-type]

    def person(self, needs: Needs, sort: str, id_: str) -> str:
        """The name of a person, group, or webhook; that of the mapping, or one made of its id."""
        name = self._draft.options.people.get(id_) or slug(f"{sort}_{identity(id_)}", sort)
        needs.people[name] = None
        return name

    def channel(self, needs: Needs, value: str) -> str:
        """The name of a channel by Zendesk's id or word for it."""
        known = CHANNEL_OF.get(value) or slug(value, "via")
        name = "web" if known == "other" else known
        needs.channels[name] = None
        return name

    def mapped(self, key: str) -> FieldChoice | None:
        """What the mapping says of a field, by its whole name or by the number in it."""
        fields = self._draft.options.fields
        return fields.get(key) or fields.get(key.removeprefix("custom_fields_"))

    def path(self, needs: Needs, key: str, type_: str, values: Iterable[str] = ()) -> str | None:
        """The path of a field that is used with this type; None where there is none, or it has another type."""
        chosen = self.mapped(key)
        if chosen is not None:
            type_here = chosen.type or type_
            fits = type_here == type_ or {type_here, type_} == {"choice", "text"}
            of = (*chosen.of, *values) if type_here == "choice" else ()
            note = f"Zendesk: {key}"
            return chosen.path if fits and self._draft.field(needs, chosen.path, type_here, note, of) else None
        if key in _TEXTS:
            path, note = _TEXTS[key]
        elif key in NUMBERS:
            path, note = NUMBERS[key]
        elif key == "priority":
            path, note, type_, values = "case.priority", "the priority of the ticket", "choice", PRIORITIES
        elif key in ("type", "ticket_type_id"):
            path, note, type_, values = "case.ticket_type", "the type of the ticket", "choice", TICKET_TYPES
        elif key == "due_date":
            path, note = "case.due_date", "the due date of a task"
        elif key.startswith(("custom_fields_", "ticket_fields_")):
            number = identity(key.rpartition("_")[2])
            path, note = f"case.{slug(f'field_{number}', 'field')}", f"Zendesk: {key}"
        elif ".custom_fields." in key:
            record = "customer" if key.startswith("organization.") else "case"
            path, note = f"{record}.{slug(key.replace('.custom_fields.', '_'), 'field')}", f"Zendesk: {key}"
        else:
            return None
        return path if self._draft.field(needs, path, type_, note, values) else None

    def any_path(self, needs: Needs, key: str) -> str | None:
        """The path of a field, whatever its type is."""
        return next((path for type_ in ("text", "yes_no", "choice") if (path := self.path(needs, key, type_))), None)

    def is_text(self, key: str) -> bool:
        """Whether a field holds a text or an id."""
        return key in _TEXTS or key.startswith(("custom_fields_", "ticket_fields_")) or ".custom_fields." in key
