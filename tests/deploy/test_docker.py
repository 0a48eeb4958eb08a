"""The image and its compose file: not root, nothing that floats, secrets as files, a health check that works."""

import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import casewarden
from casewarden.config.read_settings import read_settings
from casewarden.config.settings import HttpSettings
from casewarden.ruleset.diagnostics import Level
from support.pages import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "docker"
TEXT = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = YAML(typ="safe", pure=True).load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
KNOWN = {
    "FROM",
    "ARG",
    "ENV",
    "RUN",
    "USER",
    "WORKDIR",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
}
# What the compose specification knows and this file uses.
OF_SERVICE = {
    *("build", "image", "command", "depends_on", "ports", "volumes", "secrets", "environment", "healthcheck", "init"),
    *("restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "shm_size"),
}


def instructions() -> list[tuple[str, str]]:
    """The instructions in order, lines that go on joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
    found = []
    for line in filter(None, joined.splitlines()):
        word, _, rest = line.partition(" ")
        found.append((word, rest))
    return found


def the(word: str) -> str:
    """The instruction of this name, of which there is one."""
    (rest,) = (rest for each, rest in instructions() if each == word)
    return rest


def test_the_image_is_made_by_known_instructions_from_a_fixed_version() -> None:
    assert {word for word, _ in instructions()} == KNOWN
    assert the("FROM") == "python:3.13-slim"
    assert the("ARG") == f"VERSION={casewarden.__version__}"
    assert 'pip install --no-cache-dir "casewarden[postgres]==${VERSION}"' in the("RUN")


def test_it_runs_as_nobody_special() -> None:
    user, _, group = the("USER").partition(":")
    assert user.isdecimal()
    assert int(user) >= 1000
    assert f"--uid {user} --gid {group}" in the("RUN")
    words = [word for word, _ in instructions()]
    assert words.index("USER") > words.index("RUN")


def test_it_starts_a_command_as_a_process_that_gets_signals() -> None:
    assert json.loads(the("ENTRYPOINT")) == ["casewarden"]
    assert json.loads(the("CMD")) == ["serve", "--config", "/etc/casewarden/casewarden.yaml"]
    assert the("STOPSIGNAL") == "SIGTERM"
    assert the("EXPOSE") == str(HttpSettings().port)


class Answering(BaseHTTPRequestHandler):
    """Answers `/healthz` with the server's status."""

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/healthz" else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(status: int) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        server.status = status  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def health_check(port: int) -> int:
    """Run the image's health check, at another port; its exit code."""
    options, _, command = the("HEALTHCHECK").partition(" CMD ")
    assert all(re.fullmatch(r"--(interval|timeout|start-period|retries)=\d+s?", each) for each in shlex.split(options))
    python, flag, script = json.loads(command)
    assert (python, flag) == ("python", "-c")
    assert script.count(f"127.0.0.1:{HttpSettings().port}/healthz") == 1
    there = script.replace(f":{HttpSettings().port}/", f":{port}/")
    return subprocess.run([sys.executable, "-c", there], stderr=subprocess.DEVNULL, check=False).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_the_health_check_tells_a_sidecar_that_works(status: int, code: int) -> None:
    with answering(status) as port:
        assert health_check(port) == code


def test_the_health_check_tells_a_sidecar_that_is_not_there() -> None:
    with answering(200) as port:
        pass
    assert health_check(port) == 1


def test_the_compose_file_has_known_keys_and_names_what_it_declares() -> None:
    assert set(COMPOSE) == {"name", "services", "secrets", "volumes"}
    services = COMPOSE["services"]
    assert set(services) == {"casewarden", "postgres"}
    for service in services.values():
        assert set(service) <= OF_SERVICE
        assert set(service.get("depends_on", {})) <= set(services)
    named = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert {name for name in named if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert {secret for service in services.values() for secret in service["secrets"]} == set(COMPOSE["secrets"])
    assert all(secret == {"file": f"./secrets/{name}"} for name, secret in COMPOSE["secrets"].items())


def test_versions_are_fixed() -> None:
    service = COMPOSE["services"]["casewarden"]
    assert service["image"] == f"casewarden:{casewarden.__version__}"
    assert service["build"]["args"] == {"VERSION": casewarden.__version__}
    assert COMPOSE["services"]["postgres"]["image"] == "postgres:18"


def test_the_sidecar_waits_for_its_store_and_has_time_to_stop() -> None:
    services = COMPOSE["services"]
    assert services["casewarden"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["postgres"]["healthcheck"]["test"][0] == "CMD"
    assert int(services["casewarden"]["stop_grace_period"].removesuffix("s")) >= 15


def test_the_sidecar_is_shut_in_and_open_to_this_machine_only() -> None:
    service = COMPOSE["services"]["casewarden"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "ports" not in COMPOSE["services"]["postgres"]
    assert "environment" not in service


def test_the_store_of_postgresql_18_is_where_the_image_keeps_it() -> None:
    assert COMPOSE["services"]["postgres"]["volumes"] == ["database:/var/lib/postgresql"]


def test_the_configuration_that_the_comment_describes_is_one(tmp_path: Path) -> None:
    head = (FOLDER / "compose.yaml").read_text(encoding="utf-8").partition("name:")[0]
    said = re.findall(r"(\w+): (\{.*?\}+)(?:,|$)", head, flags=re.MULTILINE)
    assert [key for key, _ in said] == ["store", "http", "personal_data"]
    rest = "casewarden: 1\ngo_live: 2026-07-01T00:00:00Z\nrulesets: [rulesets/acme.yaml]\n"
    rest += "connectors: {desk: {plugin: files}}\n"
    file = tmp_path / "casewarden.yaml"
    file.write_text(rest + "".join(f"{key}: {value}\n" for key, value in said), encoding="utf-8")
    settings, found = read_settings(file)
    assert [problem.message for problem in found.items if problem.level is Level.ERROR] == []
    assert settings is not None
    assert (settings.http.host, settings.http.port) == ("0.0.0.0", HttpSettings().port)
    secrets = {f"/run/secrets/{name}" for name in COMPOSE["services"]["casewarden"]["secrets"]}
    assert {ref.name for ref in (settings.store, settings.personal_data.key) if not isinstance(ref, str)} == secrets
