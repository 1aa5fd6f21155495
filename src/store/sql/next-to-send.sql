-- $1: now, $2: the account, $3: what was written after this was written by a wrong clock, and nobody waits by it. People's oldest message, else the machine's: two looks into one index, each of which ends at
-- the first row that may go. CASE, because what a rest or a pause holds back must not be looked through. OFFSET keeps
-- PostgreSQL from comparing everything that waits with everything on its way at once, only to sort it and take one.
SELECT o.id, o.key, o.account, o.kind, o.human, o.thread, o.attempts,
       COALESCE(o.leaves_at, o.created_at) AS created_at, o.payload, o.epoch, t.epoch AS thread_epoch
FROM outbox o JOIN thread t ON t.id = o.thread
WHERE o.id = CASE WHEN EXISTS (
    SELECT 1 FROM account_rest r WHERE r.account = $2 AND r.until_at > $1 AND r.changed_at <= $3) THEN NULL
  ELSE COALESCE(
    (SELECT p.id FROM outbox p
     WHERE p.state IN ('ready', 'retry_at') AND p.account = $2 AND p.human = 1
       AND (p.state = 'ready' OR p.due_at <= $1 OR p.changed_at > $3)
       AND NOT EXISTS (
         SELECT 1 FROM outbox e
         WHERE e.thread = p.thread AND e.id < p.id AND e.state IN ('ready', 'sending', 'retry_at')
           AND (e.human = 1 OR e.state = 'sending') LIMIT 1 OFFSET 0)
     ORDER BY p.id LIMIT 1),
    CASE WHEN EXISTS (
      SELECT 1 FROM switch s WHERE s.scope = 'shop' OR (s.scope = 'account' AND s.name = $2)) THEN NULL
    ELSE
      (SELECT m.id FROM outbox m
       WHERE m.state IN ('ready', 'retry_at') AND m.account = $2 AND m.human = 0
         AND (m.state = 'ready' OR m.due_at <= $1 OR m.changed_at > $3)
         AND NOT EXISTS (
           SELECT 1 FROM switch s
           WHERE s.scope = 'rule' AND REPLACE(m.intents, '"' || s.name || '"', '') <> m.intents LIMIT 1 OFFSET 0)
         AND NOT EXISTS (
           SELECT 1 FROM outbox e
           WHERE e.thread = m.thread AND e.id < m.id AND e.state IN ('ready', 'sending', 'retry_at')
           LIMIT 1 OFFSET 0)
       ORDER BY m.id LIMIT 1)
    END)
  END
