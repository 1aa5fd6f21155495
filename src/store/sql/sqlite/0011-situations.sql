-- Situations switched by hand, and the history of the rule files.

-- What holds whatever the dates of a situation say. Days are those of the desk.
CREATE TABLE situation_switch (
  situation   TEXT    NOT NULL PRIMARY KEY,
  switched_on INTEGER NOT NULL CHECK (switched_on IN (0, 1)),
  since       TEXT    NOT NULL,             -- the first day
  until       TEXT    NOT NULL,             -- the last day
  reason      TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

-- Each reading of the files by a running service: what is in force afterwards, and why what was read is not.
CREATE TABLE reload (
  id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  cause    TEXT    NOT NULL CHECK (cause IN ('start', 'files', 'signal')),
  rule_set TEXT    NOT NULL,
  rules    INTEGER NOT NULL,
  errors   INTEGER NOT NULL,
  first    TEXT,
  restart  TEXT    NOT NULL
) STRICT;
