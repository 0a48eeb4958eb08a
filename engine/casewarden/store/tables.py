"""The tables of the store, the same on SQLite and on PostgreSQL.

Instants are int microseconds since the epoch in UTC. A `slot` is the hash of a subject's name, from 0 to 4095, fixed
for ever; a partition is a range of slots. A `lane` is one ruleset's view of a subject: its name for the live one, with
`@` and the rollout's name behind it for a trial beside it (`acme@trial`).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

SLOTS: Final = 4096

_BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column that it knows as INTEGER."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

event = Table(
    "event",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False, comment="unique within the source: what comes twice is one event"),
    Column("subject", Text, nullable=False, comment="whom it was observed on"),
    Column("kind", Text, nullable=False),
    Column("at", _BIG, nullable=False),
    Column("seen_at", _BIG, nullable=False, comment="when it was taken in"),
    Column("by", Text, nullable=False),
    Column("who", Text, comment="JSON list, NULL for none"),
    Column("sequence", _BIG, nullable=False),
    Column("data", Text, comment="JSON object without what is sealed, NULL for none"),
    Column("sealed", LargeBinary, comment="what persons wrote, under their key"),
    Column("contact", _BIG, ForeignKey("contact.id"), comment="whose key seals it"),
    UniqueConstraint("source", "key", "subject"),
    Index(
        "ix_event_contact",
        "contact",
        sqlite_where=text("contact IS NOT NULL"),
        postgresql_where=text("contact IS NOT NULL"),
    ),
)
"""Everything that was ever observed, and what the engine did: rows are added and never changed."""

contact = Table(
    "contact",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("name", Text, unique=True, comment="a keyed hash of the contact's name: who it is stands nowhere"),
    Column("wrapped_key", LargeBinary, comment="its data key under the sidecar's own; NULL once it is erased"),
    Column("created_at", _BIG, nullable=False),
    Column("erased_at", _BIG),
)

subject = Table(
    "subject",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False, comment="counts its transactions"),
    Column("length", Integer, nullable=False, comment="how many entries its log has"),
    Column("head", LargeBinary, nullable=False, comment="the hash of the last entry of its log"),
    Column("decided_at", _BIG, nullable=False, comment="the instant decided last"),
    Column("woken", Integer, nullable=False, comment="how often it woke by itself since anything was observed"),
    Column("opened_at", _BIG),
    Column("terms", Text, comment="the revision whose terms bind it"),
    Column("operations", Text, comment="the revision whose rules it was decided with last"),
    Column("state", Text, nullable=False, comment="open, done (resolved or closed), ended, parked"),
    Column("state_detail", Text, comment="why it is parked or how it ended"),
    Column("merged_into", Text, comment="the case that its events go to now"),
    Column("sealed", Boolean, nullable=False, server_default=text("false"), comment="a key of it was destroyed"),
    Column("account", Text, comment="the customer's account, once it is known"),
    Column("status", Text),
    Column("severity", Text),
    Column("plan", Text),
    Column("next_due", _BIG, comment="the earliest due time of a clock that runs"),
    Column("clocks", Text, comment="JSON list of its clocks as decided last"),
    Column("awaits", _BIG, comment="up to when its sources must be known for it to go on"),
    Column("watermarks", Text, comment="JSON object: up to when its log knows each source"),
    UniqueConstraint("lane", "name"),
    Index(None, "name"),
    Index(None, "state", "next_due"),
    Index(
        "ix_subject_awaits",
        "awaits",
        sqlite_where=text("awaits IS NOT NULL"),
        postgresql_where=text("awaits IS NOT NULL"),
    ),
    Index(None, "slot"),
)
"""What is known of each subject at once; all of it can be had anew from its log."""

log_entry = Table(
    "log_entry",
    metadata,
    Column("subject", _BIG, ForeignKey("subject.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("event", _BIG, ForeignKey("event.id"), nullable=False),
    Column("seen_at", _BIG, nullable=False, comment="when this subject learnt of it"),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False, comment="the hash of salt and event: provable without the event"),
    Column("chain", LargeBinary, nullable=False, comment="the hash of the entry before and the commitment"),
    Index(None, "event"),
)
"""Which events each subject's log has, in the order in which it learnt of them."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("slot", SmallInteger, nullable=False),
    Column("name", Text, nullable=False, comment="the subject that it is for"),
    Column("lane", Text, comment="NULL: every lane that has or wants the subject"),
    Column("event", _BIG, ForeignKey("event.id"), nullable=False),
    Column("seen_at", _BIG, nullable=False),
    Column("behind", SmallInteger, nullable=False, comment="1: a fan-out's, which waits for everybody's own"),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("name", "event", "lane"),
    Index(None, "behind", "id"),
)
"""Taken in the order in which it came, whatever waits behind: no part of it has to be sorted for that."""

