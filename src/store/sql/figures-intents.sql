SELECT s.intent, s.said, s.first, COUNT(*) AS messages
FROM (
  SELECT r.intent, r.said, CAST(CASE WHEN r.place = 0 THEN 1 ELSE 0 END AS BIGINT) AS first
  FROM recognized r
  WHERE r.received_at >= $1 AND r.received_at < $2
    AND ($3 IS NULL OR REPLACE($3, $4 || r.account || $4, '') <> $3)
) s
GROUP BY s.intent, s.said, s.first
ORDER BY s.intent, s.said, s.first
