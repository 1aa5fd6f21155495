-- The list of what the machine answered, the newest first. A burst is one line: its earlier messages name the last one. The
-- outcome is written so that the index of outcomes, which is in another order, is not taken for it.
CREATE INDEX inbound_answered ON inbound (id, account)
  WHERE COALESCE(outcome, '') IN ('answered', 'asked') AND joined IS NULL;
