-- The people of the desk: who may come in, by which secret, and what was done at the door.
-- No secret that opens the door lies here: passwords as Argon2id, everything random as SHA-256. The secrets of
-- authenticator programs are the exception, because a code can only be computed from them.

CREATE TABLE agent (
  name        TEXT    NOT NULL PRIMARY KEY,  -- the login name
  display     TEXT    NOT NULL,
  role        TEXT    NOT NULL CHECK (role IN ('agent', 'editor', 'admin')),
  accounts    TEXT,                          -- JSON list of the accounts the person works for; NULL means all
  language    TEXT    NOT NULL,
  password    TEXT,                          -- a PHC string; NULL until one is chosen
  totp        TEXT,                          -- the secret in base 32; NULL while no code is asked for
  totp_step   INTEGER NOT NULL,              -- the last time step whose code was taken; no older one is
  disabled_at INTEGER,
  created_at  INTEGER NOT NULL,
  login_at    INTEGER                        -- the last login
) STRICT;

-- Codes for the day the telephone is lost; a used one is deleted.
CREATE TABLE recovery_code (
  agent TEXT NOT NULL,
  hash  TEXT NOT NULL,
  PRIMARY KEY (agent, hash)
) STRICT, WITHOUT ROWID;

-- Links that open once: the first admin's, a colleague's, a forgotten password's.
CREATE TABLE invitation (
  hash       TEXT    NOT NULL PRIMARY KEY,
  agent      TEXT,                           -- NULL for the first admin, who chooses a name
  created_by TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  hash       TEXT    NOT NULL PRIMARY KEY,
  agent      TEXT    NOT NULL,
  stage      TEXT    NOT NULL CHECK (stage IN ('code', 'whole')), -- code: the password was right, a code is missing
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address    TEXT    NOT NULL,
  browser    TEXT    NOT NULL
) STRICT;
CREATE INDEX session_agent ON session (agent);

-- What other programs come in with.
CREATE TABLE api_token (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name       TEXT    NOT NULL,
  role       TEXT    NOT NULL CHECK (role IN ('agent', 'editor', 'admin')),
  accounts   TEXT,                           -- as of an agent
  hash       TEXT    NOT NULL UNIQUE,
  created_by TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  used_at    INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX api_token_name ON api_token (name) WHERE revoked_at IS NULL;

ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
