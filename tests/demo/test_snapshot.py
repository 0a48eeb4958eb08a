"""What a snapshot says: actions in words, deeds that belong together, cases in the order of urgency."""

import pytest

from casewarden.demo.snapshot import CaseRow, Deed, NextClock, by_urgency, gathered, words_of
from casewarden.demo.world import KINDS
from casewarden.model.event import Json


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("set", {"path": "case.core", "value": "available"}, "sets core: available"),
        ("set", {"path": "case.several_issues", "value": True}, "sets several issues: yes"),
        ("set", {"path": "case.topic", "value": None}, "sets topic: nothing"),
        ("classify", {"path": "case.severity"}, "classifies it anew"),
        ("assign", {"value": "support_lead"}, "hands over to support lead"),
        ("tag", {"add": ["came_back", "late"], "remove": []}, "tags it came back, late"),
        ("tag", {"add": [], "remove": ["late"]}, "takes off the tag late"),
        ("close", {"reason": "customer_unreachable"}, "closes it: customer unreachable"),
        ("reopen", {"mode": "follow_up_if_needed"}, "opens it again"),
        ("reply", {"message": "closing_soon", "text": "..."}, "writes: closing soon"),
        ("note", {"message": "tam_time_used"}, "notes: tam time used"),
        ("ask", {"message": "please_add", "fields": ["case.steps", "case.logs"]}, "asks for steps, logs"),
        ("ask", {"message": "please_add", "fields": []}, "asks: please add"),
        ("notify", {"who": "on_call", "message": "response_due"}, "tells on call: response due"),
        ("publish", {"message": "core_is_down", "service": "core"}, "publishes: core is down"),
        ("link", {"kind": "defect", "create": {"status": "filed"}}, "opens a linked defect"),
        ("link", {"kind": "defect", "id": "D-1"}, "links a defect"),
    ],
)
def test_actions_in_words(kind: str, content: dict[str, Json], words: str) -> None:
    assert words_of(kind, content) == words


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_words_even_where_its_content_is_odd(kind: str) -> None:
    assert words_of(kind, {})
    assert words_of(kind, {"path": 3, "value": [None], "fields": "x", "add": 4, "message": ["a"]})


def test_what_one_firing_did_is_one_deed_and_the_same_for_many_is_counted() -> None:
    deeds = [
        Deed(7, 100, "S-3", "reply", "writes: back", "lower"),
        Deed(6, 100, "S-3", "lowered", "lowered from A to B", "lower", "it is back"),
        Deed(5, 100, "S-2", "reply", "writes: back", "lower"),
        Deed(4, 100, "S-2", "lowered", "lowered from A to B", "lower", "it is back"),
        Deed(3, 100, "S-1", "lowered", "lowered from A to C", "lower", "it is back"),
        Deed(2, 90, "S-2", "reply", "writes: back", "other"),
        Deed(1, 80, "S-2", "reply", "writes: back", "other"),
    ]
    both = "lowered from A to B, writes: back"
    assert gathered(deeds) == (
        Deed(7, 100, "S-2 +1", "lowered", both, "lower", "it is back"),
        Deed(3, 100, "S-1", "lowered", "lowered from A to C", "lower", "it is back"),
        *deeds[5:],
    )
    assert gathered([]) == ()


def test_cases_are_in_the_order_of_urgency() -> None:
    def case(number: str, grade: int | None, clock: NextClock | None) -> CaseRow:
        return CaseRow(number, "Acme", "plan", "policy", "open", severity="x", grade=grade, clock=clock)

    rows = [
        case("nothing grave", 0, None),
        case("nothing mild", 3, None),
        case("nothing known", None, None),
        case("paused", 1, NextClock("c", "paused", 5)),
        case("later", 0, NextClock("c", "running", 30, 0.2)),
        case("soon, mild", 2, NextClock("c", "running", 20, 0.2)),
        case("soon, grave", 0, NextClock("c", "running", 20, 0.2)),
        case("missed", 3, NextClock("c", "missed", 10, 1.0)),
    ]
    assert [row.number for row in by_urgency(rows)] == [
        "missed",
        "soon, grave",
        "soon, mild",
        "later",
        "nothing grave",
        "paused",
        "nothing mild",
        "nothing known",
    ]
