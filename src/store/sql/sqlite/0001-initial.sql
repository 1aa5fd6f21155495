-- The first schema. Times are Unix milliseconds in UTC, flags are 0 or 1, lists and records are JSON in TEXT.
-- Ids are never used twice (AUTOINCREMENT), because keys of outgoing messages and their Message-IDs contain them.

-- Who this installation is: the secret behind our Message-IDs. One row, made at first start, never changed.
CREATE TABLE instance (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  secret     BLOB    NOT NULL CHECK (length(secret) = 32),
  created_at INTEGER NOT NULL
) STRICT;

-- What people switch. One row.
CREATE TABLE switches (
  id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  paused_reason TEXT,                       -- null: not paused
  paused_by     TEXT,
  paused_at     INTEGER
) STRICT;
INSERT INTO switches (id) VALUES (1);

-- Who switched what, for good.
CREATE TABLE audit (
  id    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at    INTEGER NOT NULL,
  actor TEXT    NOT NULL,
  what  TEXT    NOT NULL,                   -- paused, resumed
  text  TEXT    NOT NULL
) STRICT;

-- When an account was first served; older messages of accounts without folder marks are never answered.
CREATE TABLE account_seen (
  account    TEXT    NOT NULL PRIMARY KEY,
  first_seen INTEGER NOT NULL
) STRICT;

-- How far each IMAP folder was read. Never moves back under the same UIDVALIDITY.
CREATE TABLE folder (
  account      TEXT    NOT NULL,
  folder       TEXT    NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid          INTEGER NOT NULL,
  go_live      INTEGER NOT NULL,            -- messages taken before this moment are never answered
  changed_at   INTEGER NOT NULL,
  PRIMARY KEY (account, folder)
) STRICT;

-- Marks that a new UIDVALIDITY replaced, to explain later why a folder was read again.
CREATE TABLE folder_history (
  id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account      TEXT    NOT NULL,
  folder       TEXT    NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid          INTEGER NOT NULL,
  go_live      INTEGER NOT NULL,
  replaced_at  INTEGER NOT NULL
) STRICT;

