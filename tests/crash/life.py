"""Lives: sidecars that are killed. Run as a program it has imported everything and forks one whenever it is asked to.

It is asked by lines of JSON on its standard input, and answers each with a line:

    {"start": CONFIG}     a new life; its process id
    {"ended": PID}        how that life ended: null while it lives, else the signal (negative) or the exit code

A life opens the store, so nothing of it is open before the fork. Its clock is the one in the file that the test moves.
"""

import gc
import json
import mmap
import os
import signal
import struct
import sys
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event

from casewarden.config.settings import (
    Caps,
    ConnectorSettings,
    HttpSettings,
    IngestKey,
    PersonalData,
    RulesetSource,
    SecretRef,
    Settings,
)
from casewarden.decide import compile_ruleset
from casewarden.plugin import hookimpl
from casewarden.plugin.manager import load_plugins
from casewarden.ruleset.load import load
from casewarden.sidecar.running import Sidecar
from casewarden.store.schema import expected_revision
from casewarden.telemetry.logs import configure_logs
from crash.script import GO_LIVE
from support.fake_faults import Faults
from support.fake_helpdesk import FakeHelpdesks

RULESET: Final = Path(__file__).parent / "ruleset.yaml"
INGEST: Final = "s3cret of the monitor"
KEY: Final = bytes(range(32))
ENVIRON: Final = {"KEY": b64encode(KEY).decode(), "INGEST": INGEST}
NAP: Final = 0.05
_GLANCE: Final = 0.004
_NOT_WRITING: Final = ("SELECT", "PRAGMA", "BEGIN", "SET ", "SHOW", "NOTIFY")


@dataclass(frozen=True, slots=True)
class Config:
    """What a life is to be. `slot` numbers it among those that live at one time.

    `dies_at` is the number of the statement that changes the store, or of the commit, before which it kills itself; 0
    for never. `folder` holds the helpdesk, the clock and the log.
    """

    store: str
    folder: str
    faults: Faults
    slot: int = 0
    dies_at: int = 0


class Clock:
    """A clock in a file, which a test moves and lives look at; beside it stands which lives are ready."""

    def __init__(self, folder: Path, start: int | None = None) -> None:
        path = folder / "clock"
        if start is not None:
            path.write_bytes(bytes(64))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 64)
        if start is not None:
            self.set(start)

    def __call__(self) -> int:
        found: int = struct.unpack_from("<q", self._map)[0]
        return found

    def set(self, now: int) -> None:
        """Let it be another instant."""
        struct.pack_into("<q", self._map, 0, now)

    def ready(self, slot: int) -> int:
        """The process id of the life of a slot that was ready last."""
        found: int = struct.unpack_from("<q", self._map, 8 + 8 * slot)[0]
        return found

    def be_ready(self, slot: int) -> None:
        """Say that this process is ready."""
        struct.pack_into("<q", self._map, 8 + 8 * slot, os.getpid())


class Plugin:
    """The fake helpdesk, which goes by the clock in the file."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now

    @hookimpl
    def casewarden_connectors(self) -> list[FakeHelpdesks]:
        return [FakeHelpdesks(self._now)]


def settings_of(config: Config, *, rate: float = 1e6) -> Settings:
    """The configuration of a sidecar that polls without rest and has no caps."""
    folder = Path(config.folder)
    faults = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config.faults).items()}
    desk: dict[str, Any] = {"folder": config.folder, "faults": faults, "page": 25}
    return Settings(
        file=folder / "casewarden.yaml",
        store=config.store,
        go_live=GO_LIVE,
        rulesets=(RulesetSource(RULESET),),
        connectors=(ConnectorSettings("desk", "fake", desk, poll_every=20_000, rate=rate),),
        personal_data=PersonalData(SecretRef("env", "KEY")),
        http=HttpSettings(port=0, ingest=(IngestKey("monitor", SecretRef("env", "INGEST")),)),
        caps=Caps(10**9, 10**9, 10**9, 10**9),
        partitions=4,
    )


def live(config: Config) -> None:
    """Be a sidecar until somebody kills it."""
    folder = Path(config.folder)
    configure_logs("warning", (folder / "log.jsonl").open("a", encoding="utf-8"), "json")
    if config.dies_at:
        _die_at(config.dies_at)
    clock = Clock(folder)
    life = begun(config, clock)
    keep_time(life, clock)


def begun(config: Config, clock: Clock) -> Sidecar:
    """A sidecar at work; its place says where its doors are."""
    life = Sidecar(settings_of(config), environ=ENVIRON, now=clock, plugins=[Plugin(clock)], nap=NAP)
    life.database.own_time = False
    life.start()
    (Path(config.folder) / f"{config.slot}.url").write_text(str(life.url), encoding="utf-8")
    clock.be_ready(config.slot)
    return life


def keep_time(life: Sidecar, clock: Clock) -> None:
    """Ring whenever the clock shows another instant, as something may be due then; until the sidecar ends."""
    shown = clock()
    while not life.stopping.wait(_GLANCE):
        if clock() != shown:
            shown = clock()
            life.owner.ring()


def _die_at(number: int) -> None:
    """Kill this process before it changes the store for the so many-th time; a commit counts as well."""
    left = number

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def count_writing(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.lstrip().startswith(_NOT_WRITING):
            count()

    event.listen(Engine, "before_cursor_execute", count_writing)
    event.listen(Engine, "commit", count)


def _asked_to_start(form: Mapping[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        faults = form["faults"]
        live(Config(**{**form, "faults": Faults(**{**faults, "rejects": tuple(faults["rejects"])})}))
    except BaseException:  # noqa: BLE001  # it is written down, and the exit code tells
        with (Path(form["folder"]) / "log.jsonl").open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
        os._exit(3)
    os._exit(4)  # it was not killed: something ended it
    return 0


def _asked_for_end(child: int) -> int | None:
    found, status = os.waitpid(child, os.WNOHANG)
    return None if found == 0 else os.waitstatus_to_exitcode(status)


def _warm() -> None:
    """Do once what is remembered for the process: each life begins with it done."""
    found, diagnostics = load(RULESET)
    assert found is not None, diagnostics.items
    compile_ruleset(found)
    load_plugins([Plugin(lambda: 0)])
    expected_revision()


def main() -> None:
    """Answer until the standard input ends."""
    _warm()
    gc.freeze()
    assert threading.active_count() == 1, "a fork would lose threads"
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _asked_to_start(asked["start"]) if "start" in asked else _asked_for_end(asked["ended"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
