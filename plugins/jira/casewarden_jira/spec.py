"""What the connector says of itself: its actions, and its settings as JSON Schema."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from casewarden.plugin import Spec
from casewarden.plugin.mapping.schema import SCHEMA as MAPPING

ACTIONS: Final = frozenset(
    {"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "link", "project"}
)
WORDS: Final = ("filed", "in_progress", "fixed", "released", "deferred")
"""The life of a linked ticket, as rules read it at `links.KIND.status`."""
STATUSES: Final = ("new", "open", "waiting_on_customer", "on_hold", "resolved", "closed")
_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_SECRET: Final[dict[str, Any]] = {"type": "string", "minLength": 8, "secret": True}
_TEXTS: Final[dict[str, Any]] = {"type": "array", "items": _TEXT, "minItems": 1}


def _object(properties: Mapping[str, Any], description: str, *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        "description": description,
        **({"required": list(required)} if required else {}),
    }


def _table(values: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": dict(values), "description": description}


SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": {**_TEXT, "description": "The address of Jira: https, or http on the same machine."},
            "edition": {"enum": ["cloud", "data_center"], "default": "cloud"},
            "email": {**_TEXT, "description": "Cloud: whose API token it is."},
            "token": {**_SECRET, "description": "Cloud: an API token. Data Center: a personal access token."},
            "client_id": {
                **_TEXT,
                "description": "Cloud: the client's id of a service account (OAuth), with `cloud_id`.",
            },
            "client_secret": {**_SECRET, "description": "Cloud: the client's secret of a service account."},
            "cloud_id": {**_TEXT, "description": "Cloud: the site's id, with `client_id`."},
            "token_url": {
                **_TEXT,
                "default": "https://auth.atlassian.com",
                "description": "Who gives tokens for `client_id`.",
            },
            "projects": {
                **_TEXTS,
                "description": "Keys of the projects whose issues are cases; may be left out beside `linked`.",
            },
            "jql": {
                **_TEXT,
                "description": "A further condition for issues that are cases, such as `type = Incident`.",
            },
            "service_desk": {
                "type": "boolean",
                "default": False,
                "description": "The projects are Service Management's: comments are public or internal.",
            },
            "note_visibility": _object(
                {"role": _TEXT, "group": _TEXT},
                "Who sees notes where there is no service desk: a project role or a group.",
            ),
            "statuses": _table(
                {"enum": list(STATUSES)},
                "Jira's statuses to those of cases. What is not named goes by its category.",
            ),
            "reasons": _table(_TEXT, "Jira's resolutions to the ruleset's close reasons."),
            "linked": _table(
                _object(
                    {
                        "projects": {**_TEXTS, "description": "Projects whose issues are linked tickets of this kind."},
                        "type": {**_TEXT, "default": "Bug", "description": "The issue type of new ones."},
                        "link_type": {**_TEXT, "default": "Relates", "description": "The type of new issue links."},
                        "statuses": _table(
                            {"enum": list(WORDS)}, "Statuses and resolutions to what they mean for a case."
                        ),
                    },
                    "Linked tickets of one kind.",
                    "projects",
                ),
                "Kinds of linked tickets, such as `defect`.",
            ),
            "releases": _object(
                {
                    "projects": {**_TEXTS, "description": "Projects whose versions are releases."},
                    "zone": {**_TEXT, "description": "The IANA zone in which a release date begins."},
                },
                "Versions as releases.",
                "projects",
                "zone",
            ),
            "case_url": {
                **_TEXT,
                "description": "The address of a case in another helpdesk, with {id}: linked tickets point to it.",
            },
            "slas": _table(
                _object({"state": _TEXT, "due": _TEXT}, "Facts that are given the state and the due time."),
                "Service Management's own SLAs, by name, to facts for comparison.",
            ),
            "since": {**_TEXT, "description": "Issues that were not updated since this instant are left alone."},
            "shown_within": {
                "type": "integer",
                "minimum": 10,
                "maximum": 86400,
                "default": 120,
                "description": "Seconds after which Jira's search shows every change.",
            },
            "page_size": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
            "calls_per_second": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
            "webhook_secret": {**_SECRET, "description": "The secret of a webhook that an administrator made."},
            "webhook_url": {
                **_TEXT,
                "description": "With `client_id`: where to register a webhook that is renewed before its 30 days end.",
            },
            "mapping": MAPPING,
        },
        "required": ["url"],
        "additionalProperties": False,
    }
)
SPEC: Final = Spec("jira", "1.0", SCHEMA, ACTIONS, states_watermark=True)
