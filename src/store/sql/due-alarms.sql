SELECT w.id, w.since
FROM (
  SELECT x.id, MIN(x.since) AS since
  FROM (SELECT c.id,
         -- What a person wrote in the conversation of the ticket itself answers those that joined it from then on.
         (SELECT MIN(i.received_at) FROM inbound i
          WHERE i.thread = c.thread AND i.id >= c.inbound AND i.in_sent = 0 AND i.outcome = 'escalated'
            AND i.received_at > COALESCE((
              SELECT MAX(o.created_at) FROM outbox o
              WHERE o.thread = c.thread AND o.human = 1 AND o.kind = 'answer' AND o.state <> 'cancelled'), 0)
            AND i.received_at > COALESCE((
              SELECT MAX(o.created_at) FROM outbox o
              WHERE o.thread = c.home AND o.human = 1 AND o.kind = 'answer' AND o.state <> 'cancelled'
                AND o.created_at >= c.joined_at), 0)
            AND i.received_at > COALESCE((
              SELECT MAX(h.sent_at) FROM human_answer h
              WHERE h.thread IN (c.thread, c.home) AND (h.thread = c.thread OR h.sent_at >= c.joined_at)), 0)
            AND i.received_at > COALESCE((
              SELECT MAX(e.at) FROM ticket_event e WHERE e.ticket IN (c.id, c.ticket) AND e.what = 'closed'), 0)) AS since
  FROM (
    SELECT k.id, k.id AS ticket, k.thread, k.thread AS home, k.inbound, CAST(0 AS BIGINT) AS joined_at
    FROM ticket k WHERE k.state IN ('open', 'claimed') AND ($3 = 0 OR k.id = $3)
    UNION ALL
    SELECT k.id, m.id AS ticket, m.thread, k.thread AS home, m.inbound,
           COALESCE((SELECT MAX(e.at) FROM ticket_event e WHERE e.ticket = m.id AND e.what = 'merged'), 0) AS joined_at
    FROM thread t JOIN ticket k ON k.id = t.merged_into JOIN ticket m ON m.thread = t.id AND m.merged_into = k.id
    WHERE t.merged_into IS NOT NULL AND k.state IN ('open', 'claimed') AND ($3 = 0 OR k.id = $3)
  ) c) x
  GROUP BY x.id
) w
WHERE w.since <= $1
  AND NOT EXISTS (SELECT a.id FROM alarm a WHERE a.ticket = w.id AND a.waiting_since = w.since AND a.hours = $2)
ORDER BY w.since, w.id
LIMIT 200
