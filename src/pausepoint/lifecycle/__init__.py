"""Start, readiness and shutdown of one process."""
