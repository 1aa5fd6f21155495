-- What other programs are told about tickets.

-- How far each webhook has been told of what happened on tickets. No row: it was just put into the configuration.
CREATE TABLE webhook (
  name  TEXT    NOT NULL PRIMARY KEY,
  event INTEGER NOT NULL                    -- the last line of a ticket's history that was looked at
) STRICT;

-- What is to be told, and what became of it. The body is fixed once and for all attempts.
CREATE TABLE webhook_call (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  webhook    TEXT    NOT NULL,
  event      INTEGER NOT NULL REFERENCES ticket_event (id),
  kind       TEXT    NOT NULL,              -- ticket.opened, …
  body       TEXT    NOT NULL,
  state      TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'given_up')),
  attempts   INTEGER NOT NULL DEFAULT 0,
  due_at     INTEGER NOT NULL,              -- the next attempt
  note       TEXT,                          -- what the other side said last, or why it was not reached
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  UNIQUE (webhook, event),
  CHECK ((state = 'waiting') = (settled_at IS NULL))
) STRICT;
CREATE INDEX webhook_call_due ON webhook_call (due_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_call_settled ON webhook_call (settled_at) WHERE settled_at IS NOT NULL;
