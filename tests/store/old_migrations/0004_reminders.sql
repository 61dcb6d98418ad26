-- A pause may be asked again, and of somebody else: each such message is a delivery of its own.
-- compatible from: 1
-- Older code runs on, but takes every delivery for the first message: use the new fields once all
-- processes are new.

ALTER TABLE pauses ADD COLUMN remind_at INTEGER;
ALTER TABLE pauses ADD COLUMN fallbacks INTEGER NOT NULL DEFAULT 0;

-- 0 is the pause's recipient; from 1 on it is a place in the fallback. A fallback that nobody needs
-- so far has a due_at in the future, or none.
ALTER TABLE deliveries ADD COLUMN recipient_index INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN is_reminder INTEGER NOT NULL DEFAULT 0;
