"""`casewarden explain` on the live store says what the history of the same case says, and what then really happens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casewarden.plugin import Retry
from casewarden.scenario.wire import event_json
from casewarden.service.personal import erase
from casewarden.store.database import Database
from operations.desk import RULES, Desk, park, set_up
from support.small import Log, say

ANNA = "anna@acme.example"


def opened(**facts: str) -> Log:
    return Log("case:1").opened(
        "mon 09:00",
        {"case.number": "1", "contact.email": ANNA, "case.subject": "Why?", **facts},
        key="o1",
    )


def explained(desk: Desk, *words: str) -> Any:
    return desk.json("explain", *words)


QUESTIONS = [
    ["1"],
    ["1", "--rule", "greet"],
    ["1", "--rule", "remind"],
    ["1", "--clock", "answer"],
    ["1", "--at", "2026-03-02T10:30:00+01:00"],
    ["1", "--rule", "greet", "--at", "2026-03-02T10:30:00+01:00"],
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_the_live_store_is_explained_as_its_history_is(sqlite_desk: Desk, words: list[str]) -> None:
    """The same events, once in the store and once as a history that is decided anew."""
    desk = sqlite_desk
    log = opened()
    desk.take(log)
    desk.go("mon 10:00")
    log.observed("mon 10:00", {"case.core": "down"}, key="f1")
    desk.take(log)
    desk.go("mon 11:00")
    log.message("mon 11:00", key="m1", text="Hello?")
    desk.take(log)
    history = desk.folder / "history.jsonl"
    history.write_text("".join(f"{json.dumps(event_json(event))}\n" for event in log.events), encoding="utf-8")
    live = explained(desk, *words)
    past = explained(desk, *words, "--history", str(history), "--ruleset", "support.yaml")
    assert _without(live) == _without(past)


def test_what_comes_next_is_what_then_happens(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.take(opened())
    told = explained(desk, "1")
    desk.go("wed 12:00")
    came = [say(int(str(row[0]))) for row in desk.bench.rows("SELECT at FROM activation WHERE rule = 'remind'")]
    fires = [one["at"] for one in told["coming"] if any("remind fires" in what for what in one.get("what", ()))]
    assert came == ["mon 12:00"]
    assert fires == ["2026-03-02T11:00:00Z"]
    assert explained(desk, "1", "--rule", "remind", "--at", "2026-03-02T09:30:00+01:00")["by_time"] == fires[0]


def test_an_action_that_waits_is_part_of_what_comes_next(sqlite_desk: Desk) -> None:
    """A reply that could not be sent goes out in the look ahead, as it would."""
    desk = sqlite_desk
    desk.helpdesk.answers["reply"] = Retry("away", reached=False)
    desk.take(opened(**{"case.core": "down"}))
    told = explained(desk, "1")
    (greet,) = [rule for rule in told["rules"] if rule["rule"] == "greet"]
    assert [action["status"] for action in greet["firings"][0]["actions"]] == ["planned", "planned"]
    assert explained(desk, "1", "--rule", "greet")["active"] is True


def test_a_sealed_case_is_explained_and_what_is_missing_is_said(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.take(opened().message("mon 09:00", key="m1", who=(ANNA,), text="My secret"))
    erase(desk.bench.database, desk.bench.sealing.sealer, ANNA, who="ada", why="asked by letter", now=desk.bench.now)
    result = desk.say("explain", "1")
    assert result.exit_code == 0
    assert result.stderr == "note: what a person wrote in 2 events was erased; what would need it is unknown\n"
    assert "My secret" not in result.stdout
    assert "Why?" not in result.stdout
    assert "sealed: what a person wrote in 2 events was erased, and is unknown" in desk.told("case", "1")


def test_what_waits_and_what_is_set_aside_is_said(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.take(opened())
    park(desk, "case:1")
    desk.take(Log("case:1").message("mon 09:00", key="m1"))
    assert desk.say("explain", "1").stderr.splitlines() == [
        "note: it is set aside, and stands as it was decided last: it cannot be written: DataError",
        "note: 1 event waits to be decided, of which this knows nothing yet",
    ]


def test_alerts_that_stand_before_a_person_are_told(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.take(opened())
    with desk.bench.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO obligation (key, subject, kind, message, opened_at, state) "
            "SELECT 'k', id, 'alert', 'these rules undo each other', 0, 'open' FROM subject"
        )
    assert explained(desk, "1")["alerts"] == ["these rules undo each other"]


@pytest.mark.parametrize(
    ("words", "message", "fix"),
    [
        (["11"], "there is no case 11 in the store", "did you mean case 1?"),
        (["1", "--rule", "gret"], "the ruleset support has no rule `gret`", "did you mean `greet`?"),
        (["1", "--clock", "anser"], "the ruleset support has no clock `anser`", "did you mean `answer`?"),
        (["1", "--at", "2026-03-03T00:00Z"], "2026-03-03T00:00:00Z has not come yet", "leave --at out"),
        (["1", "--at", "2026-03-01T00:00Z"], "case 1 is not known yet at that instant", "from 2026-03-02T08:00:00Z on"),
        (["service:core", "--clock", "answer"], "clocks run on cases, and service:core is not one", "name a case"),
        (["service:core", "--rule", "greet"], "the rule greet is about case, and service:core is not", "that kind"),
    ],
)
def test_what_cannot_be_explained_is_refused(sqlite_desk: Desk, words: list[str], message: str, fix: str) -> None:
    sqlite_desk.take(opened())
    sqlite_desk.take(Log("service:core").observed("mon 09:00", {"service.core.health": "up"}, "automation"))
    result = sqlite_desk.say("explain", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert fix in result.stderr


@pytest.mark.parametrize("option", [["--map", "m.yaml"], ["--customers", "c"], ["--ruleset", "r.yaml"]])
def test_what_is_for_a_history_is_refused_without_one(sqlite_desk: Desk, option: list[str]) -> None:
    result = sqlite_desk.say("explain", "1", *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for a history: say --history, too." in result.stderr


def test_a_history_needs_its_ruleset(sqlite_desk: Desk) -> None:
    result = sqlite_desk.say("explain", "1", "--history", "h.jsonl")
    assert result.exit_code == 2
    assert "A history needs the ruleset that decides: say --ruleset." in result.stderr


def test_a_page_in_html_is_written(sqlite_desk: Desk) -> None:
    sqlite_desk.take(opened())
    result = sqlite_desk.say("explain", "1", "--format", "html", "--out", "page.html")
    assert (result.exit_code, result.stderr) == (0, "page.html written\n")
    assert (sqlite_desk.folder / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def _without(told: Any) -> Any:
    """An explanation without places in files, which differ by where the ruleset was read from."""
    match told:
        case dict():
            return {key: _without(value) for key, value in told.items() if key not in ("place", "file")}
        case list():
            return [_without(value) for value in told]
        case _:
            return told


@pytest.fixture
def adapting_desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A rule that says what it does where nobody can be notified, beside a connector that only writes on tickets."""
    wanted = "then: [notify: {who: support, message: hello}]"
    rules = RULES.replace(wanted, f"{wanted}\n    if_unsupported: [note: hello]")
    database = Database(sqlite_url)
    for desk in set_up(tmp_path, database, sqlite_url, monkeypatch, rules):
        config = tmp_path / "casewarden.yaml"
        text = config.read_text(encoding="utf-8").replace(
            "plugin: files,", "plugin: files, actions: [note, reply, tag],"
        )
        config.write_text(text, encoding="utf-8")
        yield desk
    database.close()


def test_beside_a_rule_stands_what_it_does_instead_where_no_connector_can_do_what_it_wants(adapting_desk: Desk) -> None:
    desk = adapting_desk
    desk.take(opened())
    desk.go("mon 12:30")
    told = "no connector can notify, so it does its `if_unsupported` instead: note"
    assert told in " ".join(desk.told("explain", "1").split())
    assert told in " ".join(desk.told("explain", "1", "--rule", "remind").split())
    assert told in " ".join(desk.told("case", "1").split())
    assert explained(desk, "1", "--rule", "remind")["instead"] == {
        "rule": "remind",
        "lacks": ["notify"],
        "does": ["note"],
    }
    assert "instead" not in explained(desk, "1", "--rule", "greet")


def test_what_comes_next_is_what_the_rule_does_instead(adapting_desk: Desk) -> None:
    desk = adapting_desk
    desk.take(opened())
    fires = [what for one in explained(desk, "1")["coming"] for what in one["what"] if "remind" in what]
    assert fires == ["rule remind fires: note"]
