"""One customer of a directory: values typed and checked by the ruleset's declarations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset.forms import (
    LARGEST,
    Context,
    as_list,
    as_map,
    as_text,
    check_keys,
    references,
    unknown_name,
    whole,
    yes_no,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.read_sections import read_language
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.customers import keys
from casewarden.scenario.customers.check_spans import check_spans
from casewarden.scenario.customers.directory import (
    LICENCES,
    QUOTAS,
    Contact,
    Contract,
    Customer,
    Licence,
    Subscription,
)
from casewarden.scenario.customers.read_days import in_order, read_day, read_span
from casewarden.scenario.customers.tables import listed
from casewarden.scenario.linked import SERVICES
from casewarden.scenario.read_given import read_fact
from casewarden.worktime.zones import Zone

T = TypeVar("T")
COUNT: Final = "licences"
"""The word that stands for as many as there are valid licences."""
TERMS: Final = ("calendar", "commitment", "channels", "targets")
OWN_KEYS: Final = {
    "customer.id": "the customer's key is its id",
    "customer.name": "say it under `name`",
    "customer.language": "say it under `language`",
    "customer.licences": "say it under `licences`",
    "customer.services": "say it under `services`",
    "contract.term_start": "say it under `subscriptions`, as `term_start`",
    "contract.term_end": "say it under `subscriptions`, as `term_end`",
    "contract.quotas": "say it under `contract`, as `quotas`",
    **{f"contract.{term}": f"say it under `contract`, as `{term}`" for term in TERMS},
}
_TYPES: Final = {
    "customer.name": FieldType.TEXT,
    "customer.language": FieldType.TEXT,
    LICENCES: FieldType.INTEGER,
    SERVICES: FieldType.SET,
}


@dataclass(frozen=True, slots=True)
class CustomerReader:
    """Reads customers; `plans` are the names of plans, also their other ones, to the plans.

    `of_tables`: they stand in tables, where a set is one cell.
    """

    context: Context
    zone: Zone
    plans: dict[str, str]
    of_tables: bool = False

    def read(self, key: Scalar, node: Node) -> Customer | None:
        """The customer; None where it is no mapping."""
        what = f"the customer `{key.text}`"
        if self.of_tables and isinstance(node, Map) and not len(node):
            return Customer(key.text, key.place)  # a row with nothing but its id
        entries = as_map(self.context, node, what, "{name: Acme AG, subscriptions: [...]}")
        if entries is None:
            return None
        check_keys(self.context, entries, what, keys.CUSTOMER.names, at=key)
        licences_node = entries.get("licences")
        return Customer(
            id=key.text,
            place=key.place,
            language=self._language(entries),
            subscriptions=self._subscriptions(entries.get("subscriptions")),
            contracts=self._contracts(entries.get("contract")),
            contacts=self._contacts(entries.get("contacts")),
            licences=None if licences_node is None else self._licences(licences_node),
            tells_licences=licences_node is not None and self._is_shown(LICENCES, licences_node),
            facts=self._facts(entries),
        )

    # -- plans and contracts

    def _subscriptions(self, node: Node | None) -> tuple[Subscription, ...]:
        found = self._each(node, "`subscriptions`", "a subscription", keys.SUBSCRIPTION.names, self._subscription)
        check_spans(self.context.diagnostics, found, "subscriptions", self.zone, gaps=True)
        return tuple(sorted(found, key=lambda one: (one.span.start or 0, one.place)))

    def _subscription(self, node: Map) -> Subscription | None:
        context = self.context
        if not check_keys(context, node, "a subscription", keys.SUBSCRIPTION.names, keys.SUBSCRIPTION.required):
            return None
        plan_node, start_node, end_node = (node.get(key) for key in ("plan", "term_start", "term_end"))
        assert plan_node is not None
        name = as_text(context, plan_node, "`plan`")
        if name is not None and name not in self.plans:
            fix = context.suggest(name, self.plans, f"the ruleset's plans: {', '.join(map(_code, self.plans))}")
            context.error("CW303", plan_node, f"there is no plan `{name}`", fix)
            name = None
        span = read_span(context, node, "the subscription", self.zone)
        start = None if start_node is None else read_day(context, start_node, "`term_start`", self.zone)
        end = None if end_node is None else read_day(context, end_node, "`term_end`", self.zone, last=True)
        if name is None or span is None or (start_node is not None and start is None):
            return None
        start, end = span.start if start is None else start, span.end if end is None else end
        if (
            start is not None
            and end is not None
            and not in_order(context, end_node or start_node or node, "the term", start, end, self.zone)
        ):
            return None
        return Subscription(self.plans[name], span, start, end, plan_node.place)

    def _contracts(self, node: Node | None) -> tuple[Contract, ...]:
        found = self._each(node, "`contract`", "a contract", keys.CONTRACT.names, self._contract)
        check_spans(self.context.diagnostics, found, "contracts", self.zone, gaps=False)
        return tuple(sorted(found, key=lambda one: (one.span.start or 0, one.place)))

    def _contract(self, node: Map) -> Contract | None:
        context = self.context
        if not check_keys(context, node, "a contract", keys.CONTRACT.names, keys.CONTRACT.required):
            return None
        from_key = node.key_node("from")
        assert from_key is not None
        span = read_span(context, node, "the contract", self.zone)
        facts: dict[str, Json] = {}
        for term in TERMS:
            key, value = node.key_node(term), node.get(term)
            if key is not None and value is not None:
                read_fact(context, Scalar(f"contract.{term}", key.place, quoted=False), value, self.zone, facts)
        facts |= self._stated(node.get("facts"), ("contract",))
        quotas_key, quotas_node = node.key_node("quotas"), node.get("quotas")
        quotas = {} if quotas_key is None or quotas_node is None else self._quotas(quotas_key, quotas_node)
        if len(node) == 1 + (node.get("until") is not None):
            context.error(
                "CW202", from_key, "the contract says nothing but its dates", "add what it says, or leave it out"
            )
        return None if span is None else Contract(span, facts, quotas, from_key.place)

    def _quotas(self, key: Scalar, node: Node) -> dict[str, Json]:
        """What it allows by quota; None for as many as there are licences."""
        entries = as_map(self.context, node, "`quotas`", "{QUOTA: 4}")
        if entries is None:
            return {}
        counted = [name for name, value in entries if isinstance(value, Scalar) and value.text == COUNT]
        for name in counted:
            if not self.context.names.has(Sort.QUOTA, name.text):
                unknown_name(self.context, name, Sort.QUOTA, name.text)
        rest = Map(tuple(entry for entry in entries if entry[0] not in counted), entries.place)
        said: dict[str, Json] = {}
        if len(rest):
            read_fact(self.context, Scalar(QUOTAS, key.place, quoted=False), rest, self.zone, said)
        numbers = said.get(QUOTAS)
        return {**(numbers if isinstance(numbers, dict) else {}), **{name.text: None for name in counted}}

    # -- contacts and licences

    def _contacts(self, node: Node | None) -> tuple[Contact, ...] | None:
        if node is None:
            return None
        return tuple(self._each(node, "`contacts`", "a contact", keys.CONTACT.names, self._contact))

    def _contact(self, node: Map) -> Contact | None:
        context = self.context
        if not check_keys(context, node, "a contact", keys.CONTACT.names, keys.CONTACT.required):
            return None
        id_node, authorised_node, name_node = (node.get(key) for key in ("id", "authorised", "name"))
        assert id_node is not None
        name = as_text(context, id_node, "`id`")
        if name_node is not None:
            as_text(context, name_node, "`name`")
        authorised = True if authorised_node is None else yes_no(context, authorised_node, "`authorised`")
        span = read_span(context, node, "the contact", self.zone)
        language = self._language(node)
        if name is None or span is None or authorised is None:
            return None
        return Contact(name.strip(), authorised, span, language, id_node.place)

    def _licences(self, node: Node) -> tuple[Licence, ...] | int | None:
        if isinstance(node, Scalar):
            return whole(self.context, node, "`licences`", 0, LARGEST)
        if not isinstance(node, Seq):
            self.context.error("CW203", node, "`licences` is a number or a list", "write `5`, or `[{id: L-1}]`")
            return None
        found: dict[str, Licence] = {}
        for place, licence in self._each(node, "`licences`", "a licence", keys.LICENCE.names, self._licence):
            if licence.id in found:
                self.context.error("CW211", place, f"the licence `{licence.id}` stands there twice", "take one away")
            found[licence.id] = licence
        return tuple(found.values())

    def _licence(self, node: Map) -> tuple[Node, Licence] | None:
        if not check_keys(self.context, node, "a licence", keys.LICENCE.names, keys.LICENCE.required):
            return None
        id_node = node.get("id")
        assert id_node is not None
        name = as_text(self.context, id_node, "`id`")
        span = read_span(self.context, node, "the licence", self.zone)
        return None if name is None or span is None else (id_node, Licence(name, span))

    # -- facts

    def _facts(self, node: Map) -> dict[str, Json]:
        """What holds at all times: what the keys say, as far as the ruleset reads it, and what is stated."""
        found: dict[str, Json] = {}
        for word in ("name", "language"):
            value = node.get(word)
            text = None if value is None else as_text(self.context, value, f"`{word}`")
            if value is not None and text is not None and self._is_shown(f"customer.{word}", value):
                found[f"customer.{word}"] = text
        services = node.get("services")
        if services is not None:
            found[SERVICES] = list(references(self.context, services, "`services`", Sort.SERVICE))
            self._is_shown(SERVICES, services)
        found |= self._stated(node.get("facts"), ("customer", "contract"))
        return found

    def _stated(self, node: Node | None, roots: tuple[str, ...]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        example = f"{{{roots[0]}.FIELD: VALUE}}"
        for key, value in (None if node is None else as_map(self.context, node, "`facts`", example)) or ():
            path = key.text
            if path in OWN_KEYS:
                self.context.error("CW966", key, f"`{path}` is not stated as a fact", OWN_KEYS[path])
            elif path.partition(".")[0] not in roots:
                fix = f"only {' and '.join(f'`{root}.`' for root in roots)} fields that the ruleset declares stand here"
                self.context.error("CW966", key, f"`{path}` is not what `facts` here can say", fix)
            else:
                self._fact(key, value, found)
        return found

    def _fact(self, key: Scalar, value: Node, found: dict[str, Json]) -> None:
        """A value of a declared field: a day where an instant belongs, one cell where a set does."""
        declared = self.context.fields.get(key.text)
        if declared is not None and declared.type is FieldType.INSTANT:
            at = read_day(self.context, value, f"`{key.text}`", self.zone)
            if at is not None:
                found[key.text] = iso(at)
            return
        if self.of_tables and declared is not None and declared.type is FieldType.SET:
            value = listed(value)
        read_fact(self.context, key, value, self.zone, found)

    def _is_shown(self, path: str, at: Node) -> bool:
        """Whether the ruleset declares a field for what the directory says anyway; of the wrong type it is refused."""
        declared = self.context.fields.get(path)
        if declared is None:
            return False
        if declared.type is not _TYPES[path]:
            message = (
                f"the directory gives `{path}` as {_TYPES[path].value}, and the ruleset declares {declared.type.value}"
            )
            self.context.error("CW414", at, message, f"declare `{path}` as {_TYPES[path].value}")
        return True

    def _language(self, node: Map) -> str | None:
        value = node.get("language")
        return None if value is None else read_language(self.context, value)

    def _each(
        self, node: Node | None, what: str, one: str, names: tuple[str, ...], read: Callable[[Map], T | None]
    ) -> list[T]:
        """What `read` gives for each mapping of a list."""
        items = None if node is None else as_list(self.context, node, what)
        found: list[T] = []
        for item in items.items if items else ():
            entries = as_map(self.context, item, one, f"{{{names[0]}: ...}}")
            value = None if entries is None else read(entries)
            if value is not None:
                found.append(value)
        return found


def _code(text: str) -> str:
    return f"`{text}`"
