-- Buyers are asked whether they were content once their case is closed.

-- One question for a case, in the language it was asked in, and how often its answer was changed.
ALTER TABLE satisfaction ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE satisfaction ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
DROP INDEX satisfaction_ticket;
CREATE UNIQUE INDEX satisfaction_ticket ON satisfaction (ticket);
CREATE INDEX satisfaction_asked ON satisfaction (asked_at, score, ticket);

-- Closed cases whose buyers are not asked, with the reason: each is looked at once.
CREATE TABLE satisfaction_passed (
  ticket INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (id),
  at     INTEGER NOT NULL,
  why    TEXT    NOT NULL
) STRICT;
