SELECT w.id, w.since
FROM (
  SELECT k.id,
         (SELECT MIN(i.received_at) FROM inbound i
          WHERE i.thread IN (SELECT t.id FROM thread t WHERE t.id = k.thread OR t.merged_into = k.id)
            AND i.id >= k.inbound AND i.in_sent = 0 AND i.outcome = 'escalated'
            AND i.received_at > COALESCE((
              SELECT MAX(o.created_at) FROM outbox o
              WHERE o.thread = k.thread AND o.human = 1 AND o.kind = 'answer' AND o.state <> 'cancelled'), 0)
            AND i.received_at > COALESCE((SELECT MAX(h.sent_at) FROM human_answer h WHERE h.thread = k.thread), 0)
            AND i.received_at > COALESCE((
              SELECT MAX(e.at) FROM ticket_event e WHERE e.ticket = k.id AND e.what = 'closed'), 0)) AS since
  FROM ticket k
  WHERE k.state IN ('open', 'claimed') AND ($3 = 0 OR k.id = $3)
) w
WHERE w.since <= $1
  AND NOT EXISTS (SELECT a.id FROM alarm a WHERE a.ticket = w.id AND a.waiting_since = w.since AND a.hours = $2)
ORDER BY w.since, w.id
LIMIT 200
