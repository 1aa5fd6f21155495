-- The list of what the machine answered, the newest first. A burst is one line: its earlier messages name the last one.
CREATE INDEX inbound_answered ON inbound (id, account) WHERE outcome IN ('answered', 'asked') AND joined IS NULL;
