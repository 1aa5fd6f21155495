-- Every message ends: pauses by scope, the four outcomes held by the schema, quarantine, restored stores.

-- What is paused. Restore mode is a switch too: the store came from a backup, and what it left open may be done already.
CREATE TABLE switch (
  scope  TEXT    NOT NULL CHECK (scope IN ('shop', 'account', 'rule', 'restore')),
  name   TEXT    NOT NULL,                  -- the account or the rule; empty for the others
  reason TEXT    NOT NULL,
  actor  TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (scope, name),
  CHECK ((scope IN ('shop', 'restore')) = (name = ''))
) STRICT;
INSERT INTO switch (scope, name, reason, actor, at)
  SELECT 'shop', '', paused_reason, COALESCE(paused_by, 'somebody'), COALESCE(paused_at, 0) FROM switches
  WHERE paused_reason IS NOT NULL;
-- What remains is the row that writers on PostgreSQL take their turn with.
ALTER TABLE switches DROP COLUMN paused_reason;
ALTER TABLE switches DROP COLUMN paused_by;
ALTER TABLE switches DROP COLUMN paused_at;

-- How a message ends is one of four words with what belongs to it, and nothing else.
ALTER TABLE inbound ADD COLUMN with_answer INTEGER NOT NULL DEFAULT 0 -- escalated, and a part was answered
  CHECK (with_answer IN (0, 1) AND (with_answer = 0 OR COALESCE(outcome, '') = 'escalated'))
  CHECK (COALESCE(outcome, '') <> 'suppressed' OR outcome_reason IS NOT NULL)
  CHECK (COALESCE(outcome, 'suppressed') = 'suppressed' OR thread IS NOT NULL)
  CHECK ((state = 'decided') = (decided_at IS NOT NULL));
UPDATE inbound SET with_answer = 1
  WHERE outcome = 'escalated' AND EXISTS (
    SELECT 1 FROM outbox o WHERE o.inbound = inbound.id AND o.kind = 'answer' AND o.human = 0 AND o.state <> 'cancelled');
CREATE INDEX inbound_asked ON inbound (decided_at) WHERE outcome = 'asked';
CREATE INDEX inbound_escalated ON inbound (decided_at) WHERE outcome = 'escalated';
CREATE INDEX outbox_cancelled ON outbox (settled_at) WHERE state = 'cancelled';

-- Messages that could not be decided on, with their ticket. The bytes lie with the message.
CREATE TABLE quarantine (
  inbound  INTEGER NOT NULL PRIMARY KEY REFERENCES inbound (id),
  cause    TEXT    NOT NULL
           CHECK (cause IN ('panicked', 'too_long', 'crashed', 'limits', 'contested', 'stuck')),
  reason   TEXT    NOT NULL,
  put_at   INTEGER NOT NULL,
  ticket   INTEGER NOT NULL REFERENCES ticket (id),
  reruns   INTEGER NOT NULL DEFAULT 0,
  rerun_at INTEGER,                          -- when a person asked for the last of them
  left_at  INTEGER                          -- when a later run decided on it after all
) STRICT;

-- Every time this store was found to come from a backup.
CREATE TABLE restored (
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  noticed_at    INTEGER NOT NULL,           -- what the servers took before may have been answered already
  reason        TEXT    NOT NULL,
  actor         TEXT    NOT NULL,
  first_inbound INTEGER NOT NULL,           -- messages from this number on were stored afterwards
  ended_at      INTEGER,
  ended_by      TEXT,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
