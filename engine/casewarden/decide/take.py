"""Taking one event of the log into the state."""

import bisect
from collections.abc import Mapping

from casewarden.decide.entries import Occurrence, entry_of
from casewarden.decide.releases import ReleaseView
from casewarden.decide.state import MICROSECOND, State, is_engine, is_late, watermarks_of
from casewarden.decide.trilean import NEVER
from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant

_FINISHED = frozenset({"resolved", "closed"})
_WRITES = {"close": ("case.status", "case.close_reason"), "reopen": ("case.status",)}
_UNDONE = frozenset({"set", "assign", *_WRITES})


def take(state: State, event: Event) -> None:
    """Fold one event in; events come in the order of the log."""
    state.consumed += 1
    state.last_event = event
    state.subject = event.subject
    if is_engine(event):
        state.engine_events += 1
    match event.kind:
        case "opened":
            _opened(state, event)
        case "observed":
            _facts(state, event, event.data.get("facts"))
        case "plan":
            _plan(state, event)
        case "linked" | "unlinked":
            _linked(state, event)
        case "release":
            _release(state, event)
        case "watermark":
            _watermark(state, event)
        case "granted":
            state.granted[str(event.data.get("quota"))] = dict(event.data)
        case "claimed":
            state.claims.append(event)
        case "went_live":
            state.went_live = event.at
        case "resolved" | "closed" | "reopened":
            _lifecycle(state, event, event.kind, event.data)
        case "decided":
            _decided(state, event)
        case "applied":
            _applied(state, event)
        case "rejected" | "withdrawn":
            _undo(state, event)
        case "ended":
            state.ended = (event.at, str(event.data.get("reason") or "ended"))
        case _:  # message, call, work: entries only
            pass
    _entry(state, event)


def _entry(state: State, event: Event) -> None:
    found = entry_of(event)
    if found is None:
        return
    kind, attributes = found
    for name, match, _ in state.compiled.matchers.get(kind, ()):
        truth = match(event, attributes)
        if truth is False:
            continue
        own = is_engine(event)
        occurrence = Occurrence(event.at, event.key, {"by": event.by, **attributes}, own, is_late(state, event))
        shelf = state.occurrences if truth else state.uncertain
        shelf.setdefault(name, []).append(occurrence)


def _opened(state: State, event: Event) -> None:
    if state.opened_at == -NEVER:
        state.opened_at = event.at
        state.values["case.opened_at"] = event.at
        state.observed.setdefault("case.status", state.values.setdefault("case.status", "new"))
    via = event.data.get("via")
    if isinstance(via, str):
        observe(state, "case.channel", via, event)
    _facts(state, event, event.data.get("facts"))


def _facts(state: State, event: Event, facts: Json) -> None:
    if not isinstance(facts, dict):
        return
    for path, raw in facts.items():
        observe(state, path, raw, event)
    if event.data.get("determined") is True:
        state.determined.update(facts)


def observe(state: State, path: str, raw: Json, event: Event) -> None:
    """Take an observed value: it answers what we wanted, and replaces what was known."""
    state.wants.pop(path, None)
    if event.data.get("determined") is not True:
        state.determined.discard(path)
    if path == "case.severity":
        value = state.compiled.read(path, raw)
        state.hand = str(value) if value is not None else None
        state.hand_by = "person" if value is not None else None
        return
    if path.startswith("contract."):
        state.contract_facts[path] = raw
        state.compiled.contract_changed(state, event.at)
    allowed = state.compiled.confirmed.get(path)
    if allowed is not None:
        proposed = f"{path}.proposed"  # who confirms leaves no other proposal behind
        put(state, proposed, raw, event.at, read_as=path)
        state.observed[proposed] = state.values.get(proposed)
        if event.by not in allowed and allowed.isdisjoint(event.who):
            return
    before = state.values.get(path)
    put(state, path, raw, event.at)
    state.observed[path] = state.values.get(path)
    if path == "case.status" and before != state.values.get(path):
        _status_moved(state, event, before, state.values.get(path))


def put(state: State, path: str, raw: Json, at: int, read_as: str | None = None) -> None:
    """Set the present value of a path; one that does not fit its type is kept for the operator and is unknown."""
    if raw is None and path not in state.seen:
        return  # an empty cell writes nothing: what stands in for a missing value goes on doing so
    value = state.compiled.read(read_as or path, raw)
    if value is None:
        state.values.pop(path, None)
        if raw is not None:
            state.unfit[path] = raw
    else:
        state.unfit.pop(path, None)
        state.values[path] = value
    state.seen[path] = at
    fresh = state.compiled.fresh.get(path)
    if fresh is not None:
        state.stale_at[path] = fresh.later(at, state.own_calendar) + MICROSECOND