-- People who wrote to the shop.
CREATE TABLE buyer (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  key        TEXT    NOT NULL UNIQUE,       -- lower-cased address or chat key
  name       TEXT,
  language   TEXT,
  country    TEXT,                          -- ISO 3166-1 alpha-2, as the buyer told us
  suppressed INTEGER NOT NULL DEFAULT 0 CHECK (suppressed IN (0, 1)),
  first_seen INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

-- Conversations. What was said in one is read from its outbox rows, not kept twice.
CREATE TABLE thread (
  id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  channel          TEXT    NOT NULL,
  account          TEXT    NOT NULL,
  participant      TEXT    NOT NULL,        -- the buyer's key; empty when nobody can be named
  chat_key         TEXT    UNIQUE,          -- Telegram: one thread per chat
  epoch            INTEGER NOT NULL DEFAULT 0, -- rises with every human act; fences automatic sends
  language         TEXT,
  pending          TEXT,                    -- the slot question that waits for an answer
  last_human_reply INTEGER,
  created_at       INTEGER NOT NULL,
  changed_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_participant ON thread (participant, id);

-- Every message as it came. The upper half is written by receive, the lower half by the decision.
CREATE TABLE inbound (
  id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  channel        TEXT    NOT NULL,
  account        TEXT    NOT NULL,
  source_key     TEXT    NOT NULL,          -- the key it first came under
  folder         TEXT,                      -- IMAP only
  uid_validity   INTEGER,                   -- IMAP only
  raw            BLOB    NOT NULL,
  raw_sha256     BLOB    NOT NULL,
  size           INTEGER NOT NULL,          -- on the server; larger than raw when only the header was fetched
  in_junk        INTEGER NOT NULL CHECK (in_junk IN (0, 1)),
  received_at    INTEGER NOT NULL,          -- when the server took it
  stored_at      INTEGER NOT NULL,
  tries          INTEGER NOT NULL DEFAULT 0, -- attempts to decide; a message that kills the process is seen here
  state          TEXT    NOT NULL DEFAULT 'undecided' CHECK (state IN ('undecided', 'decided')),
  outcome        TEXT    CHECK (outcome IN ('answered', 'asked', 'escalated', 'suppressed')),
  outcome_reason TEXT,
  decided_at     INTEGER,
  thread         INTEGER REFERENCES thread (id),
  sender_key     TEXT,
  sender_domain  TEXT,
  sender_name    TEXT,
  message_id     TEXT,
  subject        TEXT,
  text           TEXT,                      -- the new text, without quote and signature
  body_hash      BLOB,
  language       TEXT,
  CHECK ((state = 'decided') = (outcome IS NOT NULL))
) STRICT;
CREATE INDEX inbound_undecided ON inbound (id) WHERE state = 'undecided';
CREATE INDEX inbound_outcome ON inbound (outcome);
CREATE INDEX inbound_raw ON inbound (account, folder, raw_sha256);
CREATE INDEX inbound_newest ON inbound (account, folder, received_at);
CREATE INDEX inbound_account ON inbound (account, channel, id);
CREATE INDEX inbound_duplicate ON inbound (message_id, body_hash);
CREATE INDEX inbound_repeat ON inbound (sender_key, body_hash, received_at);
CREATE INDEX inbound_thread ON inbound (thread, id);

-- Every key a message was ever seen under. Several keys may lead to one message after a UIDVALIDITY change.
CREATE TABLE ledger (
  account    TEXT    NOT NULL,
  source_key TEXT    NOT NULL,
  inbound    INTEGER NOT NULL REFERENCES inbound (id),
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (account, source_key)
) STRICT;
CREATE INDEX ledger_inbound ON ledger (inbound);

-- Message-IDs of everything received and sent, for threading. Senders choose ids, so one id may name several threads.
CREATE TABLE message_id (
  message_id TEXT    NOT NULL,
  thread     INTEGER NOT NULL REFERENCES thread (id),
  account    TEXT    NOT NULL,
  ours       INTEGER NOT NULL CHECK (ours IN (0, 1)),
  PRIMARY KEY (message_id, thread)
) STRICT;

-- Decisions with their evidence, never changed.
CREATE TABLE verdict (
  inbound       INTEGER NOT NULL PRIMARY KEY REFERENCES inbound (id),
  decided_at    INTEGER NOT NULL,
  rule_set_hash TEXT    NOT NULL,
  record        TEXT    NOT NULL
) STRICT;

-- The human queue.
CREATE TABLE ticket (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  thread     INTEGER NOT NULL REFERENCES thread (id),
  inbound    INTEGER NOT NULL REFERENCES inbound (id), -- the message that opened it
  state      TEXT    NOT NULL CHECK (state IN ('open', 'claimed', 'waiting', 'closed')),
  urgency    INTEGER NOT NULL CHECK (urgency BETWEEN 0 AND 2), -- 0 normal, 1 high, 2 urgent
  subject    TEXT    NOT NULL,
  buyer      TEXT    NOT NULL,
  intent     TEXT,
  reasons    TEXT    NOT NULL,
  tags       TEXT    NOT NULL,
  assignee   TEXT,
  version    INTEGER NOT NULL DEFAULT 1,    -- rises with every change
  opened_at  INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  closed_at  INTEGER,
  respond_by INTEGER                        -- response clock; null while none runs
) STRICT;
CREATE UNIQUE INDEX ticket_open ON ticket (thread) WHERE state <> 'closed';
CREATE INDEX ticket_queue ON ticket (state, urgency, opened_at);
CREATE INDEX ticket_thread ON ticket (thread, id);
CREATE INDEX ticket_inbound ON ticket (inbound);

-- What happened on a ticket, oldest first by id.
CREATE TABLE ticket_event (
  id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  at     INTEGER NOT NULL,
  actor  TEXT    NOT NULL,
  what   TEXT    NOT NULL,
  text   TEXT    NOT NULL
) STRICT;
CREATE INDEX ticket_event_ticket ON ticket_event (ticket, id);

-- Messages of ours. ready -> sending(phase) -> sent | retry_at | uncertain | cancelled; drafts are held.
CREATE TABLE outbox (
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
                   CHECK (state IN ('held', 'ready', 'sending', 'retry_at', 'sent', 'uncertain', 'cancelled')),
  phase            TEXT    NOT NULL DEFAULT 'before' CHECK (phase IN ('before', 'dot')),
  attempts         INTEGER NOT NULL DEFAULT 0,
  due_at           INTEGER NOT NULL,
  proof            TEXT,                    -- the server's words when sent
  reason           TEXT,                    -- why it is retried, uncertain or cancelled
  created_at       INTEGER NOT NULL,
  changed_at       INTEGER NOT NULL,
  settled_at       INTEGER,                 -- when it was sent, became uncertain or was cancelled
  lease_owner      TEXT,                    -- which instance sends it; null while one instance runs
  lease_until      INTEGER,
  CHECK ((state IN ('sent', 'uncertain', 'cancelled')) = (settled_at IS NOT NULL)),
  CHECK (state <> 'sent' OR proof IS NOT NULL),
  CHECK (state NOT IN ('retry_at', 'uncertain', 'cancelled') OR reason IS NOT NULL),
  CHECK (state <> 'held' OR kind = 'draft')
) STRICT;
CREATE INDEX outbox_due ON outbox (id) WHERE state IN ('ready', 'retry_at');
CREATE INDEX outbox_pending ON outbox (thread, id) WHERE state IN ('ready', 'sending', 'retry_at');
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_thread ON outbox (thread, id);
CREATE INDEX outbox_recipient ON outbox (recipient_key, created_at);
CREATE INDEX outbox_domain ON outbox (recipient_domain, created_at);
CREATE INDEX outbox_shop ON outbox (human, created_at, kind, state);
CREATE INDEX outbox_message_id ON outbox (message_id);
