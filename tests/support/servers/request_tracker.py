"""Request Tracker 5 from Debian's packages, on loopback, with everything of its own in one folder.

The system's configuration and database of Request Tracker are neither read nor written.
"""

import json
import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import httpx

from support.servers.packages import NoServerError
from support.servers.processes import Process, free_port, wait_until

PEOPLE: Final = ("root", "casewarden", "alice", "bob", "reader", "kim@customer.example", "lee@customer.example")
"""Who has a token: root, the account of the sidecar, two agents, an account that may only read, two customers."""

_SERVER: Final = Path("/usr/share/request-tracker5/libexec/rt-server")
_DATA: Final = Path(__file__).with_name("request_tracker_data.pl")
_TIME_LIMIT_S: Final = 120
_CONFIGURATION: Final = """\
use utf8;
$VarPath = '{folder}/var';
$MasonDataDir = '{folder}/mason';
$MasonSessionDir = '{folder}/sessions';
Set($rtname, 'desk.example');
Set($Organization, 'desk.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($MailCommand, 'mbox');
Set($Timezone, 'Europe/Zurich');
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
1;
"""
"""The server's zone is not UTC, as in life. Tokens are hashed cheaply: in life that costs 0.3 s for each request."""


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """A server that listens on loopback. `tokens` is by the names of PEOPLE; the queue `Support` is for the tests."""

    folder: Path
    port: int
    process: Process
    tokens: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make and start one in a folder that does not exist yet; NoServerError where it does not come up."""
        for part in ("conf.d", "var", "mason", "sessions", "tokens"):
            (folder / part).mkdir(parents=True)
        port = free_port()
        configuration = _CONFIGURATION.replace("{folder}", str(folder)).replace("{port}", str(port))
        (folder / "RT_SiteConfig.pm").write_text(configuration, encoding="utf-8")
        environment = {
            "RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(folder / "conf.d"),
            "CASEWARDEN_TOKENS": str(folder / "tokens"),
        }
        _set_up(["--action", "init"], environment)
        _set_up(["--action", "insert", "--datafile", str(_DATA)], environment)
        tokens = {path.name: path.read_text(encoding="ascii") for path in (folder / "tokens").iterdir()}
        if set(tokens) != set(PEOPLE):
            raise NoServerError(f"Request Tracker made tokens for {sorted(tokens)} only")
        words = [str(_SERVER), "--host", "127.0.0.1", "--port", str(port), "--max-workers", "2"]
        process = Process.start(words, folder / "server.log", environment)
        (folder / "made.json").write_text(json.dumps({"port": port, "process": process.named, "tokens": tokens}))
        server = cls(folder, port, process, tokens)
        wait_until(server._answers, process, _TIME_LIMIT_S)
        return server

    @classmethod
    def made(cls, folder: Path) -> Self:
        """The one that another process made in a folder."""
        said = json.loads((folder / "made.json").read_text())
        return cls(folder, said["port"], Process.told(said["process"], folder / "server.log"), said["tokens"])

    @property
    def url(self) -> str:
        """Where people go to; the programs' door is `/REST/2.0` below it."""
        return f"http://127.0.0.1:{self.port}"

    def as_user(self, name: str) -> httpx.Client:
        """A client of the programs' door that acts as one of PEOPLE, to be closed after use."""
        headers = {"Authorization": f"token {self.tokens[name]}"}
        return httpx.Client(base_url=f"{self.url}/REST/2.0", headers=headers, timeout=60)

    def new_queue(self) -> str:
        """A queue of a test's own, with the custom fields that all have; its name."""
        name = f"Queue {secrets.token_hex(6)}"
        with self.as_user("root") as client:
            client.post("/queue", json={"Name": name}).raise_for_status()
        return name

    def stop(self) -> None:
        """Stop it; the folder stays."""
        self.process.stop()

    def _answers(self) -> bool:
        with self.as_user("casewarden") as client:
            try:
                return client.get("/rt").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False


def _set_up(words: list[str], environment: Mapping[str, str]) -> None:
    command = ["rt-setup-database-5", *words, "--dba", "", "--dba-password", "", "--skip-create"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIME_LIMIT_S,
            check=False,
            env=os.environ | environment,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NoServerError(f"the database of Request Tracker cannot be made: {problem}") from None
    if done.returncode != 0:
        raise NoServerError(f"the database of Request Tracker cannot be made: {done.stdout}{done.stderr}")
