"""Which rulesets a configuration names: files beside it, and files of git checkouts."""

import re
from pathlib import Path, PurePosixPath
from typing import Final

from casewarden.config import keys
from casewarden.config.reading import Reading
from casewarden.config.settings import RulesetSource
from casewarden.ruleset.forms import as_text, check_keys, each
from casewarden.ruleset.nodes import Map, Node

REVISION: Final = r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~+\-]{0,199}"
"""A revision as git names it: it cannot be taken for an option."""
_REVISION: Final = re.compile(REVISION)


def read_rulesets(reading: Reading, node: Node) -> tuple[RulesetSource, ...]:
    """The rulesets, each once; those that cannot be read are reported and left out."""
    return each(reading, node, "`rulesets`", lambda item: _source(reading, item))


def _source(reading: Reading, node: Node) -> RulesetSource | None:
    source = _from_git(reading, node) if isinstance(node, Map) else _from_file(reading, node)
    if source is not None:
        reading.stated.rulesets.append((node, source))
    return source


def _from_file(reading: Reading, node: Node) -> RulesetSource | None:
    name = as_text(reading, node, "a ruleset")
    return None if name is None else RulesetSource(reading.folder / name)


def _from_git(reading: Reading, node: Map) -> RulesetSource | None:
    what = "a ruleset in git"
    if not check_keys(reading, node, what, keys.RULESET.names, keys.RULESET.required):
        return None
    git_node, path_node, revision_node = (node.get(key) for key in keys.RULESET.names)
    assert git_node is not None
    assert path_node is not None
    git = as_text(reading, git_node, "`git`")
    path = _inside(reading, path_node)
    revision = None if revision_node is None else _revision(reading, revision_node)
    if git is None or path is None or (revision_node is not None and revision is None):
        return None
    return RulesetSource(path, reading.folder / git, revision)


def _inside(reading: Reading, node: Node) -> Path | None:
    """A path within the checkout."""
    text = as_text(reading, node, "`path`")
    if text is None:
        return None
    path = PurePosixPath(text)
    if not path.is_absolute() and ".." not in path.parts and path.parts:
        return Path(path)
    reading.error("CW127", node, f"`{text}` lies outside the checkout", "count the path from the folder of `git`")
    return None


def _revision(reading: Reading, node: Node) -> str | None:
    text = as_text(reading, node, "`revision`")
    if text is None or _REVISION.fullmatch(text):
        return text
    reading.error("CW204", node, f"`{text}` names no revision", "write a branch, a tag or a commit, such as `main`")
    return None
