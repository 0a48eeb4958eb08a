"""Actions of Jira automation. Values of webhooks and of unknown components are not shown: they may hold secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from casewarden.importing.draft import Draft, Needs
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import Left, Part, kept
from casewarden.importing.jira.words import JiraWords, reference
from casewarden.importing.names import identity, slug
from casewarden.importing.texts import MAX_SUBJECT, MAX_TEXT, translated
from casewarden.importing.written import Data

CLOSE_REASON: Final = "closed_by_rule"
_MOST_TAGS: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an action does, with what became of it; `path` is what it sets."""

    data: Data | None
    parts: tuple[Part, ...]
    path: str | None = None


class Actions:
    """Reads the actions of one rule."""

    def __init__(self, draft: Draft, needs: Needs, name: str) -> None:
        self._draft = draft
        self._needs = needs
        self._words = JiraWords(draft, needs)
        self._name = name

    def read(self, component: Item) -> list[Step]:
        """What an action does; what it does in several fields is told field by field."""
        type_, value = component.get("type").text(), component.get("value")
        known: dict[str, Callable[[Item], list[Step]]] = {
            "jira.issue.transition": self._transition,
            "jira.issue.assign": self._assign,
            "jira.issue.comment": self._comment,
            "jira.issue.edit": self._edit,
            "jira.issue.outgoing.email": self._email,
            "jira.issue.outgoing.webhook": self._webhook,
            "jira.issue.slack.message": self._chat,
        }
        if type_ in known:
            return known[type_](value)
        nearest = {
            "jira.issue.create": "`link: {kind: KIND, create: {FIELD: VALUE}}`",
            "jira.issue.link": "`link: {kind: KIND, to: PATH}`",
        }.get(type_, "`notify` a person who does it")
        return [_left(f"the action `{shorten(type_, 60)}`", "there is no action like it", nearest)]

    def _transition(self, value: Item) -> list[Step]:
        name = reference(value.get("destinationStatus")) or value.get("statusId").text()
        what = f"`transition to {shorten(name, 60)}`"
        status = self._words.status(name)
        if status is None:
            return [_left(what, "the status is not known", "say it under `statuses` with --mapping")]
        steps = [self._set_status(status, what)]
        return [*steps, *self._operations(value)]

    def _set_status(self, status: str, what: str) -> Step:
        if status == "closed":
            self._needs.reasons[CLOSE_REASON] = None
            return Step({"close": CLOSE_REASON}, (kept(what),), "case.status")
        return Step({"set": {"case.status": status}}, (kept(what),), "case.status")

    def _assign(self, value: Item) -> list[Step]:
        chosen = value.get("assignee") if isinstance(value.value, dict) else value
        id_ = reference(chosen) or chosen.get("accountId").text() or value.get("accountId").text()
        values = chosen.get("values").items()
        id_ = id_ or (reference(values[0]) if values else "")
        what = f"`assign {shorten(id_, 60)}`"
        if not id_ or "{{" in id_:
            return [_left(what, "nobody in particular is named", "`assign: PERSON`")]
        return [Step({"assign": self._words.person(id_)}, (kept(what),), "case.assigned_to")]

    def _comment(self, value: Item) -> list[Step]:
        text = value.get("comment").text()
        public = value.get("publicComment").value is True
        what = f"`comment: {shorten(text, 80)}`"
        made = self._message(None, text, what)
        if isinstance(made, Step):
            return [made]
        name, parts = made
        return [Step({"reply" if public else "note": name}, (kept(what), *parts))]

    def _edit(self, value: Item) -> list[Step]:
        steps = self._operations(value)
        if value.get("advancedFields").text().strip():
            steps.append(
                _left("the advanced fields of an edit", "they are JSON with smart values", "`set: {PATH: VALUE}`")
            )
        return steps or [_left("an edit of no field", "it says nothing")]

    def _operations(self, value: Item) -> list[Step]:
        return [self._operation(operation) for operation in value.get("operations").items()]

    def _operation(self, operation: Item) -> Step:
        field = operation.get("fieldId").text() or reference(operation.get("field"))
        sort, value = operation.get("type").text() or "SET", operation.get("value")
        items = value.items() if isinstance(value.value, list) else [value]
        values = [text for item in items if (text := reference(item)).strip()]
        what = f"`{shorten(' '.join([sort, field, *values]), 120)}`"
        if not field or not values or any("{{" in one for one in values):
            return _left(what, "it names no field, or no value that is known here", "`set: {PATH: VALUE}`")
        if field.casefold() == "labels":
            tags: list[Data] = [*dict.fromkeys(values[:_MOST_TAGS])]
            if sort == "REMOVE":
                return Step({"tag": {"remove": tags}}, (kept(what),))
            return Step({"tag": {"add": tags}}, (kept(what, None if sort == "ADD" else "other labels stay"),))
        if field.casefold() in ("status", "summary", "assignee") or sort != "SET" or len(values) > 1:
            return _left(what, "this cannot be set here, or not to several values")
        found = self._words.path(field)
        if found is None or found[1] not in ("text", "choice"):
            return _left(what, "the field has no such value here", "say its type with --mapping")
        if found[1] == "choice":
            self._draft.field(self._needs, found[0], "choice", "", values)
        return Step({"set": {found[0]: values[0]}}, (kept(what),), found[0])

    # -- messages

    def _email(self, value: Item) -> list[Step]:
        receivers = [reference(one) for sort in ("to", "cc", "bcc") for one in value.get(sort).items()]
        what = f"`email: {shorten(value.get('subject').text(), 80)}`"
        made = self._message(value.get("subject").text(), value.get("body").text(), what)
        if isinstance(made, Step):
            return [made]
        name, parts = made
        steps = []
        for receiver in list(dict.fromkeys(receivers))[:20]:
            to = f"{what} to `{shorten(receiver, 60)}`"
            if receiver.casefold() in ("reporter", "{{issue.reporter.emailaddress}}"):
                steps.append(Step({"reply": name}, (kept(to),)))
            elif not receiver or "{{" in receiver or receiver.startswith("customfield_"):
                steps.append(_left(to, "nobody in particular is named", "`notify: {who: PERSON, message: ...}`"))
            elif receiver.casefold() == "assignee":
                differs = "`assignee` is one person here, whose address the configuration has to give"
                notify: Data = {"notify": {"who": self._words.role("assignee"), "message": name}}
                steps.append(Step(notify, (kept(to, differs),)))
            else:
                notify = {"notify": {"who": self._words.person(receiver), "message": name}}
                steps.append(Step(notify, (kept(to),)))
        if not steps:
            return [_left(what, "it names nobody")]
        return [Step(steps[0].data, (*steps[0].parts, *parts)), *steps[1:]]

    def _webhook(self, value: Item) -> list[Step]:
        host = _host(value.get("url").text())
        what = f"the webhook at `{shorten(host or 'an address that is no URL', 80)}`"
        body = value.get("customBody").text() or "{{issue.key}}"
        made = self._message(None, body, what)
        if isinstance(made, Step):
            return [made]
        name, parts = made
        role = self._words.role(slug(f"webhook_{identity(host)}", "webhook"))
        differs = "it gets this text in the form of notifications, and no headers"
        return [Step({"notify": {"who": role, "message": name}}, (kept(what, differs), *parts))]

    def _chat(self, value: Item) -> list[Step]:
        what = "a chat message"
        made = self._message(None, value.get("message").text(), what)
        if isinstance(made, Step):
            return [made]
        name, parts = made
        return [Step({"notify": {"who": self._words.role("chat"), "message": name}}, (kept(what), *parts))]

    def _message(self, subject: str | None, body: str, what: str) -> tuple[str, list[Part]] | Step:
        if not body.strip() or len(body) > MAX_TEXT:
            return _left(what, "it has no text" if not body.strip() else f"it has more than {MAX_TEXT:,} characters")
        text, parts = translated(body, self._words.smart)
        head = None
        if subject is not None and subject.strip():
            head, more = translated(" ".join(subject[:MAX_SUBJECT].split()), self._words.smart)
            parts = [*more, *parts]
        notes = [part.remark for part in dict.fromkeys(parts) if part.remark]
        return self._draft.message(self._needs, f"{self._name[:50]}_text", head, text, notes[:50]), parts


def _left(what: str, reason: str, nearest: str = "") -> Step:
    return Step(None, (Left(reason, nearest).part(what),))


def _host(url: str) -> str:
    """The host of an address, without what may be a secret in it; empty where it is none."""
    try:
        return urlsplit(url[:2000]).hostname or ""
    except ValueError:
        return ""
