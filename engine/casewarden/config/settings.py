"""The configuration as data: what `casewarden.yaml` says, checked. Relative paths are relative to the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is: in the environment (`env`) or in a file. It is read when it is needed and kept nowhere."""

    kind: Literal["env", "file"]
    name: str


Setting = None | bool | int | float | str | list["Setting"] | dict[str, "Setting"] | SecretRef
"""A value among a plugin's settings: as JSON, and a secret anywhere in it."""


@dataclass(frozen=True, slots=True)
class RulesetSource:
    """Where a ruleset comes from: a file, or a file of a git checkout at a revision (None: what is checked out).

    With `git`, `path` counts from the checkout; see `casewarden.config.sources`.
    """

    path: Path
    git: Path | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """One connector instance. `settings` are as its plugin's JSON Schema has them; `SecretRef` stands for a secret.

    `poll_every` in microseconds; `rate` is the most attempts in a second. `for_actions` are the kinds of action that
    go to it, empty for all that it can do.
    """

    name: str
    plugin: str
    settings: Mapping[str, Setting]
    poll_every: int = 10_000_000
    rate: float = 10.0
    for_actions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IngestKey:
    """Who may send events by HTTP: the name is the source of its events, the secret signs its requests."""

    source: str
    secret: SecretRef


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the HTTP doors are. `listen` is a host and a port; `max_body` in bytes."""

    host: str = "127.0.0.1"
    port: int = 8420
    max_body: int = 1_000_000
    ingest: tuple[IngestKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Caps:
    """The most actions an hour before the rest waits for a person: of one rule, of one case, of all.

    `ping_pong` is how often one rule may change a case within that hour while no person has a part in it.
    """

    per_rule: int = 500
    per_case: int = 20
    in_all: int = 5_000
    ping_pong: int = 5


@dataclass(frozen=True, slots=True)
class Retention:
    """How long to keep, in microseconds; None for ever."""

    dull_decisions: int | None = 30 * 86_400_000_000
    decisions: int | None = None
    delivered: int | None = 400 * 86_400_000_000
    trials: int | None = 90 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The key under which contacts' keys are wrapped, and which facts are personal beside the texts of messages."""

    key: SecretRef
    paths: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `casewarden.yaml`.

    `store` is an SQLAlchemy URL or where it is kept: `casewarden.config.secrets.store_url` gives it. `go_live` is an
    instant in microseconds. `shadow`: True for the whole sidecar, or the names of the rules that only record.
    """

    file: Path
    store: "str | SecretRef"
    go_live: int
    rulesets: tuple[RulesetSource, ...]
    connectors: tuple[ConnectorSettings, ...]
    personal_data: PersonalData
    http: HttpSettings = field(default_factory=HttpSettings)
    shadow: bool | frozenset[str] = False
    caps: Caps = field(default_factory=Caps)
    retention: Retention = field(default_factory=Retention)
    customers: Path | None = None
    partitions: int = 16
    log_level: Literal["debug", "info", "warning", "error"] = "info"
