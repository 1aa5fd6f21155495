-- Mails to the people of the desk, and the addresses under which they answer them.

ALTER TABLE agent ADD COLUMN email TEXT;      -- where notices go, in lower case; NULL: the person wants none
CREATE UNIQUE INDEX agent_email ON agent (email) WHERE email IS NOT NULL;

-- How far the histories of tickets were looked at for notices. No row: they were just put into the configuration.
CREATE TABLE notice_mark (
  id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  event INTEGER NOT NULL                      -- the last line of a ticket's history that was looked at
) STRICT;

-- One mail to one person about one ticket: what happened, or what became of the person's answer by mail.
CREATE TABLE notice (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  agent      TEXT    NOT NULL,
  ticket     INTEGER NOT NULL REFERENCES ticket (id),
  cause      TEXT    NOT NULL CHECK (cause IN ('new_ticket', 'buyer_replied', 'deadline', 'question', 'refusal')),
  mail_key   TEXT    NOT NULL UNIQUE,         -- names it in its Message-ID, the same for all attempts
  state      TEXT    NOT NULL DEFAULT 'waiting'
             CHECK (state IN ('waiting', 'sending', 'sent', 'uncertain', 'dropped', 'returned', 'joined')),
  at_dot     INTEGER NOT NULL DEFAULT 0 CHECK (at_dot IN (0, 1)), -- it may have left
  attempts   INTEGER NOT NULL DEFAULT 0,
  due_at     INTEGER NOT NULL,                -- the next attempt; while it is sent: when that began
  held       INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), -- more than an hour may have: joined into one mail
  joined     INTEGER,                         -- the notice whose mail tells of this one
  token      TEXT UNIQUE,                     -- SHA-256 of what its reply address holds
  seen       INTEGER,                         -- the version of the ticket that it tells of
  body       TEXT    NOT NULL DEFAULT '',     -- what a mail back says
  answer     TEXT,                            -- the words that a question asks about
  parent     TEXT,                            -- the Message-ID of the mail that it answers
  inbound    INTEGER UNIQUE REFERENCES inbound (id), -- that mail; none is answered twice
  respond_by INTEGER,                         -- the end of the time to answer that it warns of
  note       TEXT,                            -- what the server said, or why it was not sent
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  UNIQUE (agent, ticket, respond_by)
) STRICT;
CREATE INDEX notice_due ON notice (due_at, id) WHERE state = 'waiting';
CREATE INDEX notice_agent ON notice (agent, created_at);
CREATE INDEX notice_ticket ON notice (ticket);
CREATE INDEX notice_joined ON notice (joined) WHERE joined IS NOT NULL;
