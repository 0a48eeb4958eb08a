"""Deleting elements: whatever the kind, what is left compiles, and the element's work is no longer done."""

from pathlib import Path

import pytest

from casewarden.ruleset.deletion import deletions
from casewarden.ruleset.elements import Element, citing_elements, uncited_elements
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.pruning import pruned
from casewarden.ruleset.variation import Steps, node_at, varied, walk_nodes
from casewarden.scenario.variation import Base
from casewarden.shipped import shipped
from support.rulefiles import GOOD

EVERYTHING = GOOD / "everything.yaml"


def opened(path: Path) -> Base:
    base, _ = Base.open(path)
    assert base is not None
    return base


def every_element(base: Base) -> list[Element]:
    """All elements that could cite, whether they do or not."""
    depth = {"fields": 3, "severity": 1, "queue": 1, "revision": 1, "defaults": 1}
    sections = (
        "calendars", "channels", "clocks", "credits", "events", "guards", "intake", "messages", "plans", "quotas",
        "rules", "scope", *depth,
    )  # fmt: skip
    found = {element.steps: element for element in citing_elements(base.document)}
    for steps, key, node in walk_nodes(base.document):
        if steps[0] in sections and len(steps) == depth.get(steps[0], 2) and key is not None and isinstance(node, Map):
            found.setdefault(steps, Element("/".join(steps), steps, steps[0], steps[-1], (), (), key.place))
        if steps[:2] == ("severity", "table") and len(steps) == 3:
            found.setdefault(steps, Element("/".join(steps), steps, "row", "", (), (), node.place, steps[1:]))
    return list(found.values())


@pytest.mark.parametrize(
    "path", [EVERYTHING, shipped("rules") / "starter" / "starter.yaml"], ids=lambda path: path.stem
)
def test_every_element_can_be_deleted_and_the_rest_compiles(path: Path) -> None:
    base = opened(path)
    elements = every_element(base)
    before = digest_of(base, ())
    assert {element.section for element in elements} >= {
        "calendars",
        "rules",
        "clocks",
        "severity",
        "plans",
        "defaults",
    }
    for element in elements:
        ways = deletions(base.document, element)
        assert ways, element.id
        for edits in ways:
            way = pruned(base.document, base.path, edits)
            assert way.refused is None, (element.id, way.refused)
            changed = varied(base.document, way.edits)
            assert digest_of(base, way.edits) != before, element.id
            if element.section in ("rules", "clocks", "guards", "credits", "scope", "events", "messages", "intake"):
                assert node_at(changed, element.steps) is None


def digest_of(base: Base, edits: tuple[object, ...]) -> str:
    ruleset, _ = base.load(edits)  # type: ignore[arg-type]
    assert ruleset is not None
    return ruleset.digest


def went_along(base: Base, steps: Steps) -> set[str]:
    (element,) = (element for element in every_element(base) if element.steps == steps)
    (edits,) = deletions(base.document, element)
    return {"/".join(steps) for steps in pruned(base.document, base.path, edits).with_it}


def test_what_speaks_of_a_deleted_clock_goes_with_it_and_nothing_else() -> None:
    base = opened(shipped("rules") / "starter" / "starter.yaml")
    gone = went_along(base, ("clocks", "lead_takes_over"))
    assert gone >= {"rules/hand_over_to_lead", "messages/take_over/en"}
    assert not any(place.startswith(("clocks/", "credits", "guards", "events")) for place in gone)
    assert went_along(base, ("rules", "warn_before_closing")) == set()


def test_a_message_only_loses_its_placeholders() -> None:
    base = opened(shipped("rules") / "starter" / "starter.yaml")
    (element,) = (one for one in every_element(base) if one.steps == ("clocks", "lead_takes_over"))
    (edits,) = deletions(base.document, element)
    text = node_at(
        varied(base.document, pruned(base.document, base.path, edits).edits), ("messages", "take_over", "en")
    )
    assert isinstance(text, Scalar)
    assert text.text == "{{ case.number }} was not answered in time. Please take it over by -."


def plain(node: Node | None) -> object:
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return node.text if isinstance(node, Scalar) else node


def test_channels_are_turned_round() -> None:
    base = opened(EVERYTHING)
    plans = {key.text for key, _ in base.document.elements("plans")}
    seen = set()
    for key, node in base.document.elements("channels"):
        assert isinstance(node, Map)
        steps = ("channels", key.text)
        element = Element("/".join(steps), steps, "channel", key.text, (), (), key.place)
        ((edit,),) = deletions(base.document, element)
        before, after = plain(node.get("included")), plain(edit.value)
        seen.add(before if isinstance(before, str) else "plans" if isinstance(before, list) else "cells")
        if isinstance(before, list):
            assert isinstance(after, list)
            assert set(after) | set(before) == plans
            assert not set(after) & set(before)
        elif isinstance(node.get("included"), Map):
            assert after != before
        else:
            assert after == ("unknown" if before == "all" else "all")
    assert seen == {"all", "plans", "per_contract", "unknown", "cells"}


def test_elements_are_found_wherever_they_cite() -> None:
    found = {element.id: element for element in citing_elements(opened(EVERYTHING).document)}
    kinds = {element.kind for element in found.values()}
    assert kinds >= {"calendar", "clock", "obligation", "credit", "quota", "guard", "rule", "severity table"}
    assert all(element.clauses or element.interpretations for element in found.values())


def test_elements_that_must_cite_and_do_not_are_told(tmp_path: Path) -> None:
    text = (shipped("rules") / "starter" / "starter.yaml").read_text(encoding="utf-8")
    file = tmp_path / "s.yaml"
    file.write_text(
        text.replace("    clause: [START-04]\n", "").replace("    clause: [START-09]\n", ""), encoding="utf-8"
    )
    assert [element.id for element in uncited_elements(opened(file).document)] == [
        "guards/critical_stays_open",
        "rules/warn_before_response_is_due",
    ]
