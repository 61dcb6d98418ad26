
-- Rows are only added, at the end, and written over where they lie: so SQLite never moves one.
CREATE TABLE contents_in_place (
    pause_id  TEXT NOT NULL REFERENCES pauses (pause_id),
    part      TEXT NOT NULL CHECK (part IN ('question', 'answer')),
    erased    INTEGER NOT NULL DEFAULT 0,
    sealed    BLOB NOT NULL
) STRICT;
INSERT INTO contents_in_place (pause_id, part, sealed)
    SELECT pause_id, part, sealed FROM contents ORDER BY pause_id, part;
-- Emptied first: to undo the DROP alone SQLite would keep every page of it in memory.
DELETE FROM contents;
DROP TABLE contents;
ALTER TABLE contents_in_place RENAME TO contents;
CREATE UNIQUE INDEX contents_of_pause ON contents (pause_id, part) WHERE erased = 0;
