"""A sidecar's doors behind a real server, and a watch over what the server logs."""

import logging
from collections.abc import Iterator

import httpx
import pytest

from casewarden.web.serve import Serving
from support.http_talk import client
from support.memory_doors import MemoryDoors, served


@pytest.fixture(scope="session")
def one_for_all() -> Iterator[tuple[MemoryDoors, Serving]]:
    """A server that many tests share: opening and closing one takes longer than most of them."""
    doors = MemoryDoors()
    with served(doors) as running:
        yield doors, running


@pytest.fixture
def doors(one_for_all: tuple[MemoryDoors, Serving]) -> MemoryDoors:
    vars(one_for_all[0]).update(vars(MemoryDoors()))
    return one_for_all[0]


@pytest.fixture
def serving(one_for_all: tuple[MemoryDoors, Serving], doors: MemoryDoors) -> Serving:
    assert not doors.events
    return one_for_all[1]


@pytest.fixture
def http(serving: Serving) -> Iterator[httpx.Client]:
    with client(serving.url) as one:
        yield one


@pytest.fixture
def logged() -> list[str]:
    """The errors that the server logs in a test: none, unless the test puts them in."""
    return []


@pytest.fixture(autouse=True)
def nothing_else_fails(logged: list[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    errors = [one.getMessage().strip() for one in caplog.get_records("call") if one.levelno >= logging.ERROR]
    assert errors == logged
