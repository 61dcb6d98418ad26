
-- ── What SQLite does otherwise ──

-- part: 'question' (recipient, message, options, metadata) or 'answer' (the person's free text).
-- Content that is erased may leave no copy in the file. A row of a table with a rowid is added at the
-- end and never moved, and erasing overwrites it in place: `sealed` with zeros, `erased` with 1. So
-- there is no PRIMARY KEY, and what is unique is so among the rows that are not erased. See decision 21.
CREATE TABLE contents (
    pause_id  TEXT NOT NULL REFERENCES pauses (pause_id),
    part      TEXT NOT NULL CHECK (part IN ('question', 'answer')),
    erased    INTEGER NOT NULL DEFAULT 0,
    sealed    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX contents_of_pause ON contents (pause_id, part) WHERE erased = 0;

-- AUTOINCREMENT's counter, which its writer sets ahead before it inserts: it needs a row to update.
INSERT INTO sqlite_sequence (name, seq) VALUES ('audit', 0);

-- The audit log is append-only; entries older than the retention's floor are the one exception.
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;

-- INSERT OR REPLACE fires the DELETE trigger below only on connections with recursive_triggers.
CREATE TRIGGER audit_ids_are_new BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE entry_id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
WHEN OLD.created_at >= (SELECT floor FROM audit_retention WHERE retention_id = 1)
BEGIN
    SELECT RAISE(ABORT, 'audit entries are kept until the retention has passed');
END;
