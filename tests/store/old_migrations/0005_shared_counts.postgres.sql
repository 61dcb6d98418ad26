
-- What each process counted in one second, sealed, since subjects may be addresses. Kept for two
-- minutes, and unlogged: a crash may empty it.
CREATE UNLOGGED TABLE shared_counts (
    counted_at INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (counted_at, process_id)
);
