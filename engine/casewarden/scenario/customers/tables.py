"""A directory as a folder: `directory.yaml` with the head, and tables whose rows say what the YAML file would.

The tables become the nodes of that file, each cell at its place, so one reader checks both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics, Place, did_you_mean
from casewarden.ruleset.files import read_yaml_file
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.scenario.customers import keys
from casewarden.scenario.customers.cells import Table, read_table

HEAD_FILE: Final = "directory.yaml"
BETWEEN: Final = "|"
"""What stands between the values of one cell."""
_LISTS: Final = ("channels", "services")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: which key of a customer its rows fill, its columns, and beginnings of columns that name more."""

    key: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    open: tuple[str, ...] = ()

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.columns or column.startswith(self.open)


_NESTED: Final = ("subscriptions", "contract", "contacts", "licences", "facts")
CUSTOMERS: Final = "customers.csv"
SHEETS: Final = {
    CUSTOMERS: Sheet(
        "", ("id", *(name for name in keys.CUSTOMER.names if name not in _NESTED), "licences"), ("id",),
        ("customer.", "contract."),
    ),
    "subscriptions.csv": Sheet(
        "subscriptions", ("customer", *keys.SUBSCRIPTION.names), ("customer", *keys.SUBSCRIPTION.required)
    ),
    "contracts.csv": Sheet(
        "contract",
        ("customer", *(name for name in keys.CONTRACT.names if name not in ("targets", "quotas", "facts"))),
        ("customer", *keys.CONTRACT.required),
        ("target.", "quota.", "contract.", "calendar."),
    ),
    "contacts.csv": Sheet("contacts", ("customer", *keys.CONTACT.names), ("customer", *keys.CONTACT.required)),
    "licences.csv": Sheet("licences", ("customer", *keys.LICENCE.names), ("customer", *keys.LICENCE.required)),
}  # fmt: skip


def listed(node: Node) -> Node:
    """One cell as a list: values with `|` between them."""
    if not isinstance(node, Scalar):
        return node
    parts = [part.strip() for part in node.text.split(BETWEEN)]
    return Seq(tuple(Scalar(part, node.place, node.quoted) for part in parts if part), node.place)


def read_folder(path: Path, diagnostics: Diagnostics) -> Node | None:
    """The folder as the nodes of one file; None where it cannot be read."""
    head = read_yaml_file(path / HEAD_FILE, diagnostics)
    for file in sorted(path.glob("*.csv")):
        if file.name not in SHEETS:
            near = did_you_mean(file.name, SHEETS)
            fix = f"did you mean `{near}`?" if near else f"tables are called {', '.join(SHEETS)}"
            place = Place(str(file), 1, 1, 1, 2)
            diagnostics.warning("CW969", place, f"`{file.name}` is no table of a directory and is not read", fix)
    if not isinstance(head, Map):
        return head
    written = head.key_node("customers")
    if written is not None:
        fix = "take it away, or write one file with all of it"
        diagnostics.error("CW207", written, "the customers of a folder stand in its tables", fix)
    folder = _Folder(diagnostics)
    customers = folder.read(path)
    if customers is None:
        return None
    key = Scalar("customers", customers.place, quoted=False)
    kept = tuple(entry for entry in head.entries if entry[0] is not written)
    return Map((*kept, (key, customers)), head.place)


