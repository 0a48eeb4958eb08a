"""What operators read: texts as they stand, JSON, what is sealed, and texts of others that steer no terminal."""

import json
from collections.abc import Callable

import pytest

from casewarden.plugin import Rejected, Retry
from casewarden.report.blocks import Table
from casewarden.report.explain import text_of
from casewarden.report.live.page import cell
from casewarden.store import cursors
from operations.desk import Desk, capped, park
from support.small import Log, at

EVIL = "\x1b[31mred\x07 \u202egnp.exe <b>bold</b> [link](x)"
Snapshot = Callable[[str, str], None]


def filled(desk: Desk) -> None:
    """Some cases in all states, and something of everything that a person has to see to."""
    desk.take(Log("service:core").observed("mon 08:45", {"service.core.health": "up"}, "automation", key="s1"))
    first = Log("case:1001").opened(
        "mon 09:00",
        {"case.number": "1001", "customer.id": "acme", "case.plan": "gold", "contact.email": "anna@acme.example",
         "case.subject": "Nothing works"},
        key="o1", via="mail",
    )  # fmt: skip
    desk.take(first.message("mon 09:00", key="m1", who=("anna@acme.example",), text="Nothing works at all!"))
    desk.bench.now = at("mon 09:10")
    desk.helpdesk.answers["reply"] = Rejected("the address is wrong", {"to": "anna@acme.example", "body": "Dear"})
    desk.take(Log("case:1002").opened("mon 09:10", {"case.number": "1002", "case.core": "down"}, key="o2"))
    desk.helpdesk.answers["reply"] = Retry("502 Bad gateway", reached=True, request={"body": "Dear"})
    desk.bench.now = at("mon 09:20")
    desk.take(Log("case:1003").opened("mon 09:20", {"case.number": "1003", "case.core": "down"}, key="o3"))
    desk.bench.now = at("mon 09:25")
    desk.take(Log("case:1004").opened("mon 09:25", {"case.number": "1004"}, key="o4"))
    park(desk, "case:1004")
    desk.bench.now = at("mon 09:30")
    desk.take(Log("case:1004").message("mon 09:30", key="m4", text="Hello?"))
    desk.take(Log("case:1005").opened("mon 09:30", {"case.number": "1005"}, key="o5"))
    desk.order("case-merge", case="1005", into="1001", reason="the same")
    capped(desk, per_rule=1)
    desk.bench.now = at("mon 09:40")
    desk.take(Log("case:1006").opened("mon 09:40", {"case.number": "1006", "case.core": "down"}, key="o6"))
    with desk.bench.database.write() as connection:
        cursors.move(connection, "desk", {"line": 7}, at("mon 09:00"), at("mon 09:30"))
        cursors.fail(connection, "desk", "PermissionError: inbox: Permission denied", at("mon 09:45"))
    desk.bench.now = at("mon 12:20")


def test_a_configuration_that_is_not_there_is_told_with_what_makes_one(sqlite_desk: Desk) -> None:
    told = sqlite_desk.say("status", "--config", "elsewhere.yaml")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == (
        "error: there is no configuration `elsewhere.yaml`\n"
        "  fix: `casewarden init` writes one; --config names one that is elsewhere\n"
    )


def test_names_in_tables_stay_whole_while_cells_of_several_words_can_be_broken() -> None:
    """A row of cases is too wide here as a whole, and has room for its names where due and left take several lines."""
    row = ("S-1023", "Wed 4 Mar 2026 12:00", "4:00:00 of 4 business hours", "first_response", "waiting_on_customer")
    table = Table(("case", "due", "left", "clock", "state"), (tuple(map(cell, row)),))
    told = text_of([table], colour=False, width=72)
    assert {"S-1023", "first_response", "waiting_on_customer"} <= set(told.split())
    narrow = text_of([table], colour=False, width=40)
    assert "waiting_on_customer" not in narrow
    assert sorted("".join(narrow.split())) == sorted("".join(told.split()))  # broken, and nothing of it cut off


