-- Acts that programs named (`Idempotency-Key`), so that one that is asked for again is not done again. Kept for a day.
CREATE TABLE named_act (
  agent      TEXT    NOT NULL,              -- the program, as it stands beside what it did
  key        TEXT    NOT NULL,              -- its name for the act
  request    TEXT    NOT NULL,              -- a hash of what it asked for
  ticket     BIGINT  NOT NULL REFERENCES ticket (id),
  made       BIGINT  REFERENCES ticket (id), -- the ticket that a split began
  leaves_at  BIGINT ,
  undo_until BIGINT ,
  at         BIGINT  NOT NULL,
  PRIMARY KEY (agent, key)
);
CREATE INDEX named_act_at ON named_act (at);
