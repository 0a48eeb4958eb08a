"""Settings of the files connector in plain words, its check, and its lack of webhooks."""

import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, WebhookError
from casewarden.plugin.manager import load_plugins
from casewarden_files.settings import SCHEMA

OUTSIDE = "is a link out of its folder; name the file itself in the settings, or copy it"


def connect(settings: dict[str, Json]) -> Connector:
    return load_plugins()["files"].connect("in", settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "`inbox` is missing; name a file or a folder"),
        ({"inbox": "a.jsonl"}, "`outbox` is missing; name a file"),
        ({"inbox": 5, "outbox": "b"}, "`inbox` is the name of a file as a text"),
        ({"inbox": "", "outbox": "b"}, "`inbox` is the name of a file as a text"),
        ({"inbox": "a.jsonl", "outbox": "b\0c"}, "`outbox` is the name of a file as a text"),
        ({"inbox": "a.jsonl", "outbox": "b.jsonl", "complete": "yes"}, "`complete` is true or false"),
        (
            {"inbox": "a.jsonl", "outbox": "b.jsonl", "poll": 1},
            "there is no setting `poll`; known are inbox, outbox, complete",
        ),
    ],
)
def test_wrong_settings_are_refused_in_plain_words(settings: dict[str, Json], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        connect(settings)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("inbox", "outbox"),
    [
        ("in", "in/out.jsonl"),
        ("link", "in/out.jsonl"),
        ("in", "link/out.jsonl.1"),
        ("later", "later/out.jsonl"),
        ("in.jsonl", "in.jsonl"),
        ("in.jsonl", "./in/../in.jsonl"),
        ("in.jsonl", "in.jsonl.1"),
    ],
)
def test_an_outbox_is_no_part_of_the_inbox(tmp_path: Path, inbox: str, outbox: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(ValueError, match=r"`outbox` belongs to the inbox: .*; actions would be read as events"):
        connect({"inbox": str(tmp_path / inbox), "outbox": str(tmp_path / outbox)})


def test_an_outbox_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`outbox` is a folder: "):
        connect({"inbox": "a.jsonl", "outbox": str(tmp_path)})


@pytest.mark.parametrize(("inbox", "outbox"), [("in", "in/out.txt"), ("in.jsonl", "out.jsonl"), ("in", "out.jsonl")])
def test_an_outbox_may_lie_beside_it(tmp_path: Path, inbox: str, outbox: str) -> None:
    connect({"inbox": str(tmp_path / inbox), "outbox": str(tmp_path / outbox)})


@pytest.mark.parametrize(
    ("settings", "is_valid"),
    [
        ({"inbox": "a.jsonl", "outbox": "b.jsonl"}, True),
        ({"inbox": "a.jsonl", "outbox": "b.jsonl", "complete": True}, True),
        ({"inbox": "a.jsonl"}, False),
        ({"inbox": "", "outbox": "b"}, False),
        ({"inbox": "a.jsonl", "outbox": "b.jsonl", "complete": "yes"}, False),
        ({"inbox": "a.jsonl", "outbox": "b.jsonl", "poll": 1}, False),
    ],
)
def test_the_schema_says_the_same(settings: dict[str, Json], is_valid: bool) -> None:
    Draft202012Validator.check_schema(dict(SCHEMA))
    assert Draft202012Validator(dict(SCHEMA)).is_valid(settings) is is_valid


def findings(tmp_path: Path, **settings: Any) -> list[tuple[str, str]]:
    said = {"inbox": str(tmp_path / "in"), "outbox": str(tmp_path / "out.jsonl")} | settings
    check = connect(said).check()
    found = [(one.level, one.message.replace(str(tmp_path), "~")) for one in check.findings]
    assert check.is_fit is all(level != "error" for level, _ in found)
    return [(level, message) for level, message in found if not message.startswith("the disk of ~ has ")]


def test_what_is_fit_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("{}\n", encoding="utf-8")
    assert findings(tmp_path) == [
        ("ok", "1 file can be read in the inbox ~/in"),
        ("ok", "the outbox ~/out.jsonl can be written"),
    ]
    assert not (tmp_path / "out.jsonl").exists()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    assert findings(tmp_path, outbox=str(tmp_path / "gone" / "out.jsonl")) == [
        ("error", "there is no folder ~/in, where the inbox should be"),
        ("error", "there is no folder ~/gone, where the outbox should be"),
    ]
    assert findings(tmp_path, inbox=str(tmp_path / "in.jsonl")) == [
        ("warning", "the inbox ~/in.jsonl is empty: there is no such file yet"),
        ("ok", "the outbox ~/out.jsonl can be written"),
    ]


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("{}\n{", encoding="utf-8")
    (tmp_path / "in" / "b.jsonl").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    assert findings(tmp_path, outbox=str(tmp_path / "pipe")) == [
        ("warning", f"~/in/b.jsonl is not read: it {OUTSIDE}"),
        ("warning", "the last line of ~/in/a.jsonl has no end yet"),
        ("ok", "1 file can be read in the inbox ~/in"),
        ("error", "the outbox ~/pipe is no ordinary file"),
    ]


def test_room_on_the_disk_is_said(tmp_path: Path) -> None:
    found = connect({"inbox": str(tmp_path / "a.jsonl"), "outbox": str(tmp_path / "b.jsonl")}).check().findings
    assert found[-1].message.startswith(f"the disk of {tmp_path} has ")
    assert found[-1].message.endswith(" MB left")


def test_files_send_no_webhooks(tmp_path: Path) -> None:
    files = connect({"inbox": str(tmp_path / "a.jsonl"), "outbox": str(tmp_path / "b.jsonl")})
    with pytest.raises(WebhookError, match="files send no webhooks"):
        files.verify_webhook({}, b"{}", 0)
    with pytest.raises(WebhookError, match="files send no webhooks"):
        files.parse_webhook({}, b"{}")
    files.close()


def test_it_is_a_connector_of_the_contract(tmp_path: Path) -> None:
    factory: Factory = load_plugins()["files"]
    files = factory.connect("in", {"inbox": str(tmp_path / "a.jsonl"), "outbox": str(tmp_path / "b.jsonl")})
    assert isinstance(files, Connector)
    assert files.spec() == factory.spec()
