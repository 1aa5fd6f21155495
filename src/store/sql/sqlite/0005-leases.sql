-- Several processes on one database: who serves which account. On SQLite one process serves all of them, because the
-- file is locked; the tables are the same so that the code is.

-- Each running process. Kept for a day after it was seen last, so that an account whose process rests is not taken for
-- one that was removed from every configuration.
CREATE TABLE runner (
  id         TEXT    NOT NULL PRIMARY KEY,  -- random at each start
  host       TEXT    NOT NULL,              -- for people
  pid        INTEGER NOT NULL,              -- for people
  accounts   TEXT    NOT NULL,              -- the accounts of its configuration
  started_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,              -- its last heartbeat, by the database's clock
  left_at    INTEGER                        -- when it stopped in good order
) STRICT;

-- The right to receive, decide and deliver for an account. Times are the database's.
CREATE TABLE lease (
  name   TEXT    NOT NULL PRIMARY KEY,      -- account:<name>
  holder TEXT    NOT NULL,                  -- a runner; empty when nobody holds it
  fence  INTEGER NOT NULL,                  -- rises with every acquisition; every write of the holder is checked by it
  until  INTEGER NOT NULL                   -- when others may take it; since when it is free, if nobody holds it
) STRICT;

-- Calls whose COMMIT may be asked for twice, because the first answer was lost. Kept for a day.
CREATE TABLE done_call (
  token TEXT    NOT NULL PRIMARY KEY,
  at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX done_call_at ON done_call (at);

-- Which accounts have messages to decide on, and the next ones of an account.
CREATE INDEX inbound_waiting ON inbound (account, id) WHERE state = 'undecided';
