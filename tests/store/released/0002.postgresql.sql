CREATE TABLE public.activation (
    subject bigint NOT NULL,
    rule text NOT NULL,
    activation integer NOT NULL,
    repetition integer NOT NULL,
    at bigint NOT NULL,
    decided_at bigint NOT NULL,
    flags integer NOT NULL
);
COMMENT ON COLUMN public.activation.flags IS '1 provisional, 4 late, 8 silent';
CREATE TABLE public.audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    why text,
    details text NOT NULL,
    chain bytea NOT NULL
);
CREATE SEQUENCE public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;
CREATE TABLE public.casewarden_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.connector_cursor (
    connector text NOT NULL,
    cursor text,
    complete_through bigint,
    polled_at bigint,
    failed_at bigint,
    failures integer DEFAULT 0 NOT NULL,
    error text
);
COMMENT ON COLUMN public.connector_cursor.cursor IS 'JSON';
COMMENT ON COLUMN public.connector_cursor.error IS 'the last one, in plain words';
CREATE TABLE public.contact (
    id bigint NOT NULL,
    name text,
    wrapped_key bytea,
    created_at bigint NOT NULL,
    erased_at bigint
);
COMMENT ON COLUMN public.contact.name IS 'a keyed hash of the contact''s name: who it is stands nowhere';
COMMENT ON COLUMN public.contact.wrapped_key IS 'its data key under the sidecar''s own; NULL once it is erased';
CREATE SEQUENCE public.contact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.contact_id_seq OWNED BY public.contact.id;
CREATE TABLE public.decision (
    id bigint NOT NULL,
    subject bigint NOT NULL,
    at bigint NOT NULL,
    length integer NOT NULL,
    revision text NOT NULL,
    digest bytea NOT NULL,
    outcome text NOT NULL,
    body text
);
COMMENT ON COLUMN public.decision.length IS 'how many entries of the log it looked at';
COMMENT ON COLUMN public.decision.revision IS 'the digest of the ruleset';
COMMENT ON COLUMN public.decision.digest IS 'SHA-256 of its canonical JSON';
COMMENT ON COLUMN public.decision.outcome IS 'dull, acted, withheld, posted, corrected, alerted';
COMMENT ON COLUMN public.decision.body IS 'JSON: what came of it; NULL where dull';
CREATE SEQUENCE public.decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.decision_id_seq OWNED BY public.decision.id;
CREATE TABLE public.event (
    id bigint NOT NULL,
    source text NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    at bigint NOT NULL,
    seen_at bigint NOT NULL,
    by text NOT NULL,
    who text,
    sequence bigint NOT NULL,
    data text,
    sealed bytea,
    contact bigint
);
COMMENT ON COLUMN public.event.key IS 'unique within the source: what comes twice is one event';
COMMENT ON COLUMN public.event.subject IS 'whom it was observed on';
COMMENT ON COLUMN public.event.seen_at IS 'when it was taken in';
COMMENT ON COLUMN public.event.who IS 'JSON list, NULL for none';
COMMENT ON COLUMN public.event.data IS 'JSON object without what is sealed, NULL for none';
COMMENT ON COLUMN public.event.sealed IS 'what persons wrote, under their key';
COMMENT ON COLUMN public.event.contact IS 'whose key seals it';
CREATE SEQUENCE public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.event_id_seq OWNED BY public.event.id;
CREATE TABLE public.fanout (
    id bigint NOT NULL,
    slot smallint NOT NULL,
    kind text NOT NULL,
    watched text,
    event bigint,
    lane text,
    revision text,
    at bigint NOT NULL,
    cursor bigint NOT NULL
);
COMMENT ON COLUMN public.fanout.slot IS 'of the subject that it comes from';
COMMENT ON COLUMN public.fanout.kind IS 'event: to its watchers; revision: to all subjects of a lane';
COMMENT ON COLUMN public.fanout.cursor IS 'the last subject that was told';
CREATE SEQUENCE public.fanout_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.fanout_id_seq OWNED BY public.fanout.id;
CREATE TABLE public.ledger (
    id bigint NOT NULL,
    subject bigint NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    amount bigint NOT NULL,
    arithmetic text NOT NULL,
    at bigint NOT NULL,
    account text,
    details text NOT NULL
);
COMMENT ON COLUMN public.ledger.state IS 'posted, claimed, granted';
CREATE SEQUENCE public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ledger_id_seq OWNED BY public.ledger.id;
CREATE TABLE public.log_entry (
    subject bigint NOT NULL,
    number integer NOT NULL,
    event bigint NOT NULL,
    seen_at bigint NOT NULL,
    salt bytea NOT NULL,
    commitment bytea NOT NULL,
    chain bytea NOT NULL
);
COMMENT ON COLUMN public.log_entry.seen_at IS 'when this subject learnt of it';
COMMENT ON COLUMN public.log_entry.commitment IS 'the hash of salt and event: provable without the event';
COMMENT ON COLUMN public.log_entry.chain IS 'the hash of the entry before and the commitment';
CREATE TABLE public.mailbox (
    id bigint NOT NULL,
    slot smallint NOT NULL,
    name text NOT NULL,
    lane text,
    event bigint NOT NULL,
    seen_at bigint NOT NULL,
    behind smallint NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL
);
COMMENT ON COLUMN public.mailbox.name IS 'the subject that it is for';
COMMENT ON COLUMN public.mailbox.lane IS 'NULL: every lane that has or wants the subject';
COMMENT ON COLUMN public.mailbox.behind IS '1: a fan-out''s, which waits for everybody''s own';
CREATE SEQUENCE public.mailbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.mailbox_id_seq OWNED BY public.mailbox.id;
CREATE TABLE public.obligation (
    id bigint NOT NULL,
    key text NOT NULL,
    subject bigint,
    kind text NOT NULL,
    message text NOT NULL,
    details text DEFAULT '{}'::text NOT NULL,
    opened_at bigint NOT NULL,
    state text NOT NULL,
    settled_at bigint,
    settled_by text,
    reason text
);
COMMENT ON COLUMN public.obligation.kind IS 'rejected, correction, alert, parked, cap, ping_pong, dead, refused, ambiguous';
COMMENT ON COLUMN public.obligation.state IS 'open, approved, dismissed';
CREATE SEQUENCE public.obligation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.obligation_id_seq OWNED BY public.obligation.id;
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    subject bigint NOT NULL,
    slot smallint NOT NULL,
    lane text NOT NULL,
    key text NOT NULL,
    firing text NOT NULL,
    "position" integer NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    content text NOT NULL,
    sealed bytea,
    contact bigint,
    flags integer NOT NULL,
    connector text NOT NULL,
    ticket text,
    decided_at bigint NOT NULL,
    length integer NOT NULL,
    deadline bigint,
    state text NOT NULL,
    state_detail text,
    next_try bigint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    again boolean DEFAULT false NOT NULL,
    sent_at bigint,
    done_at bigint,
    request text,
    answer text,
    CONSTRAINT ck_outbox_state CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'asking'::text, 'applied'::text, 'rejected'::text, 'withdrawn'::text, 'dead'::text, 'shadow'::text])))
);
COMMENT ON COLUMN public.outbox.key IS 'the occurrence key';
COMMENT ON COLUMN public.outbox.flags IS '1 provisional, 2 even_if_over, 4 late';
COMMENT ON COLUMN public.outbox.length IS 'how long the log was once it was decided';
COMMENT ON COLUMN public.outbox.deadline IS 'the case''s next due time then: what is nearest goes first';
COMMENT ON COLUMN public.outbox.again IS 'an attempt may have been carried out';
COMMENT ON COLUMN public.outbox.sent_at IS 'the last attempt';
COMMENT ON COLUMN public.outbox.request IS 'JSON: what was sent last';
COMMENT ON COLUMN public.outbox.answer IS 'JSON: what came back last';
CREATE SEQUENCE public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_id_seq OWNED BY public.outbox.id;
CREATE TABLE public.projection (
    subject bigint NOT NULL,
    slot smallint NOT NULL,
    connector text NOT NULL,
    version integer NOT NULL,
    next_try bigint,
    attempts integer DEFAULT 0 NOT NULL,
    written text,
    problem text
);
COMMENT ON COLUMN public.projection.version IS 'counts the changes of what is to be written';
COMMENT ON COLUMN public.projection.next_try IS 'when to write it; NULL: the helpdesk shows it, or refuses to';
COMMENT ON COLUMN public.projection.attempts IS 'since it was written last';
COMMENT ON COLUMN public.projection.written IS 'JSON: what was written last';
COMMENT ON COLUMN public.projection.problem IS 'why it could not be written';
CREATE TABLE public.rollout (
    name text NOT NULL,
    lane text NOT NULL,
    base text NOT NULL,
    head text NOT NULL,
    started_at bigint NOT NULL,
    promoted text NOT NULL,
    state text NOT NULL
);
COMMENT ON COLUMN public.rollout.base IS 'the digest that was live when it began';
COMMENT ON COLUMN public.rollout.head IS 'the digest that is tried';
COMMENT ON COLUMN public.rollout.promoted IS 'JSON list of rules; `*` for the whole revision';
COMMENT ON COLUMN public.rollout.state IS 'shadow, promoted, rolled_back';
CREATE TABLE public.ruleset (
    digest text NOT NULL,
    lane text NOT NULL,
    files text NOT NULL,
    added_at bigint NOT NULL,
    effective_at bigint NOT NULL,
    origin text NOT NULL,
    state text NOT NULL
);
COMMENT ON COLUMN public.ruleset.files IS 'JSON object: name to content, the main file first';
COMMENT ON COLUMN public.ruleset.effective_at IS 'from when its operations hold and its terms bind new cases';
COMMENT ON COLUMN public.ruleset.origin IS 'the folder or the commit that it came from';
COMMENT ON COLUMN public.ruleset.state IS 'live, trial, retired';
CREATE TABLE public.setting (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.subject (
    id bigint NOT NULL,
    lane text NOT NULL,
    name text NOT NULL,
    slot smallint NOT NULL,
    version integer NOT NULL,
    length integer NOT NULL,
    head bytea NOT NULL,
    decided_at bigint NOT NULL,
    woken integer NOT NULL,
    opened_at bigint,
    terms text,
    operations text,
    state text NOT NULL,
    state_detail text,
    merged_into text,
    sealed boolean DEFAULT false NOT NULL,
    account text,
    status text,
    severity text,
    plan text,
    next_due bigint,
    clocks text,
    awaits bigint,
    watermarks text
);
COMMENT ON COLUMN public.subject.version IS 'counts its transactions';
COMMENT ON COLUMN public.subject.length IS 'how many entries its log has';
COMMENT ON COLUMN public.subject.head IS 'the hash of the last entry of its log';
COMMENT ON COLUMN public.subject.decided_at IS 'the instant decided last';
COMMENT ON COLUMN public.subject.woken IS 'how often it woke by itself since anything was observed';
COMMENT ON COLUMN public.subject.terms IS 'the revision whose terms bind it';
COMMENT ON COLUMN public.subject.operations IS 'the revision whose rules it was decided with last';
COMMENT ON COLUMN public.subject.state IS 'open, done (resolved or closed), ended, parked';
COMMENT ON COLUMN public.subject.state_detail IS 'why it is parked or how it ended';
COMMENT ON COLUMN public.subject.merged_into IS 'the case that its events go to now';
COMMENT ON COLUMN public.subject.sealed IS 'a key of it was destroyed';
COMMENT ON COLUMN public.subject.account IS 'the customer''s account, once it is known';
COMMENT ON COLUMN public.subject.next_due IS 'the earliest due time of a clock that runs';
COMMENT ON COLUMN public.subject.clocks IS 'JSON list of its clocks as decided last';
COMMENT ON COLUMN public.subject.awaits IS 'up to when its sources must be known for it to go on';
COMMENT ON COLUMN public.subject.watermarks IS 'JSON object: up to when its log knows each source';
CREATE SEQUENCE public.subject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.subject_id_seq OWNED BY public.subject.id;
CREATE TABLE public.ticket (
    connector text NOT NULL,
    ticket text NOT NULL,
    "case" text NOT NULL,
    version text
);
COMMENT ON COLUMN public.ticket.version IS 'JSON: the precondition for writing to it';
CREATE TABLE public.wakeup (
    subject bigint NOT NULL,
    slot smallint NOT NULL,
    due_at bigint NOT NULL,
    generation integer NOT NULL
);
CREATE TABLE public.watch (
    watched text NOT NULL,
    watcher bigint NOT NULL
);
COMMENT ON COLUMN public.watch.watched IS 'a service, a defect, a release';
ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);
ALTER TABLE ONLY public.contact ALTER COLUMN id SET DEFAULT nextval('public.contact_id_seq'::regclass);
ALTER TABLE ONLY public.decision ALTER COLUMN id SET DEFAULT nextval('public.decision_id_seq'::regclass);
ALTER TABLE ONLY public.event ALTER COLUMN id SET DEFAULT nextval('public.event_id_seq'::regclass);
ALTER TABLE ONLY public.fanout ALTER COLUMN id SET DEFAULT nextval('public.fanout_id_seq'::regclass);
ALTER TABLE ONLY public.ledger ALTER COLUMN id SET DEFAULT nextval('public.ledger_id_seq'::regclass);
ALTER TABLE ONLY public.mailbox ALTER COLUMN id SET DEFAULT nextval('public.mailbox_id_seq'::regclass);
ALTER TABLE ONLY public.obligation ALTER COLUMN id SET DEFAULT nextval('public.obligation_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN id SET DEFAULT nextval('public.outbox_id_seq'::regclass);
ALTER TABLE ONLY public.subject ALTER COLUMN id SET DEFAULT nextval('public.subject_id_seq'::regclass);
INSERT INTO public.activation VALUES (1, 'greet', 1, 0, 1772000000000000, 1772000000000000, 0);
INSERT INTO public.audit VALUES (1, 1772000000000000, 'ada', 'pause', 'a trial', '{}', '\x28c8f4372301685f253537b8fbbb2f2628ae4e23597de02ddb61fdf710693bbd');
INSERT INTO public.audit VALUES (2, 1772000000000000, 'ada', 'resume', NULL, '{}', '\x9cdeb90cadb25223e4ed9fe34bee8805e3eebc773042e2ee6a8f2f5cdcdb3b75');
INSERT INTO public.casewarden_version VALUES ('0002');
INSERT INTO public.connector_cursor VALUES ('mail', '{}', NULL, 1772000000000000, NULL, 0, NULL);
INSERT INTO public.contact VALUES (1, NULL, NULL, 1772000000000000, 1772000000000000);
INSERT INTO public.decision VALUES (1, 1, 1772000000000001, 1, 'd1', '\x0000000000000000000000000000000000000000000000000000000000000000', 'acted', '{}');
INSERT INTO public.decision VALUES (2, 1, 1772000000000002, 1, 'd1', '\x0000000000000000000000000000000000000000000000000000000000000000', 'dull', NULL);
INSERT INTO public.decision VALUES (3, 2, 1772000000000003, 1, 'd1', '\x0000000000000000000000000000000000000000000000000000000000000000', 'acted', '{}');
INSERT INTO public.decision VALUES (4, 3, 1772000000000004, 1, 'd1', '\x0000000000000000000000000000000000000000000000000000000000000000', 'dull', NULL);
INSERT INTO public.event VALUES (1, 'mail', '1', 'case:1', 'opened', 1772000000000001, 1772000000000001, 'customer', NULL, 0, '{"via": "mail"}', NULL, 1);
INSERT INTO public.event VALUES (2, 'casewarden', 'case:1/decided/1', 'case:1', 'decided', 1772000000000002, 1772000000000002, 'ourselves', NULL, 0, '{"revision": "d1"}', NULL, NULL);
INSERT INTO public.event VALUES (3, 'casewarden', 'case:1/applied/2', 'case:1', 'applied', 1772000000000003, 1772000000000003, 'ourselves', NULL, 0, '{"key": "case:1/greet/1/0/1", "rule": "greet"}', NULL, NULL);
INSERT INTO public.event VALUES (4, 'mail', '2', 'case:2', 'opened', 1772000000000004, 1772000000000004, 'customer', NULL, 0, '{"via": "mail"}', NULL, NULL);
INSERT INTO public.event VALUES (5, 'mail', '3', 'case:2', 'ended', 1772000000000005, 1772000000000005, 'customer', NULL, 0, '{"reason": "spam"}', NULL, NULL);
INSERT INTO public.event VALUES (6, 'casewarden', 'case:2/withdrawn/1', 'case:2', 'withdrawn', 1772000000000006, 1772000000000006, 'ourselves', NULL, 0, '{"key": "case:2/greet/1/0/1", "rule": "greet"}', NULL, NULL);
INSERT INTO public.event VALUES (7, 'crm', '4', 'account:acme', 'observed', 1772000000000007, 1772000000000007, 'customer', NULL, 0, '{"facts": {"customer.tier": "gold"}}', NULL, NULL);
INSERT INTO public.event VALUES (8, 'casewarden', 'case:1/rejected/3', 'case:1', 'rejected', 1772000000000008, 1772000000000008, 'ourselves', NULL, 0, '{"key": "case:1/remind/1/0/1", "rule": "remind"}', NULL, NULL);
INSERT INTO public.fanout VALUES (1, 3, 'event', 'account:acme', 7, NULL, NULL, 1772000000000000, 0);
INSERT INTO public.ledger VALUES (1, 1, 'late/1', 'late', 'posted', 5, '5', 1772000000000000, 'account:acme', '{}');
INSERT INTO public.log_entry VALUES (1, 1, 1, 1772000000000001, '\x', '\x817f5c75bfc1321212516a199461f7af36d805d06a4a3fab3d38a150d36551c6', '\xc0563e8e8c3fef24da383913fd35726d5a678d149eb493825b8038bf7a8f1a2e');
INSERT INTO public.log_entry VALUES (1, 2, 2, 1772000000000002, '\xd939926f05444b0f4495fb9629ecbfa8', '\x040bb58ac6be91d601b64ccb515d425e093d057c962a2b5862c29386f1c0264e', '\xf6b99d7aabd7d0ae1614ff03dea6ea1530843100c64f0ea6e1095829673f256a');
INSERT INTO public.log_entry VALUES (1, 3, 3, 1772000000000003, '\x0d7f0e336166042f8cc9e4c20ae427ba', '\xa34a28d33218bc0c143e27ced4a2aeb52dc8864cd599a6b514d7218d08fbe33e', '\xa771934b851ee5d5a1b43e8a2beeaea5ef0d0aceb9860cc391436d5a4aa4a9a5');
INSERT INTO public.log_entry VALUES (2, 1, 4, 1772000000000004, '\x1d800ad9f4e99e1c61aa45473623da40', '\x66cc7c1e5531b0840dd4a1bc868359d5b5f9ed2b1608ffd1fe6d78030ef68a68', '\xea52d53419eb4eb563cb06d1fa7338e6da72dd06672558f9b9a2171c62f9ddef');
INSERT INTO public.log_entry VALUES (2, 2, 5, 1772000000000005, '\x58c0e7476a0d98d74ec64f7d9241c9d5', '\x1d93e76043803679fb42afa8261c0f701027779a2bc00d8e45bbcf2a7cc7a289', '\x0d4c2909fb91afd243b790ce10c156c1def1ff90e3b1e51a3f456eff512d2e98');
INSERT INTO public.log_entry VALUES (2, 3, 6, 1772000000000006, '\x484aa6ccd17c9fe96eb955b9b56ed0c8', '\x26f7bcacde086bf1535457f5a88ce74b397e804f8f3c65a68a1bbf0effc395dc', '\xd2fb43abf78b6cc0f0f0d819c2434941a5ed4bec2511c039d733af0075b4ac22');
INSERT INTO public.log_entry VALUES (3, 1, 7, 1772000000000007, '\x02925afd44e2946e583a7f6434585a77', '\xb57458826a1f4006311ff73b7c87e40afb703bc4e696fbb2fb76ded9f28327a2', '\xbd4b1f68d9adb11327425b1532703ae3dde61062950d268a10da7498996d349f');
INSERT INTO public.mailbox VALUES (1, 1, 'case:1', 'acme', 8, 1772000000000000, 0, 0);
INSERT INTO public.obligation VALUES (1, 'k', 2, 'alert', 'm', '{}', 1772000000000000, 'dismissed', NULL, NULL, NULL);
INSERT INTO public.outbox VALUES (1, 1, 1, 'acme', 'case:1/greet/1/0/1', 'case:1/greet/1/0', 1, 'greet', 'reply', '{}', NULL, NULL, 0, 'mail', NULL, 1772000000000000, 1, NULL, 'applied', NULL, 1772000000000000, 0, false, NULL, 1772000000000000, NULL, NULL);
INSERT INTO public.outbox VALUES (2, 2, 2, 'acme', 'case:2/greet/1/0/1', 'case:2/greet/1/0', 1, 'greet', 'reply', '{}', NULL, NULL, 0, 'mail', NULL, 1772000000000000, 1, NULL, 'withdrawn', NULL, 1772000000000000, 0, false, NULL, 1772000000000000, NULL, NULL);
INSERT INTO public.outbox VALUES (3, 1, 1, 'acme', 'case:1/remind/1/0/1', 'case:1/remind/1/0', 1, 'remind', 'reply', '{}', NULL, NULL, 0, 'mail', NULL, 1772000000000000, 1, NULL, 'rejected', NULL, 1772000000000000, 0, false, NULL, 1772000000000000, NULL, NULL);
INSERT INTO public.outbox VALUES (4, 1, 1, 'acme', 'case:1/warn/1/0/1', 'case:1/warn/1/0', 1, 'warn', 'reply', '{}', NULL, NULL, 0, 'mail', NULL, 1772000000000000, 1, NULL, 'waiting', NULL, 1772000000000000, 0, false, NULL, NULL, NULL, NULL);
INSERT INTO public.projection VALUES (1, 1, 'mail', 2, 1772000000000000, 0, '{}', NULL);
INSERT INTO public.rollout VALUES ('trial', 'acme', 'd1', 'd1', 1772000000000000, '[]', 'rolled_back');
INSERT INTO public.ruleset VALUES ('d1', 'acme', '{}', 1772000000000000, 1772000000000000, 'rules', 'live');
INSERT INTO public.setting VALUES ('schema_works_with', '0001');
INSERT INTO public.setting VALUES ('paused', 'no');
INSERT INTO public.subject VALUES (1, 'acme', 'case:1', 1, 3, 3, '\xa771934b851ee5d5a1b43e8a2beeaea5ef0d0aceb9860cc391436d5a4aa4a9a5', 1772000000000000, 0, NULL, NULL, NULL, 'open', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.subject VALUES (2, 'acme', 'case:2', 2, 3, 3, '\xd2fb43abf78b6cc0f0f0d819c2434941a5ed4bec2511c039d733af0075b4ac22', 1772000000000000, 0, NULL, NULL, NULL, 'ended', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.subject VALUES (3, 'acme', 'account:acme', 3, 1, 1, '\xbd4b1f68d9adb11327425b1532703ae3dde61062950d268a10da7498996d349f', 1772000000000000, 0, NULL, NULL, NULL, 'open', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.ticket VALUES ('mail', '9', 'case:1', NULL);
INSERT INTO public.wakeup VALUES (1, 1, 1772086400000000, 1);
INSERT INTO public.watch VALUES ('service:core', 1);
SELECT pg_catalog.setval('public.audit_id_seq', 2, true);
SELECT pg_catalog.setval('public.contact_id_seq', 1, true);
SELECT pg_catalog.setval('public.decision_id_seq', 4, true);
SELECT pg_catalog.setval('public.event_id_seq', 8, true);
SELECT pg_catalog.setval('public.fanout_id_seq', 1, true);
SELECT pg_catalog.setval('public.ledger_id_seq', 1, true);
SELECT pg_catalog.setval('public.mailbox_id_seq', 1, true);
SELECT pg_catalog.setval('public.obligation_id_seq', 1, true);
SELECT pg_catalog.setval('public.outbox_id_seq', 4, true);
SELECT pg_catalog.setval('public.subject_id_seq', 3, true);
ALTER TABLE ONLY public.casewarden_version
    ADD CONSTRAINT casewarden_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT pk_activation PRIMARY KEY (subject, rule, activation, repetition);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);
ALTER TABLE ONLY public.connector_cursor
    ADD CONSTRAINT pk_connector_cursor PRIMARY KEY (connector);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT pk_contact PRIMARY KEY (id);
ALTER TABLE ONLY public.decision
    ADD CONSTRAINT pk_decision PRIMARY KEY (id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT pk_event PRIMARY KEY (id);
ALTER TABLE ONLY public.fanout
    ADD CONSTRAINT pk_fanout PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT pk_ledger PRIMARY KEY (id);
ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT pk_log_entry PRIMARY KEY (subject, number);
ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT pk_mailbox PRIMARY KEY (id);
ALTER TABLE ONLY public.obligation
    ADD CONSTRAINT pk_obligation PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (id);
ALTER TABLE ONLY public.projection
    ADD CONSTRAINT pk_projection PRIMARY KEY (subject);
ALTER TABLE ONLY public.rollout
    ADD CONSTRAINT pk_rollout PRIMARY KEY (name);
ALTER TABLE ONLY public.ruleset
    ADD CONSTRAINT pk_ruleset PRIMARY KEY (digest, lane);
ALTER TABLE ONLY public.setting
    ADD CONSTRAINT pk_setting PRIMARY KEY (name);
ALTER TABLE ONLY public.subject
    ADD CONSTRAINT pk_subject PRIMARY KEY (id);
ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT pk_ticket PRIMARY KEY (connector, ticket);
ALTER TABLE ONLY public.wakeup
    ADD CONSTRAINT pk_wakeup PRIMARY KEY (subject);
ALTER TABLE ONLY public.watch
    ADD CONSTRAINT pk_watch PRIMARY KEY (watched, watcher);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT uq_contact_name UNIQUE (name);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT uq_event_source_key_subject UNIQUE (source, key, subject);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT uq_ledger_subject_key_state UNIQUE (subject, key, state);
ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT uq_mailbox_name_event_lane UNIQUE (name, event, lane);
ALTER TABLE ONLY public.obligation
    ADD CONSTRAINT uq_obligation_key UNIQUE (key);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT uq_outbox_lane_key UNIQUE (lane, key);
ALTER TABLE ONLY public.subject
    ADD CONSTRAINT uq_subject_lane_name UNIQUE (lane, name);
CREATE INDEX ix_activation_rule_at ON public.activation USING btree (rule, at);
CREATE INDEX ix_decision_outcome_at ON public.decision USING btree (outcome, at);
CREATE INDEX ix_decision_subject_id ON public.decision USING btree (subject, id);
CREATE INDEX ix_event_contact ON public.event USING btree (contact) WHERE (contact IS NOT NULL);
CREATE INDEX ix_ledger_account_at ON public.ledger USING btree (account, at);
CREATE INDEX ix_log_entry_event ON public.log_entry USING btree (event);
CREATE INDEX ix_mailbox_behind_id ON public.mailbox USING btree (behind, id);
CREATE INDEX ix_obligation_state_opened_at ON public.obligation USING btree (state, opened_at);
CREATE INDEX ix_obligation_subject ON public.obligation USING btree (subject);
CREATE INDEX ix_outbox_contact ON public.outbox USING btree (contact) WHERE (contact IS NOT NULL);
CREATE INDEX ix_outbox_due ON public.outbox USING btree (slot, next_try) WHERE (state = 'waiting'::text);
CREATE INDEX ix_outbox_open ON public.outbox USING btree (subject, id) WHERE (state = ANY (ARRAY['waiting'::text, 'sending'::text, 'asking'::text]));
CREATE INDEX ix_outbox_sent_at ON public.outbox USING btree (sent_at);
CREATE INDEX ix_projection_slot_next_try ON public.projection USING btree (slot, next_try);
CREATE INDEX ix_ruleset_lane_effective_at ON public.ruleset USING btree (lane, effective_at);
CREATE INDEX ix_subject_awaits ON public.subject USING btree (awaits) WHERE (awaits IS NOT NULL);
CREATE INDEX ix_subject_name ON public.subject USING btree (name);
CREATE INDEX ix_subject_slot ON public.subject USING btree (slot);
CREATE INDEX ix_subject_state_next_due ON public.subject USING btree (state, next_due);
CREATE INDEX ix_ticket_case ON public.ticket USING btree ("case");
CREATE INDEX ix_wakeup_due_at ON public.wakeup USING btree (due_at);
CREATE INDEX ix_watch_watcher ON public.watch USING btree (watcher);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT fk_activation_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.decision
    ADD CONSTRAINT fk_decision_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT fk_event_contact FOREIGN KEY (contact) REFERENCES public.contact(id);
ALTER TABLE ONLY public.fanout
    ADD CONSTRAINT fk_fanout_event FOREIGN KEY (event) REFERENCES public.event(id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT fk_ledger_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT fk_log_entry_event FOREIGN KEY (event) REFERENCES public.event(id);
ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT fk_log_entry_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT fk_mailbox_event FOREIGN KEY (event) REFERENCES public.event(id);
ALTER TABLE ONLY public.obligation
    ADD CONSTRAINT fk_obligation_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT fk_outbox_contact FOREIGN KEY (contact) REFERENCES public.contact(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT fk_outbox_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.projection
    ADD CONSTRAINT fk_projection_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.wakeup
    ADD CONSTRAINT fk_wakeup_subject FOREIGN KEY (subject) REFERENCES public.subject(id);
ALTER TABLE ONLY public.watch
    ADD CONSTRAINT fk_watch_watcher FOREIGN KEY (watcher) REFERENCES public.subject(id);
