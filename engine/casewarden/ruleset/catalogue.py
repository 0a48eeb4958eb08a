"""The closed lists of the language: entry kinds with attributes, given events, given paths, states, reserved words.

The checker, the engine, the JSON Schemas and the documentation all read them here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import AnyOf, Entry, EventTerm, Given, Is

# `by` names who acts: customer, agent (a person on our side), automation, or one of the ruleset's people.
ACTORS = ("customer", "agent", "automation")

_MESSAGE: Mapping[str, FieldType] = {
    "by": FieldType.CHOICE,
    "to": FieldType.CHOICE,
    "via": FieldType.CHOICE,
    "public": FieldType.YES_NO,
    "automatic": FieldType.YES_NO,
    "bounced": FieldType.YES_NO,
    "answered": FieldType.YES_NO,
    "text": FieldType.TEXT,
    "language": FieldType.TEXT,
    "template": FieldType.CHOICE,
}
_LIFE: Mapping[str, FieldType] = {"by": FieldType.CHOICE, "via": FieldType.CHOICE, "reason": FieldType.CHOICE}

ENTRY_KINDS: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "message": _MESSAGE,
        "call": _MESSAGE,
        "opened": _LIFE,
        "resolved": _LIFE,
        "closed": _LIFE,
        "reopened": _LIFE,
        "plan": {"change": FieldType.CHOICE, "plan": FieldType.CHOICE},
        "work": {"by": FieldType.CHOICE, "spent": FieldType.DURATION},
    }
)
PLAN_CHANGES = ("started", "renewed", "ended")

# What an entry says of an attribute that it leaves out; attributes not named here are then unknown.
ATTRIBUTE_DEFAULTS: Mapping[str, bool] = MappingProxyType({"automatic": False, "bounced": False})

GIVEN_EVENTS: Mapping[str, EventTerm] = MappingProxyType(
    {
        "case_opened": Entry(("opened",)),
        "case_resolved": Entry(("resolved",)),
        "case_closed": Entry(("closed",)),
        "case_reopened": Entry(("reopened",)),
        "case_classified": Given("case_classified"),
        "case_unclassified": Given("case_unclassified"),
        "severity_raised": Given("severity_raised"),
        "severity_lowered": Given("severity_lowered"),
        "customer_message": Entry(("message",), (("by", Is(("customer",))), ("automatic", Is((False,))))),
        "customer_call": Entry(("call",), (("by", Is(("customer",))),)),
        "customer_contact": AnyOf(("customer_message", "customer_call")),
        "agent_reply": Entry(
            ("message",), (("by", Is(("agent",))), ("public", Is((True,))), ("automatic", Is((False,))))
        ),
        "agent_note": Entry(("message",), (("by", Is(("agent",))), ("public", Is((False,))))),
        "agent_call": Entry(("call",), (("by", Is(("agent",))),)),
        "plan_started": Entry(("plan",), (("change", Is(("started",))),)),
        "plan_ended": Entry(("plan",), (("change", Is(("ended",))),)),
    }
)

STATUSES = ("new", "open", "waiting_on_customer", "on_hold", "resolved", "closed")

# Given paths with their types; the values of a choice, where the language closes them.
GIVEN_PATHS: Mapping[str, tuple[FieldType, tuple[str, ...]]] = MappingProxyType(
    {
        "case.number": (FieldType.TEXT, ()),
        "case.subject": (FieldType.TEXT, ()),
        "case.type": (FieldType.CHOICE, ()),
        "case.status": (FieldType.CHOICE, STATUSES),
        "case.severity": (FieldType.CHOICE, ()),
        "case.reported_severity": (FieldType.CHOICE, ()),
        "case.plan": (FieldType.CHOICE, ()),
        "case.commitment": (FieldType.CHOICE, ("best_effort", "slo", "contractual")),
        "case.channel": (FieldType.CHOICE, ()),
        "case.language": (FieldType.TEXT, ()),
        "case.opened_at": (FieldType.INSTANT, ()),
        "case.closed_at": (FieldType.INSTANT, ()),
        "case.close_reason": (FieldType.CHOICE, ()),
        "case.reported_by": (FieldType.CHOICE, ("customer", "staff", "monitoring")),
        "case.reporter_authorised": (FieldType.YES_NO, ()),
        "case.assigned_to": (FieldType.CHOICE, ()),
        "case.tags": (FieldType.SET, ()),
        "case.scope": (FieldType.CHOICE, ("in", "out")),
        "case.excluded_as": (FieldType.SET, ()),
        "case.intake": (FieldType.CHOICE, ("complete", "incomplete")),
        "case.missing": (FieldType.SET, ()),
        "contract.term_start": (FieldType.INSTANT, ()),
        "contract.term_end": (FieldType.INSTANT, ()),
        "release.next_at": (FieldType.INSTANT, ()),
        "release.next_frozen": (FieldType.YES_NO, ()),
    }
)
# Computed by the engine, so no rule may set them.
DERIVED_PATHS = frozenset(
    {
        "case.commitment",
        "case.scope",
        "case.excluded_as",
        "case.intake",
        "case.missing",
        "case.opened_at",
        "case.closed_at",
    }
)

CLOCK_STATES = ("waiting", "running", "paused", "met", "missed", "not_applicable")
QUOTA_STATES = ("within", "over")
CHANNEL_STATES = ("included", "not_included")
GUARD_STATES = ("forbids", "allows")
TARGET_WORDS = ("none", "not_covered", "best_effort", "discretion", "next_release", "per_contract")
UNITS = ("minutes", "hours", "days", "weeks")

RESERVED_CALENDARS = frozenset({"business", "elapsed", "minute", "hour", "day", "week", *UNITS})
RESERVED_PLANS = frozenset({"all", "none", "reported", "person"})
RESERVED_VALUES = frozenset({"known", "unknown"})
RESERVED_CHANNELS = frozenset({"other"})
RESERVED_PEOPLE = frozenset({"customer", "agent", "automation", "owner"})
