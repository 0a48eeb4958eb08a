"""The systemd unit is one that systemd takes, shuts the service in, and starts the command that there is."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from casewarden.cli import app
from support.pages import CHECKOUT

UNIT = CHECKOUT / "deploy" / "systemd" / "casewarden.service"
BINARY = "/opt/casewarden/bin/casewarden"
NEEDS_SYSTEMD = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on PATH")
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictSUIDSGID": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
}


def settings() -> dict[str, dict[str, list[str]]]:
    """The unit by section and key; a key may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if match := re.fullmatch(r"\[(\w+)\]", line):
            assert match[1] not in found
            section = found.setdefault(match[1], {})
            continue
        key, separator, value = line.partition("=")
        assert separator, line
        assert re.fullmatch(r"[A-Z][A-Za-z]+", key), line
        section.setdefault(key, []).append(value)
    return found


def test_the_sections_are_those_of_a_service() -> None:
    assert list(settings()) == ["Unit", "Service", "Install"]
    assert settings()["Install"] == {"WantedBy": ["multi-user.target"]}


@pytest.mark.parametrize(("key", "value"), HARDENED.items(), ids=HARDENED)
def test_the_service_is_shut_in(key: str, value: str) -> None:
    assert settings()["Service"][key] == [value]


def test_it_runs_as_a_user_of_its_own_and_keeps_its_store_in_its_own_folder() -> None:
    service = settings()["Service"]
    assert service["User"] == service["Group"] == service["StateDirectory"] == ["casewarden"]
    assert service["WorkingDirectory"] == ["/var/lib/casewarden"]


def test_it_is_restarted_when_it_fails_reloaded_by_a_signal_and_given_time_to_stop() -> None:
    service = settings()["Service"]
    assert service["Restart"] == ["on-failure"]
    assert service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert service["TimeoutStopSec"] == ["15"]
    assert service["Type"] == ["exec"]


def test_secrets_come_as_credentials_and_stand_nowhere_in_the_unit() -> None:
    service = settings()["Service"]
    assert not {"Environment", "EnvironmentFile", "PassEnvironment"} & set(service)
    for credential in service["LoadCredential"]:
        assert re.fullmatch(r"[\w.-]+:/etc/casewarden/secrets/[\w.-]+", credential)


def test_it_starts_a_command_that_there_is() -> None:
    (line,) = settings()["Service"]["ExecStart"]
    binary, name, *arguments = shlex.split(line)
    assert (binary, name) == (BINARY, "serve")
    command = app.get_command(click.Context(app), name)
    assert command is not None
    given = command.make_context(name, arguments).params
    assert given["config"] == Path("/etc/casewarden/casewarden.yaml")


@NEEDS_SYSTEMD
def test_systemd_takes_it_without_a_word(tmp_path: Path) -> None:
    unit = placed(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if UNIT.name in line] == []  # other units of the machine may be what they are


@NEEDS_SYSTEMD
def test_systemd_finds_little_exposed(tmp_path: Path) -> None:
    unit = placed(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def placed(folder: Path) -> Path:
    """The unit with a program that is there on every machine: systemd looks for it."""
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace(BINARY, "/bin/true"), encoding="utf-8")
    return unit
