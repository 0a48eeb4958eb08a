"""HTTP for connectors: one bounded client, and problems that say whether anything happened.

http = Http("https://example.zendesk.com", login=Token(settings["token"]), pace=Pace(10))
reply = http.get("/api/v2/tickets.json", {"page[size]": 100})
for ticket in as_array(reply.object().get("tickets"), "tickets"):
    ...
"""

from casewarden.plugin.http.addresses import path_of
from casewarden.plugin.http.client import Bounds, Http
from casewarden.plugin.http.hiding import Veil
from casewarden.plugin.http.login import Anonymous, Basic, Login, Token
from casewarden.plugin.http.pace import Pace
from casewarden.plugin.http.problems import (
    HttpError,
    LimitedError,
    RefusedError,
    TooDeepError,
    TooLargeError,
    UnreachableError,
    UnreadableError,
    as_answer,
)
from casewarden.plugin.http.quota import Quota, read_quotas, retry_after
from casewarden.plugin.http.reply import Reply, as_array, as_id, as_number, as_object, as_text

__all__ = [
    "Anonymous",
    "Basic",
    "Bounds",
    "Http",
    "HttpError",
    "LimitedError",
    "Login",
    "Pace",
    "Quota",
    "RefusedError",
    "Reply",
    "Token",
    "TooDeepError",
    "TooLargeError",
    "UnreachableError",
    "UnreadableError",
    "Veil",
    "as_answer",
    "as_array",
    "as_id",
    "as_number",
    "as_object",
    "as_text",
    "path_of",
    "read_quotas",
    "retry_after",
]
