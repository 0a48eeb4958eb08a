"""The page of the conformance kit says what its catalogue says."""

import re

from casewarden.testing.helpdesk import FakeHelpdesk, Fault
from casewarden.testing.rules import GROUPS, RULES
from support.pages import CHECKOUT

PAGE = (CHECKOUT / "docs" / "connectors" / "kit.md").read_text(encoding="utf-8")


def test_the_page_has_every_rule_in_its_group_and_no_other() -> None:
    for group, title in GROUPS.items():
        section = re.search(rf"^### {title}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
        assert section is not None
        rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", section[1], re.MULTILINE)
        wanted = [(rule.id, rule.sentence + " *always*" * rule.always) for rule in RULES if rule.group == group]
        assert rows == wanted


def test_the_page_has_every_fault() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(fault.name, fault.value) for fault in Fault]


def test_the_page_has_all_that_a_fake_has() -> None:
    table = PAGE[PAGE.index("## The fake helpdesk") : PAGE.index("| fault | |")]
    named = re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    assert set(named) == {name for name in vars(FakeHelpdesk) if not name.startswith("_")}
