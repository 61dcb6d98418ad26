-- The schema of 0.1.0. This file is for both engines, `0001_first.<engine>.sql` for what one of them
-- does otherwise: SQLite's dialect, its types mapped by `store/postgres_schema.py`.
--
-- INTEGER is an instant (milliseconds since 1970), a count or a flag. `sealed` is encrypted: messages,
-- answers, addresses, URLs and secrets are stored in no other form. A column that ends in `_index` or
-- `_key` is a keyed hash, so that equal values are found without storing them.

-- ── Keys of the encryption ──

-- One row: the data key, wrapped with PAUSEPOINT_SECRET_KEY.
CREATE TABLE vault (
    vault_id     INTEGER PRIMARY KEY CHECK (vault_id = 1),
    wrapped_key  BLOB NOT NULL
) STRICT;

-- ── Accounts ──

CREATE TABLE developers (
    developer_id   TEXT PRIMARY KEY,
    email_index    TEXT NOT NULL UNIQUE,
    sealed         BLOB NOT NULL,
    password_hash  TEXT,
    plan           TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    disabled_at    INTEGER
) STRICT;

-- scopes, expires_at, networks: NULL is unrestricted. last_used_at is written once a minute at most,
-- in the background, so a crash may lose the last minute of it.
CREATE TABLE api_keys (
    key_id        TEXT PRIMARY KEY,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    prefix        TEXT NOT NULL,
    key_hash      TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER,
    scopes        TEXT,
    expires_at    INTEGER,
    networks      TEXT,
    last_used_at  INTEGER
) STRICT;
CREATE INDEX api_keys_of_developer ON api_keys (developer_id);

-- Deleted webhooks stay as rows: their deliveries refer to them.
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

-- ── People ──

-- The directory: the recipients that an account's live keys may ask.
-- address_key hashes account, mode, channel and address, so UNIQUE means once for each account.
CREATE TABLE recipients (
    recipient_id  TEXT PRIMARY KEY,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    channel       TEXT NOT NULL,
    address_key   TEXT NOT NULL UNIQUE,
    sealed        BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    verified_at   INTEGER,
    verified_by   TEXT,
    asked_at      INTEGER,
    asking        TEXT,
    asked_code    TEXT
) STRICT;
CREATE INDEX recipients_of_developer ON recipients (developer_id, mode, recipient_id);

-- A person's opt-out from an account's agents. person_key is like address_key, but the same for all
-- spellings of an address that reach one person.
CREATE TABLE mutes (
    person_key    TEXT PRIMARY KEY,
    mute_id       TEXT NOT NULL UNIQUE,
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    channel       TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    reason        TEXT NOT NULL CHECK (reason IN ('muted', 'reported')),
    created_at    INTEGER NOT NULL
) STRICT;

-- ── Pauses ──

-- The CHECK at the end: every way out of 'pending' says who resolved the pause, in the same update.
-- callback_target: where the deliveries of the pause's own callback queue, a keyed hash of account and
-- host; NULL without a callback, whose URL and secret are sealed with the question.
-- fallbacks: how many. person_key: as in `mutes`; NULL for a test key's pauses, which no limit counts.
CREATE TABLE pauses (
    pause_id         TEXT PRIMARY KEY,
    developer_id     TEXT NOT NULL REFERENCES developers (developer_id),
    mode             TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    status           TEXT NOT NULL CHECK (status IN ('pending', 'responded', 'timed_out', 'cancelled')),
    channel          TEXT NOT NULL,
    allow_text       INTEGER NOT NULL,
    default_index    INTEGER,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    choice_index     INTEGER,
    responded_at     INTEGER,
    resolved_by      TEXT,
    delivery_state   TEXT NOT NULL,
    callback_target  TEXT,
    remind_at        INTEGER,
    fallbacks        INTEGER NOT NULL DEFAULT 0,
    person_key       TEXT,
    CHECK ((status = 'pending') = (resolved_by IS NULL))
) STRICT, WITHOUT ROWID;
-- Ids begin with the time, so this index serves lists, newest first, and counts since an instant.
CREATE INDEX pauses_newest ON pauses (developer_id, mode, pause_id);
-- Only what still waits: these two stay as small as that is, however many pauses there have been.
CREATE INDEX pauses_by_deadline ON pauses (expires_at) WHERE status = 'pending';
CREATE INDEX pauses_of_person ON pauses (person_key) WHERE status = 'pending' AND person_key IS NOT NULL;

