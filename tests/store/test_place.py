"""One process writes to a store: who comes second is told who has it, and death gives it back."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from casewarden.store.database import StoreError
from casewarden.store.place import running, take_place

NOW = 1_772_000_000_000_000
HOLDER = """
import sys
from pathlib import Path
from casewarden.store.place import take_place
place = take_place(Path(sys.argv[1]), int(sys.argv[2]))
place.announce("http://127.0.0.1:8420")
print("taken", flush=True)
sys.stdin.read()
place.release()
print("given back", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "casewarden.db").touch()
    return tmp_path / "casewarden.db"


def hold(store: Path) -> subprocess.Popen[str]:
    """Another process that has the place."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store), str(NOW)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    return process


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    process.send_signal(how)
    process.communicate()


def test_a_place_is_taken_and_given_back(store: Path) -> None:
    assert running(store) is None
    with take_place(store, NOW) as place:
        told = running(store)
        assert told is not None
        assert (told.pid, told.started, told.url, told.token) == (os.getpid(), NOW, None, place.token)
        place.announce("http://127.0.0.1:8420")
        told = running(store)
        assert told is not None
        assert told.url == "http://127.0.0.1:8420"
    assert running(store) is None
    assert not store.with_name("casewarden.db.token").exists()
    place.release()
    with take_place(store, NOW) as again:
        assert again.token != place.token


def test_what_others_read_of_it(store: Path) -> None:
    with take_place(store, NOW) as place:
        place.announce("http://127.0.0.1:8420")
        token_file = store.with_name("casewarden.db.token")
        assert json.loads(store.with_name("casewarden.db.lock").read_text(encoding="utf-8")) == {
            "pid": os.getpid(),
            "started": NOW,
            "url": "http://127.0.0.1:8420",
            "token_file": str(token_file),
        }
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        assert token_file.read_text(encoding="ascii") == place.token


def test_the_second_is_told_who_has_it(store: Path) -> None:
    holder = hold(store)
    try:
        told = running(store)
        assert told is not None
        assert (told.pid, told.url) == (holder.pid, "http://127.0.0.1:8420")
        with pytest.raises(StoreError, match=f"process {holder.pid} writes to the store `{store}`") as refused:
            take_place(store, NOW)
        assert refused.value.fix == "stop it first"
        assert told.token not in str(refused.value)
    finally:
        end(holder)


def test_a_store_has_one_place_by_whatever_name(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = store.with_name("other.db")
    other.symlink_to(store)
    monkeypatch.chdir(store.parent)
    with take_place(Path("casewarden.db"), NOW):
        for name in (store, other):
            with pytest.raises(StoreError, match="there can be only one"):
                take_place(name, NOW)


def test_death_gives_it_back_and_nothing_stale_is_told(store: Path) -> None:
    holder = hold(store)
    old = running(store)
    end(holder)
    assert running(store) is None
    with take_place(store, NOW + 1):
        told = running(store)
        assert told is not None
        assert old is not None
        assert (told.pid, told.started, told.url) == (os.getpid(), NOW + 1, None)
        assert told.token != old.token


def test_a_program_that_it_starts_does_not_keep_it(store: Path) -> None:
    place = take_place(store, NOW)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    place.release()
    take_place(store, NOW).release()
    child.communicate(b"\n")


def test_looking_does_not_take_it(store: Path) -> None:
    """Who looks holds the lock for an instant; who wants the place in that instant waits."""
    looker = (
        "import sys; from pathlib import Path; from casewarden.store.place import running\n"
        "for _ in range(500): running(Path(sys.argv[1]))"
    )
    take_place(store, NOW).release()
    process = subprocess.Popen([sys.executable, "-c", looker, str(store)])
    taken = 0
    while process.poll() is None:
        with take_place(store, NOW) as place:
            for _ in range(20):  # a place is held for longer than it takes to tell of it
                told = running(store)
                assert told is not None
                assert told.token == place.token
        taken += 1
    assert process.returncode == 0
    assert taken > 0


def test_a_place_that_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened: No such file") as refused:
        take_place(tmp_path / "nowhere" / "casewarden.db", NOW)
    assert refused.value.fix == "look at the folder of the store"