wakeup = Table(
    "wakeup",
    metadata,
    Column("subject", _BIG, ForeignKey("subject.id"), primary_key=True),
    Column("slot", SmallInteger, nullable=False),
    Column("due_at", _BIG, nullable=False),
    Column("generation", Integer, nullable=False),
    Index(None, "due_at"),
)
"""What is due is a small part of all, so it is not indexed by slot as well: that would double what arming costs."""

watch = Table(
    "watch",
    metadata,
    Column("watched", Text, primary_key=True, comment="a service, a defect, a release"),
    Column("watcher", _BIG, ForeignKey("subject.id"), primary_key=True),
    Index(None, "watcher"),
)

fanout = Table(
    "fanout",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("slot", SmallInteger, nullable=False, comment="of the subject that it comes from"),
    Column("kind", Text, nullable=False, comment="event: to its watchers; revision: to all subjects of a lane"),
    Column("watched", Text),
    Column("event", _BIG, ForeignKey("event.id")),
    Column("lane", Text),
    Column("revision", Text),
    Column("at", _BIG, nullable=False),
    Column("cursor", _BIG, nullable=False, comment="the last subject that was told"),
)
"""What still has to be told to many; a row goes when all were told."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("subject", _BIG, ForeignKey("subject.id"), nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("key", Text, nullable=False, comment="the occurrence key"),
    Column("firing", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("contact", _BIG, ForeignKey("contact.id")),
    Column("flags", Integer, nullable=False, comment="1 provisional, 2 even_if_over, 4 late"),
    Column("connector", Text, nullable=False),
    Column("ticket", Text),
    Column("decided_at", _BIG, nullable=False),
    Column("length", Integer, nullable=False, comment="how long the log was once it was decided"),
    Column("deadline", _BIG, comment="the case's next due time then: what is nearest goes first"),
    Column("state", Text, nullable=False),
    Column("state_detail", Text),
    Column("next_try", _BIG, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column(
        "again", Boolean, nullable=False, server_default=text("false"), comment="an attempt may have been carried out"
    ),
    Column("sent_at", _BIG, comment="the last attempt"),
    Column("done_at", _BIG),
    Column("request", Text, comment="JSON: what was sent last"),
    Column("answer", Text, comment="JSON: what came back last"),
    UniqueConstraint("lane", "key"),
    CheckConstraint(
        "state in ('waiting', 'sending', 'asking', 'applied', 'rejected', 'withdrawn', 'dead', 'shadow')", "state"
    ),
    Index(
        "ix_outbox_open",
        "subject",
        "id",
        sqlite_where=text("state in ('waiting', 'sending', 'asking')"),
        postgresql_where=text("state in ('waiting', 'sending', 'asking')"),
    ),
    Index(
        "ix_outbox_due",
        "slot",
        "next_try",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_outbox_contact",
        "contact",
        sqlite_where=text("contact IS NOT NULL"),
        postgresql_where=text("contact IS NOT NULL"),
    ),
    Index(None, "sent_at"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("subject", _BIG, ForeignKey("subject.id"), nullable=False),
    Column("at", _BIG, nullable=False),
    Column("length", Integer, nullable=False, comment="how many entries of the log it looked at"),
    Column("revision", Text, nullable=False, comment="the digest of the ruleset"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of its canonical JSON"),
    Column("outcome", Text, nullable=False, comment="dull, acted, withheld, posted, corrected, alerted"),
    Column("body", Text, comment="JSON: what came of it; NULL where dull"),
    Index(None, "subject", "id"),
    Index(None, "outcome", "at"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("subject", _BIG, ForeignKey("subject.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, comment="posted, claimed, granted"),
    Column("amount", _BIG, nullable=False),
    Column("arithmetic", Text, nullable=False),
    Column("at", _BIG, nullable=False),
    Column("account", Text),
    Column("details", Text, nullable=False),
    UniqueConstraint("subject", "key", "state"),
    Index(None, "account", "at"),
)

obligation = Table(
    "obligation",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("subject", _BIG, ForeignKey("subject.id")),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="rejected, correction, alert, parked, cap, ping_pong, dead, refused, ambiguous",
    ),
    Column("message", Text, nullable=False),
    Column("details", Text, nullable=False, server_default=text("'{}'")),
    Column("opened_at", _BIG, nullable=False),
    Column("state", Text, nullable=False, comment="open, approved, dismissed"),
    Column("settled_at", _BIG),
    Column("settled_by", Text),
    Column("reason", Text),
    Index(None, "state", "opened_at"),
    Index(None, "subject"),
)
"""What waits for a person."""

activation = Table(
    "activation",
    metadata,
    Column("subject", _BIG, ForeignKey("subject.id"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("activation", Integer, primary_key=True),
    Column("repetition", Integer, primary_key=True),
    Column("at", _BIG, nullable=False),
    Column("decided_at", _BIG, nullable=False),
    Column("flags", Integer, nullable=False, comment="1 provisional, 4 late, 8 silent"),
    Index(None, "rule", "at"),
)

ruleset = Table(
    "ruleset",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("files", Text, nullable=False, comment="JSON object: name to content, the main file first"),
    Column("added_at", _BIG, nullable=False),
    Column("effective_at", _BIG, nullable=False, comment="from when its operations hold and its terms bind new cases"),
    Column("origin", Text, nullable=False, comment="the folder or the commit that it came from"),
    Column("state", Text, nullable=False, comment="live, trial, retired"),
    Index(None, "lane", "effective_at"),
)

rollout = Table(
    "rollout",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("base", Text, nullable=False, comment="the digest that was live when it began"),
    Column("head", Text, nullable=False, comment="the digest that is tried"),
    Column("started_at", _BIG, nullable=False),
    Column("promoted", Text, nullable=False, comment="JSON list of rules; `*` for the whole revision"),
    Column("state", Text, nullable=False, comment="shadow, promoted, rolled_back"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("at", _BIG, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text),
    Column("details", Text, nullable=False),
    Column("chain", LargeBinary, nullable=False),
)

connector_cursor = Table(
    "connector_cursor",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("cursor", Text, comment="JSON"),
    Column("complete_through", _BIG),
    Column("polled_at", _BIG),
    Column("failed_at", _BIG),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, comment="the last one, in plain words"),
)

projection = Table(
    "projection",
    metadata,
    Column("subject", _BIG, ForeignKey("subject.id"), primary_key=True),
    Column("slot", SmallInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="counts the changes of what is to be written"),
    Column("next_try", _BIG, comment="when to write it; NULL: the helpdesk shows it, or refuses to"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="since it was written last"),
    Column("written", Text, comment="JSON: what was written last"),
    Column("problem", Text, comment="why it could not be written"),
    Index(None, "slot", "next_try"),
)
"""Which cases the helpdesk is to show as they stand: only the newest state counts, so there is one row for a case."""

ticket = Table(
    "ticket",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("ticket", Text, primary_key=True),
    Column("case", Text, nullable=False),
    Column("version", Text, comment="JSON: the precondition for writing to it"),
    Index(None, "case"),
)
"""To which case each ticket belongs: one, ever."""

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What operators switch while it runs: `paused`, and what the store must remember of itself."""
