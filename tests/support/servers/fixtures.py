"""Fixtures that give real servers: one of each kind for the whole run, started by the first test that asks for it.

Where one cannot be had, its tests are skipped and the end of the run says so in one line; with
CASEWARDEN_REQUIRE_LIVE=1 they fail.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest

from support.servers.mail import MailServers
from support.servers.packages import MAIL, REQUEST_TRACKER, NoServerError, require
from support.servers.request_tracker import RequestTracker

_FOLDER = pytest.StashKey[Path]()
_PREFIX = "casewarden-servers-"
_NONE = "not tried against real servers: "


def pytest_configure(config: pytest.Config) -> None:
    """Agree on the folder of the servers: the run's first process chooses it, workers are told."""
    told = getattr(config, "workerinput", {}).get("casewarden_servers")
    config.stash[_FOLDER] = Path(told) if told else _new_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker where the servers are."""
    node.workerinput["casewarden_servers"] = str(node.config.stash[_FOLDER])  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:  # noqa: ARG001  # pytest looks at the name
    """Say of all tests that lack a server that they were skipped here, so that the end of the run tells it once."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(f"Skipped: {_NONE}"):
        report.longrepr = (str(Path(__file__)), 1, report.longrepr[2])
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers and take them away once all workers have ended."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None and folder.exists() and not hasattr(config, "workerinput"):
        _remove(folder)


@pytest.fixture(scope="session")
def request_tracker(pytestconfig: pytest.Config) -> RequestTracker:
    """The run's Request Tracker. All tests share it: each looks at queues of its own alone (`new_queue`)."""
    with _ready(pytestconfig, "rt", REQUEST_TRACKER, RequestTracker.make) as folder:
        return RequestTracker.made(folder)


@pytest.fixture(scope="session")
def mail_servers(pytestconfig: pytest.Config) -> MailServers:
    """The run's dovecot and postfix. All tests share them: each reads a mailbox of its own (`new_mailbox`)."""
    with _ready(pytestconfig, "mail", MAIL, MailServers.make) as folder:
        return MailServers.made(folder)


@contextmanager
def _ready(config: pytest.Config, kind: str, packages: Sequence[str], make: Callable[[Path], object]) -> Iterator[Path]:
    """The folder of a server that runs; the first to ask makes it, and the others wait."""
    folder = config.stash[_FOLDER] / kind
    with _alone(folder):
        refused = folder / "refused"
        if refused.exists():
            _do_without(refused.read_text(encoding="utf-8"))
        if not (folder / "server" / "made.json").exists():
            _sweep(config.stash[_FOLDER])
            try:
                require(packages)
                make(folder / "server")
            except NoServerError as problem:
                refused.write_text(str(problem), encoding="utf-8")
                _do_without(str(problem))
        yield folder / "server"


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CASEWARDEN_REQUIRE_LIVE") == "1":
        pytest.fail(f"CASEWARDEN_REQUIRE_LIVE=1, but there is no real server: {reason}")
    pytest.skip(f"{_NONE}{reason}")


def _new_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"


def _remove(folder: Path) -> None:
    for kind, made in (("rt", RequestTracker.made), ("mail", MailServers.made)):
        if (folder / kind / "server" / "made.json").exists():
            made(folder / kind / "server").stop()
    shutil.rmtree(folder)


def _sweep(own: Path) -> None:
    """Stop what runs that were killed have left; a folder's name tells whose it was."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        process = int(folder.name.removeprefix(_PREFIX).partition("-")[0])
        if folder == own or _runs(process):
            continue
        taken = own / f"left-{folder.name}"
        with suppress(FileNotFoundError):  # another run was quicker
            folder.rename(taken)
            _remove(taken)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # as somebody else
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder, so that one worker starts what all use."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
