"""Secrets where they are kept: read when they are needed; no value, nor a part of one, is in any message."""

import binascii
import stat
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from casewarden.config import store_address
from casewarden.config.settings import SecretRef, Setting, Settings
from casewarden.model.event import Json

KEY_BYTES: Final = 32
MAX_SECRET: Final = 100_000
"""Bytes of a secret; no password, key or token is longer."""
VARIABLE: Final = "[A-Z_][A-Z0-9_]*"
"""The name of a variable: capital letters, so that a secret that is put there by mistake is hardly ever one."""
_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH


class SecretError(Exception):
    """A secret cannot be read, or is not what belongs there; `fix` says what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


def secret_value(ref: SecretRef, *, environ: Mapping[str, str], base: Path) -> str:
    """The secret, without the line end after it; relative files count from `base`. SecretError.

    An empty secret is an error: it is a variable or a file that somebody forgot to fill.
    """
    if ref.kind == "env":
        value = environ.get(ref.name)
        if value is None:
            raise SecretError(f"the variable `{ref.name}` is not set", f"set `{ref.name}` where the sidecar is started")
        where = f"the variable `{ref.name}`"
    else:
        value = _content(base / ref.name, ref.name)
        where = f"the file `{ref.name}`"
    value = value.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise SecretError(f"{where} is empty", "put the secret there, and nothing else")
    return value


def is_open_to_others(path: Path) -> bool:
    """Whether everybody on the machine may read or write a file; OSError where nothing is known of it."""
    return bool(path.stat().st_mode & _OTHERS)


def with_secrets(settings: Mapping[str, Setting], *, environ: Mapping[str, str], base: Path) -> dict[str, Json]:
    """A plugin's settings with the secrets in their places; they are for the plugin, and kept nowhere. SecretError."""

    def filled(value: Setting) -> Json:
        match value:
            case SecretRef():
                return secret_value(value, environ=environ, base=base)
            case list():
                return [filled(item) for item in value]
            case dict():
                return {key: filled(item) for key, item in value.items()}
            case _:
                return value

    return {key: filled(value) for key, value in settings.items()}


def store_url(settings: Settings, *, environ: Mapping[str, str]) -> str:
    """The address of the store as SQLAlchemy takes it, perhaps with its password: for connecting only. SecretError."""
    if isinstance(settings.store, str):
        return settings.store
    text = secret_value(settings.store, environ=environ, base=settings.file.parent)
    problem = store_address.problem_of(text)
    if problem is not None and not problem.in_clear:
        raise SecretError(f"what {named(settings.store)} holds is no store: {problem.message}", problem.fix)
    return store_address.placed(text, settings.file.parent)


def personal_key(settings: Settings, *, environ: Mapping[str, str]) -> bytes:
    """The 32 bytes under which contacts' keys are wrapped. SecretError."""
    ref = settings.personal_data.key
    return key_bytes(secret_value(ref, environ=environ, base=settings.file.parent), named(ref))


def key_bytes(text: str, where: str) -> bytes:
    """The 32 bytes that a text holds in base64; SecretError says where it stands."""
    try:
        key = b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        fix = "`casewarden init` makes one, and so does `openssl rand -base64 32`"
        raise SecretError(f"{where} holds no key: {KEY_BYTES} random bytes in base64", fix)
    return key


def key_text(key: bytes) -> str:
    """A key as it is kept in a file, on a line of its own."""
    return b64encode(key).decode("ascii") + "\n"


def named(ref: SecretRef) -> str:
    """Where a secret is kept, in words."""
    return f"the variable `{ref.name}`" if ref.kind == "env" else f"the file `{ref.name}`"


def _content(path: Path, name: str) -> str:
    try:
        if path.exists() and not path.is_file():
            raise SecretError(f"the file `{name}` cannot be read: it is no ordinary file")
        with path.open("rb") as stream:
            data = stream.read(MAX_SECRET + 1)
    except FileNotFoundError:
        raise SecretError(f"the file `{name}` is missing", "its path counts from the configuration") from None
    except PermissionError:
        fix = "run this as the user whom the file belongs to"
        raise SecretError(f"the file `{name}` may not be read by you", fix) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can have this name"
        raise SecretError(f"the file `{name}` cannot be read: {why}") from None
    if len(data) > MAX_SECRET:
        raise SecretError(f"the file `{name}` has more than {MAX_SECRET} bytes: that is no secret")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretError(f"the file `{name}` is no text", "keep the secret as text, a key in base64") from None
