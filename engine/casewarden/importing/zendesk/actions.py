"""Actions of triggers and automations. Source: Zendesk's actions reference."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from casewarden.importing.draft import PRIORITIES, Draft, Needs
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import Left, Part, kept
from casewarden.importing.texts import MAX_SUBJECT, MAX_TEXT, Equal, translated
from casewarden.importing.written import Data
from casewarden.importing.zendesk.placeholders import equal_of
from casewarden.importing.zendesk.vocabulary import STATUS_OF, TICKET_TYPES, Vocabulary

CLOSE_REASON: Final = "closed_by_rule"
_ROLES: Final = {"assignee_id": "assignee", "group_id": "assigned_group", "current_user": "current_user"}
_ROLE_DIFFERS: Final = "`{}` is one person here, whose address the configuration has to give"


@dataclass(frozen=True, slots=True)
class Done:
    """One action with the comments above it; `path` is what it sets, None where it sends something."""

    data: Data | None
    parts: tuple[Part, ...]
    path: str | None = None


def read_actions(actions: list[Item], draft: Draft, needs: Needs, name: str) -> list[Done]:
    """All actions in order. ImportProblem where one has not the shape of one."""
    public = next(
        (a.get("value").text() for a in actions if a.table().get("field").text() == "comment_mode_is_public"), ""
    )
    reader = _Reader(draft, needs, name, public=public != "false")
    found = [reader.read(action) for action in actions]
    last = {done.path: number for number, done in enumerate(found) if done.path is not None}
    return [
        done if done.path is None or last[done.path] == number else _overridden(done)
        for number, done in enumerate(found)
    ]


def _overridden(done: Done) -> Done:
    left = Left("a later action of the same rule sets the same otherwise, and the later one wins")
    return Done(None, tuple(left.part(part.what) for part in done.parts[:1]))


class _Reader:
    def __init__(self, draft: Draft, needs: Needs, name: str, *, public: bool) -> None:
        self._draft = draft
        self._words = Vocabulary(draft)
        self._needs = needs
        self._name = name
        self._public = public

    def read(self, action: Item) -> Done:
        field, value = action.get("field").text(), action.get("value")
        what = f"`{shorten(field, 60)}: {value.shown()}`"
        special: dict[str, Callable[[Item, str], Done]] = {
            "status": self._status,
            "assignee_id": self._assign,
            "set_tags": self._tags,
            "current_tags": self._tags,
            "remove_tags": self._tags,
            "comment_value": self._comment,
            "comment_value_html": self._comment,
            "notification_user": self._notify,
            "notification_group": self._notify,
            "notification_target": self._webhook,
            "notification_webhook": self._webhook,
        }
        if field == "comment_mode_is_public":
            return Done(None, (kept(what),))
        if field in special:
            handler = special[field]
            return self._tags_of(field, value, what) if handler == self._tags else handler(value, what)
        return self._set(field, value, what)

    def _status(self, value: Item, what: str) -> Done:
        status = STATUS_OF.get(value.text())
        if status is None:
            return Done(None, (Left("it is none of the statuses that are known").part(what),))
        if status == "closed":
            self._needs.reasons[CLOSE_REASON] = None
            return Done({"close": CLOSE_REASON}, (kept(what),), "case.status")
        return Done({"set": {"case.status": status}}, (kept(what),), "case.status")

    def _assign(self, value: Item, what: str) -> Done:
        id_ = value.text()
        if not re.fullmatch(r"[0-9]{1,20}", id_):
            nearest = "`assign: PERSON`"
            return Done(None, (Left("nobody in particular is named", nearest).part(what),))
        return Done({"assign": self._words.person(self._needs, "user", id_)}, (kept(what),), "case.assigned_to")

    def _tags(self, value: Item, what: str) -> Done:
        return self._tags_of("current_tags", value, what)

    def _tags_of(self, field: str, value: Item, what: str) -> Done:
        items = value.items() if isinstance(value.value, list) else [value]
        tags: list[Data] = list(dict.fromkeys(tag for item in items for tag in item.text().split()))
        if not tags or len(tags) > 200:
            return Done(None, (Left("it names no tag, or more than 200").part(what),))
        if field == "remove_tags":
            return Done({"tag": {"remove": tags}}, (kept(what),))
        differs = "Zendesk also takes all other tags away" if field == "set_tags" else None
        return Done({"tag": {"add": tags}}, (kept(what, differs),))

    def _set(self, field: str, value: Item, what: str) -> Done:
        text = value.text()
        if field in ("priority", "type", "ticket_type_id"):
            if text not in (PRIORITIES if field == "priority" else TICKET_TYPES):
                return Done(None, (Left("it is none of the values that are known").part(what),))
            path = self._words.path(self._needs, field, "choice")
        elif not self._words.is_text(field) and self._words.mapped(field) is None:
            return Done(None, (Left("there is no action like it", "`notify` a person who does it").part(what),))
        elif not text or isinstance(value.value, list):
            return Done(None, (Left("a field is set to one value, and not emptied").part(what),))
        elif text in ("true", "false") and field.startswith("custom_fields_"):
            path = self._words.path(self._needs, field, "yes_no")
            text = "yes" if text == "true" else "no"
            if path is None:
                text = value.text()
                path = self._words.path(self._needs, field, "text", [text])
        else:
            path = self._words.path(self._needs, field, "text", [text])
        if path is None:
            return Done(None, (Left("the field is used with several types", "say its type with --mapping").part(what),))
        return Done({"set": {path: text}}, (kept(what),), path)

    # -- messages

    def _comment(self, value: Item, what: str) -> Done:
        text = value.items()[-1].text() if isinstance(value.value, list) and value.value else value.text()
        made = self._message(None, text, what)
        if isinstance(made, Done):
            return made
        name, parts = made
        return Done({"reply" if self._public else "note": name}, (kept(what), *parts))

    def _notify(self, value: Item, what: str) -> Done:
        if not isinstance(value.value, list) or len(value.value) < 3:  # who, subject, body
            return Done(None, (Left("it does not say whom, with which subject and text").part(what),))
        who, subject, body = (item.text() for item in value.items()[:3])
        made = self._message(subject, body, what)
        if isinstance(made, Done):
            return made
        name, parts = made
        if who in ("requester_id", "requester_and_ccs", "all_agents_and_ccs"):
            differs = None if who == "requester_id" else "those in copy get nothing of their own"
            return Done({"reply": name}, (kept(what, differs), *parts))
        if who in _ROLES:
            person, differs = _ROLES[who], _ROLE_DIFFERS.format(_ROLES[who])
            self._needs.people[person] = None
            return Done({"notify": {"who": person, "message": name}}, (kept(what, differs), *parts))
        if not who:
            return Done(None, (Left("it names nobody").part(what),))
        person = self._words.person(self._needs, "recipient", who)
        return Done({"notify": {"who": person, "message": name}}, (kept(what), *parts))

    def _webhook(self, value: Item, what: str) -> Done:
        if not isinstance(value.value, list) or not value.value:
            return Done(None, (Left("it names no webhook").part(what),))
        items = value.items()
        target = items[0].text()
        body = items[1] if len(items) > 1 else Item("", value.path)
        text = body.value if isinstance(body.value, str) else json.dumps(body.value, ensure_ascii=False)
        if not target:
            return Done(None, (Left("it names no webhook").part(what),))
        made = self._message(None, text if text.strip('[]{}" ') else "{{ticket.id}}", what)
        if isinstance(made, Done):
            return made
        name, parts = made
        person = self._words.person(self._needs, "webhook", target)
        differs = "the webhook gets this text in the form of notifications, not as the body itself"
        return Done({"notify": {"who": person, "message": name}}, (kept(what, differs), *parts))

    def _message(self, subject: str | None, body: str, what: str) -> tuple[str, list[Part]] | Done:
        if not body.strip() or len(body) > MAX_TEXT:
            why = "it has no text" if not body.strip() else f"its text has more than {MAX_TEXT:,} characters"
            return Done(None, (Left(why, "shorten it").part(what),))
        text, parts = translated(body, self._equal)
        head = None
        if subject is not None and subject.strip():
            head, more = translated(" ".join(subject[:MAX_SUBJECT].split()), self._equal)
            parts = [*more, *parts]
        notes = [part.remark for part in dict.fromkeys(parts) if part.remark]
        return self._draft.message(self._needs, f"{self._name[:50]}_text", head, text, notes[:50]), parts

    def _equal(self, inside: str) -> Equal:
        return equal_of(inside, self._words, self._needs)
