-- From one account to the next in the index, not through all that waits. The order is that of the index, so that no
-- statistics lead to another one.
WITH RECURSIVE waiting (account) AS (
  SELECT (SELECT i.account FROM inbound i WHERE i.state = 'undecided' ORDER BY i.account, i.in_sent, i.id LIMIT 1)
  UNION ALL
  SELECT (SELECT i.account FROM inbound i WHERE i.state = 'undecided' AND i.account > w.account
          ORDER BY i.account, i.in_sent, i.id LIMIT 1)
  FROM waiting w WHERE w.account IS NOT NULL)
SELECT w.account FROM waiting w WHERE w.account IS NOT NULL
