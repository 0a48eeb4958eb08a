"""Whether there is a connector for each action that rules ask for."""

from collections.abc import Mapping, Sequence
from typing import Final

from casewarden.config.check_plugins import Described
from casewarden.config.reading import StatedConnector
from casewarden.ruleset import syntax
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import Node
from casewarden.ruleset.syntax import Ruleset

KINDS: Final[Mapping[type, str]] = {
    syntax.SetFact: "set",
    syntax.Assign: "assign",
    syntax.Tag: "tag",
    syntax.CloseCase: "close",
    syntax.Reopen: "reopen",
    syntax.Reply: "reply",
    syntax.Note: "note",
    syntax.Ask: "ask",
    syntax.Notify: "notify",
    syntax.Publish: "publish",
    syntax.Link: "link",
}
"""The words of the actions that connectors carry out; classifying is done inside."""


def check_actions(
    rulesets: Sequence[tuple[Node, Ruleset]],
    connectors: Sequence[StatedConnector],
    plugins: Mapping[str, Described],
    diagnostics: Diagnostics,
) -> None:
    """Tell what no connector can carry out, once for each ruleset and kind; nothing where a plugin is not known."""
    if any(one.read.plugin not in plugins for one in connectors):
        return
    able: set[str] = set()
    for one in connectors:
        actions = plugins[one.read.plugin].actions
        able |= actions & one.read.for_actions if one.read.for_actions else actions
    for node, ruleset in rulesets:
        missing: dict[str, syntax.Rule] = {}
        for rule in ruleset.rules.values():
            for kind in (KINDS[type(action)] for action in rule.then if type(action) in KINDS):
                if kind not in able:
                    missing.setdefault(kind, rule)
        for kind, rule in missing.items():
            diagnostics.error(
                "CW931",
                node,
                f"no connector can carry out `{kind}`, which the rule `{rule.name}` of `{ruleset.name}` asks for",
                "add a connector that can, or put it among the `actions` of one",
                [(rule.cited.place, "asked for here")],
            )
