"""The JSON Schema of configurations, from the catalogues and bounds that the reader uses."""

from collections.abc import Mapping
from typing import Final

from casewarden.config import amounts, keys
from casewarden.config.amounts import PERS, SIZES, UNITS, Bounds
from casewarden.config.read_connectors import HOST, PLUGIN, PORT
from casewarden.config.read_rulesets import REVISION
from casewarden.config.read_settings import VERSION
from casewarden.config.secrets import VARIABLE
from casewarden.config.store_address import IN_CLEAR, MAX_LENGTH, NO_FILE, POSTGRES, SQLITE
from casewarden.ruleset.schema.document import DRAFT
from casewarden.ruleset.schema.parts import (
    NAME_PATTERN,
    Schema,
    either,
    element,
    exactly_one,
    listing,
    matching,
    named,
    ref,
    text,
    whole,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.values import CLOCK_TIME, RECENT_DATE
from casewarden.scenario.shapes import PATH_PATTERN

_INSIDE: Final = r"^(?!/)(?!\.?/*$)(?!(?:.*/)?\.\.(?:/|$))"


def config_schema() -> Schema:
    """The schema of `casewarden.yaml`, whatever plugins are installed; draft-07.

    Instances are what an editor makes of the file: YAML 1.2 with the core schema, keys as text.
    """
    top = element(
        keys.FILE,
        {
            "casewarden": {"enum": [int(VERSION), VERSION]},
            "store": either(_store(), ref("secret")),
            "go_live": _instant(),
            "rulesets": listing(either(text(), ref("git"))),
            "personal_data": element(keys.PERSONAL_DATA, {"key": ref("secret"), "paths": listing(_path())}),
            "connectors": named(ref("connector")),
            "http": _http(),
            "shadow": either(one_of({keys.EVERYTHING: "All rules only record."}), listing(_name())),
            "caps": _caps(),
            "retention": _retention(),
            "customers": text(),
            "partitions": whole(*amounts.PARTITIONS),
            "log_level": one_of(keys.LOG_LEVELS),
        },
        anyOf=[{"required": ["connectors"]}, {"required": ["http"], "properties": {"http": {"required": ["ingest"]}}}],
    )
    definitions = {"connector": _connector(), "git": _git(), "secret": _secret(), "setting": _setting()}
    # editors show the title above every hover text, so it is short
    return {"$schema": DRAFT, "title": "Configuration", **top, "definitions": definitions}


def _name() -> Schema:
    return {**matching(NAME_PATTERN), "maxLength": 64}


def _path() -> Schema:
    return {"type": "string", "pattern": PATH_PATTERN, "examples": ["customer.email"]}


def _store() -> Schema:
    return {
        **matching(
            f"{SQLITE}|{POSTGRES}", examples=["sqlite:///casewarden.db", "postgresql://casewarden@db/casewarden"]
        ),
        "maxLength": MAX_LENGTH,
        "not": {"anyOf": [{"pattern": f"^{NO_FILE}"}, {"pattern": IN_CLEAR}]},
    }


def _secret() -> Schema:
    values = {"env": matching(VARIABLE, examples=["DESK_TOKEN"]), "file": text()}
    return element(keys.SECRET, values, **exactly_one(keys.SECRET.names))


def _setting() -> Schema:
    """A value of a plugin's settings: whatever the plugin says, a reference to a secret, no address with a password."""
    refers = {"type": "object", "maxProperties": 1, "anyOf": [{"required": [word]} for word in keys.SECRET.names]}
    inside = {"additionalProperties": ref("setting"), "items": ref("setting")}
    clear = {"type": "string", "pattern": IN_CLEAR}
    return {"not": clear, "if": refers, "then": ref("secret"), "else": inside}


def _instant() -> Schema:
    return matching(
        f"{RECENT_DATE}[T ]{CLOCK_TIME}(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
        examples=["2026-12-01T08:00:00+01:00"],
    )


def _git() -> Schema:
    path = {**text(), "allOf": [{"pattern": _INSIDE}]}
    return element(keys.RULESET, {"git": text(), "path": path, "revision": _revision()})


def _revision() -> Schema:
    return either(matching(REVISION, examples=["main", "v1.4"]), {"type": ["number", "boolean"], "minimum": 0})


def _connector() -> Schema:
    return element(
        keys.CONNECTOR,
        {
            "plugin": matching(PLUGIN, examples=["files"]),
            "poll_every": _length(amounts.POLL, "10 seconds"),
            "rate": _rate(),
            "actions": listing(one_of(keys.ACTIONS)),
            "settings": {"type": "object", "minProperties": 1, "additionalProperties": ref("setting")},
        },
    )


def _http() -> Schema:
    return element(
        keys.HTTP,
        {
            "listen": matching(f"{HOST}:{PORT}", examples=["127.0.0.1:8420"]),
            "max_body": _size(),
            "ingest": named(element(keys.INGEST, {"secret": ref("secret")})),
        },
    )


def _caps() -> Schema:
    bounds = dict.fromkeys(keys.CAPS.names, whole(*amounts.CAP))
    return element(keys.CAPS, {**bounds, "ping_pong": whole(*amounts.PING_PONG)})


def _retention() -> Schema:
    kept = either(one_of({keys.FOREVER: "It is never deleted."}), _length(amounts.KEEP, "400 days"))
    return element(keys.RETENTION, dict.fromkeys(keys.RETENTION.names, kept))


# -- amounts: a number within bounds, and its unit


def _length(bounds: Bounds, example: str) -> Schema:
    one = {unit: size for unit, size in UNITS.items() if bounds.low <= size <= bounds.high}
    forms = [f"0*1 {unit}" for unit in one]
    forms += [f"{number} {unit}s" for unit, number in _counts(bounds, UNITS, least=2).items()]
    return matching("|".join(forms), examples=[example])


def _rate() -> Schema:
    fastest = {per: f"0*{between(1, amounts.FASTEST * factor)}" for per, factor in PERS.items()}
    return matching("|".join(f"{number} per {per}" for per, number in fastest.items()), examples=["10 per second"])


def _size() -> Schema:
    forms = [f"{number} {unit}" for unit, number in _counts(amounts.BODY, SIZES, least=1).items()]
    return matching("|".join(forms), examples=["1 MB"])


def _counts(bounds: Bounds, units: Mapping[str, int], *, least: int) -> dict[str, str]:
    """For each unit the counts of it that lie within bounds, as a pattern; units without any are left out."""
    found = {}
    for unit, size in units.items():
        low, high = max(least, -(-bounds.low // size)), bounds.high // size
        if low <= high:
            found[unit] = f"0*{between(low, high)}"
    return found


def between(low: int, high: int) -> str:
    """A pattern for the whole numbers from low to high, without leading zeros; low is at least 1."""
    forms = []
    while low <= high:
        # the largest run that begins at low: the last digits free, as many as divide low and still fit
        free = 0
        while low % 10 ** (free + 1) == 0 and low + 10 ** (free + 1) - 1 <= high:
            free += 1
        step = 10**free
        digit = low // step % 10
        last = min(9, digit + (high - low + 1) // step - 1)
        head = str(low // step)[:-1]
        span = str(digit) if last == digit else f"[{digit}-{last}]"
        forms.append(f"{head}{span}{'[0-9]' * free if free < 2 else f'[0-9]{{{free}}}'}")
        low += (last - digit + 1) * step
    return f"(?:{'|'.join(forms)})"
