"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
works_with = "0001"
"""The oldest version whose processes may go on running once this step is done."""

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The first tables."""
    op.create_table(
        "audit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "connector_cursor",
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True, comment="JSON"),
        sa.Column("complete_through", BIG, nullable=True),
        sa.Column("polled_at", BIG, nullable=True),
        sa.Column("failed_at", BIG, nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="the last one, in plain words"),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_connector_cursor")),
    )
    op.create_table(
        "contact",
        sa.Column("id", BIG, nullable=False),
        sa.Column(
            "name", sa.Text(), nullable=True, comment="a keyed hash of the contact's name: who it is stands nowhere"
        ),
        sa.Column(
            "wrapped_key",
            sa.LargeBinary(),
            nullable=True,
            comment="its data key under the sidecar's own; NULL once it is erased",
        ),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("erased_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("name", name=op.f("uq_contact_name")),
    )
    op.create_table(
        "rollout",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False, comment="the digest that was live when it began"),
        sa.Column("head", sa.Text(), nullable=False, comment="the digest that is tried"),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("promoted", sa.Text(), nullable=False, comment="JSON list of rules; `*` for the whole revision"),
        sa.Column("state", sa.Text(), nullable=False, comment="shadow, promoted, rolled_back"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rollout")),
    )
    op.create_table(
        "ruleset",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False, comment="JSON object: name to content, the main file first"),
        sa.Column("added_at", BIG, nullable=False),
        sa.Column(
            "effective_at", BIG, nullable=False, comment="from when its operations hold and its terms bind new cases"
        ),
        sa.Column("origin", sa.Text(), nullable=False, comment="the folder or the commit that it came from"),
        sa.Column("state", sa.Text(), nullable=False, comment="live, trial, retired"),
        sa.PrimaryKeyConstraint("digest", "lane", name=op.f("pk_ruleset")),
    )
    with op.batch_alter_table("ruleset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ruleset_lane_effective_at"), ["lane", "effective_at"], unique=False)

    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "subject",
        sa.Column("id", BIG, nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts its transactions"),
        sa.Column("length", sa.Integer(), nullable=False, comment="how many entries its log has"),
        sa.Column("head", sa.LargeBinary(), nullable=False, comment="the hash of the last entry of its log"),
        sa.Column("decided_at", BIG, nullable=False, comment="the instant decided last"),
        sa.Column(
            "woken", sa.Integer(), nullable=False, comment="how often it woke by itself since anything was observed"
        ),
        sa.Column("opened_at", BIG, nullable=True),
        sa.Column("terms", sa.Text(), nullable=True, comment="the revision whose terms bind it"),
        sa.Column("operations", sa.Text(), nullable=True, comment="the revision whose rules it was decided with last"),
        sa.Column("state", sa.Text(), nullable=False, comment="open, done (resolved or closed), ended, parked"),
        sa.Column("state_detail", sa.Text(), nullable=True, comment="why it is parked or how it ended"),
        sa.Column("merged_into", sa.Text(), nullable=True, comment="the case that its events go to now"),
        sa.Column(
            "sealed",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a key of it was destroyed",
        ),
        sa.Column("account", sa.Text(), nullable=True, comment="the customer's account, once it is known"),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("next_due", BIG, nullable=True, comment="the earliest due time of a clock that runs"),
        sa.Column("clocks", sa.Text(), nullable=True, comment="JSON list of its clocks as decided last"),
        sa.Column("awaits", BIG, nullable=True, comment="up to when its sources must be known for it to go on"),
        sa.Column("watermarks", sa.Text(), nullable=True, comment="JSON object: up to when its log knows each source"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("lane", "name", name=op.f("uq_subject_lane_name")),
    )
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subject_awaits",
            ["awaits"],
            unique=False,
            sqlite_where=sa.text("awaits IS NOT NULL"),
            postgresql_where=sa.text("awaits IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_subject_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_subject_slot"), ["slot"], unique=False)
        batch_op.create_index(batch_op.f("ix_subject_state_next_due"), ["state", "next_due"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True, comment="JSON: the precondition for writing to it"),
        sa.PrimaryKeyConstraint("connector", "ticket", name=op.f("pk_ticket")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_case"), ["case"], unique=False)

    op.create_table(
        "activation",
        sa.Column("subject", BIG, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("repetition", sa.Integer(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("decided_at", BIG, nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False, comment="1 provisional, 4 late, 8 silent"),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_activation_subject")),
        sa.PrimaryKeyConstraint("subject", "rule", "activation", "repetition", name=op.f("pk_activation")),
    )
    with op.batch_alter_table("activation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activation_rule_at"), ["rule", "at"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subject", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False, comment="how many entries of the log it looked at"),
        sa.Column("revision", sa.Text(), nullable=False, comment="the digest of the ruleset"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of its canonical JSON"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="dull, acted, withheld, posted, corrected, alerted"),
        sa.Column("body", sa.Text(), nullable=True, comment="JSON: what came of it; NULL where dull"),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_decision_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_outcome_at"), ["outcome", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_subject_id"), ["subject", "id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="unique within the source: what comes twice is one event"),
        sa.Column("subject", sa.Text(), nullable=False, comment="whom it was observed on"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False, comment="when it was taken in"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True, comment="JSON list, NULL for none"),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("data", sa.Text(), nullable=True, comment="JSON object without what is sealed, NULL for none"),
        sa.Column("sealed", sa.LargeBinary(), nullable=True, comment="what persons wrote, under their key"),
        sa.Column("contact", BIG, nullable=True, comment="whose key seals it"),
        sa.ForeignKeyConstraint(["contact"], ["contact.id"], name=op.f("fk_event_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "key", "subject", name=op.f("uq_event_source_key_subject")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_contact",
            ["contact"],
            unique=False,
            sqlite_where=sa.text("contact IS NOT NULL"),
            postgresql_where=sa.text("contact IS NOT NULL"),
        )

    op.create_table(
        "ledger",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subject", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="posted, claimed, granted"),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("arithmetic", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_ledger_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("subject", "key", "state", name=op.f("uq_ledger_subject_key_state")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_account_at"), ["account", "at"], unique=False)

    op.create_table(
        "obligation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", BIG, nullable=True),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="rejected, correction, alert, parked, cap, ping_pong, dead, refused, ambiguous",
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open, approved, dismissed"),
        sa.Column("settled_at", BIG, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_obligation_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("key", name=op.f("uq_obligation_key")),
    )
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_obligation_state_opened_at"), ["state", "opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_obligation_subject"), ["subject"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subject", BIG, nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the occurrence key"),
        sa.Column("firing", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact", BIG, nullable=True),
        sa.Column("flags", sa.Integer(), nullable=False, comment="1 provisional, 2 even_if_over, 4 late"),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("decided_at", BIG, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False, comment="how long the log was once it was decided"),
        sa.Column("deadline", BIG, nullable=True, comment="the case's next due time then: what is nearest goes first"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_detail", sa.Text(), nullable=True),
        sa.Column("next_try", BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "again",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="an attempt may have been carried out",
        ),
        sa.Column("sent_at", BIG, nullable=True, comment="the last attempt"),
        sa.Column("done_at", BIG, nullable=True),
        sa.Column("request", sa.Text(), nullable=True, comment="JSON: what was sent last"),
        sa.Column("answer", sa.Text(), nullable=True, comment="JSON: what came back last"),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'asking', 'applied', 'rejected', 'withdrawn', 'dead', 'shadow')",
            name=op.f("ck_outbox_state"),
        ),
        sa.ForeignKeyConstraint(["contact"], ["contact.id"], name=op.f("fk_outbox_contact")),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_outbox_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("lane", "key", name=op.f("uq_outbox_lane_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_contact",
            ["contact"],
            unique=False,
            sqlite_where=sa.text("contact IS NOT NULL"),
            postgresql_where=sa.text("contact IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_due",
            ["slot", "next_try"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "ix_outbox_open",
            ["subject", "id"],
            unique=False,
            sqlite_where=sa.text("state in ('waiting', 'sending', 'asking')"),
            postgresql_where=sa.text("state in ('waiting', 'sending', 'asking')"),
        )
        batch_op.create_index(batch_op.f("ix_outbox_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "wakeup",
        sa.Column("subject", BIG, nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_wakeup_subject")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_wakeup")),
    )
    with op.batch_alter_table("wakeup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wakeup_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_wakeup_slot_due_at"), ["slot", "due_at"], unique=False)

    op.create_table(
        "projection",
        sa.Column("subject", BIG, nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts the changes of what is to be written"),
        sa.Column(
            "next_try", BIG, nullable=True, comment="when to write it; NULL: the helpdesk shows it, or refuses to"
        ),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="since it was written last"
        ),
        sa.Column("written", sa.Text(), nullable=True, comment="JSON: what was written last"),
        sa.Column("problem", sa.Text(), nullable=True, comment="why it could not be written"),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_projection_subject")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_projection")),
    )
    with op.batch_alter_table("projection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_projection_slot_next_try"), ["slot", "next_try"], unique=False)

    op.create_table(
        "watch",
        sa.Column("watched", sa.Text(), nullable=False, comment="a service, a defect, a release"),
        sa.Column("watcher", BIG, nullable=False),
        sa.ForeignKeyConstraint(["watcher"], ["subject.id"], name=op.f("fk_watch_watcher")),
        sa.PrimaryKeyConstraint("watched", "watcher", name=op.f("pk_watch")),
    )
    op.create_table(
        "fanout",
        sa.Column("id", BIG, nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False, comment="of the subject that it comes from"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="event: to its watchers; revision: to all subjects of a lane"
        ),
        sa.Column("watched", sa.Text(), nullable=True),
        sa.Column("event", BIG, nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("at", BIG, nullable=False),
        sa.Column("cursor", BIG, nullable=False, comment="the last subject that was told"),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name=op.f("fk_fanout_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fanout")),
    )
    op.create_table(
        "log_entry",
        sa.Column("subject", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False, comment="when this subject learnt of it"),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column(
            "commitment",
            sa.LargeBinary(),
            nullable=False,
            comment="the hash of salt and event: provable without the event",
        ),
        sa.Column("chain", sa.LargeBinary(), nullable=False, comment="the hash of the entry before and the commitment"),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name=op.f("fk_log_entry_event")),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_log_entry_subject")),
        sa.PrimaryKeyConstraint("subject", "number", name=op.f("pk_log_entry")),
    )
    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_entry_event"), ["event"], unique=False)

    op.create_table(
        "mailbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="the subject that it is for"),
        sa.Column("lane", sa.Text(), nullable=True, comment="NULL: every lane that has or wants the subject"),
        sa.Column("event", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column(
            "behind", sa.SmallInteger(), nullable=False, comment="1: a fan-out's, which waits for everybody's own"
        ),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name=op.f("fk_mailbox_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("name", "event", "lane", name=op.f("uq_mailbox_name_event_lane")),
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailbox_behind_slot_id"), ["behind", "slot", "id"], unique=False)
