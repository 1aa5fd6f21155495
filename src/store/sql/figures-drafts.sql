SELECT d.intent, d.outcome, COUNT(*) AS drafts
FROM draft_outcome d
WHERE d.at >= $1 AND d.at < $2
  AND ($3 IS NULL OR EXISTS (
    SELECT o.id FROM outbox o
    WHERE o.id = d.outbox AND REPLACE($3, $4 || o.account || $4, '') <> $3))
GROUP BY d.intent, d.outcome
ORDER BY d.intent, d.outcome
