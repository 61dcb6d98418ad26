
-- Transactions run beside each other: an entry with a lower id may become visible after one with a
-- higher. So each entry has its transaction's number, and the feed tells only of those below which
-- no transaction is still running.
--
-- The number is PostgreSQL's own and a constant. That is 0 until a dump is restored where fewer
-- transactions have been made: `keep_clock_ahead` raises it then, or what is new would be told as
-- older than what was restored.
CREATE FUNCTION audit_clock(xid8) RETURNS BIGINT LANGUAGE SQL IMMUTABLE AS
    'SELECT $1::text::bigint + 0';
ALTER TABLE audit ADD COLUMN txid BIGINT NOT NULL DEFAULT audit_clock(pg_current_xact_id());
CREATE INDEX audit_as_feed ON audit (developer_id, txid, entry_id);
