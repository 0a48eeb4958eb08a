"""Nodes without their places."""

from casewarden.ruleset.nodes import Map, Node, Scalar, Seq


def plain(node: Node) -> object:
    """The node as text, lists and dicts."""
    match node:
        case Scalar():
            return node.text
        case Seq():
            return [plain(item) for item in node.items]
        case Map():
            return {key.text: plain(value) for key, value in node}
