"""Parts that all explanations share: readings, sources and trees in words."""

from collections.abc import Mapping
from typing import Final

from casewarden.decide.explain.firings import Firing, Outcome
from casewarden.decide.explain.readings import Reading
from casewarden.decide.explain.sources import Source
from casewarden.decide.explain.tree import GroupNode, LeafNode, Node, Verdict
from casewarden.model.event import Json
from casewarden.report.blocks import (
    Block,
    Branch,
    Bullets,
    Line,
    Paragraph,
    Span,
    Style,
    Tree,
    Zone,
    age,
    code,
    line,
    soft,
)
from casewarden.ruleset.able import Instead

_STYLES: Final[dict[Verdict, Style]] = {
    Verdict.TRUE: "true",
    Verdict.FALSE: "false",
    Verdict.UNKNOWN: "unknown",
    Verdict.STALE: "unknown",
    Verdict.NOT_YET_KNOWN: "unknown",
}
_WORDS: Final = {"all": "all of these", "any": "at least one of these", "not": "not this"}


def verdict(found: Verdict) -> Span:
    """Return a verdict in its colour."""
    return Span(found.value, _STYLES[found])


def tree(node: Node, zone: Zone) -> Tree:
    """Return the tree of a condition."""
    return Tree(_branch(node, zone))


def _branch(node: Node, zone: Zone) -> Branch:
    match node:
        case GroupNode():
            parts = tuple(_branch(part, zone) for part in node.parts)
            return Branch(line(verdict(node.verdict), "  ", _WORDS[node.word]), (), parts)
        case LeafNode():
            return Branch(line(verdict(node.verdict), "  ", code(node.words)), tuple(_notes(node, zone)))


def _notes(node: LeafNode, zone: Zone) -> list[Line]:
    found = [reading(one, zone) for one in node.readings]
    if node.stale_since is not None:
        found.append(line("stale since ", zone.when(node.stale_since)))
    if node.why is not None:
        found.append(line(zone.sentence(node.why)))
    if node.changes_at is not None and node.becomes is not None:
        found.append(line("by itself it becomes ", verdict(node.becomes), f" at {zone.when(node.changes_at)}"))
    return found


def reading(one: Reading, zone: Zone) -> Line:
    """Return what was read: the value, where it comes from, how old it is."""
    value = zone.when(one.instant) if one.instant is not None else one.value
    parts: list[str | Span] = [one.name]
    if value is not None:
        parts += [" was " if one.note == "stale" else " is ", Span(value, "strong")]
    elif one.note is None:
        parts.append(" has no value")
    said = [] if one.note is None or one.note == "fresh" else [one.note]
    if one.source is not None:
        said.append(source(one.source, zone))
    elif one.origin is not None:
        said.append(one.origin)
    if one.age is not None:
        said.append(age(one.age))
    if said:
        parts.append(soft((": " if value is None else ", ") + ", ".join(said)))
    return line(*parts)


def actor(one: Source) -> str:
    """Return what an event was and by whom: `observed by agent (manager)`."""
    if one.rule:
        return f"by rule {one.rule}"
    return f"{one.kind} by {one.by}" + (f" ({', '.join(one.who)})" if one.who else "")


def instead(one: Instead) -> str:
    """Return why a rule does something else than it wants."""
    return f"no connector can {' or '.join(one.lacks)}, so it does its `if_unsupported` instead: {', '.join(one.does)}"


def source(one: Source, zone: Zone) -> str:
    """Return an event in words: `observed by agent (manager), Fri 6 Mar 2026 16:45`."""
    text = f"{actor(one)}, {zone.when(one.at)}"
    if one.determined:
        text += ", determined" + (f": {one.reason}" if one.reason else "")
    if one.seen_at != one.at:
        text += f", learnt {zone.when(one.seen_at)}"
    return text


def outcome(one: Outcome, zone: Zone) -> Line:
    """Return an action with what became of it."""
    style: Style = _OUTCOMES.get(one.status, "soft")
    status = Span(one.status, style)
    return line(f"{_action(one)}: ", status, soft(f", {zone.when(one.at)}" + (f", {one.why}" if one.why else "")))


_OUTCOMES: Final[dict[str, Style]] = {"applied": "good", "rejected": "bad", "withheld": "bad", "withdrawn": "bad"}


def _action(one: Outcome) -> str:
    return action_words(one.kind, one.content) if one.kind else f"action {int(one.key.rpartition('/')[2]) + 1}"


def action_words(kind: str, content: Mapping[str, Json]) -> str:
    """Return an action in a few words: `set case.core to available`, `notify on_call with response_due (en)`."""
    match kind:
        case "set" | "assign":
            return f"{kind} {content.get('path')} to {_plain(content.get('value'))}"
        case "tag":
            return f"tag, adding {_plain(content.get('add'))} and removing {_plain(content.get('remove'))}"
        case "close":
            return f"close as {_plain(content.get('reason'))}"
        case "link":
            return f"link {content.get('kind')} {_plain(content.get('id')) if 'id' in content else '(a new ticket)'}"
        case "classify":
            return "classify severity by the table"
        case "reply" | "note" | "ask" | "notify" | "publish":
            who = f" {content['who']}" if content.get("who") else ""
            where = f" on {content['service']}" if content.get("service") else ""
            return f"{kind}{who}{where} with {content.get('message')} ({content.get('language')})"
        case _:
            return kind


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(str(item) for item in value) or "none"
    return "none" if value is None else str(value)


def firing(one: Firing, zone: Zone) -> list[Block]:
    """Return one firing: when, by what, and what it did."""
    words = f"Activation {one.activation}" + (f", repetition {one.repetition}" if one.repetition else "")
    marks = [word for word, is_so in (("late", one.late), ("provisional", one.provisional)) if is_so]
    parts: list[str | Span] = [Span(words, "strong"), f" at {zone.when(one.at)}"]
    if one.decided_at != one.at:
        parts.append(f", decided {zone.when(one.decided_at)}")
    if marks:
        parts.append(Span(f" ({', '.join(marks)})", "unknown"))
    if one.baseline:
        parts.append(": it was true at first sight, a baseline, so nothing was done")
    if one.silent:
        parts.append(f": nothing was done, {one.why_silent}")
    found: list[Block] = [Paragraph(line(*parts))]
    causes = [line("with ", source(event, zone)) for event in one.events]
    causes += [line(code(turned.words), f" turned from {turned.before} to {turned.after}") for turned in one.turned]
    if one.turned and not one.events:
        causes.append(line("by time alone: nothing happened at that instant"))
    if causes:
        found.append(Bullets(tuple(causes)))
    if one.actions:
        found.append(Bullets(tuple(outcome(action, zone) for action in one.actions)))
    return found
