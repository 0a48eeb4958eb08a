"""Terms of a ruleset as authors write them, and values as they read them: for failures and lists."""

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
from casewarden.ruleset.terms import (
    Bounds,
    Contains,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    Known,
    Leaf,
    LinksTest,
    Matches,
    SameAs,
    Since,
    Test,
    Until,
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


def leaf_text(leaf: Leaf) -> str:
    """A leaf of a condition."""
    match leaf:
        case FactTest(path, test, held):
            if held is None:
                return f"{path}: {test_text(test, path.text)}"
            inner = f"is: {test_text(test, path.text)}" if isinstance(test, Is) and not test.negated else None
            return f"{path}: {{{inner or test_text(test, path.text).strip('{}')}, for: {held}}}"
        case LinksTest(kind, some, every, none, count):
            words = [
                f"{word}: {_fields(tests)}"
                for word, tests in (("some", some), ("every", every), ("none", none))
                if tests
            ]
            if count is not None:
                words.append(f"count: {test_text(count, 'count')}")
            return f"links.{kind}: {{{', '.join(words)}}}"
        case Happened():
            return f"happened: {{{_happened(leaf)}}}"
        case Since(instant, span, reached):
            return f"since: {{{_instant(instant)}, {'at_least' if reached else 'less_than'}: {span}}}"
        case Until(instant, span, near):
            return f"until: {{{_instant(instant)}, {'at_most' if near else 'more_than'}: {span}}}"


def _fields(tests: tuple[tuple[str, Test], ...]) -> str:
    return f"{{{', '.join(f'{name}: {test_text(test, name)}' for name, test in tests)}}}"


def _happened(leaf: Happened) -> str:
    parts = [f"event: {leaf.event}"]
    if leaf.times != 1:
        parts.append(f"times: {leaf.times}")
    if leaf.since is not None:
        parts.append(f"since: {{{_instant(leaf.since)}}}")
    if leaf.in_last is not None:
        parts.append(f"in_last: {leaf.in_last}")
    if leaf.apart is not None:
        parts.append(f"apart: {leaf.apart}")
    if leaf.different is not None:
        parts.append(f"different: {{{leaf.different[0]}: {leaf.different[1]}}}")
    return ", ".join(parts)


def _instant(term: InstantOf) -> str:
    return f"{term.moment.value}: {term.name}"


def test_text(test: Test, path: str) -> str:
    """A test as it stands behind its path."""
    match test:
        case Is(values, negated):
            text = value_text(values[0]) if len(values) == 1 else value_text(values)
            return f"{{not: {text}}}" if negated else text
        case Bounds(at_least, at_most, more_than, less_than):
            named = {"at_least": at_least, "at_most": at_most, "more_than": more_than, "less_than": less_than}
            shown = [f"{name}: {_bound(bound, path)}" for name, bound in named.items() if bound is not None]
            return f"{{{', '.join(shown)}}}"
        case Contains(text):
            return f"{{contains: {text}}}"
        case Matches(pattern):
            return f"{{matches: {pattern}}}"
        case Has(mode, members):
            return f"{{{mode.value}: {value_text(members)}}}"
        case InHours(calendar):
            return f"{{in_hours: {calendar}}}"
        case SameAs(other):
            return f"{{same_as: {other}}}"
        case Known(wanted):
            return f"{{known: {'yes' if wanted else 'no'}}}"


def _bound(bound: int | Decimal, path: str) -> str:
    return f"{share_text(Decimal(bound))}" if path.endswith(".used") else str(bound)


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
