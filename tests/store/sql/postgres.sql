-- The SQL that PausePoint runs on PostgreSQL, but for lists of the audit log with more filters.
-- Written by scripts/write_reference.py from src/pausepoint/store/; tests/store/test_statements.py compares it.

-- accounts.INSERT_DEVELOPER
INSERT INTO developers (developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, decode(r->>2, 'base64') AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  ORDER BY i.p2
  ON CONFLICT (email_index) DO NOTHING
  RETURNING email_index;

-- accounts.GET_DEVELOPER
SELECT developer_id, developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  WHERE developer_id = ANY ($1);

-- accounts.GET_DEVELOPER_BY_EMAIL
SELECT developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  WHERE email_index = $1;

-- accounts.LIST_DEVELOPERS
SELECT developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at
  FROM developers
  ORDER BY developer_id;

-- accounts.DISABLE_DEVELOPER
UPDATE developers AS target
  SET disabled_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT developer_id AS key, developers AS row
    FROM developers
    WHERE developer_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY developer_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.developer_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE disabled_at IS NULL)
  RETURNING i.item;

-- accounts.ENABLE_DEVELOPER
UPDATE developers AS target
  SET disabled_at = NULL
  FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT developer_id AS key, developers AS row
    FROM developers
    WHERE developer_id IN (SELECT i.p1
      FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY developer_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p1 AND target.developer_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE disabled_at IS NOT NULL)
  RETURNING i.item;

-- accounts.SET_PLAN
UPDATE developers AS target
  SET plan = i.p1
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT developer_id AS key, developers AS row
    FROM developers
    WHERE developer_id IN (SELECT i.p2
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY developer_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.developer_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE plan <> i.p3)
  RETURNING i.item;

-- accounts.INSERT_KEY
INSERT INTO api_keys (key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, scopes, expires_at, networks, last_used_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS p8, (r->>8) AS p9, (r->>9)::int8 AS p10, (r->>10) AS p11, (r->>11)::int8 AS p12, (r->>12)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- accounts.NOTE_USE
UPDATE api_keys AS target
  SET last_used_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT key_id AS key, api_keys AS row
    FROM api_keys
    WHERE key_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY key_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.key_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE (last_used_at IS NULL OR last_used_at < i.p3));

-- accounts.REVOKE_KEY
UPDATE api_keys AS target
  SET revoked_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT key_id AS key, api_keys AS row
    FROM api_keys
    WHERE key_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY key_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.key_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE developer_id = i.p3 AND revoked_at IS NULL)
  RETURNING i.item;

-- accounts.LIST_KEYS
SELECT key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, scopes, expires_at, networks, last_used_at
  FROM api_keys
  WHERE developer_id = $1
  ORDER BY created_at, mode, key_id;

-- accounts.GET_PRINCIPAL
SELECT k.key_hash, k.key_id, k.developer_id, k.mode, d.plan, k.scopes, k.expires_at, k.networks
  FROM api_keys k JOIN developers d ON d.developer_id = k.developer_id
  WHERE k.key_hash = ANY ($1) AND k.revoked_at IS NULL AND d.disabled_at IS NULL;

-- accounts.INSERT_WEBHOOK
INSERT INTO webhooks (webhook_id, developer_id, mode, events, sealed, created_at, disabled_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, decode(r->>4, 'base64') AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- accounts.DELETE_WEBHOOK
UPDATE webhooks AS target
  SET deleted_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT webhook_id AS key, webhooks AS row
    FROM webhooks
    WHERE webhook_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY webhook_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.webhook_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE developer_id = i.p3 AND mode = i.p4 AND deleted_at IS NULL)
  RETURNING i.item;

-- accounts.DISABLE_WEBHOOK
UPDATE webhooks AS target
  SET disabled_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT webhook_id AS key, webhooks AS row
    FROM webhooks
    WHERE webhook_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY webhook_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.webhook_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE disabled_at IS NULL);

