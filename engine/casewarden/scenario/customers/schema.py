"""The JSON Schema of customer directories, from the catalogues that the reader uses."""

from casewarden.ruleset.forms import LARGEST
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import Vocabulary, sections, values
from casewarden.ruleset.schema.document import DRAFT
from casewarden.ruleset.schema.parts import (
    NAME_PATTERN,
    Schema,
    either,
    element,
    listing,
    matching,
    named,
    ref,
    text,
    whole,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.scenario.customers import keys
from casewarden.scenario.customers.read_customer import COUNT, OWN_KEYS, TERMS
from casewarden.scenario.read_given import UNLIMITED
from casewarden.scenario.scenario_schema import facts
from casewarden.scenario.scenario_schema.document import needed

_YES_NO = ("yes", "no")


def customers_schema() -> Schema:
    """The schema of directories, whatever ruleset they are for; draft-07.

    Instances are what an editor makes of the file: YAML 1.2 with the core schema, keys as text.
    """
    known = Vocabulary()
    top = element(
        keys.FILE,
        {
            "casewarden_customers": {"enum": [1, "1"]},
            "ruleset": text(),
            "zone": ref("zone"),
            "customers": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"title": "ID", "pattern": r"^\S+$"},
                "additionalProperties": ref("customer"),
            },
        },
    )
    available = {
        **known.definitions(),
        **values.definitions(known),
        **facts.definitions(known),
        "customer": _customer(known),
        "subscription": _subscription(),
        "contract": _contract(known),
        "contact": _contact(),
        "licence": element(keys.LICENCE, {"id": text(), **_span()}),
        "day": either(matching(values.RECENT_DATE, examples=["2026-01-31"]), ref("time")),
        "language": matching(sections.LANGUAGE, examples=["en", "de", "pt-BR"]),
    }
    # editors show the title above every hover text, so it is short
    return {"$schema": DRAFT, "title": "Customers", **top, "definitions": needed(top, available)}


def _span() -> dict[str, Schema]:
    return {"from": ref("day"), "until": ref("day")}


def _customer(known: Vocabulary) -> Schema:
    return element(
        keys.CUSTOMER,
        {
            "name": text(),
            "language": ref("language"),
            "subscriptions": _several("subscription"),
            "contract": _several("contract"),
            "contacts": _several("contact"),
            "licences": either(whole(0, LARGEST), _several("licence")),
            "services": listing(known.name(Sort.SERVICE)),
            "facts": _facts("customer|contract"),
        },
    )


def _several(name: str) -> Schema:
    return {"type": "array", "items": ref(name), "minItems": 1}


def _subscription() -> Schema:
    return element(keys.SUBSCRIPTION, {"plan": text(), **_span(), "term_start": ref("day"), "term_end": ref("day")})


def _contract(known: Vocabulary) -> Schema:
    by_path, _ = facts.stated(known)
    terms = {term: by_path[f"contract.{term}"] for term in TERMS}
    quotas = named(either(one_of((COUNT, UNLIMITED)), whole(0, LARGEST), values.length()))
    something = [{"required": [name]} for name in keys.CONTRACT.names if name not in ("from", "until")]
    return element(keys.CONTRACT, {**_span(), **terms, "quotas": quotas, "facts": _facts("contract")}, anyOf=something)


def _contact() -> Schema:
    return element(
        keys.CONTACT,
        {"id": text(), "name": text(), "authorised": one_of(_YES_NO), "language": ref("language"), **_span()},
    )


def _facts(roots: str) -> Schema:
    """Fields that a ruleset declares; what has a key of its own is none."""
    taken = "|".join(sorted(path.replace(".", r"\.") for path in OWN_KEYS))
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"title": "PATH", "pattern": rf"^(?!(?:{taken})$)(?:{roots})\.{NAME_PATTERN}$"},
        "additionalProperties": either(text(), listing(text())),
    }
