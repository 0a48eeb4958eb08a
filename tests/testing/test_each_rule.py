"""The kit is right: a connector with one mistake breaks the rule about it, and no other."""

from collections.abc import Iterator

import pytest

from casewarden.testing.factories import content_of
from casewarden.testing.kit import CHECKS, try_rule
from casewarden.testing.rules import BY_ID, RULES, Rule, RuleBrokenError
from casewarden.testing.scaffold.acme.fake import TOKEN, WEBHOOK_SECRET, FakeAcme
from casewarden.testing.trial import Trial
from support.broken_connectors import BROKEN, Acmes, HoldsOn, Sound


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    for http in HoldsOn.left:
        http.close()
    HoldsOn.left.clear()


def verdict(rule: Rule, kind: type[Sound]) -> str | None:
    """What the kit says of a connector under a rule; None where it keeps it."""
    with FakeAcme() as desk:
        settings = {"url": desk.url, "token": TOKEN, "webhook_secret": WEBHOOK_SECRET}
        trial = Trial(desk, Acmes(kind, desk.now), settings, lambda one, text: content_of(one, text, desk.choice))
        try:
            try_rule(rule, trial)
        except RuleBrokenError as broken:
            return str(broken)
    return None


def test_every_rule_is_tried_and_has_a_connector_that_breaks_it() -> None:
    assert list(CHECKS) == list(BY_ID) == list(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_breaks_its_rule_and_no_other(name: str) -> None:
    said = {rule.id: verdict(rule, BROKEN[name]) for rule in RULES}
    broken = {id_: text for id_, text in said.items() if text is not None}
    assert list(broken) == [name], broken
    assert broken[name].startswith(f"rule `{name}`: {BY_ID[name].sentence}\n  ")


def test_the_sound_one_breaks_none() -> None:
    assert [rule.id for rule in RULES if verdict(rule, Sound)] == []
