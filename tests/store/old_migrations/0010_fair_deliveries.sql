-- Messages and webhooks are claimed apart, and each account has its share of either.
-- compatible from: 1
-- Older code runs on, and claims as before, with a scan of all deliveries that are scheduled.

DROP INDEX deliveries_due;
-- The account and the target too, so that a claim passes over a backlog within the index alone.
CREATE INDEX deliveries_by_kind ON deliveries (kind, due_at, developer_id, target) WHERE due_at IS NOT NULL;
