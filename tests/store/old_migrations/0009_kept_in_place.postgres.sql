
-- Here rows are deleted, and VACUUM clears their pages.
ALTER TABLE contents ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
