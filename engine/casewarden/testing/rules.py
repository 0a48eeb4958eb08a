"""The catalogue of the conformance kit: what every connector is held to, each rule with its id and one sentence."""

from dataclasses import dataclass
from typing import Final, Literal

Group = Literal["contract", "reading", "webhooks", "writing", "secrets"]
GROUPS: Final[dict[Group, str]] = {
    "contract": "What a connector says of itself",
    "reading": "What it brings",
    "webhooks": "Webhooks",
    "writing": "What it does",
    "secrets": "Secrets",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `always`: no reason excuses from it; of others a connector may say why it has nothing of the kind."""

    id: str
    group: Group
    sentence: str
    always: bool = False


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "spec-valid",
        "contract",
        "`spec` is complete: a name, a version, known kinds of action, and settings as a JSON Schema that lets no"
        " unknown key pass and marks every secret.",
        always=True,
    ),
    Rule(
        "settings-refused",
        "contract",
        "Settings that are wrong are refused with a ValueError that names the setting in plain words.",
        always=True,
    ),
    Rule(
        "check-plain",
        "contract",
        "`check` raises nothing: it says in plain words what is wrong, with a fix, and that nothing is where all is"
        " well.",
        always=True,
    ),
    Rule(
        "close-lets-go", "contract", "`close` ends all connections and threads, and may be called twice.", always=True
    ),
    Rule(
        "calls-from-threads",
        "contract",
        "Calls from several threads at once give the same as one after the other.",
        always=True,
    ),
    Rule(
        "resume",
        "reading",
        "After a crash at any page nothing is lost and nothing is doubled: what happened comes as one event.",
        always=True,
    ),
    Rule("page-repeated", "reading", "The same cursor gives the same events with the same keys.", always=True),
    Rule("cursor-json", "reading", "Cursors are JSON, and of a size that can be kept with every page.", always=True),
    Rule(
        "cursor-still",
        "reading",
        "A call that has nothing new gives back the cursor that it was given, and says that there is no more.",
        always=True,
    ),
    Rule(
        "events-strict",
        "reading",
        "Every event passes the checks that the sidecar makes of it.",
        always=True,
    ),
    Rule("own-source", "reading", "The source of an event is the name of the instance that brought it.", always=True),
    Rule("fetch-same-keys", "reading", "`fetch` gives what happened to a ticket under the keys that polling gives it."),
    Rule("watermark-forward", "reading", "The watermark never goes back, and never lies in the future."),
    Rule(
        "watermark-delivered",
        "reading",
        "The watermark is never ahead of what was delivered: what happened before it has come.",
    ),
    Rule("late-shown", "reading", "What the helpdesk shows late comes all the same."),
    Rule("values-kept", "reading", "An emptied field is null, and a value that nobody knew before is kept as it is."),
    Rule(
        "texts-kept",
        "reading",
        "Texts of any characters come whole, however hostile; only what no store can keep is left out or refused.",
    ),
    Rule(
        "failed-read",
        "reading",
        "Where the helpdesk fails, a call raises what is wrong in words, and nothing is lost once it works again.",
    ),
    Rule("endless-answer", "reading", "An answer without end is not read to its end."),
    Rule(
        "webhook-keys",
        "webhooks",
        "Webhooks, also twice and in another order, give events that polling gives too, under the same keys.",
    ),
    Rule("webhook-forged", "webhooks", "A webhook that was not signed as it stands, with our secret, is refused."),
    Rule("webhook-stale", "webhooks", "A webhook that was signed long ago is refused, also under another date."),
    Rule("webhook-malformed", "webhooks", "A body that is no webhook gives a WebhookError or nothing."),
    Rule("unknown-action", "writing", "An action of a kind that `spec` does not name is Rejected.", always=True),
    Rule("applied-stands", "writing", "What is Applied stands in the helpdesk."),
    Rule(
        "again-once",
        "writing",
        "Where an attempt was carried out and its answer lost or unreadable, the effect stands once after the next"
        " attempt.",
    ),
    Rule(
        "failed-write",
        "writing",
        "Where the helpdesk cannot be reached or fails, the answer is Retry or an exception, and the next attempt does"
        " it.",
    ),
    Rule("stale-conflict", "writing", "Against a precondition that is stale nothing is written: Conflict."),
    Rule("read-back", "writing", "What the helpdesk accepted and did not do is not Applied."),
    Rule("slow-down", "writing", "Too many requests become Retry after the seconds that the helpdesk says."),
    Rule("slow-down-unsaid", "writing", "Too many requests become Retry also where the helpdesk names no time."),
    Rule(
        "own-writes", "writing", "What the connector wrote comes back as an event by `ourselves`, and others' do not."
    ),
    Rule(
        "secrets-hidden",
        "secrets",
        "No secret stands in logs, exceptions, answers, findings, events, cursors or recordings.",
        always=True,
    ),
)
BY_ID: Final = {rule.id: rule for rule in RULES}


class BrokenError(AssertionError):
    """What a connector did against a rule, in words."""


class UntriedError(Exception):
    """A rule cannot be tried with this helpdesk, which lacks what it needs: the message says what."""


class RuleBrokenError(AssertionError):
    """A rule that a connector breaks: the message quotes it, and says what the connector did."""

    def __init__(self, rule: Rule, what: str) -> None:
        super().__init__(f"rule `{rule.id}`: {rule.sentence}\n  {what}")
        self.rule = rule
