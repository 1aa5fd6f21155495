-- Copies of sent mail come first and alone. `>=` and the order by `in_sent` say no more than `=` would, but only the index of
-- what waits has that order: by `id` alone PostgreSQL walks the numbers of all messages.
-- After stored-message.sql. $1: how many, $2: the account, $3: numbers that are left out, each between blanks.
WHERE i.state = 'undecided' AND i.account = $2 AND REPLACE($3, ' ' || i.id || ' ', '') = $3
  AND i.in_sent >= CASE WHEN EXISTS (
    SELECT 1 FROM inbound p
    WHERE p.state = 'undecided' AND p.account = $2 AND p.in_sent = 1 AND REPLACE($3, ' ' || p.id || ' ', '') = $3)
    THEN 1 ELSE 0 END
ORDER BY i.in_sent, i.id LIMIT $1
