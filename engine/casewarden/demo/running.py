"""The demonstration: a real sidecar on SQLite in a folder of its own, beside an invented helpdesk that runs fast."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from rich.console import Console

from casewarden import clock
from casewarden.clock import scaled
from casewarden.config.read_settings import read_settings
from casewarden.config.settings import Settings
from casewarden.demo import PLUGIN
from casewarden.demo.connector import DemonstrationFactory, DemonstrationPlugin
from casewarden.demo.observer import Observer
from casewarden.demo.rulesets import write_rulesets
from casewarden.demo.snapshot import Snapshot
from casewarden.demo.view import show
from casewarden.demo.world import START
from casewarden.model.instants import iso
from casewarden.ruleset.syntax import Ruleset
from casewarden.sidecar.running import Sidecar
from casewarden.store import own_clock
from casewarden.worktime import to_us

DESKS: Final = ("starter", "zitadel", "workato")
ZONE: Final = "Europe/Berlin"
SPEED: Final = 600.0
_POLL_US: Final = 200_000
_NAP_S: Final = 0.05
_DRAW_S: Final = 0.5
_MARK: Final = "demonstration"
_CONFIGURATION: Final = """\
# Written by `casewarden demo`. The folder is made anew each time that it starts.
casewarden: 1
store: sqlite:///casewarden.db
go_live: {start}
rulesets:
{rulesets}
connectors:
  desk:
    plugin: {plugin}
    settings: {{seed: {seed}}}
http:
  listen: 127.0.0.1:{port}
caps: {{per_rule: 100000, per_case: 1000, in_all: 1000000, ping_pong: 50}}  # its hours are over in seconds
personal_data:
  key: {{file: casewarden.key}}
log_level: warning
"""


class DemonstrationError(Exception):
    """The demonstration cannot start; the message says why."""


def prepare(folder: Path, seed: int, key: str) -> Settings:
    """Make the folder anew, with rulesets, key and configuration; one that is no demonstration's is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise DemonstrationError(f"{folder} is not empty, and no demonstration made it: name another folder")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _MARK).touch()
    (folder / "casewarden.key").write_text(key, encoding="ascii")
    (folder / "casewarden.key").chmod(0o600)
    files = write_rulesets(folder / "rules", DESKS)
    listed = "\n".join(f"  - {file.relative_to(folder)}" for file in files)
    text = _CONFIGURATION.format(start=iso(START), rulesets=listed, plugin=PLUGIN, seed=seed, port=0)
    path = folder / "casewarden.yaml"
    path.write_text(text, encoding="utf-8")
    settings, diagnostics = read_settings(path)
    if settings is None:
        raise AssertionError(f"what the demonstration wrote is wrong: {diagnostics.items}")
    connectors = tuple(replace(one, poll_every=_POLL_US, rate=1000.0) for one in settings.connectors)
    return replace(settings, connectors=connectors)


def run(
    settings: Settings, *, speed: float, seconds: float | None, console: Console, environ: Mapping[str, str]
) -> None:
    """Run until interrupted, or for so many seconds of real time."""
    now = scaled(START, speed)
    observer = Observer("desk", ZONE, speed)
    sidecar = Sidecar(
        settings,
        environ=environ,
        now=now,
        plugins=[DemonstrationPlugin(DemonstrationFactory(now))],
        listen=[observer.hear],
        nap=_NAP_S,
    )
    with sidecar.database.write() as connection:
        own_clock.runs(connection, now(), to_us(clock.now()), speed)
    sidecar.start()
    try:
        show(console, _moments(sidecar, observer, seconds))
    finally:
        sidecar.owner.command(lambda: _stand(sidecar)).result(timeout=10)
        sidecar.stop()


def _stand(sidecar: Sidecar) -> None:
    with sidecar.database.write() as connection:
        own_clock.stands(connection, sidecar.now())


def _moments(sidecar: Sidecar, observer: Observer, seconds: float | None) -> Iterator[Snapshot]:
    end = None if seconds is None else monotonic() + seconds

    def ruleset_of(lane: str) -> Ruleset:
        return sidecar.parts.rules.ruleset(lane, sidecar.now())

    while not sidecar.stopping.is_set() and (end is None or monotonic() < end):
        yield observer.snapshot(sidecar.database, sidecar.now(), ruleset_of)
        sleep(_DRAW_S)
