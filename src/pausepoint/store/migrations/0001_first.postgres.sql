
-- ── What PostgreSQL does otherwise ──

-- part: 'question' (recipient, message, options, metadata) or 'answer' (the person's free text).
-- Here erasing deletes the row, and VACUUM clears its page. `erased` is SQLite's; here it is always 0,
-- so that both engines read by the same statements.
CREATE TABLE contents (
    pause_id  TEXT NOT NULL REFERENCES pauses (pause_id),
    part      TEXT NOT NULL CHECK (part IN ('question', 'answer')),
    sealed    BLOB NOT NULL,
    erased    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pause_id, part)
);

-- What each writing connection committed last, written in the batch's own transaction: where the
-- answer to a COMMIT was lost, this row says what became of it. A batch whose number is not above
-- the fence can no longer commit.
CREATE TABLE commit_marks (
    writer_id  TEXT PRIMARY KEY,
    batch      INTEGER NOT NULL,
    fence      INTEGER NOT NULL,
    won        INTEGER[] NOT NULL,
    used_at    INTEGER NOT NULL
);

-- What each process counted in one second for the rate limits, sealed, since subjects may be
-- addresses. Rows are kept for two minutes; UNLOGGED, since a crash may empty the table.
CREATE UNLOGGED TABLE shared_counts (
    counted_at INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (counted_at, process_id)
);

-- The ids of audit entries: microseconds since 2025, times 8, and three bits that tell entries of one
-- microsecond apart. Those come from a sequence, shifted by a secret of this database and by the
-- microsecond, so that they count nothing either. Below 2^53 until 2060: a JSON number that every
-- client can hold.
ALTER TABLE audit ALTER COLUMN entry_id DROP IDENTITY;
CREATE SEQUENCE audit_entries OWNED BY audit.entry_id;

DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION new_audit_id(microseconds BIGINT, number BIGINT) RETURNS BIGINT LANGUAGE SQL'
        ' IMMUTABLE AS %L',
        format(
            'SELECT microseconds * 8 + ((number + hashint8(microseconds # %s)) & 7)',
            ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 17, 15))::bit(60)::bigint
        )
    );
END
$$;
ALTER TABLE audit ALTER COLUMN entry_id SET DEFAULT new_audit_id(
    greatest(0, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1735689600000000),
    nextval('audit_entries')
);

-- Transactions commit in any order, so an entry with a lower id may become visible after one with a
-- higher. Each entry has its transaction's number, and the feed returns only those below the oldest
-- transaction that still runs: nothing can appear before them any more. See decision 16.
--
-- The number is PostgreSQL's own plus a constant: 0, until a dump is restored where fewer transactions
-- have been made. Then `keep_clock_ahead` raises it, so that new entries are not numbered below those
-- that were restored.
CREATE FUNCTION audit_clock(xid8) RETURNS BIGINT LANGUAGE SQL IMMUTABLE AS
    'SELECT $1::text::bigint + 0';
ALTER TABLE audit ADD COLUMN txid BIGINT NOT NULL DEFAULT audit_clock(pg_current_xact_id());
CREATE INDEX audit_as_feed ON audit (developer_id, txid, entry_id);

-- The audit log is append-only; entries older than the retention's floor are the one exception.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.created_at < (SELECT floor FROM audit_retention WHERE retention_id = 1) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'audit entries are kept until the retention has passed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
-- ALWAYS: also in sessions that replay rows as a replica does.
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_is_never_changed;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_is_never_emptied;
