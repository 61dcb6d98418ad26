-- A key may be bounded: by what it may do, until when, and from which networks. NULL is no bound.
-- compatible from: 1
-- Older code runs on, but takes every key for an unbounded one: make bounded keys once all processes
-- are new.

ALTER TABLE api_keys ADD COLUMN scopes TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN networks TEXT;
-- At most a minute or two old; what happened in the last minute before a crash may be missing.
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
