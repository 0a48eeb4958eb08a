"""Fixtures that give a store: on SQLite in a file, on PostgreSQL a database of its own on one server for the whole run.

The server is the one that CASEWARDEN_TEST_POSTGRES names, else one that the first test to ask starts and that ends with
the run; all workers of the run share it. CASEWARDEN_TEST_POSTGRES_FSYNC=1 makes it write through to the disk.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest
from alembic import command

from casewarden.store.database import Database
from casewarden.store.schema import configuration
from casewarden.store.tables import metadata
from support.postgres import NoPostgresError, Server, create_database, drop_database, programs

_FOLDER = pytest.StashKey[Path]()
_PREFIX = "casewarden-postgres-"


def pytest_configure(config: pytest.Config) -> None:
    """Agree on the folder of the server: the run's first process chooses it, workers are told."""
    told = getattr(config, "workerinput", {}).get("casewarden_postgres")
    config.stash[_FOLDER] = Path(told) if told else _new_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker where the server is."""
    node.workerinput["casewarden_postgres"] = str(node.config.stash[_FOLDER])  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and take it away once all workers have ended."""
    folder = config.stash.get(_FOLDER, None)
    if folder is None or hasattr(config, "workerinput") or not folder.exists():
        return
    if (external := os.environ.get("CASEWARDEN_TEST_POSTGRES")) and (folder / "template").exists():
        drop_database(external, _template(folder))
    _remove(folder)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """The address of the run's server, which has a database to be copied with the schema in it."""
    folder = pytestconfig.stash[_FOLDER]
    try:
        with _alone(folder):
            return _prepared(folder)
    except NoPostgresError as problem:
        _do_without(problem)


@pytest.fixture
def postgres_url(postgres_server: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """A database of this test's own with the schema in it."""
    name = f"casewarden_test_{secrets.token_hex(6)}"
    yield create_database(postgres_server, name, _template(pytestconfig.stash[_FOLDER]))
    drop_database(postgres_server, name)


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of this test's own with nothing in it."""
    name = f"casewarden_test_{secrets.token_hex(6)}"
    yield create_database(postgres_server, name)
    drop_database(postgres_server, name)


@pytest.fixture
def postgres_programs() -> Path:
    """The folder of PostgreSQL's own programs, of the version that the tests' server has."""
    try:
        return programs()
    except NoPostgresError as problem:
        _do_without(problem)


@pytest.fixture
def own_postgres() -> Iterator[Callable[[bool], Server]]:
    """Start servers of this test's own (called with whether to fsync), to be stopped and restarted at will."""
    made: list[Path] = []

    def start(fsync: bool) -> Server:
        made.append(_new_folder())
        made[-1].mkdir(mode=0o755)
        try:
            return Server.make(made[-1] / "server", fsync=fsync)
        except NoPostgresError as problem:
            _do_without(problem)

    yield start
    for folder in made:
        _remove(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with the schema and nothing in it."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    _make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An SQLite store of this test's own with the schema in it."""
    shutil.copyfile(sqlite_template, tmp_path / "casewarden.db")
    return f"sqlite:///{tmp_path / 'casewarden.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A store of this test's own with the schema in it, once of each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """The store of `store_url`, opened."""
    opened = Database(store_url)
    yield opened
    opened.close()


def _prepared(folder: Path) -> str:
    if (refused := folder / "refused").exists():
        raise NoPostgresError(refused.read_text(encoding="utf-8"))
    server = os.environ.get("CASEWARDEN_TEST_POSTGRES") or _started(folder)
    if not (folder / "template").exists():
        _make_schema(create_database(server, _template(folder)))
        (folder / "template").touch()
    return server


def _started(folder: Path) -> str:
    if (folder / "started").exists():
        return Server(folder / "server").url()
    _sweep()
    try:
        server = Server.make(folder / "server", fsync=os.environ.get("CASEWARDEN_TEST_POSTGRES_FSYNC") == "1")
    except NoPostgresError as problem:
        (folder / "refused").write_text(str(problem), encoding="utf-8")
        raise
    (folder / "started").touch()
    return server.url()


def _new_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"


def _remove(folder: Path) -> None:
    if (folder / "server").exists():
        Server(folder / "server").remove()
    shutil.rmtree(folder)


def _sweep() -> None:
    """Stop what runs that were killed have left; a folder's name tells whose it was."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        process = int(folder.name.removeprefix(_PREFIX).partition("-")[0])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            taken = _new_folder()
            with suppress(FileNotFoundError):  # another run was quicker
                folder.rename(taken)
                _remove(taken)
        except PermissionError:
            continue  # it runs, as somebody else


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder, so that one worker starts what all use."""
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_schema(url: str) -> None:
    """Make the tables as they are described; test_migrations shows that upgrades lead to the same."""
    database = Database(url)
    with database.write() as connection:
        metadata.create_all(connection)
    with database.engine().connect() as connection:
        command.stamp(configuration(connection), "head")
    database.close()


def _template(folder: Path) -> str:
    return folder.name.replace("-", "_")


def _do_without(problem: NoPostgresError) -> NoReturn:
    if os.environ.get("CASEWARDEN_REQUIRE_SHARED") == "1":
        pytest.fail(f"CASEWARDEN_REQUIRE_SHARED=1, but there is no PostgreSQL: {problem}")
    pytest.skip(f"no PostgreSQL: {problem}")
