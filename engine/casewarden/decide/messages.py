"""Messages: the text in the recipient's language, with the values that its places name. Nothing else is a template."""

import re
from collections.abc import Mapping

from casewarden.decide.facts import plain
from casewarden.decide.state import State
from casewarden.model.event import Json
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType, Message, Text
from casewarden.worktime import from_us

_PLACE = re.compile(r"\{\{\s*([a-z0-9_.]+)\s*\}\}")


def text_of(state: State, name: str, now: int) -> dict[str, Json]:
    """Return a message as content: its name, the language taken, subject and text with the values filled in."""
    message = state.compiled.ruleset.messages[name]
    language, text = _in_language(state, message)

    def fill(template: str) -> str:
        return _PLACE.sub(lambda found: _shown(state, found[1], now), template).rstrip("\n")

    content: dict[str, Json] = {"message": name, "language": language, "text": fill(text.body)}
    if text.subject is not None:
        content["subject"] = fill(text.subject)
    return content


def _in_language(state: State, message: Message) -> tuple[str, Text]:
    texts: Mapping[str, Text] = message.texts
    wanted = state.values.get("case.language")
    if isinstance(wanted, str):
        for language in (wanted, wanted.partition("-")[0]):
            if language in texts:
                return language, texts[language]
    default = state.compiled.ruleset.defaults.language
    return (default, texts[default]) if default in texts else next(iter(texts.items()))


def _shown(state: State, path: str, now: int) -> str:
    if path.startswith("clock.") and path.endswith(".due_at"):
        run = state.newest(path.split(".")[1])
        return "(no due time)" if run is None or run.due is None else _instant(state, run.due)
    if path == "case.number" and path not in state.values:
        return state.subject.partition(":")[2]
    value, _ = state.fact(path, now)
    if value is None:
        return "(not known)"
    field = state.compiled.ruleset.fields.get(path)
    kind = field.type if field is not None else GIVEN_PATHS.get(path, (FieldType.TEXT, ()))[0]
    if kind is FieldType.INSTANT and isinstance(value, int):
        return _instant(state, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if path in ("case.severity", "case.reported_severity") and state.compiled.ruleset.severity is not None:
        label = state.compiled.ruleset.severity.levels.get(str(value))
        return f"{value} ({label})" if label else str(value)
    return str(plain(value))


def _instant(state: State, instant: int) -> str:
    """An instant in the case's zone, the zone named: `Mon 2026-07-20 08:40 (Europe/Zurich)`."""
    calendar = state.own_calendar()
    local = calendar.local(instant) if calendar.spec.zone else from_us(instant)
    return f"{local:%a %Y-%m-%d %H:%M} ({calendar.spec.zone})"
