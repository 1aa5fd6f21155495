-- Lists that grow for ever, one account after the other: whoever works for a new mailbox does not wait while all of another
-- one's is looked through.
CREATE INDEX inbound_answered_account ON inbound (account, id)
  WHERE COALESCE(outcome, '') IN ('answered', 'asked') AND joined IS NULL;
CREATE INDEX inbound_machine_account ON inbound (account, id)
  WHERE COALESCE(outcome, '') = 'suppressed' AND in_sent = 0;
CREATE INDEX ticket_closed_account ON ticket (account, (0 - closed_at), id) WHERE closed_at IS NOT NULL;