-- accounts.GET_WEBHOOK
SELECT webhook_id, webhook_id, developer_id, mode, events, sealed, created_at, disabled_at
  FROM webhooks
  WHERE webhook_id = ANY ($1) AND deleted_at IS NULL;

-- accounts.LIST_WEBHOOKS
SELECT webhook_id, developer_id, mode, events, sealed, created_at, disabled_at
  FROM webhooks
  WHERE developer_id = $1 AND mode = $2 AND deleted_at IS NULL
  ORDER BY webhook_id DESC;

-- accounts.SUBSCRIBERS
SELECT webhook_id, events
  FROM webhooks
  WHERE developer_id = $1 AND mode = $2 AND deleted_at IS NULL AND disabled_at IS NULL;

-- audit.INSERT
INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- audit.FEED_POSTGRES
SELECT developer_id, mode, pause_id, event, actor, detail, created_at, entry_id, txid, txid < (SELECT audit_clock(pg_snapshot_xmin(pg_current_snapshot())))
  FROM audit
  WHERE developer_id = $1 AND mode = $2 AND (txid, entry_id) > ($3, $4) AND event = ANY ($5)
  ORDER BY txid, entry_id LIMIT $6;

-- audit.FEED_END_POSTGRES
SELECT txid, entry_id
  FROM audit
  WHERE developer_id = $1 AND txid < (SELECT audit_clock(pg_snapshot_xmin(pg_current_snapshot())))
  ORDER BY txid DESC, entry_id DESC LIMIT 1;

-- audit.OLDEST_AFTER_PURGE
SELECT CASE WHEN floor = 0 THEN 0 ELSE COALESCE((SELECT min(entry_id)
      FROM audit
      WHERE developer_id = $1), 0) END
  FROM audit_retention;

-- audit.NEWEST_UP_TO
SELECT txid, entry_id
  FROM audit
  WHERE developer_id = $1 AND entry_id <= $2
  ORDER BY entry_id DESC LIMIT 1;

