-- The audit log only grows: rows older than the retention's floor are the one exception.

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

-- What each writing connection committed last, written in the batch's own transaction: where the
-- answer to a commit was lost, this row says what became of it. A batch whose number is not above
-- the fence can no longer commit.
CREATE TABLE commit_marks (
    writer_id  TEXT PRIMARY KEY,
    batch      INTEGER NOT NULL,
    fence      INTEGER NOT NULL,
    won        INTEGER[] NOT NULL,
    used_at    INTEGER NOT NULL
);
