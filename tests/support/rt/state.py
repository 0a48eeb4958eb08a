"""All that a fake Request Tracker knows, and how it changes: as version 5.0.3 does it, which the same tests show."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NOBODY, SYSTEM = "6", "1"
ROLES = ("Requestor", "Cc", "AdminCc")
DATES = ("Due", "Starts", "Started", "Resolved", "Told")
UNSET = "1970-01-01 00:00:00"
STATUSES = ("new", "open", "stalled", "resolved", "rejected", "deleted")
FINISHED = ("resolved", "rejected", "deleted")
ORGANIZATION = "desk.example"


@dataclass
class User:
    id: str
    name: str
    privileged: bool = True
    may_work: bool = True
    zone: str = ""

    @property
    def address(self) -> str:
        return self.name if "@" in self.name else f"{self.name}@desk.example"


@dataclass
class Field:
    id: str
    name: str
    kind: str = "Freeform"
    several: bool = False
    values: tuple[str, ...] = ()


@dataclass
class Ticket:
    id: str
    queue: str
    values: dict[str, str]
    roles: dict[str, list[str]]
    custom: dict[str, list[str]]
    creator: str
    created: str
    effective: str


@dataclass
class Transaction:
    id: int
    ticket: str
    type: str
    creator: str
    created: str
    field: str = ""
    old: str = ""
    new: str = ""
    data: str = ""
    minutes: int = 0
    hidden: bool = False


@dataclass
class Part:
    id: int
    transaction: int
    type: str
    headers: str
    content: str = ""
    file: str = ""
    subject: str = ""
    parent: int = 0


@dataclass
class State:
    """Users by number, tokens by user's name; transactions in the order of their numbers."""

    users: dict[str, User] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    next_transaction: int = 40

    def user(self, name: str) -> User | None:
        """By number, name or address."""
        found = self.users.get(name)
        return found or next((one for one in self.users.values() if name in (one.name, one.address)), None)

    def live(self, id_: str) -> Ticket | None:
        """A ticket by its id; of a merged one the ticket that it went into."""
        ticket = self.tickets.get(id_)
        while ticket is not None and ticket.effective != ticket.id:
            ticket = self.tickets[ticket.effective]
        return ticket

    def version(self, ticket: Ticket) -> str:
        """The number of the newest transaction."""
        ids = {one.id for one in self.tickets.values() if one.effective == ticket.id}
        return str(max(one.id for one in self.transactions if one.ticket in ids))

    def field_named(self, name: str) -> Field | None:
        return self.fields.get(name) or next((one for one in self.fields.values() if one.name == name), None)

    def record(self, ticket: str, type_: str, by: User | str, now: int, **more: Any) -> Transaction:
        """Write a transaction down."""
        creator = by if isinstance(by, str) else by.id
        self.next_transaction += 1
        one = Transaction(self.next_transaction, ticket, type_, creator, stored(now), **more)
        self.transactions.append(one)
        return one

    # -- what people do

    def create(self, said: dict[str, Any], by: User, now: int) -> str:
        id_ = str(len(self.tickets) + 1)
        values = {"Subject": str(said.get("Subject", "")), "Status": "new", "Owner": NOBODY, "Type": "ticket"}
        values["Priority"] = str(said.get("Priority", "0"))
        values |= dict.fromkeys(DATES, UNSET)
        roles = {role: [self._somebody(name).id for name in _list(said.get(role))] for role in ROLES}
        ticket = Ticket(id_, self._queue(str(said["Queue"])), values, roles, {}, by.id, stored(now), id_)
        self.tickets[id_] = ticket
        if by.may_work:  # others may not see custom fields of tickets; they are passed over with a line in the log
            for name, value in (said.get("CustomFields") or {}).items():
                if (field_ := self.field_named(name)) is not None:
                    ticket.custom[field_.id] = [str(one) for one in _list(value)]
        one = self.record(id_, "Create", by, now)
        if said.get("Content"):
            self.attach(one, said)
        if roles["Requestor"]:
            self.record(id_, "EmailRecord", SYSTEM, now, data="<autoreply@desk.example>")
        return id_

    def write(self, ticket: Ticket, type_: str, said: dict[str, Any], by: User, now: int) -> Transaction:
        one = self.record(ticket.id, type_, by, now, data=said.get("Subject") or "No Subject",
                          minutes=int(said.get("TimeTaken") or 0))  # fmt: skip
        self.attach(one, said)
        if type_ == "Correspond":
            self.record(ticket.id, "EmailRecord", SYSTEM, now)
            if ticket.values["Status"] in ("new", "stalled", *FINISHED):  # the scrip `On Correspond Open Tickets`
                self._move(ticket, "open", SYSTEM, now)
        return one

    def attach(self, one: Transaction, said: dict[str, Any]) -> None:
        """Keep what was written: one part, or several below an empty one."""
        subject = str(said.get("Subject", ""))
        kind = str(said.get("ContentType") or "text/plain")
        top = f"X-RT-Interface: {said.get('Interface', 'REST')}\nMIME-Version: 1.0\n{said.get('Headers', '')}"
        files = said.get("Attachments") or []
        if files:
            self._part(
                one, "multipart/mixed", f"{top}Subject: {subject}\nContent-Type: multipart/mixed", subject=subject
            )
            self._part(one, kind, f'Content-Type: {kind}; charset="utf-8"', content=str(said["Content"]))
        else:
            headers = f'{top}Content-Type: {kind}; charset="utf-8"'
            self._part(one, kind, headers, content=str(said["Content"]), subject=subject)
        for file in files:
            headers = f'Content-Type: {file["FileType"]}; name="{file["FileName"]}"'
            self._part(one, file["FileType"], headers, file=file["FileName"], content="(a file)")

    def _part(self, one: Transaction, kind: str, headers: str, **more: str) -> None:
        self.parts.append(Part(len(self.parts) + 1, one.id, kind, headers, **more))  # type: ignore[arg-type]  # texts

    def update(self, ticket: Ticket, said: dict[str, Any], by: User, now: int) -> list[str]:
        """Change a ticket; what Request Tracker says of it, refusals among it."""
        told: list[str] = []
        prefix = f"Ticket {ticket.id}: "
        for name, value in said.items():
            if name in ("Subject", "Priority", *DATES) and ticket.values[name] != self._plain(name, value):
                if not by.may_work:
                    told.append(f"{prefix}Permission Denied")
                    continue
                old, ticket.values[name] = ticket.values[name], self._plain(name, value)
                self.record(ticket.id, "Set", by, now, field=name, old=old, new=str(value))
                told.append(f"{prefix}{name} changed from '{old}' to '{value}'")
        if "Queue" in said and (queue := self._queue(str(said["Queue"]))) != ticket.queue:
            old, ticket.queue = ticket.queue, queue
            self.record(ticket.id, "Set", by, now, field="Queue", old=old, new=queue)
            told.append(f"{prefix}Queue changed from {self.queues[old]} to {self.queues[queue]}")
        if "Owner" in said:
            told += [prefix + line for line in self._own(ticket, str(said["Owner"]), by, now)]
        if "Status" in said:
            told += [prefix + line for line in self._set_status(ticket, str(said["Status"]), by, now)]
        for name, value in (said.get("CustomFields") or {}).items():
            if (field_ := self.field_named(name)) is not None:
                told += self._custom(ticket, field_, value, by, now)
        for role in ROLES:
            if role in said:
                told += self._watch(ticket, role, said[role], by, now)
        if "MergeInto" in said:
            told += self._merge(ticket, str(said["MergeInto"]), by, now)
        return told

    def _set_status(self, ticket: Ticket, status: str, by: User, now: int) -> list[str]:
        old = ticket.values["Status"]
        if status == old:
            return []
        if status not in STATUSES:
            return [f"Status '{status}' isn't a valid status for this ticket."]
        if not by.may_work:
            return ["Permission Denied"]
        self._move(ticket, status, by.id, now)
        return ["Ticket deleted" if status == "deleted" else f"Status changed from '{old}' to '{status}'"]

    def _move(self, ticket: Ticket, status: str, by: str, now: int) -> None:
        old, ticket.values["Status"] = ticket.values["Status"], status
        self.record(ticket.id, "Status", by, now, field="Status", old=old, new=status)

    def _own(self, ticket: Ticket, name: str, by: User, now: int) -> list[str]:
        owner = self.user(name)
        if owner is None:
            return ["That user does not exist"]
        old = ticket.values["Owner"]
        if owner.id == old:
            return []
        if not by.may_work:
            return ["Permission Denied"]
        if not owner.privileged and owner.id != NOBODY:
            return ["That user may not own tickets in that queue"]
        ticket.values["Owner"] = owner.id
        self.record(ticket.id, "Set", by, now, field="Owner", old=old, new=owner.id)
        self.record(ticket.id, "SetWatcher", by, now, field="Owner", old=old, new=owner.id)
        return [f"Owner changed from {self.users[old].name} to {owner.name}"]

    def _custom(self, ticket: Ticket, field_: Field, value: Any, by: User, now: int) -> list[str]:
        before = ticket.custom.get(field_.id, [])
        wanted = [] if value is None else [self._dated(field_, str(one), by) for one in _list(value)]
        if not field_.several:
            wanted = wanted[:1]
        if not by.may_work:
            return [f"Could not add a new value to custom field '{field_.name}': Permission Denied"]
        if field_.values and not set(wanted) <= set(field_.values):
            return ["Invalid value for custom field"]
        told: list[str] = []
        if not field_.several and before and wanted and before != wanted:
            self.record(ticket.id, "CustomField", by, now, field=field_.id, old=before[0], new=wanted[0])
            told.append(f"{field_.name} {before[0]} changed to {wanted[0]}")
        else:
            for one in (each for each in wanted if each not in before):
                self.record(ticket.id, "CustomField", by, now, field=field_.id, new=one)
                told.append(
                    f"{one} added as a value for {field_.name}" if field_.several else f"{field_.name} {one} added"
                )
            for one in (each for each in before if each not in wanted):
                self.record(ticket.id, "CustomField", by, now, field=field_.id, old=one)
                told.append(f"{one} is no longer a value for custom field {field_.name}")
        ticket.custom[field_.id] = [one for one in before if one in wanted] + [
            one for one in wanted if one not in before
        ]
        return told

    def _watch(self, ticket: Ticket, role: str, value: Any, by: User, now: int) -> list[str]:
        wanted = [self._somebody(name).id for name in _list(value)]
        before = ticket.roles[role]
        for one in (each for each in wanted if each not in before):
            self.record(ticket.id, "AddWatcher", by, now, field=role, new=one)
        for one in (each for each in before if each not in wanted):
            self.record(ticket.id, "DelWatcher", by, now, field=role, old=one)
        changed = sorted(set(wanted) ^ set(before))
        ticket.roles[role] = wanted
        return [f"Changed {self.users[one].name} as {role} for this ticket" for one in changed]

    def _merge(self, ticket: Ticket, into: str, by: User, now: int) -> list[str]:
        uri = f"fsck.com-rt://{ORGANIZATION}/ticket/{into}"
        for one in (ticket.id, into):
            self.record(one, "AddLink", by, now, field="MergedInto", new=uri)
        ticket.effective = into
        return ["Merge Successful"]

    # -- small things

    def _somebody(self, name: str) -> User:
        found = self.user(name)
        if found is None:
            found = User(str(100 + len(self.users)), name, privileged=False, may_work=False)
            self.users[found.id] = found
        return found

    def _queue(self, name: str) -> str:
        return next(number for number, known in self.queues.items() if name in (number, known))

    def _plain(self, name: str, value: Any) -> str:
        """A core field as it is kept: what is no number is the priority 0, what is no date in SQL's form is 1970."""
        if name == "Priority":
            return str(value) if str(value).lstrip("-").isdecimal() else "0"
        if name in DATES:
            try:
                datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # only its form counts
            except ValueError:
                return UNSET
        return str(value)

    def _dated(self, field_: Field, text: str, by: User) -> str:
        """A custom field's value as it is kept; dates are read in the zone of who writes, or in the server's."""
        if field_.kind != "DateTime":
            return text
        from zoneinfo import ZoneInfo

        try:
            read = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # its zone is the next line's
        except ValueError:
            read = datetime.strptime(text[:10], "%Y-%m-%d")  # noqa: DTZ007
        local = read.replace(tzinfo=ZoneInfo(by.zone or "Europe/Zurich"))
        return local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def stored(now: int) -> str:
    return datetime.fromtimestamp(now // 1_000_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
