"""The conformance kit: one subclass with a fake helpdesk, and every rule is a test.

class TestAcme(ConnectorKit):
    skips = {"webhooks": "Acme sends no webhooks, it has to be polled"}

    @pytest.fixture
    def helpdesk(self):
        with FakeAcme() as server:
            yield server

    def factory(self, helpdesk):
        return Acme(now=helpdesk.now)

    def settings(self, helpdesk):
        return {"url": helpdesk.url, "token": helpdesk.token}
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing import (
    check_contract,
    check_failing,
    check_reading,
    check_secrets,
    check_webhooks,
    check_writing,
)
from casewarden.testing.factories import content_of
from casewarden.testing.helpdesk import FakeHelpdesk
from casewarden.testing.pytest_plugin import keep_verdict
from casewarden.testing.rules import BY_ID, GROUPS, RULES, BrokenError, Rule, RuleBrokenError, UntriedError
from casewarden.testing.trial import Trial
from casewarden.testing.verdict import Verdict, expected, read

CHECKS: Final[Mapping[str, Callable[[Trial], None]]] = MappingProxyType(
    {
        "spec-valid": check_contract.spec_valid,
        "settings-refused": check_contract.settings_refused,
        "check-plain": check_contract.check_plain,
        "close-lets-go": check_contract.close_lets_go,
        "calls-from-threads": check_contract.calls_from_threads,
        "resume": check_reading.resume,
        "page-repeated": check_reading.page_repeated,
        "cursor-json": check_reading.cursor_json,
        "cursor-still": check_reading.cursor_still,
        "events-strict": check_reading.events_strict,
        "own-source": check_reading.own_source,
        "fetch-same-keys": check_reading.fetch_same_keys,
        "watermark-forward": check_reading.watermark_forward,
        "watermark-delivered": check_reading.watermark_delivered,
        "late-shown": check_failing.late_shown,
        "values-kept": check_reading.values_kept,
        "texts-kept": check_reading.texts_kept,
        "failed-read": check_failing.failed_read,
        "endless-answer": check_failing.endless_answer,
        "webhook-keys": check_webhooks.webhook_keys,
        "webhook-forged": check_webhooks.webhook_forged,
        "webhook-stale": check_webhooks.webhook_stale,
        "webhook-malformed": check_webhooks.webhook_malformed,
        "unknown-action": check_writing.unknown_action,
        "applied-stands": check_writing.applied_stands,
        "again-once": check_writing.again_once,
        "failed-write": check_writing.failed_write,
        "stale-conflict": check_writing.stale_conflict,
        "read-back": check_writing.read_back,
        "slow-down": check_writing.slow_down,
        "slow-down-unsaid": check_writing.slow_down_unsaid,
        "own-writes": check_writing.own_writes,
        "secrets-hidden": check_secrets.secrets_hidden,
    }
)
_FEWEST_WORDS: Final = 4
ANEW: Final = "pytest --casewarden-verdict"


class SkipError(Exception):
    """A reason in `skips` that does not hold; the message says why."""


class ConnectorKit:
    """The kit for one connector. `skips`: by rule or group, in a sentence, why it has nothing of the kind."""

    skips: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @pytest.fixture
    def helpdesk(self) -> FakeHelpdesk:
        """A fresh fake helpdesk for each rule."""
        raise NotImplementedError("define the fixture `helpdesk`: it gives a fake helpdesk of this connector")

    def factory(self, helpdesk: Any) -> Factory:
        """The factory of the connector, with the helpdesk's clock."""
        raise NotImplementedError("define `factory`: it gives the factory of the connector, with the helpdesk's clock")

    def settings(self, helpdesk: Any) -> Mapping[str, Json]:
        """Settings that lead to the helpdesk, with secrets that are nowhere else."""
        raise NotImplementedError("define `settings`: they lead to the helpdesk")

    def content(self, helpdesk: Any, kind: str, text: str) -> Mapping[str, Json]:
        """What an action of a kind holds; other than the engine's own only where a helpdesk needs certain names."""
        return content_of(kind, text, helpdesk.choice)

    def trial(self, helpdesk: FakeHelpdesk) -> Trial:
        """What rules are tried with."""
        return Trial(
            helpdesk,
            self.factory(helpdesk),
            self.settings(helpdesk),
            lambda kind, text: self.content(helpdesk, kind, text),
        )

    def verdict(self, helpdesk: FakeHelpdesk) -> Verdict:
        """What the kit says of this connector where no rule is broken."""
        reasons = {rule.id: reason for rule in RULES if (reason := reason_for(rule, self.skips)) is not None}
        return expected(self.factory(helpdesk).spec(), reasons)

    @pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
    def test_rule(self, rule: Rule, helpdesk: FakeHelpdesk) -> None:
        """Try one rule."""
        reason = reason_for(rule, self.skips)
        if reason is not None:
            pytest.skip(f"rule `{rule.id}`: {reason}")
        try_rule(rule, self.trial(helpdesk))

    def test_reasons(self) -> None:
        """Every reason for leaving a rule out is a sentence about a rule that there is."""
        check_reasons(self.skips)

    def test_verdict(self, helpdesk: FakeHelpdesk, request: pytest.FixtureRequest) -> None:
        """The verdict that the package ships, where there is one, is that of this version and these rules."""
        package = type(self.factory(helpdesk)).__module__.rpartition(".")[0]
        wanted = self.verdict(helpdesk)
        if request.config.getoption("casewarden_verdict"):
            keep_verdict(request.session, request.node.parent.nodeid, package, wanted)
            return
        shipped = read(package, wanted.connector)
        if shipped not in (None, wanted):
            said = f"the verdict that {package} ships is of another version or other rules"
            pytest.fail(f"{said}; write it anew: {ANEW}", pytrace=False)


def try_rule(rule: Rule, trial: Trial) -> None:
    """Hold a connector to a rule; RuleBrokenError where it breaks it, or where that cannot be tried."""
    try:
        CHECKS[rule.id](trial)
    except BrokenError as broken:
        raise RuleBrokenError(rule, str(broken)) from broken.__cause__
    except UntriedError as untried:
        told = f"this cannot be tried: {untried}. Say in `skips` why the connector has nothing of the kind"
        raise RuleBrokenError(rule, told) from None
    except NotImplementedError:
        raise
    except Exception as problem:
        raise RuleBrokenError(rule, f"a call that must go well raises {problem!r}"[:600]) from problem
    finally:
        trial.close()


def reason_for(rule: Rule, skips: Mapping[str, str]) -> str | None:
    """Why a rule is left out; None where it is tried, because nothing is said or because nothing excuses from it."""
    return None if rule.always else skips.get(rule.id, skips.get(rule.group))


def check_reasons(skips: Mapping[str, str]) -> None:
    """SkipError for a reason that is none."""
    for name, reason in skips.items():
        if name not in BY_ID and name not in GROUPS:
            raise SkipError(f"there is no rule `{name}`; rules are {', '.join(BY_ID)}")
        if name in BY_ID and BY_ID[name].always:
            raise SkipError(f"nothing excuses from the rule `{name}`: {BY_ID[name].sentence}")
        if len(str(reason).split()) < _FEWEST_WORDS:
            raise SkipError(f"the reason for leaving out `{name}` is no sentence: {reason!r}")
