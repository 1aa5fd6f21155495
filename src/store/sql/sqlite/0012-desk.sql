-- What people do: everything a person does to a ticket, and what that leaves behind.

-- Out of the queue until then; since when the owner has it; how the case ended, for reports.
ALTER TABLE ticket ADD COLUMN snoozed_until INTEGER;
ALTER TABLE ticket ADD COLUMN claimed_at INTEGER;
ALTER TABLE ticket ADD COLUMN merged_into INTEGER REFERENCES ticket (id);
ALTER TABLE ticket ADD COLUMN result TEXT
  CHECK (result IN ('solved', 'refunded', 'replaced', 'returned', 'declined', 'withdrawn'));
ALTER TABLE ticket ADD COLUMN cause TEXT;
ALTER TABLE ticket ADD COLUMN compensation TEXT; -- `none`, or `12.50 EUR`
UPDATE ticket SET claimed_at = changed_at WHERE assignee IS NOT NULL;
CREATE INDEX ticket_snoozed ON ticket (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- Which version of the ticket a line made, so that it is known what somebody has not seen.
ALTER TABLE ticket_event ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- The machine is switched off in a conversation; a conversation that goes on in a ticket of another one.
ALTER TABLE thread ADD COLUMN bot_off INTEGER NOT NULL DEFAULT 0 CHECK (bot_off IN (0, 1));
ALTER TABLE thread ADD COLUMN merged_into INTEGER REFERENCES ticket (id);
CREATE INDEX thread_merged ON thread (merged_into) WHERE merged_into IS NOT NULL;

-- Who wrote a person's message, and until when it waits: to be taken back (10 s), or for an hour that a person chose.
ALTER TABLE outbox ADD COLUMN author TEXT;
ALTER TABLE outbox ADD COLUMN leaves_at INTEGER;
ALTER TABLE outbox ADD COLUMN scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1));

-- What became of each draft, once for every rule that it spoke for.
CREATE TABLE draft_outcome (
  outbox  INTEGER NOT NULL REFERENCES outbox (id),
  intent  TEXT    NOT NULL,
  outcome TEXT    NOT NULL CHECK (outcome IN ('sent', 'edited', 'rejected', 'unused')),
  actor   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (outbox, intent)
) STRICT;
CREATE INDEX draft_outcome_intent ON draft_outcome (intent, outcome, at);

-- The last act on a ticket that can be taken back, with how everything stood before it.
CREATE TABLE undo (
  ticket  INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (id),
  actor   TEXT    NOT NULL,
  what    TEXT    NOT NULL,
  until   INTEGER NOT NULL,
  version INTEGER NOT NULL,                 -- of the ticket after the act
  outbox  INTEGER REFERENCES outbox (id),   -- the reply it queued
  draft   INTEGER REFERENCES outbox (id),   -- the draft it ended
  record  TEXT    NOT NULL
) STRICT;

-- What people say of a buyer. What a person sets, no message unlearns.
ALTER TABLE buyer ADD COLUMN grade TEXT;
ALTER TABLE buyer ADD COLUMN grade_rank INTEGER NOT NULL DEFAULT 0 CHECK (grade_rank BETWEEN 0 AND 2);
ALTER TABLE buyer ADD COLUMN language_set INTEGER NOT NULL DEFAULT 0 CHECK (language_set IN (0, 1));
ALTER TABLE buyer ADD COLUMN country_set INTEGER NOT NULL DEFAULT 0 CHECK (country_set IN (0, 1));
CREATE TABLE buyer_note (
  id    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  buyer TEXT    NOT NULL,                   -- the buyer's key
  at    INTEGER NOT NULL,
  actor TEXT    NOT NULL,
  text  TEXT    NOT NULL
) STRICT;
CREATE INDEX buyer_note_buyer ON buyer_note (buyer, id);

-- Questions whether a buyer was content. Only the hash of the token is kept; the token stands in the link.
CREATE TABLE satisfaction (
  ticket      INTEGER NOT NULL REFERENCES ticket (id),
  token_hash  TEXT    NOT NULL PRIMARY KEY,
  asked_at    INTEGER NOT NULL,
  answered_at INTEGER,
  score       INTEGER CHECK (score BETWEEN 1 AND 5),
  text        TEXT,
  CHECK ((answered_at IS NULL) = (score IS NULL))
) STRICT;
CREATE INDEX satisfaction_ticket ON satisfaction (ticket);