-- What is asked and answered is in `contents`, whose form depends on the engine: see the files beside
-- this one.

-- The arguments of the tool call that a pause is about; tool and hash are sealed with the question.
-- A table of its own, since few pauses have arguments, they may have 256 KiB, and few reads need them.
CREATE TABLE actions (
    pause_id  TEXT PRIMARY KEY REFERENCES pauses (pause_id),
    sealed    BLOB NOT NULL
) STRICT;

-- created_at is the instant from which the time that a key is kept counts: the deadline of its pause.
-- pause_id has no REFERENCES: a key is claimed, in the same transaction, before its pause is inserted.
CREATE TABLE idempotency_keys (
    developer_id  TEXT NOT NULL REFERENCES developers (developer_id),
    mode          TEXT NOT NULL,
    key_index     TEXT NOT NULL,
    body_hash     TEXT NOT NULL,
    pause_id      TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (developer_id, mode, key_index)
) STRICT, WITHOUT ROWID;
-- Erasing a pause finds the keys that lead to it.
CREATE INDEX idempotency_keys_of_pause ON idempotency_keys (pause_id);

-- ── Deliveries ──

-- The outbox. due_at is when the worker takes the row up, NULL never again. A claim moves it to the end
-- of the lease, so that the row of a worker that died falls due by itself; `attempts` is JSON.
-- target is a webhook's id, a channel's name or a callback_target: receivers that are slow hold up
-- only their own. A callback's delivery is of the kind 'webhook' with no webhook_id.
-- recipient_index is 0 for the pause's recipient and from 1 on a place in its fallback. A fallback is
-- inserted with the pause and has a due_at in the future, or none, until it is needed.
CREATE TABLE deliveries (
    delivery_id      TEXT PRIMARY KEY,
    developer_id     TEXT NOT NULL REFERENCES developers (developer_id),
    mode             TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    kind             TEXT NOT NULL CHECK (kind IN ('notification', 'webhook')),
    pause_id         TEXT NOT NULL REFERENCES pauses (pause_id),
    target           TEXT NOT NULL,
    webhook_id       TEXT REFERENCES webhooks (webhook_id),
    event            TEXT,
    state            TEXT NOT NULL,
    attempt          INTEGER NOT NULL,
    attempts         TEXT NOT NULL,
    checks           INTEGER NOT NULL,
    provider_id      TEXT,
    created_at       INTEGER NOT NULL,
    due_at           INTEGER,
    ended_at         INTEGER,
    recipient_index  INTEGER NOT NULL DEFAULT 0,
    is_reminder      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
-- With account and target, so that a claim skips the backlog of those at their limit without reading
-- its rows.
CREATE INDEX deliveries_by_kind ON deliveries (kind, due_at, developer_id, target) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_of_pause ON deliveries (pause_id, kind);
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, delivery_id) WHERE webhook_id IS NOT NULL;

-- ── Audit log and feed ──

-- Ids and codes only, never content; no REFERENCES, since entries outlive what they are about.
-- entry_id tells the time, and not how many entries all accounts have together: microseconds since
-- 2025, times 8. It grows by what each engine's file says, where the triggers are, too.
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

-- One row: entries from before `floor` may be deleted. A purge raises it in its own transaction.
CREATE TABLE audit_retention (
    retention_id  INTEGER PRIMARY KEY CHECK (retention_id = 1),
    floor         INTEGER NOT NULL
) STRICT;
INSERT INTO audit_retention (retention_id, floor) VALUES (1, 0);
