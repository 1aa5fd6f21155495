SELECT w.person, w.seconds, COUNT(*) AS messages
FROM (
  SELECT f.person,
         CASE WHEN f.took < 120000 THEN f.took / 1000
              WHEN f.took < 7200000 THEN f.took / 60000 * 60
              ELSE f.took / 3600000 * 3600 END AS seconds
  FROM (
    SELECT CAST(CASE WHEN a.rule_at <= COALESCE(a.desk_at, a.rule_at) AND a.rule_at <= COALESCE(a.outside_at, a.rule_at)
                     THEN 0 ELSE 1 END AS BIGINT) AS person,
           CASE WHEN a.rule_at <= COALESCE(a.desk_at, a.rule_at) AND a.rule_at <= COALESCE(a.outside_at, a.rule_at)
                THEN a.rule_at
                WHEN a.desk_at <= COALESCE(a.outside_at, a.desk_at) THEN a.desk_at
                ELSE a.outside_at END - a.received_at AS took
    FROM (
      SELECT i.received_at,
             (SELECT MIN(o.settled_at) FROM outbox o
              WHERE o.thread = i.thread AND o.human = 0 AND o.settled_at >= i.received_at
                AND o.kind = 'answer' AND o.state IN ('sent', 'verified_sent')) AS rule_at,
             (SELECT MIN(o.settled_at) FROM outbox o
              WHERE o.thread = i.thread AND o.human = 1 AND o.settled_at >= i.received_at
                AND o.kind = 'answer' AND o.state IN ('sent', 'verified_sent')) AS desk_at,
             (SELECT MIN(h.sent_at) FROM human_answer h
              WHERE h.thread = i.thread AND h.sent_at >= i.received_at) AS outside_at
      FROM inbound i
      WHERE i.in_sent = 0 AND i.state = 'decided' AND i.received_at >= $1 AND i.received_at < $2
        AND i.outcome <> 'suppressed'
        AND ($3 IS NULL OR REPLACE($3, $4 || i.account || $4, '') <> $3)
    ) a
    WHERE a.rule_at IS NOT NULL OR a.desk_at IS NOT NULL OR a.outside_at IS NOT NULL
  ) f
) w
GROUP BY w.person, w.seconds
ORDER BY w.person, w.seconds
