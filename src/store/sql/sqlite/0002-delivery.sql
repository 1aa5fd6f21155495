-- What became of a message nobody can be sure of: it is looked for (uncertain, until verify_by), and then either found
-- (verified_sent) or a person's case (escalated). And accounts whose server is left alone for a while.

-- CHECK constraints cannot be changed in place, so the table is made anew. Rows keep their ids, and ids are still never
-- used twice: the counter behind AUTOINCREMENT moves along.
CREATE TABLE outbox_next (
  id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  key              TEXT    NOT NULL UNIQUE,
  thread           INTEGER NOT NULL REFERENCES thread (id),
  inbound          INTEGER REFERENCES inbound (id), -- the message it answers; null when a person wrote it
  account          TEXT    NOT NULL,
  kind             TEXT    NOT NULL CHECK (kind IN ('ack', 'ask', 'answer', 'draft')),
  human            INTEGER NOT NULL CHECK (human IN (0, 1)),
  epoch            INTEGER NOT NULL,        -- the thread's epoch when it was decided
  recipient_key    TEXT    NOT NULL,
  recipient_domain TEXT,
  intents          TEXT    NOT NULL,
  replies          TEXT    NOT NULL,
  message_id       TEXT,                    -- mail only
  payload          TEXT    NOT NULL,        -- the bytes of every attempt
  state            TEXT    NOT NULL
                   CHECK (state IN ('held', 'ready', 'sending', 'retry_at', 'sent', 'uncertain', 'verified_sent',
                                    'escalated', 'cancelled')),
  phase            TEXT    NOT NULL DEFAULT 'before' CHECK (phase IN ('before', 'dot')),
  attempts         INTEGER NOT NULL DEFAULT 0,
  due_at           INTEGER NOT NULL,        -- the next attempt, or the next look while uncertain
  verify_by        INTEGER,                 -- uncertain: after the look at this moment a person is asked
  looks            INTEGER NOT NULL DEFAULT 0, -- how often it was looked for
  proof            TEXT,                    -- the server's words when sent, or where it was found
  reason           TEXT,                    -- why it is retried, uncertain, escalated or cancelled
  ticket           INTEGER REFERENCES ticket (id), -- where it was escalated
  created_at       INTEGER NOT NULL,
  changed_at       INTEGER NOT NULL,
  settled_at       INTEGER,                 -- when its last state was reached
  lease_owner      TEXT,                    -- which instance sends it; null while one instance runs
  lease_until      INTEGER,
  CHECK ((state IN ('sent', 'verified_sent', 'escalated', 'cancelled')) = (settled_at IS NOT NULL)),
  CHECK (state NOT IN ('sent', 'verified_sent') OR proof IS NOT NULL),
  CHECK (state NOT IN ('retry_at', 'uncertain', 'escalated', 'cancelled') OR reason IS NOT NULL),
  CHECK (state <> 'uncertain' OR verify_by IS NOT NULL),
  CHECK (state <> 'escalated' OR ticket IS NOT NULL),
  CHECK (state <> 'held' OR kind = 'draft')
) STRICT;

-- Until now an uncertain row was a ticket at once. One whose thread has no ticket is looked for once more, then it gets one.
INSERT INTO outbox_next (id, key, thread, inbound, account, kind, human, epoch, recipient_key, recipient_domain,
                         intents, replies, message_id, payload, state, phase, attempts, due_at, verify_by, proof,
                         reason, ticket, created_at, changed_at, settled_at, lease_owner, lease_until)
SELECT o.id, o.key, o.thread, o.inbound, o.account, o.kind, o.human, o.epoch, o.recipient_key, o.recipient_domain,
       o.intents, o.replies, o.message_id, o.payload,
       CASE WHEN o.state = 'uncertain' AND t.ticket IS NOT NULL THEN 'escalated' ELSE o.state END,
       o.phase, o.attempts, o.due_at,
       CASE WHEN o.state = 'uncertain' THEN o.changed_at END,
       o.proof, o.reason,
       CASE WHEN o.state = 'uncertain' THEN t.ticket END,
       o.created_at, o.changed_at,
       CASE WHEN o.state = 'uncertain' AND t.ticket IS NULL THEN NULL ELSE o.settled_at END,
       o.lease_owner, o.lease_until
FROM outbox o LEFT JOIN (SELECT thread, MAX(id) AS ticket FROM ticket GROUP BY thread) t ON t.thread = o.thread
ORDER BY o.id;

DELETE FROM sqlite_sequence WHERE name = 'outbox_next';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_next', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_next RENAME TO outbox;

CREATE INDEX outbox_due ON outbox (id) WHERE state IN ('ready', 'retry_at');
CREATE INDEX outbox_pending ON outbox (thread, id) WHERE state IN ('ready', 'sending', 'retry_at');
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_doubted ON outbox (due_at) WHERE state = 'uncertain';
CREATE INDEX outbox_thread ON outbox (thread, id);
CREATE INDEX outbox_recipient ON outbox (recipient_key, created_at);
CREATE INDEX outbox_domain ON outbox (recipient_domain, created_at);
CREATE INDEX outbox_shop ON outbox (human, created_at, kind, state);
CREATE INDEX outbox_message_id ON outbox (message_id);

-- Accounts whose server failed as a whole: nothing is sent through them until then. No row: all is well.
CREATE TABLE account_rest (
  account    TEXT    NOT NULL PRIMARY KEY,
  failures   INTEGER NOT NULL,              -- in a row
  until_at   INTEGER NOT NULL,
  reason     TEXT    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
