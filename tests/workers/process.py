"""Workers and ingest nodes as processes. Run as a program it has imported everything and forks one when asked.

It is asked by lines of JSON on its standard input, and answers each with a line:

    {"start": {"role": "worker", "name": "a", ...CONFIG}}     a new process; its number
    {"ended": PID}                                            how it ended: null while it lives, else a signal or a code

A process goes by the clock in the file that the test moves. Once it is there, `NAME.url` says where its doors are.
"""

import gc
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from casewarden.config.read_settings import read_settings
from casewarden.config.settings import Settings
from casewarden.sidecar.ingest_node import IngestNode
from casewarden.sidecar.workers import Place, WorkerProcess
from casewarden.telemetry.logs import configure_logs
from crash.life import ENVIRON, Clock, Config, Plugin, settings_of
from support.fake_faults import NONE

NAP: Final = 0.1
DOORS: Final = Place("127.0.0.1", 0)


def live(asked: Mapping[str, Any]) -> int:
    """Be a worker or an ingest node until told to stop; the exit code."""
    folder, name = Path(asked["folder"]), str(asked["name"])
    configure_logs("info", (folder / f"{name}.log").open("a", encoding="utf-8"), "json")
    settings = _settings(asked, folder)
    clock = Clock(folder)
    process: WorkerProcess | IngestNode
    if asked["role"] == "worker":
        process = WorkerProcess(settings, environ=ENVIRON, now=clock, plugins=[Plugin(clock)], listen_at=DOORS, nap=NAP)
    else:
        process = IngestNode(settings, environ=ENVIRON, now=clock, plugins=[Plugin(clock)], listen_at=DOORS)
    process.database.own_time = False
    process.start()
    signal.signal(signal.SIGTERM, lambda *_: process.stopping.set())
    signal.signal(signal.SIGHUP, lambda *_: process.ask_to_reload())
    written = folder / f"{name}.url.new"
    written.write_text(str(process.url), encoding="utf-8")
    written.rename(folder / f"{name}.url")  # whoever sees it sees all of it
    while not process.stopping.wait(0.2):
        pass
    return 0 if process.stop() else 1


def _settings(asked: Mapping[str, Any], folder: Path) -> Settings:
    if "config" not in asked:
        settings = settings_of(Config(asked["store"], str(folder), NONE))
        return replace(settings, partitions=asked.get("partitions", 16))
    read, problems = read_settings(Path(asked["config"]))
    assert read is not None, problems.items
    return read


def _start(asked: Mapping[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 3
    try:
        code = live(asked)
    except BaseException:  # noqa: BLE001  # it is written down, and the exit code tells
        with (Path(asked["folder"]) / f"{asked['name']}.log").open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
    os._exit(code)


def _ended(child: int) -> int | None:
    found, status = os.waitpid(child, os.WNOHANG)
    return None if found == 0 else os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer until the standard input ends."""
    gc.freeze()
    assert threading.active_count() == 1, "a fork would lose threads"
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_start(asked["start"]) if "start" in asked else _ended(asked["ended"])), flush=True)


if __name__ == "__main__":
    main()
