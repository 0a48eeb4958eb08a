"""What reading a configuration needs everywhere, and what it leaves for the checks that look outside of the file."""

from dataclasses import dataclass, field
from pathlib import Path

from casewarden.config.settings import ConnectorSettings, RulesetSource, SecretRef
from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Map, Node, Scalar


@dataclass(frozen=True, slots=True)
class StatedConnector:
    """A connector as it was read, with the nodes of its plugin's name, its settings and its actions."""

    key: Scalar
    plugin: Node
    settings: Map | None
    actions: Node | None
    read: ConnectorSettings


@dataclass(slots=True)
class Stated:
    """All that a configuration names outside of itself, each with the node that names it, sound as far as it is here.

    `rules` are names of rules, `paths` those of facts that are personal.
    """

    rulesets: list[tuple[Node, RulesetSource]] = field(default_factory=list)
    connectors: list[StatedConnector] = field(default_factory=list)
    secrets: list[tuple[Node, SecretRef]] = field(default_factory=list)
    rules: list[Scalar] = field(default_factory=list)
    paths: list[Scalar] = field(default_factory=list)
    store: tuple[Node, str | SecretRef] | None = None
    key: tuple[Node, SecretRef] | None = None
    customers: tuple[Node, Path] | None = None


@dataclass(slots=True)
class Reading(Context):
    """A context of a configuration: relative files count from `folder`."""

    folder: Path = field(default_factory=Path)
    stated: Stated = field(default_factory=Stated)
