"""Where a secret belongs: `{env: NAME}` or `{file: PATH}`, and nothing else. No message repeats what stands there."""

import re
from typing import Final

from casewarden.config import keys, store_address
from casewarden.config.reading import Reading
from casewarden.config.secrets import VARIABLE
from casewarden.config.settings import SecretRef
from casewarden.ruleset.forms import as_map, as_text, check_keys, exclusive
from casewarden.ruleset.nodes import Map, Node

_VARIABLE: Final = re.compile(VARIABLE)
_WAYS: Final = "write `{env: NAME}` and set that variable, or `{file: PATH}` and put the secret into that file"


def read_secret(reading: Reading, node: Node, what: str) -> SecretRef | None:
    """Where the secret is kept; a secret in clear is refused."""
    if not isinstance(node, Map):
        if as_text(reading, node, what) is not None:
            reading.error("CW921", node, f"{what} stands here in clear", _WAYS)
        return None
    entries = as_map(reading, node, what, "{env: NAME}")
    if entries is None or not check_keys(reading, entries, what, keys.SECRET.names):
        return None
    kind = exclusive(reading, entries, what, keys.SECRET.names)
    value = None if kind is None or len(entries) != 1 else entries.get(kind)
    name = None if value is None else as_text(reading, value, f"`{kind}`")
    if name is None or value is None:
        return None
    if kind == "file" or _VARIABLE.fullmatch(name):
        ref = SecretRef("file" if kind == "file" else "env", name)
        reading.stated.secrets.append((node, ref))
        return ref
    fix = "write the name of the variable: capital letters, digits and `_`, such as `DESK_TOKEN`"
    reading.error("CW921", value, f"{what}: this is no name of a variable, and may be the secret itself", fix)
    return None


def read_store(reading: Reading, node: Node) -> str | SecretRef | None:
    """The address of the store, a relative file put into the configuration's folder, or where the address is kept."""
    store = read_secret(reading, node, "`store`") if isinstance(node, Map) else _address(reading, node)
    if store is not None:
        reading.stated.store = (node, store)
    return store


def _address(reading: Reading, node: Node) -> str | None:
    text = as_text(reading, node, "`store`")
    if text is None:
        return None
    problem = store_address.problem_of(text)
    if problem is None:
        return store_address.placed(text, reading.folder)
    code = "CW921" if store_address.shows_password(text) else "CW924"
    reading.error(code, node, f"`store` cannot be used: {problem.message}", problem.fix)
    return None
