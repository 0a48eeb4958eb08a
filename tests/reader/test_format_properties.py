"""Formatting changes space and nothing else, whatever the layout was."""

import re

import yaml
from hypothesis import HealthCheck, assume, event, given, settings

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.format import format_text
from support.yaml_texts import documents


def _plain(text: str) -> object:
    """The document by PyYAML's own composer, aliases written out: (texts, lists, pairs)."""

    def plain(node: yaml.Node) -> object:
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [plain(item) for item in node.value]
        return [(plain(key), plain(value)) for key, value in node.value]

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None
    return plain(root)


def _comments(text: str) -> list[str]:
    """Comments by the tokens of PyYAML's own scanner: what is outside all of them."""
    found: list[str] = []
    before = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        found += [line.rstrip() for line in re.findall(r"#[^\n]*", text[before : token.start_mark.index])]
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[token.start_mark.index :].split("\n", 1)[0]
            found += [line.rstrip() for line in re.findall(r"#[^\n]*", header)]
        before = max(before, token.end_mark.index)
    return found


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents())
def test_values_and_comments_survive_and_a_second_pass_changes_nothing(text: str) -> None:
    diagnostics = Diagnostics()
    result = format_text(text, "f.yaml", diagnostics)
    codes = {item.code for item in diagnostics.items}
    assert "CW126" not in codes
    event("read" if result is not None else f"refused {sorted(codes)}")
    assume(result is not None)
    assert result is not None
    assert _plain(result) == _plain(text)
    assert _comments(result) == _comments(text)
    assert format_text(result, "f.yaml", Diagnostics()) == result
    assert result.endswith("\n")
    assert not result.endswith("\n\n\n") or "+" in text
