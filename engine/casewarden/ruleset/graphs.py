"""Circles in directed graphs, without recursion, so that long chains are fine."""

from collections.abc import Iterable, Mapping


def circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """One shortest circle for each part of the graph that leads back to itself, each beginning with its first node.

    Nodes that are only pointed at need not be keys. Deterministic: nodes count in the order of `graph`.
    """
    edges = {node: [target for target in targets if target in graph] for node, targets in graph.items()}
    found: list[list[str]] = []
    for component in components(edges):
        start = component[0]
        members = set(component)
        if len(members) > 1 or start in edges[start]:
            found.append(_shortest(edges, members, start))
    return found


def components(edges: Mapping[str, list[str]]) -> list[list[str]]:
    """The strongly connected components (Tarjan), each in the order of `edges`."""
    order = {node: number for number, node in enumerate(edges)}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    result: list[list[str]] = []
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            fresh = next((target for target in targets if _visit(target, node, index, low, on_stack)), None)
            if fresh is not None:
                index[fresh] = low[fresh] = len(index)
                stack.append(fresh)
                on_stack.add(fresh)
                work.append((fresh, iter(edges[fresh])))
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == index[node]:
                component: list[str] = []
                while not component or component[-1] != node:
                    component.append(stack.pop())
                    on_stack.discard(component[-1])
                result.append(sorted(component, key=order.__getitem__))
    return sorted(result, key=lambda component: order[component[0]])


def _visit(target: str, node: str, index: dict[str, int], low: dict[str, int], on_stack: set[str]) -> bool:
    """Whether the target was not seen yet; one that is under way lowers the node."""
    if target not in index:
        return True
    if target in on_stack:
        low[node] = min(low[node], index[target])
    return False


def _shortest(edges: Mapping[str, list[str]], members: set[str], start: str) -> list[str]:
    """A shortest way from `start` within `members` back to it."""
    before: dict[str, str] = {}
    queue = [start]
    for node in queue:
        for target in edges[node]:
            if target == start:
                way = [node]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if target in members and target not in before:
                before[target] = node
                queue.append(target)
    raise AssertionError("a component of several nodes leads back to each of them")
