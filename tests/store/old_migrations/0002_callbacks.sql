-- A pause may have a callback of its own. Its URL and secret are sealed with the question.
-- compatible from: 1
-- Older code runs on, but tells no callback of the pauses that it ends.

-- Where the callback's deliveries wait their turn: one place for an account and a host, said by a
-- keyed hash. NULL where there is no callback. Such a delivery is a webhook's, without a webhook_id.
ALTER TABLE pauses ADD COLUMN callback_target TEXT;
