-- $1: now, $2: what was written after this was written by a wrong clock, and nobody waits by it. From one account to the next in the index, not through all that waits. The order is that of the index, so that
-- no statistics lead to another one.
WITH RECURSIVE waiting (account) AS (
  SELECT (SELECT o.account FROM outbox o WHERE o.state IN ('ready', 'retry_at')
          ORDER BY o.account, o.human, o.id LIMIT 1)
  UNION ALL
  SELECT (SELECT o.account FROM outbox o WHERE o.state IN ('ready', 'retry_at') AND o.account > w.account
          ORDER BY o.account, o.human, o.id LIMIT 1)
  FROM waiting w WHERE w.account IS NOT NULL)
SELECT w.account FROM waiting w
WHERE w.account IS NOT NULL AND EXISTS (
  SELECT 1 FROM outbox o
  WHERE o.state IN ('ready', 'retry_at') AND o.account = w.account
    AND (o.state = 'ready' OR o.due_at <= $1 OR o.changed_at > $2))
