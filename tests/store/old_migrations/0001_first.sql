-- One file for both engines: INTEGER is an instant (epoch milliseconds), a count or a flag.
-- Content and addresses are sealed from the first schema on; audit rows hold ids and codes only.

CREATE TABLE vault (
    vault_id     INTEGER PRIMARY KEY CHECK (vault_id = 1),
    wrapped_key  BLOB NOT NULL
) STRICT;

CREATE TABLE developers (
    developer_id   TEXT PRIMARY KEY,
    email_index    TEXT NOT NULL UNIQUE,
    sealed         BLOB NOT NULL,
    password_hash  TEXT,
    plan           TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    disabled_at    INTEGER
) STRICT;

CREATE TABLE api_keys (
    key_id        TEXT PRIMARY KEY,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    prefix        TEXT NOT NULL,
    key_hash      TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER
) STRICT;
CREATE INDEX api_keys_of_developer ON api_keys (developer_id);

CREATE TABLE pauses (
    pause_id        TEXT PRIMARY KEY,
    developer_id    TEXT NOT NULL REFERENCES developers (developer_id),
    mode            TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    status          TEXT NOT NULL CHECK (status IN ('pending', 'responded', 'timed_out', 'cancelled')),
    channel         TEXT NOT NULL,
    allow_text      INTEGER NOT NULL,
    default_index   INTEGER,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    choice_index    INTEGER,
    responded_at    INTEGER,
    resolved_by     TEXT,
    delivery_state  TEXT NOT NULL,
    CHECK ((status = 'pending') = (resolved_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX pauses_newest ON pauses (developer_id, mode, pause_id);
CREATE INDEX pauses_by_deadline ON pauses (expires_at) WHERE status = 'pending';

-- part: 'question' (recipient, message, options, metadata) or 'answer' (the person's free text).
CREATE TABLE contents (
    pause_id  TEXT NOT NULL REFERENCES pauses (pause_id),
    part      TEXT NOT NULL CHECK (part IN ('question', 'answer')),
    sealed    BLOB NOT NULL,
    PRIMARY KEY (pause_id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL,
    key_index     TEXT NOT NULL,
    body_hash     TEXT NOT NULL,
    pause_id      TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (developer_id, mode, key_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    webhook_id    TEXT PRIMARY KEY,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    events        TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER,
    deleted_at    INTEGER
) STRICT;
CREATE INDEX webhooks_of_developer ON webhooks (developer_id, mode);

-- The outbox. due_at says when the worker shall look at the row again; a claim moves it to the
-- lease's end, so that a row whose worker died falls due by itself. target (a webhook's id or a
-- channel's name) is what a slow receiver slows down, and nothing else.
CREATE TABLE deliveries (
    delivery_id   TEXT PRIMARY KEY,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    kind          TEXT NOT NULL CHECK (kind IN ('notification', 'webhook')),
    pause_id      TEXT NOT NULL REFERENCES pauses (pause_id),
    target        TEXT NOT NULL,
    webhook_id    TEXT REFERENCES webhooks (webhook_id),
    event         TEXT,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    attempts      TEXT NOT NULL,
    checks        INTEGER NOT NULL,
    provider_id   TEXT,
    created_at    INTEGER NOT NULL,
    due_at        INTEGER,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_of_pause ON deliveries (pause_id, kind);
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, delivery_id) WHERE webhook_id IS NOT NULL;

CREATE TABLE audit (
    entry_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    developer_id  TEXT NOT NULL,
    mode          TEXT,
    pause_id      TEXT,
    event         TEXT NOT NULL,
    actor         TEXT NOT NULL CHECK (actor IN ('developer', 'human', 'system')),
    detail        TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_developer ON audit (developer_id, entry_id);
CREATE INDEX audit_of_pause ON audit (pause_id, entry_id) WHERE pause_id IS NOT NULL;

CREATE TABLE audit_retention (
    retention_id  INTEGER PRIMARY KEY CHECK (retention_id = 1),
    floor         INTEGER NOT NULL
) STRICT;
INSERT INTO audit_retention (retention_id, floor) VALUES (1, 0);
