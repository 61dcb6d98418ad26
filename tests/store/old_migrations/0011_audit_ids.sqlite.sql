
-- The counter of the first entry, which the writer then moves ahead.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'audit', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'audit');
