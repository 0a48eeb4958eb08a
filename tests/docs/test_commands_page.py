"""The page of commands has every command with every option, and nothing that does not exist."""

import re
from collections.abc import Iterator

import click
import pytest

from casewarden.cli import app
from support.pages import CHECKOUT

PAGE = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^##+ (casewarden [^\n]*)\n(.*?)(?=^##+ |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        yield f"{name} {word}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")


COMMANDS = dict(commands(app, "casewarden"))


def test_the_page_has_every_command_and_no_other() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_has_every_option_and_no_other(name: str) -> None:
    command = COMMANDS[name]
    options = {word for one in command.params if isinstance(one, click.Option) for word in one.opts}
    rows = re.findall(r"^\| (`-.*?) \|", SECTIONS[name], flags=re.MULTILINE)
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", " ".join(rows))) == options


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_has_every_choice(name: str) -> None:
    text = SECTIONS[name]
    same = "as for `add`" in text
    for one in COMMANDS[name].params:
        if isinstance(one, click.Option) and isinstance(one.type, click.Choice) and not same:
            row = next(row for row in text.splitlines() if row.startswith("| ") and f"`{one.opts[0]}" in row)
            assert [word for word in one.type.choices if not re.search(rf"\b{word}\b", row)] == []
