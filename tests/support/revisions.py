"""Revisions for tests: of small texts, and of shipped files with changes made to their node trees."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.ruleset.document import read_file
from casewarden.ruleset.load import load_document
from casewarden.ruleset.nodes import Map, Scalar
from casewarden.ruleset.variation import Edit, mapping, node_at, scalar, varied, walk_nodes
from casewarden.ruleset.written import Written, read_written
from support.small import text_of


def of_text(sections: str, **replaced: str) -> Written:
    """The revision of a small ruleset: `text_of` with words of its head replaced."""
    text = text_of(sections)
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return of_whole(text)


def of_whole(text: str) -> Written:
    """The revision of a whole text that includes nothing; AssertionError with all that is wrong with it."""

    def read(path: Path) -> bytes:
        if path.suffix == ".lock":
            raise FileNotFoundError(path)
        return text.encode()

    return sound(*read_written(Path("small.yaml"), read))


def of_file(path: Path) -> Written:
    """The revision of a file."""
    return sound(*read_written(path, read_file))


def sound(found: Written | None, diagnostics: Diagnostics) -> Written:
    """What was read, which must be without errors."""
    assert found is not None, "\n".join(f"{one.place}: {one.message}" for one in diagnostics.items)
    return found


def changed(base: Written, edits: Iterable[Edit]) -> Written:
    """The revision with changes made to its node tree; AssertionError where it would be refused."""
    document, diagnostics = varied(base.document, edits), Diagnostics()
    ruleset, _ = load_document(document, base.path, None, diagnostics)
    wrong = [item.message for item in diagnostics.items if item.level is Level.ERROR]
    assert ruleset is not None, wrong
    return Written(document, base.path, base.lock, ruleset)


_TARGET = re.compile(r"\d+ .*(minute|hour|day|week)s?")


def other_terms(base: Written) -> Iterator[Edit]:
    """Edits after which new cases are promised all otherwise: hours, targets, severities, credits, allowances."""
    yield Edit(("revision", "binds"), scalar("new_cases", base.document.main.place))
    levels = [key.text for key, _ in _entries(base, "severity", "levels")]
    for steps, _, node in walk_nodes(base.document):
        match steps:
            case ("calendars", _, "open"):
                always = isinstance(node, Scalar) and node.text == "24x7"
                few = mapping({"tue": scalar("03:00-04:00", node.place)}, node.place)
                yield Edit(steps, few if always else scalar("24x7", node.place))
            case ("clocks", _, *rest) if rest and rest[0].startswith("target") and isinstance(node, Scalar):
                if _TARGET.fullmatch(node.text):
                    yield Edit(steps, scalar("7 elapsed minutes", node.place))
            case ("severity", "table", _, "gives") if isinstance(node, Scalar):
                following = levels[(levels.index(node.text) + 1) % len(levels)]
                yield Edit(steps, scalar(following, node.place))
            case ("credits", _, "award"):
                yield Edit(steps, scalar("77 days", node.place))
            case ("quotas", _, "allowed", _) if isinstance(node, Scalar) and node.text.isdecimal():
                yield Edit(steps, scalar("77", node.place))


def other_messages(base: Written) -> Iterator[Edit]:
    """Edits after which every message says something more."""
    for steps, _, node in walk_nodes(base.document):
        if steps[0] == "messages" and isinstance(node, Scalar) and steps[-1] not in ("clause", "note", "0", "1", "2"):
            yield Edit(steps, Scalar(node.text + " (new)", node.place, quoted=True))


def _entries(base: Written, *steps: str) -> Map:
    node = node_at(base.document, steps)
    return node if isinstance(node, Map) else Map((), base.document.main.place)
