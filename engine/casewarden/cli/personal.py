"""`casewarden personal`: what is held on a contact, its erasure, and the key that seals it."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casewarden.cli.opened import CONFIG, alone, opened, present, refusals, settings_of

if TYPE_CHECKING:
    from casewarden.config.settings import Settings
    from casewarden.model.event import Json

_CONTACT = click.argument("contact")
_WHO = click.option("--who", help="Who asks for it, for the audit; the login name if left out.")


@click.group()
def command() -> None:
    """Write out or erase what is held on a contact, and change the key that seals it.

    CONTACT is the contact's id, else the mail address, or a case of which nobody knows whose it is, like case:1042.
    With `-` it is read from standard input, so that it stands in no shell history.
    """


@command.command("export")
@_CONTACT
@click.option("--out", type=click.Path(path_type=Path), help="A file to make, which only you can read.")
@CONFIG
def export_(contact: str, out: Path | None, config: Path) -> None:
    """Write everything that is held on CONTACT as JSON, in clear; also while the sidecar runs."""
    with refusals():
        document = _exported(settings_of(config), _named(contact))
    written = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        click.echo(written.encode("utf-8", "replace"), nl=False)
        return
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(written.encode("utf-8", "replace"))
    except OSError as error:
        click.echo(f"error: {out} cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    click.echo(f"{out}: {_told_of(document)}")


@command.command()
@_CONTACT
@click.option("--why", required=True, help="Why, for the audit; without the contact's name, as it stands for ever.")
@_WHO
@click.option("--yes", is_flag=True, help="Do not ask before.")
@CONFIG
def erase(contact: str, why: str, who: str | None, yes: bool, config: Path) -> None:
    """Destroy the keys of CONTACT, and so all that was written by and to it; this cannot be undone.

    What waits to be sent to it is withdrawn. Logs, decisions and the audit stay, and stay provable.
    """
    settings, name = settings_of(config), _named(contact)
    with refusals():
        if not yes:
            click.echo(f"Held is: {_told_of(_exported(settings, name))}.", err=True)
            click.confirm("Erase it for good?", abort=True, err=True)
        done = _erased(settings, {"contact": name, "why": why}, who)
    subjects: Any = done["subjects"]
    click.echo(f"Erased: {_counted(done['events'], 'event')} in {', '.join(subjects) or 'no log yet'}.")
    if done["withdrawn"]:
        click.echo(f"Withdrawn before they are sent: {_counted(done['withdrawn'], 'action')}.")
    for other in done["also_named"]:
        click.echo(f"More is held under {_shown(other)}, which stood beside this name.")
    click.echo(f"The audit ends with {done['chain']} now.")
    _tell_what_remains(done["remains"])


@command.command("rotate-key")
@click.argument("new_key", type=click.Path(path_type=Path))
@_WHO
@CONFIG
def rotate_key(new_key: Path, who: str | None, config: Path) -> None:
    """Wrap all contacts' keys under the key in the file NEW_KEY instead of the configured one, all or none.

    No sidecar may run meanwhile. Configure the new key afterwards, then start it.
    """
    from casewarden.config.secrets import key_bytes, personal_key, secret_value
    from casewarden.config.settings import SecretRef
    from casewarden.service.personal import rotate_key as wrap_anew
    from casewarden.store.schema import require_schema, told
    from casewarden.web.client import login_name

    settings = settings_of(config)
    with refusals():
        old = personal_key(settings, environ=os.environ)
        new = key_bytes(secret_value(SecretRef("file", str(new_key)), environ={}, base=Path()), f"the file `{new_key}`")
        with opened(settings) as database, told(database), alone(database, now := present()):
            require_schema(database)
            done = wrap_anew(database, old, new, who=who or login_name(), now=now)
    click.echo(f"Wrapped anew: {_counted(done.contacts, 'key')}. Configure the new key before the sidecar starts.")
    _tell_what_remains(done.remains)


def _exported(settings: "Settings", contact: str) -> "dict[str, Json]":
    from casewarden.config.secrets import personal_key
    from casewarden.service.personal import export
    from casewarden.store.check import opener
    from casewarden.store.schema import require_schema, told

    key = personal_key(settings, environ=os.environ)
    with opened(settings, readonly=True) as database, told(database):
        require_schema(database)
        return export(database, opener(database, key), contact)


def _erased(settings: "Settings", arguments: "dict[str, Json]", who: str | None) -> dict[str, Any]:
    """Let the sidecar that runs erase it, else do it in its place."""
    from casewarden.config.secrets import personal_key
    from casewarden.service.personal import ERASE, erase_as_told
    from casewarden.store.contacts import open_sealer
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
                sealer = open_sealer(database, personal_key(settings, environ=os.environ))
                return dict(erase_as_told(database, sealer, arguments, who or login_name(), now))
    if place.url is None:
        raise StoreError("the sidecar has just been started and does not answer yet", "try again")
    try:
        answer: Any = ask(place.url, place.token, ERASE, arguments, who=who)
    except AskError as error:
        raise StoreError(str(error), error.fix) from None
    return dict(answer)


def _named(contact: str) -> str:
    return sys.stdin.readline().removesuffix("\n") if contact == "-" else contact


def _told_of(document: "dict[str, Any]") -> str:
    events, messages = len(document["events"]), len(document["messages"])
    where = ", ".join(sorted({each["subject"] for each in document["events"]}))
    return f"{_counted(events, 'event')} of {_shown(where)}, {_counted(messages, 'message')} written by us"


def _tell_what_remains(why: str | None) -> None:
    if why is not None:
        click.echo(f"warning: older copies are still in the write-ahead log: {_shown(why)}", err=True)


def _counted(number: int, unit: str) -> str:
    from casewarden.report.tally_words import counted

    return counted(number, unit)


def _shown(said: str) -> str:
    from casewarden.report.terminal import visible

    return visible(said)