-- contents.INSERT_CONTENT
INSERT INTO contents (pause_id, part, sealed)
  SELECT i.p1, i.p2, i.p3
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, decode(r->>2, 'base64') AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- contents.INSERT_ACTION
INSERT INTO actions (pause_id, sealed)
  SELECT i.p1, i.p2
  FROM (SELECT (r->>0) AS p1, decode(r->>1, 'base64') AS p2, (r->>2)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- contents.GET_ACTION
SELECT a.sealed
  FROM actions a
  WHERE a.pause_id = $1 AND EXISTS (SELECT 1
    FROM contents c
    WHERE c.pause_id = a.pause_id AND c.part = 'question' AND c.erased = 0);

-- counts.EXCHANGE
WITH gone AS (DELETE
    FROM shared_counts
    WHERE counted_at < $1),
  own AS (INSERT INTO shared_counts (counted_at, process_id, sealed)
    VALUES ($2, $3, $4)
    ON CONFLICT DO NOTHING)
  SELECT process_id, counted_at, sealed
  FROM shared_counts
  WHERE counted_at >= $5 AND process_id <> $6;

-- deliveries.INSERT
INSERT INTO deliveries (delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14, i.p15, i.p16, i.p17, i.p18
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8)::int8 AS p9, (r->>9) AS p10, (r->>10)::int8 AS p11, (r->>11) AS p12, (r->>12)::int8 AS p13, (r->>13)::int8 AS p14, (r->>14)::int8 AS p15, (r->>15) AS p16, (r->>16)::int8 AS p17, (r->>17)::int8 AS p18, (r->>18)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- deliveries.CLAIM_POSTGRES
WITH held(item, n) AS MATERIALIZED (SELECT key, value::int
    FROM jsonb_each_text($1::jsonb)),
  at_limit(item) AS MATERIALIZED (SELECT unnest($2::text[])),
  due AS (SELECT *
    FROM (SELECT delivery_id, developer_id, target, due_at, target AS pool
      FROM deliveries
      WHERE kind = 'notification' AND due_at <= $3 AND target NOT IN (SELECT item
        FROM at_limit) AND target || ' ' || developer_id NOT IN (SELECT item
        FROM at_limit)
      ORDER BY due_at LIMIT 128) AS messages
    UNION ALL
    SELECT *
    FROM (SELECT delivery_id, developer_id, target, due_at, 'webhook' AS pool
      FROM deliveries
      WHERE kind = 'webhook' AND due_at <= $4 AND (SELECT count(*)
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
  SET attempt = attempt + 1, due_at = $5
  WHERE delivery_id = ANY (ARRAY (SELECT d.delivery_id
      FROM deliveries d JOIN counted ON counted.delivery_id = d.delivery_id
      WHERE in_target <= CASE pool WHEN 'webhook' THEN 4 ELSE 64 END AND in_account <= COALESCE(share, CASE pool WHEN 'webhook' THEN 64 ELSE 32 END) AND d.due_at <= $6
      ORDER BY in_account, d.due_at LIMIT $7 FOR NO KEY UPDATE OF d SKIP LOCKED))
  RETURNING delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder;

-- deliveries.UNCLAIM_POSTGRES
UPDATE deliveries
  SET attempt = attempt - 1, due_at = $1
  WHERE kind IN ('notification', 'webhook') AND due_at = $2 AND state = 'queued' AND attempt > jsonb_array_length(attempts::jsonb);

-- deliveries.UPDATE
UPDATE deliveries AS target
  SET state = i.p1, attempts = i.p2, due_at = i.p3, checks = i.p4, provider_id = i.p5, ended_at = i.p6
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8)::int8 AS p9, (r->>9)::int8 AS p10, (r->>10)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT delivery_id AS key, deliveries AS row
    FROM deliveries
    WHERE delivery_id IN (SELECT i.p7
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8)::int8 AS p9, (r->>9)::int8 AS p10, (r->>10)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY delivery_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p7 AND target.delivery_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE state = i.p8 AND attempt = i.p9 AND COALESCE(due_at, -1) = i.p10)
  RETURNING i.item;

-- deliveries.GET
SELECT delivery_id, delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE delivery_id = ANY ($1);

-- deliveries.OF_WEBHOOK
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE webhook_id = $1
  ORDER BY delivery_id DESC LIMIT $2 OFFSET $3;

-- deliveries.MESSAGES
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE pause_id = $1 AND kind = 'notification'
  ORDER BY recipient_index, is_reminder;

-- deliveries.OF_CALLBACK
SELECT delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder
  FROM deliveries
  WHERE pause_id = $1 AND kind = 'webhook' AND webhook_id IS NULL
  ORDER BY delivery_id DESC LIMIT $2 OFFSET $3;

-- deliveries.NEXT_DUE
SELECT min(first)
  FROM (SELECT min(due_at) AS first
    FROM deliveries
    WHERE kind = 'notification' AND due_at > $1
    UNION ALL
    SELECT min(due_at)
    FROM deliveries
    WHERE kind = 'webhook' AND due_at > $2) AS of_kinds;

-- erasing.ERASE
DELETE
  FROM contents USING (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE pause_id = i.p1 AND part = 'question' AND EXISTS (SELECT 1
    FROM pauses AS p
    WHERE p.pause_id = contents.pause_id AND p.status <> 'pending')
  RETURNING i.item;

-- erasing.ERASE_ANSWER
DELETE
  FROM contents USING (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE pause_id = i.p1 AND part = 'answer';

-- erasing.ERASE_ACTION
DELETE
  FROM actions USING (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE pause_id = i.p1;

-- erasing.FORGET_PERSON
UPDATE pauses AS target
  SET person_key = NULL
  FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p1
      FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p1 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE person_key IS NOT NULL);

-- erasing.FORGET_KEYS_SOON
UPDATE idempotency_keys AS target
  SET created_at = i.p1
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, idempotency_keys AS row
    FROM idempotency_keys
    WHERE pause_id IN (SELECT i.p2
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE created_at > i.p3);

-- erasing.ERASABLE
SELECT c.pause_id, p.developer_id, p.mode
  FROM contents c JOIN pauses p ON p.pause_id = c.pause_id
  WHERE c.part = 'question' AND c.erased = 0 AND c.pause_id < $1 AND p.status <> 'pending'
  ORDER BY c.pause_id LIMIT $2;

-- erasing.OLDEST_ENTRIES
SELECT entry_id, created_at
  FROM audit
  ORDER BY entry_id LIMIT $1;

-- erasing.RAISE_FLOOR
UPDATE audit_retention
  SET floor = $1
  WHERE retention_id = 1 AND floor < $2;

-- erasing.TELL_PURGED
INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
  SELECT DISTINCT developer_id, NULL, NULL, 'audit.purged', 'system', '{}', CAST($1 AS BIGINT)
  FROM audit
  WHERE entry_id <= $2 AND created_at < $3;

-- erasing.PURGE
DELETE
  FROM audit
  WHERE entry_id <= $1 AND created_at < $2;

-- pauses.INSERT
INSERT INTO pauses (pause_id, developer_id, mode, channel, allow_text, default_index, created_at, expires_at, delivery_state, callback_target, remind_at, fallbacks, person_key, status, choice_index, responded_at, resolved_by)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14, i.p15, i.p16, i.p17
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10)::int8 AS p11, (r->>11)::int8 AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS p15, (r->>15)::int8 AS p16, (r->>16) AS p17, (r->>17)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE true;

-- pauses.END
UPDATE pauses AS target
  SET status = i.p1, resolved_by = i.p2, choice_index = i.p3, responded_at = i.p4
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p5
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p5 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE status = 'pending' AND expires_at > i.p6)
  RETURNING i.item;

-- pauses.TIME_OUT
UPDATE pauses AS target
  SET status = i.p1, resolved_by = i.p2, choice_index = i.p3, responded_at = i.p4
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p5
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p5 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE status = 'pending' AND expires_at <= i.p6)
  RETURNING i.item;

-- pauses.TIME_OUT_UNMUTED
UPDATE pauses AS target
  SET status = i.p1, resolved_by = i.p2, choice_index = i.p3, responded_at = i.p4
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10) AS p11, (r->>11) AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p5
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10) AS p11, (r->>11) AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p5 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE status = 'pending' AND expires_at <= i.p6 AND NOT EXISTS (SELECT 1
      FROM mutes m
      WHERE m.person_key IN (i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14)))
  RETURNING i.item;

