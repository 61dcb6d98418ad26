-- Erasing a pause finds the idempotency keys that lead to it. `created_at` is the instant from which a
-- key is kept: the deadline of its pause.
-- compatible from: 1
CREATE INDEX idempotency_keys_of_pause ON idempotency_keys (pause_id);