def _status_moved(state: State, event: Event, before: object, after: object) -> None:
    """A status that was only observed stands for the entry that the helpdesk did not tell apart."""
    if event.kind != "observed":
        return
    if after in _FINISHED:
        _lifecycle(state, event, str(after), event.data)
        _implied(state, event, str(after))
    elif before in _FINISHED and after is not None:
        _lifecycle(state, event, "reopened", event.data)
        _implied(state, event, "reopened")


def _implied(state: State, event: Event, kind: str) -> None:
    attributes = {"reason": event.data.get("reason"), "by": event.by}
    for name, match, _ in state.compiled.matchers.get(kind, ()):
        truth = match(event, attributes)
        if truth is not False:
            shelf = state.occurrences if truth else state.uncertain
            own, late = is_engine(event), is_late(state, event)
            shelf.setdefault(name, []).append(Occurrence(event.at, event.key, attributes, own, late))


def _lifecycle(state: State, event: Event, kind: str, data: object) -> None:
    if kind == "reopened":
        state.reopens.append((event.at, event.key))
    state.wants.pop("case.status", None)
    status = "open" if kind == "reopened" else kind
    state.values["case.status"] = status
    state.observed["case.status"] = status
    state.seen["case.status"] = event.at
    if kind == "closed":
        state.values["case.closed_at"] = event.at
        reason = data.get("reason") if isinstance(data, dict) or hasattr(data, "get") else None
        if isinstance(reason, str):
            state.values["case.close_reason"] = reason
    elif kind == "reopened":
        state.values.pop("case.closed_at", None)
        state.values.pop("case.close_reason", None)


def _plan(state: State, event: Event) -> None:
    plan = event.data.get("plan")
    if event.data.get("change") == "ended":
        put(state, "case.plan", state.compiled.ruleset.defaults.plan, event.at)
    elif isinstance(plan, str):
        put(state, "case.plan", plan, event.at)
    _facts(state, event, event.data.get("facts"))


def _linked(state: State, event: Event) -> None:
    kind, ticket = str(event.data.get("kind")), str(event.data.get("id"))
    tickets = state.links.setdefault(kind, {})
    if event.kind == "unlinked":
        state.unlinked[kind, ticket] = tickets.pop(ticket, {})
        return
    is_told = event.key.startswith(f"{kind}:{ticket}/")
    if is_told and (kind, ticket) in state.unlinked:
        fields = state.unlinked[kind, ticket]  # what happens to a ticket that is linked no more makes no link
    else:
        fields = tickets.setdefault(ticket, state.unlinked.pop((kind, ticket), {}))
    facts = event.data.get("facts")
    for name, raw in (facts if isinstance(facts, dict) else {}).items():
        value = state.compiled.read(f"links.{kind}.{name}", raw)
        state.link_seen[kind, ticket, name] = event.at
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value


def _release(state: State, event: Event) -> None:
    state.releases.append(
        ReleaseView(
            name=str(event.data.get("name")),
            known_at=event.at,
            planned=_instant(event.data.get("planned")),
            frozen=event.data.get("frozen") is True,
            released_at=event.at if event.data.get("released") is True else None,
        )
    )


def _watermark(state: State, event: Event) -> None:
    for source, through in watermarks_of([event]).items():
        state.watermarks[source] = max(through, state.watermarks.get(source, -NEVER))


def _instant(raw: Json) -> int | None:
    return parse_instant(raw) if isinstance(raw, str) else None


def _decided(state: State, event: Event) -> None:
    state.decided_before = True
    data = event.data
    revision, rules = data.get("revision"), data.get("rules")
    if isinstance(revision, str) and isinstance(rules, dict):
        fresh = data.get("fresh") is True
        for name, digest in rules.items():
            if state.known_rules.get(name) != digest:
                state.rule_since[name] = -NEVER if fresh else event.at
                state.settled.pop(name, None)
        state.revision = revision
        state.known_rules = rules  # type: ignore[assignment]  # names to digests, shared and never written to
    for edge in _rows(data.get("edges")):
        _edge(state, edge, event.at)
    for action in _rows(data.get("actions")):
        state.planned[str(action["key"])] = str(action["kind"])
    for entry in _rows(data.get("ledger")):
        state.posted[str(entry["key"])] = entry
    state.corrected.update(str(row["name"]) for row in _rows(data.get("corrections")))
    for rule in data.get("disabled") or ():  # type: ignore[union-attr]
        state.record(str(rule)).disabled = True
    facts = data.get("facts")
    if isinstance(facts, dict) and facts:
        wanted_by = {path: str(row.get("key")) for row in _rows(data.get("actions")) for path in _writes(row)}
        for path, value in facts.items():
            want(state, path, value, event.at, wanted_by.get(path, ""))


