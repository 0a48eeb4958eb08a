"""Placeholders of Zendesk's texts, which are Liquid: those with an equal become ours, all others stay as words."""

import re
from typing import Final

from casewarden.importing.draft import Needs
from casewarden.importing.export import shorten
from casewarden.importing.fate import Left, Part, kept
from casewarden.importing.zendesk.vocabulary import Vocabulary

MAX_TEXT: Final = 19_000
_TAG: Final = re.compile(r"\{\{(.{0,500}?)\}\}|\{%(.{0,500}?)%\}", re.DOTALL)
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


def translated(text: str, words: Vocabulary, needs: Needs) -> tuple[str, list[Part]]:
    """The text with our placeholders, and what became of each of its own."""
    parts: list[Part] = []

    def replaced(match: re.Match[str]) -> str:
        inside = (match[1] if match[1] is not None else match[2]).strip()
        what = f"the placeholder `{shorten(inside, 60)}`"
        path = None if match[1] is None else _path(inside, words, needs)
        if path is not None:
            parts.append(kept(what, "it shows an id or a name of this ruleset" if inside in _FIELDS else None))
            return f"\0{path}\1"
        parts.append(_left(inside, is_tag=match[1] is None).part(what))
        return f"[{inside}]"

    plain = re.sub(r"[\0\1]", "\ufffd", text)
    found = _without_braces(_TAG.sub(replaced, plain))
    return found.replace("\0", "{{ ").replace("\1", " }}"), parts


def _without_braces(text: str) -> str:
    """The text without signs that would begin or end a placeholder; `{ {` shows that there was one."""
    for _ in range(3):
        text = re.sub(
            r"([{}%#])(?=[{}%#])", lambda match: f"{match[1]} " if _is_sign(text, match.start()) else match[1], text
        )
    return text


def _is_sign(text: str, at: int) -> bool:
    return text[at : at + 2] in ("{{", "}}", "{%", "%}", "{#", "#}")


def _path(inside: str, words: Vocabulary, needs: Needs) -> str | None:
    name = inside.split("|")[0].strip()
    if name in _GIVEN:
        return _GIVEN[name]
    if name in _FIELDS:
        key = _FIELDS[name]
        return words.path(needs, key, "choice" if key in ("priority", "type") else "text")
    match = _TICKET_FIELD.fullmatch(name)
    return words.any_path(needs, f"custom_fields_{match[1]}") if match else None


def _left(inside: str, *, is_tag: bool) -> Left:
    if is_tag:
        return Left("messages have no conditions or loops", "two rules, each with a message of its own")
    if inside.startswith("dc."):
        return Left("dynamic content is text by language", "the same message in each language, under its code")
    if "comment" in inside:
        return Left("messages do not quote the conversation", "say what is to be done, and link the ticket")
    return Left("there is no such value here", "a field of your own that the connector fills")
