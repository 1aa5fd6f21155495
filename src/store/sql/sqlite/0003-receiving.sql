-- Receiving that notices what it missed, and the Sent folder: what people answer there stops the machine.

-- What lay in a folder at its first look is never brought, so comparing begins above. Null: first read by an older
-- version, which did not note it; the mark at the next look stands for it.
ALTER TABLE folder ADD COLUMN first_uid INTEGER;

-- Written by the shop itself, with whichever program.
ALTER TABLE inbound ADD COLUMN in_sent INTEGER NOT NULL DEFAULT 0 CHECK (in_sent IN (0, 1));

-- Missed when it came and found by comparing the folder with the ledger.
ALTER TABLE inbound ADD COLUMN reconciled INTEGER NOT NULL DEFAULT 0 CHECK (reconciled IN (0, 1));

-- What people wrote is looked at before what waits for the machine.
CREATE INDEX inbound_sent ON inbound (id) WHERE state = 'undecided' AND in_sent = 1;

-- Which mail a person answered in the mailbox, known before that mail was decided. One answer covers one mail.
CREATE TABLE human_answer (
  message_id TEXT    NOT NULL,                            -- of the mail that was answered
  sent       INTEGER NOT NULL REFERENCES inbound (id),    -- the answer, as it lay in the Sent folder
  sent_at    INTEGER NOT NULL,
  thread     INTEGER NOT NULL REFERENCES thread (id),
  answered   INTEGER REFERENCES inbound (id),             -- the mail, once it is decided
  PRIMARY KEY (message_id, sent)
) STRICT;
CREATE INDEX human_answer_sent ON human_answer (sent);
