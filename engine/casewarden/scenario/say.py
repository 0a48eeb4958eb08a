"""Actions as authors write them, and values as they read them: for failures and lists of what was not exercised."""

from collections.abc import Mapping
from decimal import Decimal

from casewarden.model.event import Json
from casewarden.ruleset.syntax import (
    Action,
    Ask,
    Assign,
    Classify,
    CloseCase,
    FromPath,
    Link,
    Note,
    Notify,
    Publish,
    Reopen,
    Reply,
    SetFact,
    Tag,
)


def value_text(value: object) -> str:
    """A value as it is written in a ruleset."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return f"[{', '.join(value_text(item) for item in value)}]"
        case Mapping():
            return f"{{{', '.join(f'{key}: {value_text(item)}' for key, item in value.items())}}}"
        case FromPath(path):
            return f"{{from: {path}}}"
        case _:
            return str(value)


def share_text(share: Decimal) -> str:
    """A share as a percentage, without zeros that say nothing."""
    text = f"{share * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def action_text(action: Action) -> str:
    """An action as authors write it."""
    match action:
        case SetFact(path, value):
            return f"set: {{{path}: {value_text(value)}}}"
        case Classify():
            return "classify: severity"
        case Assign(person):
            return f"assign: {person}"
        case Tag(add, remove):
            parts = [f"{word}: {value_text(tags)}" for word, tags in (("add", add), ("remove", remove)) if tags]
            return f"tag: {{{', '.join(parts)}}}"
        case CloseCase(reason):
            return f"close: {value_text(reason)}"
        case Reopen(mode):
            return f"reopen: {mode}"
        case Reply(message):
            return f"reply: {message}"
        case Note(message):
            return f"note: {message}"
        case Ask(fields, message):
            listed = fields if fields == "missing" else value_text([path.text for path in fields])
            return f"ask: {{fields: {listed}, message: {message}}}"
        case Notify(who, message):
            return f"notify: {{who: {who}, message: {message}}}"
        case Publish(message, service):
            return f"publish: {{message: {message}, service: {service}}}"
        case Link(kind, create, to):
            target = f"to: {to}" if to is not None else f"create: {value_text(dict(create))}"
            return f"link: {{kind: {kind}, {target}}}"


def planned_text(kind: str, content: Mapping[str, Json]) -> str:
    """A decided action as an author would have written it; values as they were read."""
    match kind:
        case "set":
            return f"set: {{{content['path']}: {value_text(content['value'])}}}"
        case "classify":
            return "classify: severity"
        case "assign":
            return f"assign: {value_text(content['value'])}"
        case "tag":
            return f"tag: {{add: {value_text(content['add'])}, remove: {value_text(content['remove'])}}}"
        case "close":
            return f"close: {value_text(content['reason'])}"
        case "reopen":
            return f"reopen: {content['mode']}"
        case "reply" | "note":
            return f"{kind}: {content['message']}"
        case "ask":
            return f"ask: {{fields: {value_text(content['fields'])}, message: {content['message']}}}"
        case "notify":
            return f"notify: {{who: {value_text(content['who'])}, message: {content['message']}}}"
        case "publish":
            return f"publish: {{message: {content['message']}, service: {content['service']}}}"
        case _:
            return f"{kind}: {value_text(content)}"
