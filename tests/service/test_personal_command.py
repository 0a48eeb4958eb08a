"""`casewarden personal` as an operator uses it, on both databases, with and without a sidecar that runs."""

import json
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.model import Event, Json
from casewarden.store.chain import GENESIS
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing, enter, link, put_events
from casewarden.store.place import take_place
from casewarden.store.sealing import PERSONAL_PATHS
from casewarden.store.tables import subject
from casewarden.web.app import http_doors
from casewarden.web.limits import Limits
from casewarden.web.serve import serve
from support.memory_doors import MemoryDoors

NOW = 1_772_000_000_000_000
ANNA = "anna@acme.example"
MASTER, NEW = bytes(range(32)), bytes(range(50, 82))
CONFIG = """
casewarden: 1
store: {env: CASEWARDEN_STORE}
go_live: 2026-01-01T00:00Z
rulesets: [support.yaml]
connectors:
  desk: {plugin: files, settings: {inbox: inbox, outbox: out.jsonl}}
personal_data: {key: {env: CASEWARDEN_KEY}}
"""


@pytest.fixture
def configured(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A folder with a configuration, in which the commands run, and its store with a case of Anna's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEWARDEN_STORE", store_url)
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(MASTER).decode())
    (tmp_path / "casewarden.yaml").write_text(CONFIG, encoding="utf-8")
    database = Database(store_url)
    facts = {"facts": {"contact.email": ANNA, "contact.name": "Zoë \ud800"}}
    opened = Event("case:7", "opened", NOW, NOW, "customer", "desk", "7", data=facts)  # type: ignore[arg-type]
    sealing, entry = Sealing(open_sealer(database, MASTER), PERSONAL_PATHS), link(7, 1, opened, GENESIS)
    with database.write() as connection:
        row = {
            "lane": "acme",
            "name": "case:7",
            "slot": 7,
            "version": 1,
            "decided_at": NOW,
            "woken": 0,
            "state": "open",
        }
        connection.execute(subject.insert().values(**row, id=7, length=1, head=entry["chain"]))
        (event,) = put_events(connection, sealing, [opened], NOW)
        enter(connection, [{**entry, "event": event}])
    yield database
    database.close()


def personal(*words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, ["personal", *words], input=said)


def erase(name: str = ANNA, *words: str, said: str | None = None) -> Result:
    return personal("erase", name, "--why", "by letter", "--who", "olga", *words, said=said)


@pytest.mark.usefixtures("configured")
def test_an_export_is_written_out_or_to_a_file_for_its_owner_only(tmp_path: Path) -> None:
    done = personal("export", ANNA)
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["events"][0]["data"]["facts"]["contact.email"] == ANNA
    done = personal("export", "-", "--out", "anna.json", said=f"{ANNA}\n")
    assert done.output == "anna.json: 1 event of case:7, 0 messages written by us\n"
    assert json.loads((tmp_path / "anna.json").read_bytes()) == document
    assert stat.S_IMODE((tmp_path / "anna.json").stat().st_mode) == 0o600
    done = personal("export", ANNA, "--out", "anna.json")
    assert (done.exit_code, done.output) == (2, "error: anna.json cannot be written: File exists\n")


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("name", ["nobody", "' OR 1=1 --", "a\nb", "\u202e", "-"])
def test_of_a_name_that_is_not_known_nothing_is_written(name: str) -> None:
    for done in (personal("export", name), erase(name, "--yes")):
        assert done.exit_code == 2
        assert done.output.startswith("error: nothing is held under `")
        assert "\u202e" not in done.output
        assert len(done.output.splitlines()) == 2


@pytest.mark.usefixtures("configured")
def test_an_erasure_is_asked_about_first() -> None:
    done = erase(said="n\n")
    assert done.exit_code == 1
    assert "Held is: 1 event of case:7, 0 messages written by us.\nErase it for good? [y/N]: n\nAborted!" in done.output
    assert personal("export", ANNA).exit_code == 0
    done = erase(said="y\n")
    assert done.exit_code == 0
    assert "Erased: 1 event in case:7.\nThe audit ends with " in done.output
    assert personal("export", ANNA).exit_code == 2


@pytest.mark.usefixtures("configured")
def test_an_erasure_needs_a_reason_without_the_name() -> None:
    assert personal("erase", ANNA, "--yes").exit_code == 2
    done = personal("erase", ANNA, "--yes", "--why", f"{ANNA} wrote")
    assert (done.exit_code, done.output.splitlines()[0]) == (
        2,
        "error: the reason names the contact, and stands in the audit for ever",
    )


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_sidecar_that_runs_is_asked_to_erase(configured: Database) -> None:
    assert configured.path is not None
    heard: list[tuple[str, object, str]] = []

    class Doors(MemoryDoors):
        async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:
            heard.append((command, arguments, who))
            done: dict[str, Json] = {"subjects": ["case:7"], "events": 1, "withdrawn": 2, "chain": "ab"}
            return {**done, "also_named": ["u-17\x1b[2J"], "remains": "somebody reads"}

    stop = threading.Event()
    with take_place(configured.path, NOW) as place:
        done = erase(ANNA, "--yes")
        assert (done.exit_code, "does not answer yet" in done.output) == (2, True)
        limits = Limits()
        serving = serve(http_doors(Doors(), lambda _: None, place.token, limits), "127.0.0.1", 0, stop, limits)
        place.announce(serving.url)
        done = erase(ANNA, "--yes")
        refused = personal("rotate-key", "new.key")
        stop.set()
        serving.wait(20)
    assert heard == [("personal-erase", {"contact": ANNA, "why": "by letter"}, "olga")]
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "Erased: 1 event in case:7.",
        "Withdrawn before they are sent: 2 actions.",
        "More is held under u-17\ufffd[2J, which stood beside this name.",
        "The audit ends with ab now.",
    ]
    assert "older copies are still in the write-ahead log: somebody reads" in done.stderr
    assert refused.exit_code == 2


@pytest.mark.usefixtures("configured")
def test_the_key_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = personal("export", ANNA).stdout
    for content in ("", "short", "A" * 44, b64encode(MASTER).decode()):
        (tmp_path / "new.key").write_text(content, encoding="ascii")
        done = personal("rotate-key", "new.key")
        assert (done.exit_code, done.output.startswith("error: ")) == (2, True)
        assert content not in done.output or not content
    (tmp_path / "new.key").write_text(b64encode(NEW).decode() + "\n", encoding="ascii")
    done = personal("rotate-key", "new.key", "--who", "olga")
    assert (done.exit_code, done.output) == (
        0,
        "Wrapped anew: 1 key. Configure the new key before the sidecar starts.\n",
    )
    assert "not the one that this store was sealed with" in personal("export", ANNA).output
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(NEW).decode())
    assert personal("export", ANNA).stdout == before
