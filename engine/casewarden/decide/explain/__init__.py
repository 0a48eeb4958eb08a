"""Why, why not, and when: explanations as data, made from the log and the one function, rendered elsewhere."""

from casewarden.decide.explain.case import CaseExplained, explain_case
from casewarden.decide.explain.clock import ClockExplained, explain_clock
from casewarden.decide.explain.rule import Onward, RuleExplained, explain_rule
from casewarden.decide.explain.tree import GroupNode, LeafNode, Look, Node, Verdict, leaf_nodes

__all__ = [
    "CaseExplained",
    "ClockExplained",
    "GroupNode",
    "LeafNode",
    "Look",
    "Node",
    "Onward",
    "RuleExplained",
    "Verdict",
    "explain_case",
    "explain_clock",
    "explain_rule",
    "leaf_nodes",
]
