"""Whatever an export says, what comes of it is a clear refusal, or a ruleset that checks, with tests that pass."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.importing.fate import ImportProblem
from casewarden.importing.importers import IMPORTERS, Imported, import_rules
from casewarden.importing.options import Options
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.format import format_text
from casewarden.ruleset.load import load_text
from casewarden.scenario.suite import Suite

HOSTILE = st.sampled_from(
    [
        "", " ", "x: y", "- a", "# no", "a\nb: c", "{{ case.number }}", "{{", "}}", "{% x %}", "{#", "*a", "&b",
        "!!str",
        "\x00\x1b", "\u2028", "\ud800", "\ufeff", "'", '"', "yes", "no", "null", "\\", "é" * 300, "a" * 25_000,
        "}}}}{{{{",
        "case.status", "none", "unknown", "known", "customer", "agent", "owner", "all", "other", "business", "{ {",
        "%}",
    ]
)  # fmt: skip
TEXT = st.one_of(HOSTILE, st.text(max_size=30), st.text("{}%#:'\"\n -", max_size=12))
SCALAR = st.one_of(
    TEXT, st.integers(-(10**14), 10**14), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
ANYTHING = st.recursive(
    SCALAR, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)), max_leaves=6
)

FIELDS = [
    "status", "priority", "type", "group_id", "assignee_id", "requester_id", "organization_id", "current_tags",
    "via_id",
    "update_type", "comment_is_public", "comment_includes_word", "subject_includes_word", "role", "current_user_id",
    "in_business_hours", "custom_fields_12", "custom_fields_13", "ticket_fields_12", "organization.custom_fields.tier",
    "brand_id", "ticket_form_id", "custom_status_id", "reopens", "NEW", "OPEN", "PENDING", "HOLD", "SOLVED", "CLOSED",
    "assigned_at", "updated_at", "requester_updated_at", "assignee_updated_at", "due_date", "until_due_date",
    "sla_next_breach_at", "exact_created_at", "description_includes_word", "current_via_id",
]  # fmt: skip
OPERATORS = [
    "is", "is_not", "less_than", "greater_than", "includes", "not_includes", "changed", "value", "value_previous",
    "not_changed", "present", "not_present", "is_business_hours", "less_than_business_hours",
    "greater_than_business_hours", "",
]  # fmt: skip
VALUES = [
    "open", "pending", "solved", "closed", "urgent", "low", "task", "incident", "12", "0", "1", "24", "true", "false",
    "Create", "Change", "not_relevant", "end_user", "agent", "current_user", "outage down", "vip", "4", "", "x" * 2000,
]  # fmt: skip
VALUE = st.one_of(st.sampled_from(VALUES), st.lists(st.sampled_from(VALUES), max_size=3), ANYTHING)
CONDITION = st.fixed_dictionaries(
    {
        "field": st.one_of(st.sampled_from(FIELDS), TEXT),
        "operator": st.one_of(st.sampled_from(OPERATORS), TEXT),
        "value": VALUE,
    }
)
CONDITIONS = st.fixed_dictionaries({"all": st.lists(CONDITION, max_size=4), "any": st.lists(CONDITION, max_size=3)})
PLACEHOLDER_TEXT = st.one_of(
    TEXT,
    st.sampled_from(
        ["{{ticket.id}} {{dc.x}}", "{{ticket.priority}}", "{% if a %}{{b}}{% endif %}", "{{ticket.ticket_field_12}}"]
    ),
)
SOUND = st.sampled_from(
    [
        ("status", "solved"), ("status", "open"), ("status", "closed"), ("priority", "high"), ("priority", "low"),
        ("group_id", "12"), ("assignee_id", "12"), ("current_tags", "a b"), ("remove_tags", "a"), ("set_tags", "vip"),
        ("custom_fields_12", "x"), ("custom_fields_13", "true"), ("comment_value", "hi {{ticket.id}}"),
        ("type", "task"),
    ]
).map(lambda pair: {"field": pair[0], "value": pair[1]})  # fmt: skip
ACTION = st.one_of(
    SOUND,
    SOUND,
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                [
                    *FIELDS,
                    "set_tags",
                    "remove_tags",
                    "comment_value",
                    "comment_mode_is_public",
                    "cc",
                    "comment_value_html",
                ]
            ),
            "value": VALUE,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                ["notification_user", "notification_group", "notification_webhook", "comment_value"]
            ),
            "value": st.lists(PLACEHOLDER_TEXT, min_size=1, max_size=3)
            | st.tuples(st.sampled_from(["requester_id", "assignee_id", "12"]), PLACEHOLDER_TEXT, PLACEHOLDER_TEXT).map(
                list
            ),
        }
    ),
)
RULE = st.fixed_dictionaries(
    {
        "id": st.one_of(st.integers(1, 9), TEXT),
        "title": TEXT,
        "active": st.one_of(st.just(True), st.booleans()),
        "position": st.integers(0, 5),
        "conditions": CONDITIONS,
        "actions": st.lists(ACTION, max_size=4),
    }
)
METRICS = [
    "first_reply_time", "next_reply_time", "requester_wait_time", "agent_work_time", "pausable_update_time",
    "periodic_update_time", "total_resolution_time", "group_ownership_time",
]  # fmt: skip
POLICY = st.fixed_dictionaries(
    {
        "id": st.one_of(st.integers(1, 9), TEXT),
        "title": TEXT,
        "position": st.integers(0, 5),
        "filter": CONDITIONS,
        "policy_metrics": st.lists(
            st.fixed_dictionaries(
                {
                    "priority": st.sampled_from(["low", "normal", "high", "urgent", "urgent", "", "x: y"]),
                    "metric": st.sampled_from([*METRICS, *METRICS, "", "# no"]),
                    "target": st.one_of(st.integers(1, 5000), st.integers(1, 60), st.integers(-1, 10**9), SCALAR),
                    "business_hours": st.one_of(st.booleans(), st.booleans(), SCALAR),
                }
            ),
            max_size=5,
        ),
    }
)
STATUS = st.sampled_from(["Done", "To Do", "Closed", "Waiting for customer", "Unheard of"])
REFERENCE = st.one_of(st.fixed_dictionaries({"type": st.just("NAME"), "value": st.one_of(STATUS, TEXT)}), TEXT)
SMART_TEXT = st.one_of(
    TEXT, st.sampled_from(["{{issue.key}}", "{{issue.customfield_1}} {{#x}}{{/}}", "{{issue.status.name}}"])
)
JIRA_FIELD = st.sampled_from(
    ["status", "priority", "labels", "assignee", "summary", "customfield_1", "duedate", "Own Field", ""]
)
JQL = st.one_of(
    TEXT,
    st.sampled_from(
        [
            'project = A AND status in (Done, "To Do")', "labels not in (a) AND assignee is EMPTY", "a = b OR c = d",
            "updated <= -5d", "cf[1] = x ORDER BY y", "not a = b", "a in (f(x))", "duedate is not EMPTY",
        ]
    ),
)  # fmt: skip
JIRA_CONDITION = st.one_of(
    st.fixed_dictionaries(
        {
            "component": st.just("CONDITION"),
            "type": st.just("jira.issue.condition"),
            "value": st.fixed_dictionaries(
                {
                    "selectedField": st.fixed_dictionaries({"type": st.just("ID"), "value": JIRA_FIELD}),
                    "comparison": st.sampled_from(
                        [
                            "EQUALS",
                            "NOT_EQUALS",
                            "ONE_OF",
                            "CONTAINS_NONE",
                            "EMPTY",
                            "NOT_EMPTY",
                            "CONTAINS",
                            "ENDS_WITH",
                        ]
                    ),
                    "compareValue": st.one_of(st.none(), REFERENCE, st.just({"value": '["a","b"]'})),
                }
            ),
        }
    ),
    st.fixed_dictionaries({"component": st.just("CONDITION"), "type": st.just("jira.jql.condition"), "value": JQL}),
    st.fixed_dictionaries(
        {
            "component": st.just("CONDITION"),
            "type": st.just("jira.comparator.condition"),
            "value": st.fixed_dictionaries({"first": SMART_TEXT, "operator": st.just("EQUALS"), "second": SMART_TEXT}),
        }
    ),
)
JIRA_SENDS = ["jira.issue.comment", "jira.issue.outgoing.webhook", "jira.issue.outgoing.email", "x"]
JIRA_ACTION = st.one_of(
    st.fixed_dictionaries(
        {
            "component": st.just("ACTION"),
            "type": st.just("jira.issue.transition"),
            "value": st.fixed_dictionaries({"destinationStatus": REFERENCE}),
        }
    ),
    st.fixed_dictionaries(
        {
            "component": st.just("ACTION"),
            "type": st.just("jira.issue.edit"),
            "value": st.fixed_dictionaries(
                {
                    "operations": st.lists(
                        st.fixed_dictionaries(
                            {
                                "fieldId": JIRA_FIELD,
                                "type": st.sampled_from(["SET", "ADD", "REMOVE"]),
                                "value": st.one_of(REFERENCE, st.lists(REFERENCE, max_size=2)),
                            }
                        ),
                        max_size=2,
                    )
                }
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "component": st.just("ACTION"),
            "type": st.sampled_from(JIRA_SENDS),
            "value": st.fixed_dictionaries(
                {
                    "comment": SMART_TEXT, "publicComment": st.booleans(), "url": SMART_TEXT, "customBody": SMART_TEXT,
                    "subject": SMART_TEXT, "body": SMART_TEXT, "to": st.lists(REFERENCE, max_size=2),
                }
            ),
        }
    ),
)  # fmt: skip
JIRA_BLOCK = st.fixed_dictionaries(
    {
        "component": st.just("CONDITION"),
        "type": st.just("jira.condition.container.block"),
        "children": st.lists(
            st.fixed_dictionaries(
                {
                    "component": st.just("CONDITION_BLOCK"),
                    "type": st.just("jira.condition.if.block"),
                    "value": st.fixed_dictionaries({"conditionMatchType": st.sampled_from(["ALL", "ANY"])}),
                    "conditions": st.lists(JIRA_CONDITION, max_size=2),
                    "children": st.lists(JIRA_ACTION, max_size=2),
                }
            ),
            max_size=2,
        ),
    }
)
JIRA_BRANCH = st.fixed_dictionaries(
    {"component": st.just("BRANCH"), "type": TEXT, "value": ANYTHING, "children": st.lists(JIRA_ACTION, max_size=1)}
)
JIRA_RULE = st.fixed_dictionaries(
    {
        "id": st.one_of(st.integers(1, 9), TEXT),
        "name": TEXT,
        "state": st.sampled_from(["ENABLED", "ENABLED", "DISABLED"]),
        "trigger": st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    [
                        "jira.issue.event.trigger:created", "jira.issue.event.trigger:transitioned",
                        "jira.issue.event.trigger:commented", "jira.issue.event.trigger:assigned", "jira.jql.scheduled",
                        "jira.sla.threshold.trigger", "jira.manual.trigger.issue",
                    ]
                ),
                "value": st.fixed_dictionaries(
                    {"toStatus": st.lists(REFERENCE, max_size=2), "fromStatus": st.lists(REFERENCE, max_size=1),
                     "jql": JQL}
                ),
            }
        ),
        "components": st.lists(st.one_of(JIRA_CONDITION, JIRA_ACTION, JIRA_BLOCK, JIRA_BRANCH), max_size=4),
    }
)  # fmt: skip
EXPORTS: dict[str, st.SearchStrategy[Any]] = {
    "zendesk-triggers": st.fixed_dictionaries({"triggers": st.lists(RULE, min_size=1, max_size=4)}),
    "zendesk-automations": st.fixed_dictionaries({"automations": st.lists(RULE, min_size=1, max_size=4)}),
    "zendesk-slas": st.fixed_dictionaries({"sla_policies": st.lists(POLICY, min_size=1, max_size=3)}),
    "jira-automation": st.fixed_dictionaries({"rules": st.lists(JIRA_RULE, min_size=1, max_size=3)}),
}


def imported(kind: str, export: object) -> Imported | None:
    """What comes of an export; None where it is refused, which it must be clearly."""
    try:
        return import_rules(kind, json.dumps(export).encode(), Options(), "2026-01-01")
    except ImportProblem as problem:
        refusal = problem
    assert str(refusal)
    assert refusal.fix
    return None


def hold(found: Imported, folder: Path) -> None:
    """What holds of every import: it checks without an error, `fmt` leaves it as it is, and its tests pass."""
    main = found.files[f"{found.name}.yaml"]
    ruleset, diagnostics = load_text(main, f"{found.name}.yaml")
    assert ruleset is not None, [item.message for item in diagnostics.items]
    for name, text in found.files.items():
        assert format_text(text, name, Diagnostics()) == text
        (folder / name).write_text(text, encoding="utf-8")
    if found.tests is not None:
        outcome = Suite().run(folder / f"{found.name}.test.yaml")
        assert outcome.file is not None
        assert len(outcome.outcomes) == found.tests.count
        assert all(one.passed for one in outcome.outcomes)


@pytest.mark.parametrize("kind", EXPORTS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_an_export_of_the_right_shape_becomes_a_sound_ruleset(kind: str, data: st.DataObject, tmp_path: Path) -> None:
    found = imported(kind, data.draw(EXPORTS[kind]))
    assert found is not None
    hold(found, tmp_path)


@pytest.mark.parametrize("kind", sorted(IMPORTERS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    wrong=st.one_of(
        ANYTHING, st.dictionaries(st.sampled_from(["triggers", "automations", "sla_policies", "rules"]), ANYTHING)
    )
)
def test_an_export_of_a_wrong_shape_is_refused_or_sound(kind: str, wrong: object, tmp_path: Path) -> None:
    found = imported(kind, wrong)
    if found is not None:
        hold(found, tmp_path)
