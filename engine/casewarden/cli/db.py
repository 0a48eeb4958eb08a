"""`casewarden db`: the store brought to its version, looked through, copied, and freed of what need not be kept."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewarden.cli.opened import CONFIG, alone, opened, present, refusals, settings_of

if TYPE_CHECKING:
    from casewarden.config.settings import Settings
    from casewarden.service.verify import Verified
    from casewarden.store.check import Checked
    from casewarden.store.database import Database
    from casewarden.store.log import Sealing


def _how_many(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:  # noqa: ARG001
    """A number from 1 on, or `all`."""
    if value is None or value == "all":
        return value
    if value.isascii() and value.isdecimal() and int(value) > 0:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither a number from 1 on nor `all`")


@click.group()
def command() -> None:
    """Look after the store: its version, whether it is whole, backups, what is kept."""


@command.command()
@CONFIG
def upgrade(config: Path) -> None:
    """Make the tables, or bring them to the version that this Casewarden needs.

    On SQLite no sidecar may run meanwhile, and the store is copied first. On PostgreSQL others go on working, and any
    number may upgrade at once. `casewarden serve` does the same when it starts.
    """
    from casewarden.store.schema import upgrade as to_this_version

    with refusals(), opened(settings_of(config), makes=True) as database, alone(database, present()):
        done = to_this_version(database)
    if done.before is None:
        click.echo(f"The store has its tables, of version {done.after}.")
    elif done.before == done.after:
        click.echo(f"The store is of version {done.after} already.")
    else:
        click.echo(f"The store was of version {done.before} and is of version {done.after} now.")
    if done.copy is not None:
        click.echo(f"What it was before is in {done.copy}.")


@command.command()
@click.option(
    "--decisions",
    callback=_how_many,
    metavar="N|all",
    help="Also make so many of the decisions that are kept again, the newest first, and compare.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@CONFIG
def check(config: Path, decisions: int | str | None, form: str) -> None:
    """Look through the whole store, also while the sidecar runs; nothing is changed.

    Looked at are the file of SQLite, the chain of every log and every event against it, the chain of the audit, and
    whether outbox, mailbox, wake-ups and logs agree. The exit code is 0 where the store is whole, 1 where it is not.
    """
    from casewarden.store.check import check as look_through
    from casewarden.store.schema import require_schema, told

    settings = settings_of(config)
    with refusals(), opened(settings, readonly=True) as database, told(database):
        require_schema(database)
        sealing = _sealing(settings, database)
        checked = look_through(database, sealing)
        again = None if decisions is None else _decided_again(database, sealing, decisions)
    click.echo(_as_json(checked, again) if form == "json" else _as_text(checked, again))
    if checked.findings or (again is not None and again.findings):
        sys.exit(1)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@CONFIG
def backup(config: Path, file: Path) -> None:
    """Write a backup of the store to FILE while the sidecar runs; FILE must not exist.

    Of SQLite it is a store like the one it was made of, read through before it is called a backup. Of PostgreSQL it is
    what `pg_dump --format=custom` writes; without that program the command says what to run where it is.
    """
    from casewarden.store.backup import back_up
    from casewarden.store.schema import require_schema, told

    settings = settings_of(config)
    with refusals(), opened(settings, readonly=_is_file(settings)) as database, told(database):
        require_schema(database)
        made = back_up(database, file, present())
    click.echo(f"{made.path}: {made.size:,} bytes")


@command.command()
@CONFIG
def prune(config: Path) -> None:
    """Delete what is older than `retention` in the configuration says.

    Nothing goes that an open case, an open obligation or an action under way may need. On SQLite no sidecar may run
    meanwhile: one that runs prunes by itself.
    """
    from casewarden.store.prune import Keep
    from casewarden.store.prune import prune as forget
    from casewarden.store.schema import require_schema, told

    settings, now = settings_of(config), present()
    kept = settings.retention
    keep = Keep(kept.dull_decisions, kept.decisions, kept.delivered, kept.trials)
    with refusals(), opened(settings) as database, told(database), alone(database, now):
        require_schema(database)
        gone = forget(database, keep, now)
    click.echo(
        f"Deleted decisions from which nothing came: {gone.dull_decisions:,}; other decisions: {gone.decisions:,};"
        f" actions that are done: {gone.delivered:,};"
        f" cases and other subjects of trials that ended: {gone.of_trials:,}."
    )


def _is_file(settings: "Settings") -> bool:
    """Whether the store is a file of SQLite; of that the instant of its backup stands beside it, not in it."""
    from casewarden.config.secrets import store_url

    return store_url(settings, environ=os.environ).startswith("sqlite:")


def _sealing(settings: "Settings", database: "Database") -> "Sealing | None":
    """The keys of what is sealed; without them, which is told, only chains can be looked at."""
    from casewarden.config.secrets import SecretError, personal_key
    from casewarden.report.terminal import visible
    from casewarden.store.check import opener
    from casewarden.store.log import Sealing

    try:
        key = personal_key(settings, environ=os.environ)
    except SecretError as error:
        click.echo(f"warning: events are not held against their logs: {visible(str(error))}", err=True)
        return None
    return Sealing(opener(database, key), settings.personal_data.paths)


def _decided_again(database: "Database", sealing: "Sealing | None", how_many: int | str) -> "Verified":
    from casewarden.service.course import digest_key
    from casewarden.service.verify import verify_decisions
    from casewarden.store.database import StoreError

    if sealing is None:
        raise StoreError("nothing is decided again without the key for personal data: rules look at texts")
    key = digest_key(sealing.sealer)
    return verify_decisions(database, sealing, key, how_many if isinstance(how_many, int) else None)


def _as_json(checked: "Checked", again: "Verified | None") -> str:
    import json

    findings = (*checked.findings, *(() if again is None else again.findings))
    said = [{"what": one.what, "where": one.where, "message": one.message} for one in findings]
    counts = {"subjects": checked.subjects, "entries": checked.entries, "audit": checked.audited}
    if again is not None:
        counts |= {"decisions": again.decided, "decisions_erased": again.erased}
    return json.dumps({"findings": said, "looked_at": counts}, indent=2, ensure_ascii=False)


def _as_text(checked: "Checked", again: "Verified | None") -> str:
    from casewarden.report.tally_words import counted
    from casewarden.report.terminal import visible

    findings = (*checked.findings, *(() if again is None else again.findings))
    lines = [visible(": ".join(filter(None, (one.what, one.where, one.message)))) for one in findings]
    looked_at = [
        counted(checked.subjects, "subject"),
        f"{counted(checked.entries, 'event')} in their logs",
        f"{counted(checked.audited, 'row')} of the audit",
    ]
    if again is not None:
        looked_at.append(f"{counted(again.decided, 'decision')} made again")
    if again is not None and again.erased:
        lines.append(f"{counted(again.erased, 'decision')} cannot be made again: a contact was erased.")
    verdict = counted(len(findings), "problem") if findings else "no problems"
    return "\n".join([*lines, f"{', '.join(looked_at)}: {verdict}."])
