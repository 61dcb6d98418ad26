-- The SQL that PausePoint runs on SQLite, but for lists of the audit log with more filters.
-- Written by scripts/write_reference.py from src/pausepoint/store/; tests/store/test_statements.py compares it.

-- accounts.INSERT_DEVELOPER
INSERT INTO developers (developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (email_index) DO NOTHING;

-- accounts.GET_DEVELOPER
SELECT developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  WHERE developer_id = ?;

-- accounts.GET_DEVELOPER_BY_EMAIL
SELECT developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  WHERE email_index = ?;

-- accounts.LIST_DEVELOPERS
SELECT developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  ORDER BY developer_id;

-- accounts.DISABLE_DEVELOPER
UPDATE developers
  SET disabled_at = ?
  WHERE developer_id = ? AND disabled_at IS NULL;

-- accounts.ENABLE_DEVELOPER
UPDATE developers
  SET disabled_at = NULL
  WHERE developer_id = ? AND disabled_at IS NOT NULL;

-- accounts.SET_PLAN
UPDATE developers
  SET plan = ?
  WHERE developer_id = ? AND plan <> ?;

-- accounts.INSERT_KEY
INSERT INTO api_keys (key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, scopes, expires_at, networks, last_used_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- accounts.NOTE_USE
UPDATE api_keys
  SET last_used_at = ?
  WHERE key_id = ? AND (last_used_at IS NULL OR last_used_at < ?);

-- accounts.REVOKE_KEY
UPDATE api_keys
  SET revoked_at = ?
  WHERE key_id = ? AND developer_id = ? AND revoked_at IS NULL;

-- accounts.LIST_KEYS
SELECT key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, scopes, expires_at, networks, last_used_at
  FROM api_keys
  WHERE developer_id = ?
  ORDER BY created_at, mode, key_id;

-- accounts.GET_PRINCIPAL
SELECT k.key_id, k.developer_id, k.mode, d.plan, k.scopes, k.expires_at, k.networks
  FROM api_keys k JOIN developers d ON d.developer_id = k.developer_id
  WHERE k.key_hash = ? AND k.revoked_at IS NULL AND d.disabled_at IS NULL;

-- accounts.INSERT_WEBHOOK
INSERT INTO webhooks (webhook_id, developer_id, mode, events, sealed, created_at, disabled_at)
  VALUES (?, ?, ?, ?, ?, ?, ?);

-- accounts.DELETE_WEBHOOK
UPDATE webhooks
  SET deleted_at = ?
  WHERE webhook_id = ? AND developer_id = ? AND mode = ? AND deleted_at IS NULL;

-- accounts.DISABLE_WEBHOOK
UPDATE webhooks
  SET disabled_at = ?
  WHERE webhook_id = ? AND disabled_at IS NULL;

-- accounts.GET_WEBHOOK
SELECT webhook_id, developer_id, mode, events, sealed, created_at, disabled_at
  FROM webhooks
  WHERE webhook_id = ? AND deleted_at IS NULL;

-- accounts.LIST_WEBHOOKS
SELECT webhook_id, developer_id, mode, events, sealed, created_at, disabled_at
  FROM webhooks
  WHERE developer_id = ? AND mode = ? AND deleted_at IS NULL
  ORDER BY webhook_id DESC;

-- accounts.SUBSCRIBERS
SELECT webhook_id, events
  FROM webhooks
  WHERE developer_id = ? AND mode = ? AND deleted_at IS NULL AND disabled_at IS NULL;

-- audit.INSERT
INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?);

-- audit.FEED_SQLITE
SELECT developer_id, mode, pause_id, event, actor, detail, created_at, entry_id, 0, 1
  FROM audit
  WHERE developer_id = ? AND mode = ? AND entry_id > ? AND event IN (SELECT value
    FROM json_each(?))
  ORDER BY entry_id LIMIT ?;

-- audit.FEED_END_SQLITE
SELECT 0, entry_id
  FROM audit
  WHERE developer_id = ?
  ORDER BY entry_id DESC LIMIT 1;

-- audit.OLDEST_AFTER_PURGE
SELECT CASE WHEN floor = 0 THEN 0 ELSE COALESCE((SELECT min(entry_id)
      FROM audit
      WHERE developer_id = ?), 0) END
  FROM audit_retention;

-- audit.MOVE_IDS_AHEAD
UPDATE sqlite_sequence
  SET seq = max(seq, ?)
  WHERE name = 'audit';

-- contents.INSERT_CONTENT
INSERT INTO contents (pause_id, part, sealed)
  VALUES (?, ?, ?);

-- contents.INSERT_ACTION
INSERT INTO actions (pause_id, sealed)
  VALUES (?, ?);

-- contents.GET_ACTION
SELECT a.sealed
  FROM actions a
  WHERE a.pause_id = ? AND EXISTS (SELECT 1
    FROM contents c
    WHERE c.pause_id = a.pause_id AND c.part = 'question' AND c.erased = 0);

-- deliveries.INSERT
INSERT INTO deliveries (delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- deliveries.CLAIM_SQLITE
WITH held(item, n) AS MATERIALIZED (SELECT key, value
    FROM json_each(?)),
  at_limit(item) AS MATERIALIZED (SELECT value
    FROM json_each(?)),
  due AS (SELECT *
    FROM (SELECT delivery_id, developer_id, target, due_at, target AS pool
      FROM deliveries
      WHERE kind = 'notification' AND due_at <= ? AND target NOT IN (SELECT item
        FROM at_limit) AND target || ' ' || developer_id NOT IN (SELECT item
        FROM at_limit)
      ORDER BY due_at LIMIT 128) AS messages
    UNION ALL
    SELECT *
    FROM (SELECT delivery_id, developer_id, target, due_at, 'webhook' AS pool
      FROM deliveries
      WHERE kind = 'webhook' AND due_at <= ? AND (SELECT count(*)
        FROM at_limit
        WHERE item = 'webhook') = 0 AND developer_id NOT IN (SELECT item
        FROM at_limit) AND target NOT IN (SELECT item
        FROM at_limit)
      ORDER BY due_at LIMIT 128) AS events),
  shared AS (SELECT due.*, ROW_NUMBER() OVER (PARTITION BY due.pool, due.developer_id
      ORDER BY due.due_at) + COALESCE(of_account.n, 0) AS in_account, CASE WHEN of_account.n IS NULL THEN unused.n ELSE used.n END AS share
    FROM due LEFT JOIN held AS of_account ON of_account.item = due.pool || ' ' || due.developer_id LEFT JOIN held AS used ON used.item = 'share ' || due.pool LEFT JOIN held AS unused ON unused.item = 'new ' || due.pool),
  counted AS (SELECT shared.*, ROW_NUMBER() OVER (PARTITION BY shared.target
      ORDER BY in_account, shared.due_at) + COALESCE(of_target.n, 0) AS in_target
    FROM shared LEFT JOIN held AS of_target ON of_target.item = shared.target) UPDATE deliveries
  SET attempt = attempt + 1, due_at = ?
  WHERE delivery_id IN (SELECT delivery_id
    FROM counted
    WHERE in_target <= CASE pool WHEN 'webhook' THEN 4 ELSE 64 END AND in_account <= COALESCE(share, CASE pool WHEN 'webhook' THEN 64 ELSE 32 END)
    ORDER BY in_account, due_at LIMIT ?)
  RETURNING delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder;

-- deliveries.RELEASE_SQLITE
UPDATE deliveries
  SET due_at = ?
  WHERE kind IN ('notification', 'webhook') AND due_at > ? AND state = 'queued' AND attempt > json_array_length(attempts);

-- deliveries.UPDATE
UPDATE deliveries
  SET state = ?, attempts = ?, due_at = ?, checks = ?, provider_id = ?, ended_at = ?
  WHERE delivery_id = ? AND state = ? AND attempt = ? AND COALESCE(due_at, -1) = ?;

-- deliveries.GET
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE delivery_id = ?;

-- deliveries.OF_WEBHOOK
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE webhook_id = ?
  ORDER BY delivery_id DESC LIMIT ? OFFSET ?;

-- deliveries.MESSAGES
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE pause_id = ? AND kind = 'notification'
  ORDER BY recipient_index, is_reminder;

-- deliveries.OF_CALLBACK
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE pause_id = ? AND kind = 'webhook' AND webhook_id IS NULL
  ORDER BY delivery_id DESC LIMIT ? OFFSET ?;

-- deliveries.NEXT_DUE
SELECT min(first)
  FROM (SELECT min(due_at) AS first
    FROM deliveries
    WHERE kind = 'notification' AND due_at > ?
    UNION ALL
    SELECT min(due_at)
    FROM deliveries
    WHERE kind = 'webhook' AND due_at > ?) AS of_kinds;

-- erasing.ERASE
UPDATE contents
  SET sealed = zeroblob(length(sealed)), erased = 1
  WHERE pause_id = ? AND part = 'question' AND erased = 0 AND EXISTS (SELECT 1
    FROM pauses AS p
    WHERE p.pause_id = contents.pause_id AND p.status <> 'pending');

-- erasing.ERASE_ANSWER
UPDATE contents
  SET sealed = zeroblob(length(sealed)), erased = 1
  WHERE pause_id = ? AND part = 'answer' AND erased = 0;

-- erasing.ERASE_ACTION
UPDATE actions
  SET sealed = zeroblob(length(sealed))
  WHERE pause_id = ?;

-- erasing.FORGET_PERSON
UPDATE pauses
  SET person_key = NULL
  WHERE pause_id = ? AND person_key IS NOT NULL;

-- erasing.FORGET_KEYS_SOON
UPDATE idempotency_keys
  SET created_at = ?
  WHERE pause_id = ? AND created_at > ?;

-- erasing.ERASABLE
SELECT c.pause_id, p.developer_id, p.mode
  FROM contents c JOIN pauses p ON p.pause_id = c.pause_id
  WHERE c.part = 'question' AND c.erased = 0 AND c.pause_id < ? AND p.status <> 'pending'
  ORDER BY c.pause_id LIMIT ?;

-- erasing.OLDEST_ENTRIES
SELECT entry_id, created_at
  FROM audit
  ORDER BY entry_id LIMIT ?;

-- erasing.RAISE_FLOOR
UPDATE audit_retention
  SET floor = ?
  WHERE retention_id = 1 AND floor < ?;

-- erasing.TELL_PURGED
INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
  SELECT DISTINCT developer_id, NULL, NULL, 'audit.purged', 'system', '{}', CAST(? AS BIGINT)
  FROM audit
  WHERE entry_id <= ? AND created_at < ?;

-- erasing.PURGE
DELETE
  FROM audit
  WHERE entry_id <= ? AND created_at < ?;

-- pauses.INSERT
INSERT INTO pauses (pause_id, developer_id, mode, channel, allow_text, default_index, created_at, expires_at, delivery_state, callback_target, remind_at, fallbacks, person_key, status, choice_index, responded_at, resolved_by)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- pauses.END
UPDATE pauses
  SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?
  WHERE pause_id = ? AND status = 'pending' AND expires_at > ?;

-- pauses.TIME_OUT
UPDATE pauses
  SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?
  WHERE pause_id = ? AND status = 'pending' AND expires_at <= ?;

-- pauses.TIME_OUT_UNMUTED
UPDATE pauses
  SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?
  WHERE pause_id = ? AND status = 'pending' AND expires_at <= ? AND NOT EXISTS (SELECT 1
    FROM mutes m
    WHERE m.person_key IN (?, ?, ?, ?, ?, ?, ?, ?));

-- pauses.TIME_OUT_MUTED
UPDATE pauses
  SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?, delivery_state = 'failed'
  WHERE pause_id = ? AND status = 'pending' AND expires_at <= ? AND EXISTS (SELECT 1
    FROM mutes m
    WHERE m.person_key IN (?, ?, ?, ?, ?, ?, ?, ?));

-- pauses.FAIL_DELIVERY
UPDATE pauses
  SET delivery_state = 'failed'
  WHERE pause_id = ? AND status = 'pending' AND delivery_state <> 'failed';

-- pauses.SET_DELIVERY
UPDATE pauses
  SET delivery_state = ?
  WHERE pause_id = ?;

-- pauses.GET
SELECT p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.pause_id = ?;

-- pauses.LIST
SELECT p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.developer_id = ? AND p.mode = ?
  ORDER BY p.pause_id DESC LIMIT ? OFFSET ?;

-- pauses.LIST_WITH_STATUS
SELECT p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.developer_id = ? AND p.mode = ? AND p.status = ?
  ORDER BY p.pause_id DESC LIMIT ? OFFSET ?;

-- pauses.DUE_SQLITE
SELECT pause_id, developer_id, mode, default_index, callback_target, channel, delivery_state, CASE WHEN p.default_index IS NOT NULL THEN (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.part = 'question' AND c.erased = 0) END
  FROM pauses p
  WHERE status = 'pending' AND expires_at <= ?
  ORDER BY expires_at LIMIT ?;

-- pauses.NEXT_DEADLINE
SELECT min(expires_at)
  FROM pauses
  WHERE status = 'pending';

-- pauses.COUNT_SINCE
SELECT count(*)
  FROM pauses
  WHERE developer_id = ? AND mode = ? AND pause_id >= ?;

-- pauses.CLAIM_IDEMPOTENCY_KEY
INSERT INTO idempotency_keys (developer_id, mode, key_index, body_hash, pause_id, created_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (developer_id, mode, key_index) DO UPDATE
  SET body_hash = excluded.body_hash, pause_id = excluded.pause_id, created_at = excluded.created_at
  WHERE idempotency_keys.created_at < ?;

-- pauses.FORGET_IDEMPOTENCY_KEYS
DELETE
  FROM idempotency_keys
  WHERE created_at < ?;

-- pauses.GET_IDEMPOTENT
SELECT developer_id, mode, key_index, body_hash, pause_id, created_at
  FROM idempotency_keys
  WHERE developer_id = ? AND mode = ? AND key_index = ? AND created_at >= ?;

-- recipients.INSERT
INSERT INTO recipients (recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (address_key) DO NOTHING;

-- recipients.VERIFY
UPDATE recipients
  SET verified_at = ?, verified_by = ?
  WHERE recipient_id = ? AND verified_at IS NULL;

-- recipients.NOTE_ASKING
UPDATE recipients
  SET asked_at = ?, asking = ?, asked_code = ?
  WHERE recipient_id = ?;

-- recipients.DELETE
DELETE
  FROM recipients
  WHERE recipient_id = ? AND developer_id = ? AND mode = ?;

-- recipients.GET
SELECT recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE recipient_id = ?;

-- recipients.GET_AT
SELECT recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE address_key = ?;

-- recipients.LIST
SELECT recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE developer_id = ? AND mode = ?
  ORDER BY recipient_id DESC LIMIT ? OFFSET ?;

-- recipients.INSERT_MUTE
INSERT INTO mutes (person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (person_key) DO UPDATE
  SET reason = excluded.reason
  WHERE mutes.reason = 'muted' AND excluded.reason = 'reported';

-- recipients.DELETE_MUTE
DELETE
  FROM mutes
  WHERE mute_id = ?;

-- recipients.GET_MUTE
SELECT person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at
  FROM mutes
  WHERE person_key = ?;

-- recipients.LIST_MUTES
SELECT person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at
  FROM mutes
  ORDER BY created_at, mute_id;

-- recipients.MUTED
SELECT person_key
  FROM mutes;

-- recipients.REKEY
UPDATE mutes
  SET person_key = ?
  WHERE mute_id = ? AND NOT EXISTS (SELECT 1
    FROM mutes AS other
    WHERE other.person_key = ?);

-- recipients.COUNT_WAITING
SELECT count(*)
  FROM pauses
  WHERE person_key = ? AND status = 'pending' GROUP BY person_key;

-- vault.GET
SELECT wrapped_key
  FROM vault;

-- vault.PUT
INSERT INTO vault (vault_id, wrapped_key)
  VALUES (1, ?)
  ON CONFLICT (vault_id) DO UPDATE
  SET wrapped_key = excluded.wrapped_key;
