"""Background work: deliveries, deadlines, retention, rate limit synchronisation."""
