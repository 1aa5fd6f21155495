SELECT s.slot, s.channel, s.outcome, s.alone, COUNT(*) AS messages
FROM (
  SELECT i.received_at / $6 AS slot, i.channel, i.outcome,
         CAST(CASE WHEN i.outcome = 'answered'
                    AND NOT EXISTS (
                      SELECT o.id FROM outbox o
                      WHERE o.thread = i.thread AND o.human = 1 AND o.state <> 'cancelled'
                        AND o.created_at >= i.received_at AND o.created_at < i.received_at + $5)
                    AND NOT EXISTS (
                      SELECT h.sent FROM human_answer h
                      WHERE h.thread = i.thread AND h.sent_at >= i.received_at AND h.sent_at < i.received_at + $5)
                   THEN 1 ELSE 0 END AS BIGINT) AS alone
  FROM inbound i
  WHERE i.in_sent = 0 AND i.state = 'decided' AND i.received_at >= $1 AND i.received_at < $2
    AND ($3 IS NULL OR REPLACE($3, $4 || i.account || $4, '') <> $3)
) s
GROUP BY s.slot, s.channel, s.outcome, s.alone
ORDER BY s.slot, s.channel, s.outcome, s.alone