-- pauses.TIME_OUT_MUTED
UPDATE pauses AS target
  SET status = i.p1, resolved_by = i.p2, choice_index = i.p3, responded_at = i.p4, delivery_state = 'failed'
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10) AS p11, (r->>11) AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p5
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10) AS p11, (r->>11) AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p5 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE status = 'pending' AND expires_at <= i.p6 AND EXISTS (SELECT 1
      FROM mutes m
      WHERE m.person_key IN (i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14)))
  RETURNING i.item;

-- pauses.FAIL_DELIVERY
UPDATE pauses AS target
  SET delivery_state = 'failed'
  FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p1
      FROM (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p1 AND target.pause_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE status = 'pending' AND delivery_state <> 'failed')
  RETURNING i.item;

-- pauses.SET_DELIVERY
UPDATE pauses AS target
  SET delivery_state = i.p1
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
    FROM pauses
    WHERE pause_id IN (SELECT i.p2
      FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY pause_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p2 AND target.pause_id = locked.key;

-- pauses.GET
SELECT p.pause_id, p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.pause_id = ANY ($1);

-- pauses.LIST
SELECT p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.developer_id = $1 AND p.mode = $2
  ORDER BY p.pause_id DESC LIMIT $3 OFFSET $4;

-- pauses.LIST_WITH_STATUS
SELECT p.pause_id, p.developer_id, p.mode, p.channel, p.allow_text, p.default_index, p.created_at, p.expires_at, p.delivery_state, p.callback_target, p.remind_at, p.fallbacks, p.person_key, p.status, p.choice_index, p.responded_at, p.resolved_by, (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'question'), (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.erased = 0 AND c.part = 'answer'), (SELECT d.attempts
    FROM deliveries d
    WHERE d.pause_id = p.pause_id AND d.kind = 'notification' LIMIT 1)
  FROM pauses p
  WHERE p.developer_id = $1 AND p.mode = $2 AND p.status = $3
  ORDER BY p.pause_id DESC LIMIT $4 OFFSET $5;

-- pauses.DUE_POSTGRES
SELECT pause_id, developer_id, mode, default_index, callback_target, channel, delivery_state, CASE WHEN p.default_index IS NOT NULL THEN (SELECT c.sealed
    FROM contents c
    WHERE c.pause_id = p.pause_id AND c.part = 'question' AND c.erased = 0) END
  FROM (SELECT *
    FROM (SELECT pause_id, developer_id, mode, default_index, callback_target, channel, delivery_state, expires_at
      FROM pauses
      WHERE status = 'pending' AND expires_at <= $1
      ORDER BY expires_at LIMIT 2000) AS due
    ORDER BY random() LIMIT $2) AS p
  ORDER BY expires_at;

-- pauses.ENDED_OR_FAILED
SELECT pause_id
  FROM pauses
  WHERE pause_id = ANY ($1) AND (status <> 'pending' OR delivery_state = 'failed');

-- pauses.NEXT_DEADLINE
SELECT min(expires_at)
  FROM pauses
  WHERE status = 'pending';

-- pauses.COUNT_SINCE
SELECT count(*)
  FROM pauses
  WHERE developer_id = $1 AND mode = $2 AND pause_id >= $3;

-- pauses.CLAIM_IDEMPOTENCY_KEY
INSERT INTO idempotency_keys (developer_id, mode, key_index, body_hash, pause_id, created_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  ORDER BY i.p1, i.p2, i.p3
  ON CONFLICT (developer_id, mode, key_index) DO UPDATE
  SET body_hash = excluded.body_hash, pause_id = excluded.pause_id, created_at = excluded.created_at
  WHERE idempotency_keys.created_at < (SELECT i.p7
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
      FROM jsonb_array_elements($1::jsonb) AS r) AS i
    WHERE excluded.developer_id = i.p1 AND excluded.mode = i.p2 AND excluded.key_index = i.p3)
  RETURNING developer_id, mode, key_index;

-- pauses.FORGET_IDEMPOTENCY_KEYS
DELETE
  FROM idempotency_keys USING (SELECT (r->>0)::int8 AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE created_at < i.p1;

-- pauses.GET_IDEMPOTENT
SELECT developer_id, mode, key_index, body_hash, pause_id, created_at
  FROM idempotency_keys
  WHERE developer_id = $1 AND mode = $2 AND key_index = $3 AND created_at >= $4;

-- recipients.INSERT
INSERT INTO recipients (recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, decode(r->>5, 'base64') AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS p8, (r->>8) AS p9, (r->>9)::int8 AS p10, (r->>10) AS p11, (r->>11) AS p12, (r->>12)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  ORDER BY i.p5
  ON CONFLICT (address_key) DO NOTHING
  RETURNING address_key;

-- recipients.VERIFY
UPDATE recipients AS target
  SET verified_at = i.p1, verified_by = i.p2
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT recipient_id AS key, recipients AS row
    FROM recipients
    WHERE recipient_id IN (SELECT i.p3
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY recipient_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p3 AND target.recipient_id = locked.key AND EXISTS (SELECT
    FROM (SELECT (locked.row).*) AS now
    WHERE verified_at IS NULL)
  RETURNING i.item;

-- recipients.NOTE_ASKING
UPDATE recipients AS target
  SET asked_at = i.p1, asking = i.p2, asked_code = i.p3
  FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i, (SELECT recipient_id AS key, recipients AS row
    FROM recipients
    WHERE recipient_id IN (SELECT i.p4
      FROM (SELECT (r->>0)::int8 AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS item
        FROM jsonb_array_elements($1::jsonb) AS r) AS i)
    ORDER BY recipient_id FOR NO KEY UPDATE) AS locked
  WHERE locked.key = i.p4 AND target.recipient_id = locked.key
  RETURNING i.item;

-- recipients.DELETE
DELETE
  FROM recipients USING (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE recipient_id = i.p1 AND developer_id = i.p2 AND mode = i.p3
  RETURNING i.item;

-- recipients.GET
SELECT recipient_id, recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE recipient_id = ANY ($1);

-- recipients.GET_AT
SELECT address_key, recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE address_key = ANY ($1);

-- recipients.LIST
SELECT recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code
  FROM recipients
  WHERE developer_id = $1 AND mode = $2
  ORDER BY recipient_id DESC LIMIT $3 OFFSET $4;

-- recipients.INSERT_MUTE
INSERT INTO mutes (person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at)
  SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8
  FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, decode(r->>5, 'base64') AS p6, (r->>6) AS p7, (r->>7)::int8 AS p8, (r->>8)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  ORDER BY i.p1
  ON CONFLICT (person_key) DO UPDATE
  SET reason = excluded.reason
  WHERE mutes.reason = 'muted' AND excluded.reason = 'reported'
  RETURNING person_key;

-- recipients.DELETE_MUTE
DELETE
  FROM mutes USING (SELECT (r->>0) AS p1, (r->>1)::int8 AS item
    FROM jsonb_array_elements($1::jsonb) AS r) AS i
  WHERE mute_id = i.p1
  RETURNING i.item;

-- recipients.GET_MUTE
SELECT person_key, person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at
  FROM mutes
  WHERE person_key = ANY ($1);

-- recipients.LIST_MUTES
SELECT person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at
  FROM mutes
  ORDER BY created_at, mute_id;

-- recipients.MUTED
SELECT person_key
  FROM mutes;

-- recipients.REKEY
UPDATE mutes
  SET person_key = $1
  WHERE mute_id = $2 AND NOT EXISTS (SELECT 1
    FROM mutes AS other
    WHERE other.person_key = $3);

-- recipients.COUNT_WAITING
SELECT person_key, count(*)
  FROM pauses
  WHERE person_key = ANY ($1) AND status = 'pending' GROUP BY person_key;

-- vault.GET
SELECT wrapped_key
  FROM vault;

-- vault.PUT
INSERT INTO vault (vault_id, wrapped_key)
  VALUES (1, $1)
  ON CONFLICT (vault_id) DO UPDATE
  SET wrapped_key = excluded.wrapped_key;


-- ── Whole batches ──
-- A batch is one statement: guards, winners, the mark of the commit, rows. Each set of rows is a
-- parameter, a JSON array of the values of each item, with the item's number at the end.

-- questions
WITH w0 AS (INSERT INTO pauses (pause_id, developer_id, mode, channel, allow_text, default_index, created_at, expires_at, delivery_state, callback_target, remind_at, fallbacks, person_key, status, choice_index, responded_at, resolved_by)
    SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14, i.p15, i.p16, i.p17
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4)::int8 AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS p8, (r->>8) AS p9, (r->>9) AS p10, (r->>10)::int8 AS p11, (r->>11)::int8 AS p12, (r->>12) AS p13, (r->>13) AS p14, (r->>14)::int8 AS p15, (r->>15)::int8 AS p16, (r->>16) AS p17, (r->>17)::int8 AS item
      FROM jsonb_array_elements($4::jsonb) AS r) AS i
    WHERE true),
  w1 AS (INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
    SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
      FROM jsonb_array_elements($5::jsonb) AS r) AS i
    WHERE true),
  w2 AS (INSERT INTO contents (pause_id, part, sealed)
    SELECT i.p1, i.p2, i.p3
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, decode(r->>2, 'base64') AS p3, (r->>3)::int8 AS item
      FROM jsonb_array_elements($6::jsonb) AS r) AS i
    WHERE true),
  w3 AS (INSERT INTO deliveries (delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder)
    SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14, i.p15, i.p16, i.p17, i.p18
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8)::int8 AS p9, (r->>9) AS p10, (r->>10)::int8 AS p11, (r->>11) AS p12, (r->>12)::int8 AS p13, (r->>13)::int8 AS p14, (r->>14)::int8 AS p15, (r->>15) AS p16, (r->>16)::int8 AS p17, (r->>17)::int8 AS p18, (r->>18)::int8 AS item
      FROM jsonb_array_elements($7::jsonb) AS r) AS i
    WHERE true),
  mark AS (INSERT INTO commit_marks AS m (writer_id, batch, fence, won, used_at)
    VALUES ($1, $2, 0, '{}'::int8[], $3)
    ON CONFLICT (writer_id) DO UPDATE
    SET batch = excluded.batch, won = excluded.won, used_at = excluded.used_at
    WHERE m.fence < excluded.batch
    RETURNING m.won)
  SELECT (SELECT won
    FROM mark), 1 / (SELECT count(*)
    FROM mark);

