SELECT i.id, i.channel, i.account, i.source_key, i.raw, i.size, i.in_junk, i.in_sent, i.reconciled, i.received_at,
       i.stored_at, i.tries, COALESCE(f.go_live, s.first_seen) AS go_live
FROM inbound i
LEFT JOIN folder f ON f.account = i.account AND f.folder = i.folder
LEFT JOIN account_seen s ON s.account = i.account
