"""The settings of the email connector as JSON Schema."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json

TLS: Final = ("tls", "starttls", "none")
ADDRESS: Final = r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}$"
_ADDRESS: Final[Json] = {"type": "string", "pattern": ADDRESS}
_TEXT: Final[Json] = {"type": "string", "minLength": 1, "pattern": r"^[^\r\n\x00]*$"}


def _server(what: str) -> Json:
    return {
        "type": "object",
        "description": f"The {what} server, and the account.",
        "properties": {
            "host": {"type": "string", "minLength": 1},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "tls": {
                "enum": list(TLS),
                "default": "tls",
                "description": "TLS from the first byte, by STARTTLS, or none: that only on the same machine.",
            },
            "user": _TEXT,
            "password": {"type": "string", "minLength": 1, "secret": True},
        },
        "required": ["host", "port"],
        "additionalProperties": False,
    }


SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "address": {
                "type": "string",
                "pattern": ADDRESS,
                "description": "The team's address, written to and from.",
            },
            "name": {"type": "string", "pattern": r"^[^\r\n\x00]*$", "description": "The name shown with it."},
            "aliases": {
                "type": "array",
                "items": _ADDRESS,
                "description": "Other addresses whose mail comes into the same mailbox; we never write to them.",
            },
            "secret": {
                "type": "string",
                "minLength": 16,
                "secret": True,
                "ours": True,
                "description": "What seals the addresses, message ids and tokens that name a case. Keep it for ever.",
            },
            "imap": _server("IMAP"),
            "smtp": _server("SMTP"),
            "folders": {
                "type": "object",
                "properties": {"inbox": _TEXT, "sent": _TEXT, "notes": _TEXT},
                "additionalProperties": False,
                "description": "The folders, where they are not INBOX, Sent and Casewarden.",
            },
            "cases": {
                "type": "boolean",
                "default": True,
                "description": "Whether a new thread is a new case; false where another helpdesk has the cases.",
            },
            "agents": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[^\s@]*@[^\s@]+$"},
                "description": "Addresses, or whole domains as @example.com, whose mail is an agent's.",
            },
            "people": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": _ADDRESS, "minItems": 1},
                "description": "Roles and names that rules notify, and their addresses.",
            },
            "authserv": {
                "type": "string",
                "minLength": 1,
                "description": "The name with which your own mail server signs Authentication-Results.",
            },
            "plus": {
                "type": "boolean",
                "default": True,
                "description": "Whether mail to name+anything@ arrives in the mailbox.",
            },
            "subject_token": {
                "type": "boolean",
                "default": True,
                "description": "Whether our subjects carry the sealed case, for mail programs that drop all else.",
            },
            "most_bytes": {
                "type": "integer",
                "minimum": 10000,
                "default": 10000000,
                "description": "Bytes that are read of a mail; what comes after them is left unread.",
            },
            "most_a_day": {
                "type": "integer",
                "minimum": 1,
                "default": 20,
                "description": "Mails that are sent in one thread within a day; then a person is asked.",
            },
            "most_to_one": {
                "type": "integer",
                "minimum": 1,
                "default": 100,
                "description": "Mails that are sent to one address within a day; then a person is asked.",
            },
            "lag": {
                "type": "integer",
                "minimum": 0,
                "default": 5,
                "description": "Seconds that a mail may take until the IMAP server shows it.",
            },
        },
        "required": ["address", "secret", "imap", "smtp"],
        "additionalProperties": False,
    }
)
