"""A customer directory, a YAML file or a folder of tables: read as a whole, checked against a ruleset."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from casewarden.ruleset.beside import is_outside
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.files import is_folder, read_yaml_file
from casewarden.ruleset.forms import Context, as_map, as_text, check_keys
from casewarden.ruleset.load import load
from casewarden.ruleset.names import Names
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.customers import keys
from casewarden.scenario.customers.directory import Customer, Directory
from casewarden.scenario.customers.read_customer import CustomerReader
from casewarden.scenario.customers.tables import read_folder
from casewarden.scenario.vocabulary import vocabulary
from casewarden.worktime import UnknownZone
from casewarden.worktime.zones import Zone, zone

HEAD: Final = "casewarden_customers"


def load_directory(path: Path, ruleset: Ruleset, diagnostics: Diagnostics) -> Directory | None:
    """Read a directory with the names of this ruleset; None exactly where it has errors, all in `diagnostics`."""
    found = Diagnostics()
    node = _node(path, found)
    directory = None if node is None else directory_of(path, node, ruleset, found)
    diagnostics.extend(found)
    return directory


def directory_of(path: Path, node: Node, ruleset: Ruleset, diagnostics: Diagnostics) -> Directory | None:
    """The directory that a document states, with the names of this ruleset; None exactly where it has errors."""
    top = _top(node, diagnostics)
    directory = None if top is None else _read(path, top, ruleset, diagnostics)
    return None if diagnostics.has_errors else directory


def directory_beside(context: Context, file: Path, node: Node, ruleset: Ruleset) -> Directory | None:
    """The directory that a file of tests names; what is elsewhere and no directory is not shown."""
    name = as_text(context, node, "`customers`")
    if name is None:
        return None
    path, found = file.parent / name, Diagnostics()
    directory = load_directory(path, ruleset, found)
    if directory is None:
        missing = any(item.code == "CW100" for item in found.items)
        why = "there is none" if missing else "it has errors"
        fix = "its path counts from this file" if missing else f"run `casewarden check {path}`"
        context.error("CW961", node, f"the directory `{name}` cannot be used: {why}", fix)
    is_none = any(item.code.startswith("CW1") or item.code == "CW960" for item in found.items)
    if not (is_none and (directory is None)):
        context.diagnostics.extend(found)
    return directory


def check_directory(path: Path, diagnostics: Diagnostics) -> bool:
    """Check a directory against the ruleset that it names; whether it could be read at all."""
    node = _node(path, diagnostics)
    if node is None:
        return False
    check_node(path, node, diagnostics)
    return True


def check_node(path: Path, node: Node, diagnostics: Diagnostics) -> None:
    """Check what a directory's file states, or its folder."""
    top = _top(node, diagnostics)
    ruleset = None if top is None else _named_ruleset(path, top, diagnostics)
    if top is not None and ruleset is not None:
        _read(path, top, ruleset, diagnostics)


def _node(path: Path, diagnostics: Diagnostics) -> Node | None:
    return read_folder(path, diagnostics) if is_folder(path) else read_yaml_file(path, diagnostics)


def _top(node: Node, diagnostics: Diagnostics) -> Map | None:
    """The whole file, where it says that it is a directory."""
    if not isinstance(node, Map) or node.get(HEAD) is None:
        diagnostics.error(
            "CW960",
            _start(node.place),
            "the file does not say that it is a customer directory",
            f"begin it with `{HEAD}: 1`",
        )
        return None
    version = node.get(HEAD)
    if not isinstance(version, Scalar) or version.text != "1":
        fix = f"write `{HEAD}: 1`"
        diagnostics.error("CW960", version or node, "this version of customer directories is not known", fix)
    context = Context(diagnostics, Names())
    at = Scalar("", _start(node.place), quoted=False)
    check_keys(context, node, "a customer directory", keys.FILE.names, keys.FILE.required, at=at)
    return node


def _named_ruleset(path: Path, top: Map, diagnostics: Diagnostics) -> Ruleset | None:
    """The ruleset against which the directory is checked; the text of a file elsewhere that is none is not shown."""
    node = top.get("ruleset")
    name = None if node is None else as_text(Context(diagnostics, Names()), node, "`ruleset`")
    if node is None or name is None:
        return None
    folder = path if is_folder(path) else path.parent
    ruleset, found = load(folder / name)
    if ruleset is not None:
        return ruleset
    missing = any(item.code == "CW100" for item in found.items)
    why = "there is none" if missing else "it has errors"
    fix = "its path counts from this file" if missing else f"run `casewarden check {folder / name}`"
    diagnostics.error("CW961", node, f"nothing can be checked against the ruleset `{name}`: {why}", fix)
    is_none = any(item.code.startswith("CW1") or item.code == "CW200" for item in found.items)
    if not missing and not (is_none and is_outside(folder / name, folder)):
        diagnostics.extend(found)
    return None


def _read(path: Path, top: Map, ruleset: Ruleset, diagnostics: Diagnostics) -> Directory | None:
    context = vocabulary(ruleset, diagnostics)
    here = _zone(context, top.get("zone"))
    node = top.get("customers")
    entries = None if node is None else as_map(context, node, "`customers`", "{acme: {name: Acme AG}}")
    if here is None or entries is None:
        return None
    context.zone = here.name
    plans = _plans(ruleset)
    reader = CustomerReader(context, here, plans, of_tables=is_folder(path))
    customers: dict[str, Customer] = {}
    for key, value in entries:
        _check_id(context, key)
        customer = reader.read(key, value)
        if customer is not None:
            customers[customer.id] = customer
    by_contact = _by_contact(context, customers.values())
    return Directory(str(path), customers, plans, by_contact)


def _plans(ruleset: Ruleset) -> dict[str, str]:
    """All names of plans: their own, and those that they are also called."""
    found = {other: name for name, plan in ruleset.plans.items() for other in plan.also_called}
    return found | {name: name for name in ruleset.plans}


def _check_id(context: Context, key: Scalar) -> None:
    if len(key.text.split()) != 1 or key.text != key.text.strip():
        fix = f"write for example `{'_'.join(key.text.split()) or 'acme'}`; its name stands under `name`"
        context.error("CW967", key, f"the id of a customer has no spaces: `{key.text}`", fix)


def _by_contact(context: Context, customers: Iterable[Customer]) -> dict[str, str]:
    """Contacts to the ids of their customers; one that stands there twice is reported."""
    found: dict[str, tuple[str, Place]] = {}
    for customer in customers:
        for contact in customer.contacts or ():
            known = found.setdefault(contact.id.casefold(), (customer.id, contact.place))
            if known[1] == contact.place:
                continue
            other = f"is also one of `{known[0]}`" if known[0] != customer.id else "stands there twice"
            fix = "a contact belongs to one customer, so that its cases find theirs"
            context.diagnostics.error(
                "CW965", contact.place, f"the contact `{contact.id}` {other}", fix, [(known[1], "the other one")]
            )
    return {contact: customer for contact, (customer, _) in found.items()}


def _zone(context: Context, node: Node | None) -> Zone | None:
    name = None if node is None else as_text(context, node, "`zone`")
    if name is None or node is None:
        return None
    try:
        return zone(name)
    except UnknownZone as problem:
        context.error("CW406", node, problem.message, problem.fix)
        return None


def _start(place: Place) -> Place:
    """The first character of a place."""
    return Place(place.file, place.line, place.column, place.line, place.column + 1)
