"""`casewarden ingest`: doors before a store on PostgreSQL; what waits is written together."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.plugin.events import event_json
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.ingest_node import IngestNode
from casewarden.sidecar.workers import Place, WorkerProcess, place_of
from casewarden.web.signatures import SIGNATURE, TIMESTAMP
from casewarden.web.signatures import sign as signed
from crash.life import ENVIRON, INGEST, Config, Plugin, settings_of
from crash.script import START
from support.fake_faults import NONE
from support.fake_helpdesk import sign
from support.small import Log

NOW = START
DOORS = Place("127.0.0.1", 0)


@pytest.fixture
def node(postgres_url: str, tmp_path: Path) -> Iterator[IngestNode]:
    settings = settings_of(Config(postgres_url, str(tmp_path), NONE))
    one = IngestNode(settings, environ=ENVIRON, now=lambda: NOW, plugins=[Plugin(lambda: NOW)], listen_at=DOORS)
    one.start()
    yield one
    assert one.stop(60)


def post(node: IngestNode, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    url = urlsplit(str(node.url))
    with closing(HTTPConnection(str(url.hostname), url.port, timeout=60)) as connection:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def send(node: IngestNode, case: str) -> tuple[int, str]:
    (event,) = Log(case).add("opened", "mon 09:00").events
    form = {name: value for name, value in event_json(event).items() if name not in ("source", "seen_at")}
    body = json.dumps(form).encode()
    seconds = NOW // 1_000_000
    return post(
        node,
        "/ingest/monitor",
        body,
        {TIMESTAMP: str(seconds), SIGNATURE: signed(INGEST.encode(), seconds, body)},
    )


def test_all_that_wait_at_the_moment_are_written_in_one_transaction(node: IngestNode, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other, ThreadPoolExecutor(20) as pool:
        with other.transaction():
            other.execute("LOCK TABLE event IN SHARE MODE")
            answers = [pool.submit(send, node, "case:0")]
            while other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
                pass
            answers += [pool.submit(send, node, f"case:{number}") for number in range(1, 20)]
            while node._taking.waiting < 19:
                pass
        said = [answer.result(60) for answer in answers]
        assert {status for status, _ in said} == {200}
        assert sum(json.loads(text)["new"] for _, text in said) == 20
        assert other.execute("SELECT count(*), count(DISTINCT xmin::text) FROM event").fetchone() == (20, 2)
        assert other.execute("SELECT count(*) FROM mailbox").fetchone() == (20,)
    assert json.loads(send(node, "case:1")[1]) == {"new": 0, "duplicates": 1}


def test_webhooks_come_in_at_any_node(node: IngestNode) -> None:
    (event,) = Log("case:1").add("opened", "mon 09:00").events
    body = json.dumps([{name: value for name, value in event_json(event).items() if name != "source"}]).encode()
    headers = sign("hush", body, NOW // 1_000_000)
    status, said = post(node, "/webhooks/desk", body, headers)
    assert (status, json.loads(said)) == (200, {"new": 1, "duplicates": 0})
    assert post(node, "/webhooks/desk", body, {})[0] == 401
    assert post(node, "/webhooks/nobody", body, headers)[0] == 404


def test_a_store_that_is_gone_is_told_and_waited_for(node: IngestNode, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("ALTER TABLE event RENAME TO gone")
        assert send(node, "case:1")[0] == 500
        other.execute("ALTER TABLE gone RENAME TO event")
    assert send(node, "case:1")[0] == 200


def test_after_the_end_nothing_is_taken(node: IngestNode) -> None:
    node.stopping.set()
    assert node.is_full()


@pytest.mark.parametrize("kind", [WorkerProcess, IngestNode])
def test_a_store_on_sqlite_has_one_process_only(kind: type[WorkerProcess | IngestNode], tmp_path: Path) -> None:
    settings = settings_of(Config(f"sqlite:///{tmp_path}/casewarden.db", str(tmp_path), NONE))
    with pytest.raises(StartError, match="SQLite has one process only"):
        kind(settings, environ=ENVIRON, now=lambda: NOW, plugins=[Plugin(lambda: NOW)])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:8421", Place("127.0.0.1", 8421)),
        ("[::1]:0", Place("::1", 0)),
        ("localhost:1", Place("localhost", 1)),
    ],
)
def test_a_place_to_listen_at(text: str, place: Place) -> None:
    assert place_of(text) == place
    assert place_of(None) is None


@pytest.mark.parametrize("text", ["", "8421", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "a b:1", "::1:8421"])
def test_no_place_to_listen_at(text: str) -> None:
    with pytest.raises(StartError, match="no place to listen at"):
        place_of(text)


@pytest.mark.parametrize("command", ["worker", "ingest"])
def test_what_keeps_a_command_from_starting_is_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "casewarden.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    said = CliRunner().invoke(app, [command, "--config", str(tmp_path / "casewarden.yaml")])
    assert said.exit_code == 2
    assert "error[" in said.output
