"""Whether there is a connector for each action that rules ask for."""

from collections.abc import Mapping, Sequence

from casewarden.config.check_plugins import Described
from casewarden.config.reading import StatedConnector
from casewarden.ruleset.able import INWARD, unable
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import Node
from casewarden.ruleset.syntax import Rule, Ruleset


def check_actions(
    rulesets: Sequence[tuple[Node, Ruleset]],
    connectors: Sequence[StatedConnector],
    plugins: Mapping[str, Described],
    diagnostics: Diagnostics,
) -> None:
    """Tell what no connector can carry out, once for each ruleset and kind; nothing where a plugin is not known."""
    if any(one.read.plugin not in plugins for one in connectors):
        return
    able = INWARD
    for one in connectors:
        actions = plugins[one.read.plugin].actions
        able |= actions & one.read.for_actions if one.read.for_actions else actions
    for node, ruleset in rulesets:
        missing: dict[str, Rule] = {}
        for rule, kind in unable(ruleset, able):
            missing.setdefault(kind, rule)
        for kind, rule in missing.items():
            diagnostics.error(
                "CW931",
                node,
                f"no connector can carry out `{kind}`, which the rule `{rule.name}` of `{ruleset.name}` asks for",
                "add a connector that can, put it among the `actions` of one, or say in the rule what to do instead",
                [(rule.cited.place, "asked for here")],
            )
