"""A first configuration from a few answers, with the editor's schema named at its top."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.config.read_settings import read_settings
from casewarden.config.secrets import VARIABLE
from casewarden.ruleset.diagnostics import Level
from casewarden.ruleset.schema.parts import resolved

NAME: Final = "casewarden.yaml"
KEY_FILE: Final = "casewarden.key"
NONE: Final = "none"
"""The answer that leaves something out."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+@?=&-]*(?::[A-Za-z0-9_./+@?=&-]+)*")
_LONGEST: Final = 1_000
"""Characters of a text that is written without quotes."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask: `says` explains it, `default` is what most take."""

    key: str
    asks: str
    says: str
    default: str


class AnswerError(Exception):
    """An answer with which the configuration would be refused; `fix` says what would be right."""

    def __init__(self, message: str, fix: str | None) -> None:
        super().__init__(message)
        self.fix = fix


def questions(now: str, rulesets: str) -> tuple[Question, ...]:
    """What is asked. `now` is the present instant as text, `rulesets` what is there already, or what is offered."""
    return (
        Question("rulesets", "Rulesets", "files with commas, or a ruleset that comes along, such as starter", rulesets),
        Question(
            "store",
            "Store",
            "sqlite:///FILE, postgresql://USER@HOST/NAME, or the variable that holds such an address with its password",
            "sqlite:///casewarden.db",
        ),
        Question("go_live", "Live from", "what was true before is a baseline: nothing is done about it", now),
        Question("connector", "Files", "a name for the exchange of events and actions by files", "desk"),
        Question("sender", "HTTP", "a name for somebody who sends events by HTTP, or none", NONE),
        Question("shadow", "In shadow", "yes: decide and record, and do nothing else; no: act", "yes"),
        Question("paths", "Personal facts", "paths with commas that are sealed as texts are, or none", NONE),
    )


def secret_file(sender: str) -> str:
    """The file with the secret with which a sender signs."""
    return f"{sender}.secret"


def several(answer: str) -> tuple[str, ...]:
    """What an answer lists."""
    return () if answer.strip() == NONE else tuple(item.strip() for item in answer.split(",") if item.strip())


def configuration(answers: Mapping[str, str], schema: str) -> str:
    """The text of `casewarden.yaml`, made of an answer to each question; `schema` is where editors find its schema."""
    lines = [
        f"# yaml-language-server: $schema={schema}",
        "# `casewarden config show` prints all that is left out here, too.",
        "casewarden: 1",
        f"store: {_store(answers['store'])}",
        f"go_live: {_text(answers['go_live'])}  # what was true before is a baseline: nothing is done about it",
        "rulesets:",
        *(f"  - {_text(path)}" for path in several(answers["rulesets"])),
        "connectors:",
        f"  {_text(answers['connector'])}:",
        "    plugin: files",
        "    settings: {inbox: inbox, outbox: outbox.jsonl}",
    ]
    if answers["sender"] != NONE:
        secret = f"{{secret: {{file: {_text(secret_file(answers['sender']))}}}}}"
        lines += ["http:", "  listen: 127.0.0.1:8420", "  ingest:", f"    {_text(answers['sender'])}: {secret}"]
    if answers["shadow"] != "no":
        lines.append("shadow: everything  # decide and record, and do nothing else; without this line it acts")
    lines += [
        "personal_data:",
        f"  key: {{file: {KEY_FILE}}}  # keep a copy elsewhere: what persons wrote cannot be read without it",
    ]
    if paths := several(answers["paths"]):
        lines.append(f"  paths: [{', '.join(map(_text, paths))}]")
    return "".join(f"{line}\n" for line in lines)


def judge(answers: Mapping[str, str], schema: str) -> None:
    """AnswerError where a configuration of these answers would be refused, whatever the files hold that it names."""
    if answers["shadow"] not in ("yes", "no"):
        raise AnswerError(f"`{answers['shadow']}` is neither yes nor no", "write `yes` or `no`")
    text = configuration(answers, schema)
    _, found = read_settings(Path(NAME), read=lambda _: text.encode())
    for item in found.items:
        if item.level is Level.ERROR:
            raise AnswerError(item.message, item.fix)


def _store(answer: str) -> str:
    return f"{{env: {answer}}}" if re.fullmatch(VARIABLE, answer) else _text(answer)


def _text(value: str) -> str:
    plain = len(value) <= _LONGEST and _PLAIN.fullmatch(value) and resolved(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)
