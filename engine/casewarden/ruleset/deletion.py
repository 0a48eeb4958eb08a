"""What it means to delete an element, by its kind: one or more changed trees, each without what the element does.

A rule, clock, credit, quota, guard, scope reason, event, message, intake or queue is taken away, and with it whatever
speaks of it (`pruned`). What cannot be taken away is turned into what it does not say:

- a calendar is open at all hours without holidays; one that is already is open Monday to Friday, 09:00 to 17:00
- a row of the severity table is gone, and what nothing classifies any more a person classifies; of a table that is
  cited as a whole each row in turn
- a channel that is included is not, and the other way round; one that is `per_contract` or `unknown` is for all; so
  is each plan's, where plans have words of their own
- a plan is gone, with its cells in all tables; so is a field, unless it says `confirmed_by`, `fresh_for` or
  `when_missing`, which are what is taken away then
- the defaults count days otherwise, put deadlines on the other side of a closing, or treat changes otherwise; each in
  turn
- the revision binds all cases from 1970 on
- a change of a calendar from a date on (`later`) does not come
"""

from collections.abc import Iterator
from typing import Final

from casewarden.ruleset.document import Document
from casewarden.ruleset.elements import Element
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps, mapping, node_at, scalar, sequence

Edits = tuple[Edit, ...]

_FIELD_PARTS: Final = ("confirmed_by", "fresh_for", "when_missing")
_OTHER: Final = {
    "mode": {"open_hours": "end_of_day", "same_time": "end_of_day", "end_of_day": "open_hours"},
    "origin": {"date": "next_opening", "next_opening": "date"},
    "boundary": {"closing": "next_opening", "next_opening": "closing"},
    "on_change": {"keep": "retarget", "retarget": "keep", "restart": "keep", "segments": "keep"},
}


def deletions(document: Document, element: Element) -> tuple[Edits, ...]:
    """The ways in which the element can be deleted, the plainest first; one suffices to show that a test notices."""
    if element.part:
        if element.section == "severity":
            return (_without_row(document, element.steps),)
        return ((Edit(element.steps, None),),)
    match element.section:
        case "calendars":
            return (_always_open(document, element),)
        case "severity":
            return tuple(_each_row(document, element))
        case "channels":
            return (_turned_channel(document, element),)
        case "defaults":
            return tuple(_other_defaults(document))
        case "revision":
            start = scalar("1970-01-01", element.place)
            return ((Edit(("revision", "from"), start), Edit(("revision", "binds"), scalar("all_cases", start.place))),)
        case "fields":
            return (_without_field(document, element),)
        case _:
            return ((Edit(element.steps, None),),)


def _always_open(document: Document, element: Element) -> Edits:
    at = element.place
    opened = node_at(document, (*element.steps, "open"))
    is_always = isinstance(opened, Scalar) and opened.text == "24x7"
    hours: Node = Map(((scalar("mon-fri", at), scalar("09:00-17:00", at)),), at) if is_always else scalar("24x7", at)
    gone = (Edit((*element.steps, word), None) for word in ("exceptions", "later"))
    return (
        Edit((*element.steps, "open"), hours),
        Edit((*element.steps, "holidays"), scalar("none", at)),
        *gone,
    )


def _each_row(document: Document, element: Element) -> Iterator[Edits]:
    rows = node_at(document, (*element.steps, "table"))
    for number in range(len(rows.items) if isinstance(rows, Seq) else 0):
        yield _without_row(document, (*element.steps, "table", str(number)))


def _without_row(document: Document, steps: Steps) -> Edits:
    gone = Edit(steps, None)
    if node_at(document, ("severity", "otherwise")) is not None:
        return (gone,)
    row = node_at(document, steps)
    assert row is not None
    return gone, Edit(("severity", "otherwise"), scalar("person", row.place))


def _turned_channel(document: Document, element: Element) -> Edits:
    steps = (*element.steps, "included")
    said = node_at(document, steps)
    plans = {key.text: None for key, _ in document.elements("plans")}
    place = element.place
    if isinstance(said, Seq):
        own = {item.text for item in said.items if isinstance(item, Scalar)}
        others = [scalar(plan, place) for plan in plans if plan not in own]
        return (Edit(steps, sequence(others, place) if others else scalar("unknown", place)),)
    if isinstance(said, Map):
        turned = {"yes": "no", "no": "yes"}
        words = {key.text: turned.get(cell.text, "yes") for key, cell in said if isinstance(cell, Scalar)}
        return (Edit(steps, mapping({plan: scalar(word, place) for plan, word in words.items()}, place)),)
    word = "unknown" if isinstance(said, Scalar) and said.text == "all" else "all"
    return (Edit(steps, scalar(word, place)),)


def _without_field(document: Document, element: Element) -> Edits:
    node = node_at(document, element.steps)
    parts = [word for word in _FIELD_PARTS if isinstance(node, Map) and node.get(word) is not None]
    return tuple(Edit((*element.steps, word), None) for word in parts) or (Edit(element.steps, None),)


def _other_defaults(document: Document) -> Iterator[Edits]:
    for steps, words in (
        (("defaults", "days", "mode"), "mode"),
        (("defaults", "days", "origin"), "origin"),
        (("defaults", "boundary"), "boundary"),
        (("defaults", "on_change", "severity"), "on_change"),
        (("defaults", "on_change", "plan"), "on_change"),
        (("defaults", "on_change", "contract"), "on_change"),
    ):
        said = node_at(document, steps)
        if isinstance(said, Scalar) and said.text in _OTHER[words]:
            yield (Edit(steps, scalar(_OTHER[words][said.text], said.place)),)
    if node_at(document, ("defaults", "plan")) is not None:
        yield (Edit(("defaults", "plan"), None),)
