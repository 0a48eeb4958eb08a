"""Services observed by hand: what a person saw, told like what a monitor tells."""

from collections.abc import Mapping
from typing import Final

from casewarden.decide import Compiled
from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.syntax import Field, FieldType
from casewarden.scenario.instants import InstantError, read_instant
from casewarden.sidecar.operations.work import SOURCE, Arguments, Work, given, perhaps, reason, several
from casewarden.web.doors import ControlError

_YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}


def observe(work: Work, arguments: Arguments) -> list[str]:
    """Tell what a service is like, as facts `NAME=VALUE` of the fields that the rulesets declare for it.

    An empty value says that it is not known. All cases that watch the service are told.
    """
    name, why = given(arguments, "service").removeprefix("service:"), reason(arguments)
    fields = _fields(work, name)
    said = several(arguments, "facts")
    if not said:
        raise ControlError("nothing is said of it", f"write like {next(iter(fields))}=VALUE")
    facts = dict(_fact(work, name, fields, one) for one in said)
    at = _at(work, perhaps(arguments, "at"))
    data: dict[str, Json] = {"facts": facts, **({} if why is None else {"reason": why})}
    key = f"service:{name}/{work.now}"
    work.tell(Event(f"service:{name}", "observed", at, work.now, "agent", SOURCE, key, who=(work.who,), data=data))
    work.note("service set", why, service=name, facts=facts, at=iso(at))
    told = ", ".join(f"{path.rpartition('.')[2]} {_word(value)}" for path, value in facts.items())
    return [f"service:{name} is observed: {told}. The cases that watch it are told."]


def _fields(work: Work, name: str) -> dict[str, Field]:
    """The fields that rulesets declare for a service, by their last word."""
    known: dict[str, dict[str, Field]] = {}
    for compiled in _compiled(work):
        for path, field in compiled.ruleset.fields.items():
            root, _, rest = path.partition(".")
            service, _, word = rest.partition(".")
            if root == "service" and word:
                known.setdefault(service, {})[word] = field
    if name not in known:
        near = did_you_mean(name, known)
        some = f"they speak of {', '.join(sorted(known))}" if known else "they speak of none"
        raise ControlError(
            f"no ruleset in force speaks of a service `{name}`", f"did you mean `{near}`?" if near else some
        )
    return known[name]


def _compiled(work: Work) -> list[Compiled]:
    book = work.rules.book
    digests = [(lane, work.rules.operations_in(lane, work.now)) for lane in book.lanes]
    return [book.compiled(lane, digest, digest) for lane, digest in digests]


def _fact(work: Work, name: str, fields: Mapping[str, Field], said: str) -> tuple[str, Json]:
    word, sign, text = said.partition("=")
    word = word.strip().removeprefix(f"service.{name}.")
    if not sign:
        raise ControlError(f"`{said[:60]}` is no fact", f"write like {next(iter(fields))}=VALUE")
    field = fields.get(word)
    if field is None:
        near = did_you_mean(word, fields)
        fix = f"did you mean `{near}`?" if near else f"it has {', '.join(sorted(fields))}"
        raise ControlError(f"the service `{name}` has no field `{word[:60]}`", fix)
    value = _value(field, text.strip())
    path = f"service.{name}.{word}"
    if value is not None and any(
        compiled.read(path, value) is None for compiled in _compiled(work) if path in compiled.ruleset.fields
    ):
        raise ControlError(f"`{word}` cannot be `{text[:60]}`: it is of the type {field.type.value}")
    return path, value


def _value(field: Field, text: str) -> Json:
    """A value as it was typed, of the type that its field has."""
    if not text:
        return None
    match field.type:
        case FieldType.CHOICE if field.of and text not in field.of:
            near = did_you_mean(text, field.of)
            fix = f"did you mean `{near}`?" if near else f"it is one of {', '.join(field.of)}"
            raise ControlError(f"`{field.path}` cannot be `{text[:60]}`", fix)
        case FieldType.YES_NO:
            if text.lower() not in _YES_NO:
                raise ControlError(f"`{field.path}` cannot be `{text[:60]}`", "say yes or no")
            return _YES_NO[text.lower()]
        case FieldType.INTEGER | FieldType.NUMBER:
            try:
                return int(text) if field.type is FieldType.INTEGER or text.lstrip("-").isdigit() else float(text)
            except ValueError:
                raise ControlError(f"`{field.path}` is a number, and `{text[:60]}` is none") from None
        case FieldType.SET:
            return list[Json](sorted({one.strip() for one in text.split(",")} - {""}))
        case _:
            return text


def _at(work: Work, said: str | None) -> int:
    if said is None:
        return work.now
    try:
        at = read_instant(said)
    except InstantError as error:
        raise ControlError(str(error), f"write {said}Z for UTC" if error.code == "CW806" else None) from None
    if at > work.now:
        raise ControlError(f"{iso(at)} has not come yet", "leave it out for now")
    return at


def _word(value: Json) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
