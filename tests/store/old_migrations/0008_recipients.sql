-- An account has a directory of whom its live keys may ask, and a person can mute an account's agents.
-- compatible from: 1
-- Older code runs on, asks whomever it is told to, and keeps no mute: they count once all are new.

-- address_key: a keyed hash of account, mode, channel and address.
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

-- person_key: likewise, for addresses that reach one person.
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

-- How many live questions wait for one person. NULL for a test key's, and for those made before.
ALTER TABLE pauses ADD COLUMN person_key TEXT;
CREATE INDEX pauses_of_person ON pauses (person_key) WHERE status = 'pending' AND person_key IS NOT NULL;