def test_the_store_of_a_demonstration_that_ended_takes_orders(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    config = desk.folder / "casewarden.yaml"
    text = config.read_text(encoding="utf-8").replace("plugin: files", "plugin: demonstration")
    config.write_text(text.replace("{inbox: inbox, outbox: out.jsonl}", "{seed: 1}"), encoding="utf-8")
    desk.take(Log("case:1001").opened("mon 09:00", {"case.number": "1001"}, key="o1"))
    assert "Sending is paused" in desk.told("pause", "--reason", "to look")
    told = desk.say("case", "1001")
    assert (told.exit_code, told.stderr) == (0, "")


def test_what_was_read_a_moment_after_the_look_began_was_read_just_now(sqlite_desk: Desk) -> None:
    with sqlite_desk.bench.database.write() as connection:
        cursors.move(connection, "desk", {"line": 7}, at("mon 09:00"), sqlite_desk.bench.now + 800_000_000)
    told = sqlite_desk.say("status").stdout.split("Connectors")[1]
    assert "just now" in told
    assert "in 13 min" not in told


LOOKS = {
    "status": ["status"],
    "cases": ["cases"],
    "cases_done": ["cases", "--state", "ended"],
    "cases_due": ["cases", "--due-within", "30 min"],
    "case": ["case", "1001"],
    "case_log": ["case", "show", "1001", "--log", "--decisions", "2"],
    "case_parked": ["case", "1004"],
    "case_merged": ["case", "1005"],
    "case_refused": ["case", "1002", "--decisions", "0"],
    "service": ["case", "service:core"],
    "outbox": ["outbox"],
    "outbox_all": ["outbox", "list", "--state", "all", "--limit", "3"],
    "outbox_of_case": ["outbox", "--case", "1003"],
    "action": ["outbox", "show", "case:1003/greet/1/0/0"],
    "obligations": ["obligations"],
}


@pytest.mark.parametrize("name", LOOKS)
def test_texts_are_as_they_were(sqlite_desk: Desk, snapshot: Snapshot, name: str) -> None:
    filled(sqlite_desk)
    result = sqlite_desk.say(*LOOKS[name])
    assert result.exit_code == (1 if name == "status" else 0), result.output
    revision = sqlite_desk.bench.compiled.ruleset.digest
    text = result.stdout.replace(revision[:12], "REVISION0000").replace(str(sqlite_desk.folder), "FOLDER")
    snapshot(name, text)


@pytest.mark.parametrize("name", LOOKS)
def test_json_has_instants_in_utc_and_says_no_less(sqlite_desk: Desk, name: str) -> None:
    filled(sqlite_desk)
    told = json.loads(sqlite_desk.say(*LOOKS[name], "--format", "json").stdout)
    assert told["looked"] == {"at": "2026-03-02T11:20:00Z", "zone": "Europe/Zurich"}
    for instant in _instants(told):
        assert instant is None or instant.endswith("Z")


def test_the_most_urgent_case_comes_first_and_what_is_left_is_in_its_own_time(sqlite_desk: Desk) -> None:
    filled(sqlite_desk)
    told = sqlite_desk.json("cases")
    assert [(row["case"], row["due"], row["remaining"]) for row in told["cases"]][:2] == [
        ("case:1001", "2026-03-02T12:00:00Z", 40 * 60_000_000),
        ("case:1002", "2026-03-02T12:10:00Z", 50 * 60_000_000),
    ]
    assert told["total"] == 5
    assert [row["case"] for row in sqlite_desk.json("cases", "--plan", "gold")["cases"]] == ["case:1001"]
    assert [row["case"] for row in sqlite_desk.json("cases", "--account", "acme")["cases"]] == ["case:1001"]
    assert [row["case"] for row in sqlite_desk.json("cases", "--state", "parked")["cases"]] == ["case:1004"]
    assert [row["case"] for row in sqlite_desk.json("cases", "--due-within", "40m")["cases"]] == ["case:1001"]
    assert sqlite_desk.json("cases", "--limit", "1")["total"] == 5


def test_all_is_well_where_a_sidecar_would_run_and_nothing_waits(sqlite_desk: Desk) -> None:
    told = json.loads(sqlite_desk.say("status", "--format", "json").stdout)
    assert told["problems"] == ["no sidecar runs: nothing is decided or sent; start it (casewarden serve)"]
    assert told["process"]["running"] is False
    assert (told["lanes"][0]["lane"], told["cases_open"], told["paused"]) == ("support", 0, False)


def test_status_says_who_paused_it_and_why(sqlite_desk: Desk) -> None:
    sqlite_desk.order("pause", reason="a wave of mails")
    told = sqlite_desk.say("status").stdout
    assert "paused since Mon 2 Mar 2026 09:00 by ada: a wave of mails" in told


@pytest.mark.parametrize("words", [["case", "1001", "--log"], ["outbox", "show", "1"], ["cases"]])
def test_without_the_key_everything_but_texts_is_shown(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    filled(sqlite_desk)
    monkeypatch.delenv("CASEWARDEN_KEY")
    result = sqlite_desk.say(*words)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("note: what is sealed is not shown: ")
    for text in ("Nothing works", "anna@acme.example", "Dear"):
        assert text not in result.stdout
    assert "sealed" in result.stdout or words == ["cases"]


def test_texts_of_others_steer_no_terminal(sqlite_desk: Desk) -> None:
    log = Log(f"case:{EVIL.split(maxsplit=1)[0]}").opened(
        "mon 09:00", {"case.number": EVIL, "customer.id": EVIL, "case.subject": EVIL, "case.core": "down"}, key=EVIL
    )
    sqlite_desk.helpdesk.answers["reply"] = Rejected(EVIL, {"body": EVIL})
    sqlite_desk.take(log.message("mon 09:00", key=f"{EVIL}/2", text=EVIL))
    commands = (["cases"], ["outbox", "--state", "all"], ["outbox", "show", "1"], ["obligations"], ["status"],
                ["case", log.subject, "--log"])  # fmt: skip
    for words in commands:
        for form in ("text", "json"):
            told = sqlite_desk.say(*words, "--format", form).output
            assert not set(told) & set("\x1b\x07\u202e"), words
    page = sqlite_desk.told("case", log.subject, "--log")
    assert "<b>bold</b> [link](x)" in page


@pytest.mark.parametrize(
    ("words", "message", "fix"),
    [
        (["case", "10001"], "there is no case 10001 in the store", "did you mean case 1001?"),
        (["case", "service:cor"], "there is no service:cor in the store", "did you mean service:core?"),
        (["case", "account:x"], "there is no account:x in the store", "there is no account at all"),
        (["case", "1001", "--lane", "suport"], "case 1001 is not in the lane `suport`", "did you mean `support`?"),
        (
            ["outbox", "show", "case:1003/gret/1/0/0"],
            "there is no action `case:1003/gret/1/0/0`",
            "did you mean case:1003/greet/1/0/0?",
        ),
        (["cases", "--plan", "golden"], "no case has the plan `golden`", "did you mean `gold`?"),
        (
            ["cases", "--due-within", "soon"],
            "--due-within: `soon` is no length of time",
            "write a number and a unit, like `4 hours` or `2 days`",
        ),
        (
            ["outbox", "discard", "--reason", "x"],
            "one thing has to be named, and only one",
            "name an action by its key, or say --rule",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_may_be_meant(
    sqlite_desk: Desk, words: list[str], message: str, fix: str
) -> None:
    filled(sqlite_desk)
    result = sqlite_desk.say(*words)
    assert (result.exit_code, result.stderr) == (2, f"error: {message}\n  fix: {fix}\n")


def test_orders_at_the_command_line_are_carried_out_where_no_sidecar_runs(
    sqlite_desk: Desk, snapshot: Snapshot
) -> None:
    filled(sqlite_desk)
    orders = [
        ["obligations", "approve", "1", "--reason", "the address is right now", "--who", "eve"],
        ["outbox", "release", "--cap", "--who", "eve"],
        ["outbox", "discard", "case:1003/greet/1/0/0", "--reason", "told by telephone", "--who", "eve"],
        ["case", "unpark", "1004", "--who", "eve"],
        ["case", "split", "1001", "3", "--as", "1010", "--who", "eve"],
        ["case", "merge", "1006", "into", "1010", "--who", "eve"],
        ["case", "spam", "1010", "--who", "eve"],
        ["service", "set", "core", "health=down", "--who", "eve"],
        ["pause", "--reason", "a look", "--who", "eve"],
        ["resume", "--who", "eve"],
    ]
    told = []
    for words in orders:
        told.append(f"$ casewarden {' '.join(words)}\n{sqlite_desk.say(*words).output}")
        sqlite_desk.bench.settle()
        sqlite_desk.bench.now += 60_000_000
    snapshot("orders", "".join(told))
    assert {row[0] for row in sqlite_desk.audited()} == {"ada", "eve"}


def test_the_command_line_works_on_either_database(desk: Desk) -> None:
    desk.take(Log("case:1").opened("mon 09:00", {"case.number": "1"}, key="o1"))
    assert [row["case"] for row in desk.json("cases")["cases"]] == ["case:1"]
    assert desk.told("pause", "--reason", "a look", "--who", "eve").startswith("Sending is paused: ")
    status = desk.say("status")
    assert status.exit_code == 1, status.output
    assert status.stdout.startswith("What needs a person\n  no sidecar runs")
    assert "by eve: a look" in status.stdout
    assert desk.told("case", "spam", "1", "--who", "eve").startswith("Case 1 ends as spam")
    ((told_at,),) = desk.bench.rows("SELECT max(seen_at) FROM mailbox")
    desk.bench.now = int(str(told_at))  # PostgreSQL goes by its own clock
    desk.bench.settle()
    assert desk.json("case", "1")["state"] == "ended"
    assert desk.told("explain", "1").startswith("case:1\n")
    assert desk.audited() == [("eve", "pause", "a look"), ("eve", "case spam", None)]


def _instants(told: object, name: str = "") -> list[str | None]:
    found: list[str | None] = []
    match told:
        case dict():
            for key, value in told.items():
                found += _instants(value, key)
        case list():
            for value in told:
                found += _instants(value, name)
        case str() | None if name.endswith("_at") or name in ("at", "due", "since", "started", "stopped", "next_try"):
            found.append(told)
    return found
