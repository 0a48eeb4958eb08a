"""The kit's verdict on a version of a connector: a small file in the plugin's package, `kit.json`.

A package with several connectors has one each beside it, `kit-NAME.json`, for all but the first.

It is written by `pytest --casewarden-verdict` once all rules were tried and none was broken, and is shipped with the
package. See decision 18.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from casewarden.plugin.contract import Spec
from casewarden.testing.rules import RULES

FILE: Final = "kit.json"
_FORM: Final = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was tried of a version: the ids of the rules that it keeps, and reasons for those that were left out."""

    connector: str
    version: str
    contract: int
    kept: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


class VerdictError(ValueError):
    """A file that is no verdict."""


def expected(spec: Spec, left_out: Mapping[str, str]) -> Verdict:
    """The verdict on a connector that keeps all rules but those that were left out."""
    kept = tuple(rule.id for rule in RULES if rule.id not in left_out)
    return Verdict(spec.name, spec.version, spec.contract, kept, dict(left_out))


def read(package: str, connector: str | None = None) -> Verdict | None:
    """The verdict that a package ships on a connector, None where it has none; VerdictError where the file is none."""
    if not package:
        return None
    own = files(package) / f"kit-{connector}.json"
    file = own if own.is_file() else files(package) / FILE
    try:
        value: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as problem:
        raise VerdictError(f"{file} is no JSON: {problem}") from None
    try:
        if value["casewarden_kit"] != _FORM:
            raise VerdictError(f"{file} has the form {value['casewarden_kit']}, this Casewarden reads {_FORM}")
        reasons = {str(rule): str(reason) for rule, reason in value["left_out"].items()}
        kept = tuple(map(str, value["kept"]))
        return Verdict(str(value["connector"]), str(value["version"]), int(value["contract"]), kept, reasons)
    except (AttributeError, KeyError, TypeError) as problem:
        raise VerdictError(f"{file} is no verdict of the kit: {problem!r}") from None


def write(package: str, verdict: Verdict) -> Path:
    """Write a verdict into a package that lies in a folder; where it was written."""
    path = Path(str(files(package) / FILE))
    if path.exists() and (first := read(package)) is not None and first.connector != verdict.connector:
        path = path.with_name(f"kit-{verdict.connector}.json")
    form = {
        "casewarden_kit": _FORM,
        "connector": verdict.connector,
        "version": verdict.version,
        "contract": verdict.contract,
        "kept": list(verdict.kept),
        "left_out": dict(verdict.left_out),
    }
    path.write_text(json.dumps(form, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def in_words(verdict: Verdict | None, spec: Spec) -> str:
    """What a verdict says of the connector that is installed."""
    if verdict is None:
        return "not tried"
    if (verdict.connector, verdict.version, verdict.contract) != (spec.name, spec.version, spec.contract):
        return f"tried as version {verdict.version} only"
    ids = {rule.id for rule in RULES}
    kept, left_out = ids & set(verdict.kept), ids & set(verdict.left_out)
    said = [f"keeps {len(kept)} of {len(ids)} rules"]
    if left_out:
        said.append(f"{len(left_out)} left out with reasons")
    if new := len(ids - kept - left_out):
        said.append(f"{new} not tried")
    return ", ".join(said)
