-- A pause may carry the action that it is about: a tool and its arguments.
-- compatible from: 1
-- Older code runs on, but cannot read a pause that has an action: use it once all processes are new.

-- The arguments, sealed. They may be large and few pauses have any, so they are read only where
-- they are shown. The tool and the hash are sealed with the question.
CREATE TABLE actions (
    pause_id  TEXT PRIMARY KEY REFERENCES pauses (pause_id),
    sealed    BLOB NOT NULL
) STRICT;
