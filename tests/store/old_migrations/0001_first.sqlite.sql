-- The audit log only grows: rows older than the retention's floor are the one exception.

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;

-- INSERT OR REPLACE deletes without asking the trigger below, unless its connection says so.
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