class _Folder:
    """Reads the tables of one folder."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics

    def read(self, path: Path) -> Map | None:
        """The customers; None where their own table cannot be read."""
        table = read_table(path / CUSTOMERS, self._diagnostics)
        if table is None or not self._check_heading(table, SHEETS[CUSTOMERS]):
            return None
        found: dict[str, tuple[Scalar, list[tuple[Scalar, Node]]]] = {}
        for key, row in self._rows(table, SHEETS[CUSTOMERS], "id"):
            if key.text in found:
                first = found[key.text][0]
                message = f"the customer `{key.text}` stands there twice"
                self._diagnostics.error("CW107", key, message, "keep one of the two", [(first, "the first one")])
            else:
                found[key.text] = (key, _customer(row))
        for name, sheet in SHEETS.items():
            if sheet.key and (path / name).exists():
                self._add(path / name, sheet, found)
        customers = tuple((key, Map(tuple(entries), key.place)) for key, entries in found.values())
        return Map(customers, table.place)

    def _add(self, path: Path, sheet: Sheet, found: dict[str, tuple[Scalar, list[tuple[Scalar, Node]]]]) -> None:
        """Put the rows of a table to their customers."""
        table = read_table(path, self._diagnostics)
        if table is None or not self._check_heading(table, sheet):
            return
        rows: dict[str, list[Node]] = {}
        for key, row in self._rows(table, sheet, "customer"):
            if key.text not in found:
                near = did_you_mean(key.text, found)
                fix = f"did you mean `{near}`?" if near else f"add it to {CUSTOMERS}"
                self._diagnostics.error("CW968", key, f"{CUSTOMERS} has no customer `{key.text}`", fix)
                continue
            entries = self._contract(row) if sheet.key == "contract" else row
            rows.setdefault(key.text, []).append(Map(tuple(entries), key.place))
        for name, items in rows.items():
            key, entries = found[name]
            same = next((entry[0] for entry in entries if entry[0].text == sheet.key), None)
            if same is not None:
                fix = f"say it there, or in {path.name}"
                message = f"{CUSTOMERS} says how many {sheet.key} the customer has, and {path.name} lists them"
                self._diagnostics.error("CW207", items[0], message, fix, [(same, "here")])
            else:
                entries.append((Scalar(sheet.key, key.place, quoted=False), Seq(tuple(items), items[0].place)))

    def _rows(self, table: Table, sheet: Sheet, first: str) -> Iterable[tuple[Scalar, list[tuple[Scalar, Node]]]]:
        """Whose row it is, and what it says: empty cells say nothing."""
        place = next(index for index, column in enumerate(table.heading) if column.text == first)
        for cells in table.rows:
            if not cells[place].text:
                self._diagnostics.error("CW202", cells[place], f"this row has no `{first}`", "say whose it is")
                continue
            known = zip(table.heading, cells, strict=True)
            said = [(column, cell) for column, cell in known if cell.text and sheet.has(column.text)]
            yield (
                cells[place],
                [
                    (column, listed(cell) if column.text in _LISTS else cell)
                    for column, cell in said
                    if column.text != first
                ],
            )

    def _check_heading(self, table: Table, sheet: Sheet) -> bool:
        """Report columns that there are not, twice or missing; whether rows can be read."""
        names = [column.text for column in table.heading]
        for index, column in enumerate(table.heading):
            if column.text in names[:index]:
                self._diagnostics.error("CW107", column, f"two columns are called `{column.text}`", "keep one of them")
            elif not sheet.has(column.text):
                near = did_you_mean(column.text, sheet.columns)
                known = ", ".join(f"`{name}`" for name in (*sheet.columns, *(f"{begin}..." for begin in sheet.open)))
                fix = f"did you mean `{near}`?" if near else f"known here: {known}"
                self._diagnostics.error("CW201", column, f"the table has no column `{column.text}`", fix)
        missing = [name for name in sheet.required if name not in names]
        if missing:
            columns = " and ".join(f"`{name}`" for name in missing)
            self._diagnostics.error("CW202", table, f"the table lacks the column {columns}", "add it to the first line")
        return not missing and len(set(names)) == len(names)

    def _contract(self, row: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
        """A contract's row: columns with dots go together (`target.CLOCK.SEVERITY`, `quota.NAME` ...)."""
        plain = [entry for entry in row if "." not in entry[0].text]
        targets: dict[str, list[tuple[Scalar, Node]]] = {}
        for key, value in _under(row, "target."):
            targets.setdefault(key.text.partition(".")[0], []).append((key, value))
        by_clock = [self._target(clock, cells) for clock, cells in targets.items()]
        facts = [entry for entry in row if entry[0].text.startswith("contract.")]
        calendars = list(_under(row, "calendar."))
        whole = next((value for key, value in plain if key.text == "calendar"), None)
        if calendars and whole is not None:
            fix = "say one calendar for all severities, or one for each"
            self._diagnostics.error("CW207", whole, "`calendar` stands beside calendars by severity", fix)
        parts = {
            "targets": by_clock,
            "quotas": list(_under(row, "quota.")),
            "facts": facts,
            "calendar": calendars if whole is None else [],
        }
        for name, entries in parts.items():
            if entries:
                place = entries[0][0].place
                plain.append((Scalar(name, place, quoted=False), Map(tuple(entries), place)))
        return plain

    def _target(self, clock: str, cells: list[tuple[Scalar, Node]]) -> tuple[Scalar, Node]:
        key, value = cells[0]
        own = Scalar(clock, key.place, quoted=False)
        whole = [cell for cell in cells if "." not in cell[0].text]
        if whole and len(cells) > 1:
            fix = "say one target for all severities, or one for each"
            self._diagnostics.error("CW207", whole[0][1], f"`target.{clock}` stands beside targets by severity", fix)
        if whole:
            return own, value
        return own, Map(tuple(_under(cells, f"{clock}.")), key.place)


def _customer(row: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
    """A customer's row: columns named by a path are its facts."""
    facts = [entry for entry in row if "." in entry[0].text]
    plain = [entry for entry in row if "." not in entry[0].text]
    if facts:
        place = facts[0][0].place
        plain.append((Scalar("facts", place, quoted=False), Map(tuple(facts), place)))
    return plain


def _under(row: Iterable[tuple[Scalar, Node]], begin: str) -> Iterable[tuple[Scalar, Node]]:
    """The entries whose names begin so, by the rest of their names."""
    for key, value in row:
        if key.text.startswith(begin):
            yield Scalar(key.text.removeprefix(begin), key.place, quoted=False), value
