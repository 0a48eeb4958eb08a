"""The mappings that the documentation shows are right, as the configuration reads them."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from casewarden.config.check_plugins import clear_secrets
from casewarden.config.plugin_settings import read_settings_of
from casewarden.config.reading import Reading
from casewarden.plugin.mapping import SCHEMA, DeskMapping, parse
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.names import Names
from casewarden.ruleset.nodes import read_yaml
from support.pages import CHECKOUT, Block, blocks

PAGE = CHECKOUT / "docs" / "connectors" / "mapping.md"
SHOWN = [block for block in blocks(PAGE) if block.language == "yaml"]


@pytest.mark.parametrize("block", SHOWN, ids=str)
def test_a_shown_mapping_is_right(block: Block) -> None:
    problems = Diagnostics()
    node = read_yaml(block.text, "page", problems)
    assert node is not None
    settings: Any = read_settings_of(Reading(problems, Names()), node, "the settings")
    assert problems.items == ()
    assert set(settings) == {"mapping"}
    Draft202012Validator(dict(SCHEMA)).validate(settings["mapping"])
    assert clear_secrets(SCHEMA, settings["mapping"]) == []
    assert parse(settings["mapping"]) != DeskMapping()


def test_all_parts_are_shown() -> None:
    assert len(SHOWN) == 5
