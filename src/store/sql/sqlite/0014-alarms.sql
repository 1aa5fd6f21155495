-- Buyers who wait for a person too long.

-- Each alarm of a wait, so that it rings once. A wait is known by its ticket and by when it began.
CREATE TABLE alarm (
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket        INTEGER NOT NULL REFERENCES ticket (id),
  waiting_since INTEGER NOT NULL,           -- when the oldest message came in that nobody has answered
  hours         INTEGER NOT NULL,           -- how long the buyer had waited: 24, 48
  rung_at       INTEGER,                    -- null: a later alarm of the same wait was due already, and rang alone
  UNIQUE (ticket, waiting_since, hours)
) STRICT;

-- What was left to people in a conversation, without looking at its bytes.
CREATE INDEX inbound_left ON inbound (thread, id, received_at) WHERE in_sent = 0 AND outcome = 'escalated';

-- Cases that had to say how they ended.
CREATE INDEX ticket_causes ON ticket (closed_at, account, cause, result, compensation) WHERE cause IS NOT NULL;
