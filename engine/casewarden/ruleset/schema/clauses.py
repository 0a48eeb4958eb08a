"""The schema of clause files."""

from casewarden.ruleset.clause_list import CLAUSE, STATUSES
from casewarden.ruleset.policy_text import PLACE_PATTERN
from casewarden.ruleset.schema.document import DRAFT
from casewarden.ruleset.schema.parts import Schema, element, matching, text, words


def clauses_schema() -> Schema:
    """The schema of files that list the clauses of a policy; draft-07.

    A hash of digits only, or with one `e` among them, is a number for an editor.
    """
    enforced = {"properties": {"status": {"const": "enforced"}}}
    clause = element(
        CLAUSE,
        {
            "place": matching(PLACE_PATTERN, examples=["L16", "L8-9", "L21, L36"]),
            "summary": text(),
            "status": words(STATUSES),
            "reason": text(),
            "hash": {"type": ["string", "number"], "pattern": "^[0-9a-f]{8,64}$"},
        },
        **{"if": enforced, "else": {"required": ["reason"]}},
    )
    return {
        "$schema": DRAFT,
        "title": "Clause list",
        "description": "The clauses of a policy by their ids.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"title": "ID", "pattern": "\\S"},
        "additionalProperties": clause,
    }
