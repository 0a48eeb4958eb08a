"""Diagnostics as SARIF 2.1.0 (OASIS), in the subset that code hosts show beside the lines of a change."""

import hashlib
import re
from typing import Any, Final
from urllib.parse import quote

import casewarden
from casewarden.report.terminal import json_text
from casewarden.ruleset.codes import CATALOGUE, CodeEntry
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Place

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(diagnostics: Diagnostics) -> dict[str, Any]:
    """A SARIF log with one run; its rules are the codes that occur, with the catalogue's words."""
    items = diagnostics.items
    codes = sorted({item.code for item in items})
    index = {code: number for number, code in enumerate(codes)}
    seen: dict[str, int] = {}
    results = []
    for item in items:
        essence = "\0".join((item.code, _uri(item.place.file), item.message))
        count = seen[essence] = seen.get(essence, -1) + 1
        results.append(_result(item, index[item.code], f"{essence}\0{count}"))
    driver = {
        "name": "Casewarden",
        "semanticVersion": casewarden.__version__,
        "rules": [_rule(CATALOGUE[code]) for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def render_sarif(diagnostics: Diagnostics) -> str:
    """The log of `as_sarif` as text."""
    return json_text(as_sarif(diagnostics))


def _rule(entry: CodeEntry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "name": "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", entry.title)),
        "shortDescription": {"text": entry.title[:1].upper() + entry.title[1:]},
        "fullDescription": {"text": entry.explanation},
    }


def _result(item: Diagnostic, rule: int, essence: str) -> dict[str, Any]:
    """One result. The fingerprint leaves the line out, so that a problem stays itself when lines move above it."""
    text = item.message if item.fix is None else f"{item.message}. Fix: {item.fix}"
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": item.level.value,
        "message": {"text": text},
        "locations": [_location(item.place)],
        "partialFingerprints": {
            "casewarden/v1": hashlib.sha256(essence.encode("utf-8", errors="replace")).hexdigest()[:32]
        },
    }
    if item.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": text}, **_location(place)}
            for number, (place, text) in enumerate(item.related, start=1)
        ]
    return result


def _location(place: Place) -> dict[str, Any]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _uri(file: str) -> str:
    """A file's name as a URI reference: relative as it was given, or `file:///` where it is absolute."""
    path = file.replace("\\", "/")
    encoded = quote(path.encode("utf-8", errors="replace"), safe="/:" if re.match(r"[A-Za-z]:/", path) else "/")
    if path.startswith("/"):
        return f"file://{encoded}"
    if re.match(r"[A-Za-z]:/", path):
        return f"file:///{encoded}"
    return encoded.removeprefix("./")
