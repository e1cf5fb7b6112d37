CREATE TABLE fleet_connection (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE,
	provider TEXT NOT NULL DEFAULT '',
	bank TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL,
	kind TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT '',
	failed INTEGER NOT NULL DEFAULT 0,
	consent TEXT NOT NULL DEFAULT '',
	consent_state TEXT NOT NULL DEFAULT '',
	consent_link TEXT NOT NULL DEFAULT '',
	consent_valid_until TEXT,
	next_list_at TEXT NOT NULL,
	listed_at TEXT,
	job INTEGER,
	added_at TEXT NOT NULL,
	changed_at TEXT NOT NULL
);
CREATE INDEX fleet_connection_without_job ON fleet_connection (id) WHERE job IS NULL;
CREATE INDEX fleet_connection_due ON fleet_connection (next_list_at);

CREATE TABLE fleet_unit (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	connection INTEGER NOT NULL REFERENCES fleet_connection ON DELETE CASCADE,
	next_at TEXT,
	job INTEGER
);
CREATE INDEX fleet_unit_connection ON fleet_unit (connection);
CREATE INDEX fleet_unit_without_job ON fleet_unit (id) WHERE job IS NULL AND next_at IS NOT NULL;
CREATE INDEX fleet_unit_due ON fleet_unit (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE fleet_account (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	connection INTEGER NOT NULL REFERENCES fleet_connection ON DELETE CASCADE,
	account_id TEXT NOT NULL,
	iban TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL DEFAULT '',
	holder_name TEXT NOT NULL DEFAULT '',
	currency TEXT NOT NULL DEFAULT '',
	bank TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL DEFAULT '',
	valid_until TEXT,
	last_seen TEXT,
	unlisted_at TEXT,
	unit INTEGER REFERENCES fleet_unit,
	stopped BOOLEAN NOT NULL DEFAULT FALSE,
	kind TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT '',
	failed INTEGER NOT NULL DEFAULT 0,
	next_at TEXT,
	fetched_at TEXT,
	good_call INTEGER,
	added_at TEXT NOT NULL,
	UNIQUE (connection, account_id)
);
CREATE INDEX fleet_account_unit ON fleet_account (unit);

CREATE TABLE fleet_call (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	connection INTEGER NOT NULL REFERENCES fleet_connection ON DELETE CASCADE,
	unit INTEGER REFERENCES fleet_unit ON DELETE CASCADE,
	worker TEXT NOT NULL,
	started_at TEXT NOT NULL,
	ended_at TEXT,
	state TEXT NOT NULL
);
CREATE INDEX fleet_call_connection ON fleet_call (connection);
CREATE INDEX fleet_call_unit ON fleet_call (unit);
CREATE INDEX fleet_call_ended ON fleet_call (ended_at);
CREATE INDEX fleet_call_open ON fleet_call (connection, unit) WHERE state = 'open';
CREATE INDEX fleet_call_unknown ON fleet_call (connection, unit) WHERE state = 'unknown';

CREATE TABLE fleet_balance (
	account INTEGER NOT NULL REFERENCES fleet_account ON DELETE CASCADE,
	call INTEGER NOT NULL REFERENCES fleet_call ON DELETE CASCADE,
	position INTEGER NOT NULL,
	bank TEXT NOT NULL DEFAULT '',
	iban TEXT NOT NULL DEFAULT '',
	bban TEXT NOT NULL DEFAULT '',
	type TEXT NOT NULL,
	provider_type TEXT NOT NULL,
	amount TEXT NOT NULL,
	currency TEXT NOT NULL,
	credit_lines TEXT NOT NULL DEFAULT '',
	as_of TEXT,
	reference_date TEXT NOT NULL DEFAULT '',
	last_committed_transaction TEXT NOT NULL DEFAULT '',
	received_at TEXT,
	request_id TEXT NOT NULL DEFAULT '',
	warnings TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (account, call, position)
);
CREATE INDEX fleet_balance_call ON fleet_balance (call);

CREATE TABLE fleet_failure (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	call INTEGER NOT NULL REFERENCES fleet_call ON DELETE CASCADE,
	connection INTEGER NOT NULL REFERENCES fleet_connection ON DELETE CASCADE,
	account INTEGER REFERENCES fleet_account ON DELETE CASCADE,
	at TEXT NOT NULL,
	kind TEXT NOT NULL,
	consent_state TEXT NOT NULL DEFAULT '',
	origin TEXT NOT NULL DEFAULT '',
	status INTEGER NOT NULL DEFAULT 0,
	code TEXT NOT NULL DEFAULT '',
	operation TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT '',
	request_id TEXT NOT NULL DEFAULT '',
	retry_after TEXT
);
CREATE INDEX fleet_failure_call ON fleet_failure (call);
CREATE INDEX fleet_failure_account ON fleet_failure (account, id);
CREATE INDEX fleet_failure_connection ON fleet_failure (connection, id) WHERE account IS NULL;
