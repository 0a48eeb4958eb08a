"""The live store for commands that look into it or change it: opened beside the sidecar, or through it."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from casewarden.cli.opened import alone, opened, present, refusals, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from casewarden.config.settings import Settings
    from casewarden.model.event import Json
    from casewarden.report.blocks import Block
    from casewarden.report.live.page import Looked
    from casewarden.sidecar.rules import RulesInForce
    from casewarden.store.database import Database
    from casewarden.store.log import Sealing

FORMAT: Final = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
WHO: Final = click.option("--who", help="Who asks for it, for the audit; the login name if left out.")
REASON: Final = click.option("--reason", help="Why, for the audit, in one line.")
NEEDED_REASON: Final = click.option("--reason", required=True, help="Why, for the audit, in one line.")
LANE: Final = click.option("--lane", help="The ruleset, where a name is in several.")
LIMIT: Final = click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Show at most so many."
)


class WithDefault(click.Group):
    """A group one of whose commands is meant where none is named; `meant` is that one's name."""

    meant = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that is meant before arguments that name none."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [self.meant, *args]
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class Live:
    """A live store that is read: one view of it, at one instant. `sealing` is None where the key is not at hand."""

    settings: "Settings"
    database: "Database"
    connection: "Connection"
    now: int

    def looked(self, rules: "RulesInForce | None" = None) -> "Looked":
        """Return the instant, with the zone in which it is shown."""
        from casewarden.report.live.page import Looked
        from casewarden.sidecar.standing import rules_for, zone_of

        return Looked(self.now, zone_of(rules or rules_for(self.connection), self.now))

    def rules_on(self, row: "Row[Any]") -> "RulesInForce":
        """Return the rules that decide on a subject, as the sidecar adapts them to what its connectors can do."""
        from casewarden.report.terminal import visible
        from casewarden.sidecar.assembly import StartError
        from casewarden.sidecar.standing import rules_for

        rules = rules_for(self.connection, [row])
        try:
            rules.able = able(self.settings)
        except StartError as error:
            why = f"note: what the connectors can do is not known, so rules are shown as written: {error}"
            click.echo(visible(why), err=True)
        return rules

    def sealing(self) -> "Sealing | None":
        """Return what opens sealed texts; None where the key is not at hand, which is told on standard error."""
        from casewarden.config.secrets import SecretError
        from casewarden.report.terminal import visible

        try:
            return self.with_key()
        except SecretError as error:
            click.echo(f"note: what is sealed is not shown: {visible(str(error))}", err=True)
            return None

    def with_key(self) -> "Sealing":
        """Return what opens sealed texts; SecretError, SealError."""
        from casewarden.config.secrets import personal_key
        from casewarden.store.check import opener
        from casewarden.store.log import Sealing
        from casewarden.store.sealing import PERSONAL_PATHS

        sealer = opener(self.database, personal_key(self.settings, environ=os.environ))
        return Sealing(sealer, PERSONAL_PATHS | self.settings.personal_data.paths)


@contextmanager
def looking(config: Path) -> Iterator[Live]:
    """Open the store of a configuration for reading, also while the sidecar runs; refusals end the process with 2."""
    from casewarden.service.ruleset_sources import StoredRulesetError
    from casewarden.store.own_clock import shown
    from casewarden.store.schema import require_schema, told

    settings = settings_of(config)
    with refusals(), opened(settings, readonly=True) as database, told(database):
        require_schema(database)
        with database.read() as connection:
            try:
                now = shown(connection, database.now(connection, present()))
                yield Live(settings, database, connection, now)
            except StoredRulesetError as error:
                refuse(str(error))


def able(settings: "Settings") -> frozenset[str]:
    """Return what the connectors can do; StartError. The demonstration's is there for its own store only."""
    from casewarden.demo import PLUGIN
    from casewarden.sidecar.assembly import able_of

    if all(one.plugin != PLUGIN for one in settings.connectors):
        return able_of(settings)
    from casewarden.demo.connector import DemonstrationFactory, DemonstrationPlugin

    return able_of(settings, [DemonstrationPlugin(DemonstrationFactory(present))])


def order(config: Path, command: str, arguments: "Mapping[str, Json]", who: str | None) -> None:
    """Let the sidecar that runs carry a command out, else do it in its place; tell what was done.

    What is refused is told, and ends the process with 2.
    """
    from casewarden.report.terminal import visible

    settings = settings_of(config)
    with refusals():
        answer = _ordered(settings, command, arguments, who)
    for sentence in answer["said"]:
        click.echo(visible(str(sentence)))


def _ordered(settings: "Settings", command: str, arguments: "Mapping[str, Json]", who: str | None) -> dict[str, Any]:
    from casewarden.store.database import StoreError
    from casewarden.store.place import running
    from casewarden.store.schema import require_schema, told
    from casewarden.web.client import AskError, ask, login_name

    now = present()
    with opened(settings) as database, told(database):
        place = running(database.path) if database.path is not None else None
        if place is None:
            with alone(database, now):
                require_schema(database)
                return _done(settings, database, command, arguments, who or login_name(), now)
    if place.url is None:
        raise StoreError("the sidecar has just been started and does not answer yet", "try again")
    try:
        answer: Any = ask(place.url, place.token, command, arguments, who=who)
    except AskError as error:
        raise StoreError(str(error), error.fix) from None
    return dict(answer)


def _done(
    settings: "Settings", database: "Database", command: str, arguments: "Mapping[str, Json]", who: str, now: int
) -> dict[str, Any]:
    """Carry a command out in this process; what comes of it is decided when the sidecar starts."""
    from casewarden.config.secrets import personal_key
    from casewarden.service.ruleset_sources import StoredRulesetError
    from casewarden.sidecar.assembly import StartError
    from casewarden.sidecar.operations import LiveStore, carry_out
    from casewarden.sidecar.standing import rules_for
    from casewarden.store.contacts import open_sealer
    from casewarden.store.database import StoreError
    from casewarden.store.log import Sealing
    from casewarden.store.sealing import PERSONAL_PATHS
    from casewarden.web.doors import ControlError

    sealer = open_sealer(database, personal_key(settings, environ=os.environ))
    sealing = Sealing(sealer, PERSONAL_PATHS | settings.personal_data.paths)
    try:
        with database.read() as connection:
            every = connection.exec_driver_sql("SELECT DISTINCT terms, operations FROM subject").all()
            rules = rules_for(connection, every)
        rules.able = able(settings)
        return carry_out(LiveStore(database, sealing, rules), command, arguments, who, now)
    except (ControlError, StartError) as error:
        raise StoreError(str(error), error.fix) from None
    except StoredRulesetError as error:
        raise StoreError(str(error)) from None


def show(parts: "list[Block]", view: object, form: str) -> None:
    """Print a view as text or as JSON."""
    from casewarden.report.diagnostics import wants_colour
    from casewarden.report.live import page
    from casewarden.report.terminal import json_text

    if form == "json":
        click.echo(json_text(page.as_json(view)), nl=False)
        return
    colour = wants_colour(sys.stdout, os.environ)
    width = max(80, min(160, shutil.get_terminal_size((120, 24)).columns))
    click.echo(page.text(parts, colour=colour, width=width), nl=False, color=True)


def refuse(message: str, fix: str | None = None) -> NoReturn:
    """Say what is wrong and what would be right, and end the process with 2."""
    from casewarden.report.terminal import visible

    click.echo(f"error: {visible(message)}" + (f"\n  fix: {visible(fix)}" if fix else ""), err=True)
    sys.exit(2)
