BEGIN TRANSACTION;
CREATE TABLE activation (
	subject INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	activation INTEGER NOT NULL, 
	repetition INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	decided_at INTEGER NOT NULL, 
	flags INTEGER NOT NULL, 
	CONSTRAINT pk_activation PRIMARY KEY (subject, rule, activation, repetition), 
	CONSTRAINT fk_activation_subject FOREIGN KEY(subject) REFERENCES subject (id)
);
INSERT INTO "activation" VALUES(1,'greet',1,0,1772000000000000,1772000000000000,0);
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	who TEXT NOT NULL, 
	what TEXT NOT NULL, 
	why TEXT, 
	details TEXT NOT NULL, 
	chain BLOB NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,1772000000000000,'ada','pause','a trial','{}',X'28C8F4372301685F253537B8FBBB2F2628AE4E23597DE02DDB61FDF710693BBD');
INSERT INTO "audit" VALUES(2,1772000000000000,'ada','resume',NULL,'{}',X'9CDEB90CADB25223E4ED9FE34BEE8805E3EEBC773042E2EE6A8F2F5CDCDB3B75');
CREATE TABLE casewarden_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT casewarden_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "casewarden_version" VALUES('0002');
CREATE TABLE connector_cursor (
	connector TEXT NOT NULL, 
	cursor TEXT, 
	complete_through INTEGER, 
	polled_at INTEGER, 
	failed_at INTEGER, 
	failures INTEGER DEFAULT 0 NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_connector_cursor PRIMARY KEY (connector)
);
INSERT INTO "connector_cursor" VALUES('mail','{}',NULL,1772000000000000,NULL,0,NULL);
CREATE TABLE contact (
	id INTEGER NOT NULL, 
	name TEXT, 
	wrapped_key BLOB, 
	created_at INTEGER NOT NULL, 
	erased_at INTEGER, 
	CONSTRAINT pk_contact PRIMARY KEY (id), 
	CONSTRAINT uq_contact_name UNIQUE (name)
);
INSERT INTO "contact" VALUES(1,NULL,NULL,1772000000000000,1772000000000000);
CREATE TABLE decision (
	id INTEGER NOT NULL, 
	subject INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	length INTEGER NOT NULL, 
	revision TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	outcome TEXT NOT NULL, 
	body TEXT, 
	CONSTRAINT pk_decision PRIMARY KEY (id), 
	CONSTRAINT fk_decision_subject FOREIGN KEY(subject) REFERENCES subject (id)
);
INSERT INTO "decision" VALUES(1,1,1772000000000001,1,'d1',X'0000000000000000000000000000000000000000000000000000000000000000','acted','{}');
INSERT INTO "decision" VALUES(2,1,1772000000000002,1,'d1',X'0000000000000000000000000000000000000000000000000000000000000000','dull',NULL);
INSERT INTO "decision" VALUES(3,2,1772000000000003,1,'d1',X'0000000000000000000000000000000000000000000000000000000000000000','acted','{}');
INSERT INTO "decision" VALUES(4,3,1772000000000004,1,'d1',X'0000000000000000000000000000000000000000000000000000000000000000','dull',NULL);
CREATE TABLE event (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	"by" TEXT NOT NULL, 
	who TEXT, 
	sequence INTEGER NOT NULL, 
	data TEXT, 
	sealed BLOB, 
	contact INTEGER, 
	CONSTRAINT pk_event PRIMARY KEY (id), 
	CONSTRAINT fk_event_contact FOREIGN KEY(contact) REFERENCES contact (id), 
	CONSTRAINT uq_event_source_key_subject UNIQUE (source, "key", subject)
);
INSERT INTO "event" VALUES(1,'mail','1','case:1','opened',1772000000000001,1772000000000001,'customer',NULL,0,'{"via": "mail"}',NULL,1);
INSERT INTO "event" VALUES(2,'casewarden','case:1/decided/1','case:1','decided',1772000000000002,1772000000000002,'ourselves',NULL,0,'{"revision": "d1"}',NULL,NULL);
INSERT INTO "event" VALUES(3,'casewarden','case:1/applied/2','case:1','applied',1772000000000003,1772000000000003,'ourselves',NULL,0,'{"key": "case:1/greet/1/0/1", "rule": "greet"}',NULL,NULL);
INSERT INTO "event" VALUES(4,'mail','2','case:2','opened',1772000000000004,1772000000000004,'customer',NULL,0,'{"via": "mail"}',NULL,NULL);
INSERT INTO "event" VALUES(5,'mail','3','case:2','ended',1772000000000005,1772000000000005,'customer',NULL,0,'{"reason": "spam"}',NULL,NULL);
INSERT INTO "event" VALUES(6,'casewarden','case:2/withdrawn/1','case:2','withdrawn',1772000000000006,1772000000000006,'ourselves',NULL,0,'{"key": "case:2/greet/1/0/1", "rule": "greet"}',NULL,NULL);
INSERT INTO "event" VALUES(7,'crm','4','account:acme','observed',1772000000000007,1772000000000007,'customer',NULL,0,'{"facts": {"customer.tier": "gold"}}',NULL,NULL);
INSERT INTO "event" VALUES(8,'casewarden','case:1/rejected/3','case:1','rejected',1772000000000008,1772000000000008,'ourselves',NULL,0,'{"key": "case:1/remind/1/0/1", "rule": "remind"}',NULL,NULL);
CREATE TABLE fanout (
	id INTEGER NOT NULL, 
	slot SMALLINT NOT NULL, 
	kind TEXT NOT NULL, 
	watched TEXT, 
	event INTEGER, 
	lane TEXT, 
	revision TEXT, 
	at INTEGER NOT NULL, 
	cursor INTEGER NOT NULL, 
	CONSTRAINT pk_fanout PRIMARY KEY (id), 
	CONSTRAINT fk_fanout_event FOREIGN KEY(event) REFERENCES event (id)
);
INSERT INTO "fanout" VALUES(1,3,'event','account:acme',7,NULL,NULL,1772000000000000,0);
CREATE TABLE ledger (
	id INTEGER NOT NULL, 
	subject INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	arithmetic TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	account TEXT, 
	details TEXT NOT NULL, 
	CONSTRAINT pk_ledger PRIMARY KEY (id), 
	CONSTRAINT fk_ledger_subject FOREIGN KEY(subject) REFERENCES subject (id), 
	CONSTRAINT uq_ledger_subject_key_state UNIQUE (subject, "key", state)
);
INSERT INTO "ledger" VALUES(1,1,'late/1','late','posted',5,'5',1772000000000000,'account:acme','{}');
CREATE TABLE log_entry (
	subject INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	event INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	salt BLOB NOT NULL, 
	commitment BLOB NOT NULL, 
	chain BLOB NOT NULL, 
	CONSTRAINT pk_log_entry PRIMARY KEY (subject, number), 
	CONSTRAINT fk_log_entry_event FOREIGN KEY(event) REFERENCES event (id), 
	CONSTRAINT fk_log_entry_subject FOREIGN KEY(subject) REFERENCES subject (id)
);
INSERT INTO "log_entry" VALUES(1,1,1,1772000000000001,X'',X'817F5C75BFC1321212516A199461F7AF36D805D06A4A3FAB3D38A150D36551C6',X'C0563E8E8C3FEF24DA383913FD35726D5A678D149EB493825B8038BF7A8F1A2E');
INSERT INTO "log_entry" VALUES(1,2,2,1772000000000002,X'D939926F05444B0F4495FB9629ECBFA8',X'040BB58AC6BE91D601B64CCB515D425E093D057C962A2B5862C29386F1C0264E',X'F6B99D7AABD7D0AE1614FF03DEA6EA1530843100C64F0EA6E1095829673F256A');
INSERT INTO "log_entry" VALUES(1,3,3,1772000000000003,X'0D7F0E336166042F8CC9E4C20AE427BA',X'A34A28D33218BC0C143E27CED4A2AEB52DC8864CD599A6B514D7218D08FBE33E',X'A771934B851EE5D5A1B43E8A2BEEAEA5EF0D0ACEB9860CC391436D5A4AA4A9A5');
INSERT INTO "log_entry" VALUES(2,1,4,1772000000000004,X'1D800AD9F4E99E1C61AA45473623DA40',X'66CC7C1E5531B0840DD4A1BC868359D5B5F9ED2B1608FFD1FE6D78030EF68A68',X'EA52D53419EB4EB563CB06D1FA7338E6DA72DD06672558F9B9A2171C62F9DDEF');
INSERT INTO "log_entry" VALUES(2,2,5,1772000000000005,X'58C0E7476A0D98D74EC64F7D9241C9D5',X'1D93E76043803679FB42AFA8261C0F701027779A2BC00D8E45BBCF2A7CC7A289',X'0D4C2909FB91AFD243B790CE10C156C1DEF1FF90E3B1E51A3F456EFF512D2E98');
INSERT INTO "log_entry" VALUES(2,3,6,1772000000000006,X'484AA6CCD17C9FE96EB955B9B56ED0C8',X'26F7BCACDE086BF1535457F5A88CE74B397E804F8F3C65A68A1BBF0EFFC395DC',X'D2FB43ABF78B6CC0F0F0D819C2434941A5ED4BEC2511C039D733AF0075B4AC22');
INSERT INTO "log_entry" VALUES(3,1,7,1772000000000007,X'02925AFD44E2946E583A7F6434585A77',X'B57458826A1F4006311FF73B7C87E40AFB703BC4E696FBB2FB76DED9F28327A2',X'BD4B1F68D9ADB11327425B1532703AE3DDE61062950D268A10DA7498996D349F');
CREATE TABLE mailbox (
	id INTEGER NOT NULL, 
	slot SMALLINT NOT NULL, 
	name TEXT NOT NULL, 
	lane TEXT, 
	event INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	behind SMALLINT NOT NULL, 
	attempts SMALLINT DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_mailbox PRIMARY KEY (id), 
	CONSTRAINT fk_mailbox_event FOREIGN KEY(event) REFERENCES event (id), 
	CONSTRAINT uq_mailbox_name_event_lane UNIQUE (name, event, lane)
);
INSERT INTO "mailbox" VALUES(1,1,'case:1','acme',8,1772000000000000,0,0);
CREATE TABLE obligation (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	subject INTEGER, 
	kind TEXT NOT NULL, 
	message TEXT NOT NULL, 
	details TEXT DEFAULT '{}' NOT NULL, 
	opened_at INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	settled_at INTEGER, 
	settled_by TEXT, 
	reason TEXT, 
	CONSTRAINT pk_obligation PRIMARY KEY (id), 
	CONSTRAINT fk_obligation_subject FOREIGN KEY(subject) REFERENCES subject (id), 
	CONSTRAINT uq_obligation_key UNIQUE ("key")
);
INSERT INTO "obligation" VALUES(1,'k',2,'alert','m','{}',1772000000000000,'dismissed',NULL,NULL,NULL);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	subject INTEGER NOT NULL, 
	slot SMALLINT NOT NULL, 
	lane TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	firing TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	content TEXT NOT NULL, 
	sealed BLOB, 
	contact INTEGER, 
	flags INTEGER NOT NULL, 
	connector TEXT NOT NULL, 
	ticket TEXT, 
	decided_at INTEGER NOT NULL, 
	length INTEGER NOT NULL, 
	deadline INTEGER, 
	state TEXT NOT NULL, 
	state_detail TEXT, 
	next_try INTEGER NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	again BOOLEAN DEFAULT false NOT NULL, 
	sent_at INTEGER, 
	done_at INTEGER, 
	request TEXT, 
	answer TEXT, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT ck_outbox_state CHECK (state in ('waiting', 'sending', 'asking', 'applied', 'rejected', 'withdrawn', 'dead', 'shadow')), 
	CONSTRAINT fk_outbox_contact FOREIGN KEY(contact) REFERENCES contact (id), 
	CONSTRAINT fk_outbox_subject FOREIGN KEY(subject) REFERENCES subject (id), 
	CONSTRAINT uq_outbox_lane_key UNIQUE (lane, "key")
);
INSERT INTO "outbox" VALUES(1,1,1,'acme','case:1/greet/1/0/1','case:1/greet/1/0',1,'greet','reply','{}',NULL,NULL,0,'mail',NULL,1772000000000000,1,NULL,'applied',NULL,1772000000000000,0,0,NULL,1772000000000000,NULL,NULL);
INSERT INTO "outbox" VALUES(2,2,2,'acme','case:2/greet/1/0/1','case:2/greet/1/0',1,'greet','reply','{}',NULL,NULL,0,'mail',NULL,1772000000000000,1,NULL,'withdrawn',NULL,1772000000000000,0,0,NULL,1772000000000000,NULL,NULL);
INSERT INTO "outbox" VALUES(3,1,1,'acme','case:1/remind/1/0/1','case:1/remind/1/0',1,'remind','reply','{}',NULL,NULL,0,'mail',NULL,1772000000000000,1,NULL,'rejected',NULL,1772000000000000,0,0,NULL,1772000000000000,NULL,NULL);
INSERT INTO "outbox" VALUES(4,1,1,'acme','case:1/warn/1/0/1','case:1/warn/1/0',1,'warn','reply','{}',NULL,NULL,0,'mail',NULL,1772000000000000,1,NULL,'waiting',NULL,1772000000000000,0,0,NULL,NULL,NULL,NULL);
CREATE TABLE projection (
	subject INTEGER NOT NULL, 
	slot SMALLINT NOT NULL, 
	connector TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	next_try INTEGER, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	written TEXT, 
	problem TEXT, 
	CONSTRAINT pk_projection PRIMARY KEY (subject), 
	CONSTRAINT fk_projection_subject FOREIGN KEY(subject) REFERENCES subject (id)
);
INSERT INTO "projection" VALUES(1,1,'mail',2,1772000000000000,0,'{}',NULL);
CREATE TABLE rollout (
	name TEXT NOT NULL, 
	lane TEXT NOT NULL, 
	base TEXT NOT NULL, 
	head TEXT NOT NULL, 
	started_at INTEGER NOT NULL, 
	promoted TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_rollout PRIMARY KEY (name)
);
INSERT INTO "rollout" VALUES('trial','acme','d1','d1',1772000000000000,'[]','rolled_back');
CREATE TABLE ruleset (
	digest TEXT NOT NULL, 
	lane TEXT NOT NULL, 
	files TEXT NOT NULL, 
	added_at INTEGER NOT NULL, 
	effective_at INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_ruleset PRIMARY KEY (digest, lane)
);
INSERT INTO "ruleset" VALUES('d1','acme','{}',1772000000000000,1772000000000000,'rules','live');
CREATE TABLE setting (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_setting PRIMARY KEY (name)
);
INSERT INTO "setting" VALUES('schema_works_with','0001');
INSERT INTO "setting" VALUES('paused','no');
CREATE TABLE subject (
	id INTEGER NOT NULL, 
	lane TEXT NOT NULL, 
	name TEXT NOT NULL, 
	slot SMALLINT NOT NULL, 
	version INTEGER NOT NULL, 
	length INTEGER NOT NULL, 
	head BLOB NOT NULL, 
	decided_at INTEGER NOT NULL, 
	woken INTEGER NOT NULL, 
	opened_at INTEGER, 
	terms TEXT, 
	operations TEXT, 
	state TEXT NOT NULL, 
	state_detail TEXT, 
	merged_into TEXT, 
	sealed BOOLEAN DEFAULT false NOT NULL, 
	account TEXT, 
	status TEXT, 
	severity TEXT, 
	"plan" TEXT, 
	next_due INTEGER, 
	clocks TEXT, 
	awaits INTEGER, 
	watermarks TEXT, 
	CONSTRAINT pk_subject PRIMARY KEY (id), 
	CONSTRAINT uq_subject_lane_name UNIQUE (lane, name)
);
INSERT INTO "subject" VALUES(1,'acme','case:1',1,3,3,X'A771934B851EE5D5A1B43E8A2BEEAEA5EF0D0ACEB9860CC391436D5A4AA4A9A5',1772000000000000,0,NULL,NULL,NULL,'open',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "subject" VALUES(2,'acme','case:2',2,3,3,X'D2FB43ABF78B6CC0F0F0D819C2434941A5ED4BEC2511C039D733AF0075B4AC22',1772000000000000,0,NULL,NULL,NULL,'ended',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "subject" VALUES(3,'acme','account:acme',3,1,1,X'BD4B1F68D9ADB11327425B1532703AE3DDE61062950D268A10DA7498996D349F',1772000000000000,0,NULL,NULL,NULL,'open',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE ticket (
	connector TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	"case" TEXT NOT NULL, 
	version TEXT, 
	CONSTRAINT pk_ticket PRIMARY KEY (connector, ticket)
);
INSERT INTO "ticket" VALUES('mail','9','case:1',NULL);
CREATE TABLE wakeup (
	subject INTEGER NOT NULL, 
	slot SMALLINT NOT NULL, 
	due_at INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	CONSTRAINT pk_wakeup PRIMARY KEY (subject), 
	CONSTRAINT fk_wakeup_subject FOREIGN KEY(subject) REFERENCES subject (id)
);
INSERT INTO "wakeup" VALUES(1,1,1772086400000000,1);
CREATE TABLE watch (
	watched TEXT NOT NULL, 
	watcher INTEGER NOT NULL, 
	CONSTRAINT pk_watch PRIMARY KEY (watched, watcher), 
	CONSTRAINT fk_watch_watcher FOREIGN KEY(watcher) REFERENCES subject (id)
);
INSERT INTO "watch" VALUES('service:core',1);
CREATE INDEX ix_ruleset_lane_effective_at ON ruleset (lane, effective_at);
CREATE INDEX ix_subject_awaits ON subject (awaits) WHERE awaits IS NOT NULL;
CREATE INDEX ix_subject_name ON subject (name);
CREATE INDEX ix_subject_slot ON subject (slot);
CREATE INDEX ix_subject_state_next_due ON subject (state, next_due);
CREATE INDEX ix_ticket_case ON ticket ("case");
CREATE INDEX ix_activation_rule_at ON activation (rule, at);
CREATE INDEX ix_decision_outcome_at ON decision (outcome, at);
CREATE INDEX ix_decision_subject_id ON decision (subject, id);
CREATE INDEX ix_event_contact ON event (contact) WHERE contact IS NOT NULL;
CREATE INDEX ix_ledger_account_at ON ledger (account, at);
CREATE INDEX ix_obligation_state_opened_at ON obligation (state, opened_at);
CREATE INDEX ix_obligation_subject ON obligation (subject);
CREATE INDEX ix_outbox_contact ON outbox (contact) WHERE contact IS NOT NULL;
CREATE INDEX ix_outbox_due ON outbox (slot, next_try) WHERE state = 'waiting';
CREATE INDEX ix_outbox_open ON outbox (subject, id) WHERE state in ('waiting', 'sending', 'asking');
CREATE INDEX ix_outbox_sent_at ON outbox (sent_at);
CREATE INDEX ix_wakeup_due_at ON wakeup (due_at);
CREATE INDEX ix_projection_slot_next_try ON projection (slot, next_try);
CREATE INDEX ix_log_entry_event ON log_entry (event);
CREATE INDEX ix_mailbox_behind_id ON mailbox (behind, id);
CREATE INDEX ix_watch_watcher ON watch (watcher);
COMMIT;