def _writes(action: Mapping[str, Json], word: str = "kind") -> tuple[str, ...]:
    """The paths that an action wants, as a decision or its outcome tells of it."""
    content = action.get("content")
    path = content.get("path") if isinstance(content, dict) else None
    kind = str(action.get(word))
    if kind == "tag":
        return ("case.tags",)
    return _WRITES.get(kind, (path,) if isinstance(path, str) else ())


def _rows(raw: Json) -> list[dict[str, Json]]:
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []


def _edge(state: State, edge: dict[str, Json], decided_at: int) -> None:
    record = state.record(str(edge["rule"]))
    at = edge.get("at")
    instant = at if isinstance(at, int) else decided_at
    silent = edge.get("silent") is True
    key = edge.get("event")
    if isinstance(key, str):
        record.events.add(key)
        record.activations = _whole(edge["activation"])
        if not silent:
            bisect.insort(record.fired, instant)
        return
    record.active = edge["rises"] is True
    index = state.compiled.standing_index.get(str(edge["rule"]))
    if not record.active:
        state.active.discard(-1 if index is None else index)
        return
    if index is not None:
        state.active.add(index)
    repetition = _whole(edge.get("repetition") or 0)
    if repetition == 0:
        record.risen_at = instant
    record.through = instant
    record.repetitions = repetition
    if edge.get("baseline"):
        return
    record.activations = _whole(edge["activation"])
    if not silent:
        bisect.insort(record.fired, instant)


def _whole(raw: Json) -> int:
    if not isinstance(raw, int):
        raise TypeError(f"{raw!r} stands in the engine's own log where a whole number should")
    return raw


def want(state: State, path: str, raw: Json, at: int, by: str = "") -> None:
    """Take a value that a rule wants: it stands until the helpdesk answers. `by` is the action that it comes from."""
    if path == "case.severity":
        state.hand = None if raw is None else str(raw)
        state.hand_by = None if raw is None else "rule"
        state.determined.discard(path)
        return
    if path.startswith("links."):
        _, kind, name = path.split(".", 2)
        value = state.compiled.read(path, raw)
        for ticket, fields in state.links.get(kind, {}).items():
            state.link_seen[kind, ticket, name] = at
            if value is not None:
                fields[name] = value
        return
    target = f"{path}.proposed" if path in state.compiled.confirmed else path
    state.wants[path] = (target, by)
    put(state, target, raw, at, read_as=path)


def _applied(state: State, event: Event) -> None:
    content = event.data.get("content")
    if not isinstance(content, dict):
        return
    match event.data.get("action"):
        case "close":
            _lifecycle(state, event, "closed", content)
        case "reopen":
            _lifecycle(state, event, "reopened", content)
        case "set":
            path = content.get("path")
            if path == "case.status" and content.get("value") in _FINISHED:
                _lifecycle(state, event, str(content.get("value")), content)
            elif isinstance(path, str):
                state.wants.pop(path, None)
                state.observed[path] = state.values.get(path)
        case "link":
            ticket = event.data.get("id") or content.get("id")
            if isinstance(ticket, str):
                fields = content.get("create")
                tickets = state.links.setdefault(str(content.get("kind")), {})
                tickets.setdefault(ticket, state.unlinked.pop((str(content.get("kind")), ticket), {}))
                for name, raw in (fields if isinstance(fields, dict) else {}).items():
                    value = state.compiled.read(f"links.{content.get('kind')}.{name}", raw)
                    if value is not None:  # what was seen of it is newer, though its making be confirmed later
                        tickets[ticket].setdefault(name, value)
        case _:
            pass


def _undo(state: State, event: Event) -> None:
    """An action that will not happen: what it wanted is no longer so, unless another one wants it by now."""
    key = str(event.data.get("key"))
    if event.kind == "rejected":
        state.rejected.add(key)
    if event.data.get("action") not in _UNDONE:
        return
    for wanted in _writes(event.data, "action"):
        if wanted in state.wants and state.wants[wanted][1] in ("", key):
            target, _ = state.wants.pop(wanted)
            before = state.observed.get(target, state.compiled.when_missing.get(target))
            if before is None:
                state.values.pop(target, None)
            else:
                state.values[target] = before