-- answers
WITH w0 AS (UPDATE pauses AS target
    SET status = i.p1, resolved_by = i.p2, choice_index = i.p3, responded_at = i.p4
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
      FROM jsonb_array_elements($4::jsonb) AS r) AS i, (SELECT pause_id AS key, pauses AS row
      FROM pauses
      WHERE pause_id IN (SELECT i.p5
        FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2)::int8 AS p3, (r->>3)::int8 AS p4, (r->>4) AS p5, (r->>5)::int8 AS p6, (r->>6)::int8 AS item
          FROM jsonb_array_elements($4::jsonb) AS r) AS i)
      ORDER BY pause_id FOR NO KEY UPDATE) AS locked
    WHERE locked.key = i.p5 AND target.pause_id = locked.key AND EXISTS (SELECT
      FROM (SELECT (locked.row).*) AS now
      WHERE status = 'pending' AND expires_at > i.p6)
    RETURNING i.item),
  won AS (SELECT item
    FROM w0),
  w1 AS (INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)
    SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6)::int8 AS p7, (r->>7)::int8 AS item
      FROM jsonb_array_elements($5::jsonb) AS r) AS i
    WHERE true AND (i.item = 0 OR i.item IN (SELECT item
        FROM won))),
  w2 AS (INSERT INTO contents (pause_id, part, sealed)
    SELECT i.p1, i.p2, i.p3
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, decode(r->>2, 'base64') AS p3, (r->>3)::int8 AS item
      FROM jsonb_array_elements($6::jsonb) AS r) AS i
    WHERE true AND (i.item = 0 OR i.item IN (SELECT item
        FROM won))),
  w3 AS (INSERT INTO deliveries (delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, target, recipient_index, is_reminder)
    SELECT i.p1, i.p2, i.p3, i.p4, i.p5, i.p6, i.p7, i.p8, i.p9, i.p10, i.p11, i.p12, i.p13, i.p14, i.p15, i.p16, i.p17, i.p18
    FROM (SELECT (r->>0) AS p1, (r->>1) AS p2, (r->>2) AS p3, (r->>3) AS p4, (r->>4) AS p5, (r->>5) AS p6, (r->>6) AS p7, (r->>7) AS p8, (r->>8)::int8 AS p9, (r->>9) AS p10, (r->>10)::int8 AS p11, (r->>11) AS p12, (r->>12)::int8 AS p13, (r->>13)::int8 AS p14, (r->>14)::int8 AS p15, (r->>15) AS p16, (r->>16)::int8 AS p17, (r->>17)::int8 AS p18, (r->>18)::int8 AS item
      FROM jsonb_array_elements($7::jsonb) AS r) AS i
    WHERE true AND (i.item = 0 OR i.item IN (SELECT item
        FROM won))),
  mark AS (INSERT INTO commit_marks AS m (writer_id, batch, fence, won, used_at)
    VALUES ($1, $2, 0, ARRAY(SELECT item
        FROM won), $3)
    ON CONFLICT (writer_id) DO UPDATE
    SET batch = excluded.batch, won = excluded.won, used_at = excluded.used_at
    WHERE m.fence < excluded.batch
    RETURNING m.won)
  SELECT (SELECT won
    FROM mark), 1 / (SELECT count(*)
    FROM mark);
