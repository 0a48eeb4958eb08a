"""What opens the store is kept out of logs: its password and the key of personal data."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from casewarden.config.read_settings import read_settings
from casewarden.sidecar.assembly import open_store
from casewarden.telemetry.hiding import HIDDEN, forget_all, scrub

CONFIG = """
casewarden: 1
store: {env: STORE}
go_live: 2026-12-01T08:00:00+01:00
rulesets: [support.yaml]
connectors: {desk: {plugin: files, settings: {inbox: in, outbox: out}}}
personal_data: {key: {env: KEY}}
"""
KEY = b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def nothing_is_hidden_afterwards() -> Iterator[None]:
    yield
    forget_all()


@pytest.mark.parametrize(("password", "hidden"), [("correct horse", True), (None, False), ("abc", False)])
def test_the_password_of_the_store_and_the_key_are_hidden(
    postgres_url: str, password: str | None, hidden: bool
) -> None:
    settings, problems = read_settings(Path("casewarden.yaml"), read=lambda _: CONFIG.encode())
    assert settings is not None, problems
    url = make_url(postgres_url)
    password = password or str(url.username)  # which is no secret, and stands in many texts
    url = url.set(password=password)
    database, _, _ = open_store(settings, {"STORE": url.render_as_string(hide_password=False), "KEY": KEY})
    database.close()
    assert scrub(f"a {KEY} b") == f"a {HIDDEN} b"
    assert (scrub(f"it is {password}!") == f"it is {HIDDEN}!") is hidden
