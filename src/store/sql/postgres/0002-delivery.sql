-- What became of a message nobody can be sure of: it is looked for (uncertain, until verify_by), and then either found
-- (verified_sent) or a person's case (escalated). And accounts whose server is left alone for a while.

ALTER TABLE outbox ADD COLUMN verify_by BIGINT; -- uncertain: after the look at this moment a person is asked
ALTER TABLE outbox ADD COLUMN looks BIGINT NOT NULL DEFAULT 0; -- how often it was looked for
ALTER TABLE outbox ADD COLUMN ticket BIGINT REFERENCES ticket (id); -- where it was escalated

ALTER TABLE outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE outbox DROP CONSTRAINT outbox_check;
ALTER TABLE outbox DROP CONSTRAINT outbox_check1;
ALTER TABLE outbox DROP CONSTRAINT outbox_check2;

-- Until now an uncertain row was a ticket at once. One whose thread has no ticket is looked for once more, then it gets one.
UPDATE outbox SET verify_by = changed_at, ticket = (SELECT MAX(t.id) FROM ticket t WHERE t.thread = outbox.thread)
WHERE state = 'uncertain';
UPDATE outbox SET state = 'escalated' WHERE state = 'uncertain' AND ticket IS NOT NULL;
UPDATE outbox SET settled_at = NULL WHERE state = 'uncertain';

ALTER TABLE outbox ADD CONSTRAINT outbox_state_known
  CHECK (state IN ('held', 'ready', 'sending', 'retry_at', 'sent', 'uncertain', 'verified_sent', 'escalated',
                   'cancelled'));
ALTER TABLE outbox ADD CONSTRAINT outbox_settled
  CHECK ((state IN ('sent', 'verified_sent', 'escalated', 'cancelled')) = (settled_at IS NOT NULL));
ALTER TABLE outbox ADD CONSTRAINT outbox_proven CHECK (state NOT IN ('sent', 'verified_sent') OR proof IS NOT NULL);
ALTER TABLE outbox ADD CONSTRAINT outbox_explained
  CHECK (state NOT IN ('retry_at', 'uncertain', 'escalated', 'cancelled') OR reason IS NOT NULL);
ALTER TABLE outbox ADD CONSTRAINT outbox_doubted_until CHECK (state <> 'uncertain' OR verify_by IS NOT NULL);
ALTER TABLE outbox ADD CONSTRAINT outbox_escalated_where CHECK (state <> 'escalated' OR ticket IS NOT NULL);

CREATE INDEX outbox_doubted ON outbox (due_at) WHERE state = 'uncertain';

-- Accounts whose server failed as a whole: nothing is sent through them until then. No row: all is well.
CREATE TABLE account_rest (
  account    TEXT    NOT NULL PRIMARY KEY,
  failures   BIGINT  NOT NULL,              -- in a row
  until_at   BIGINT  NOT NULL,
  reason     TEXT    NOT NULL,
  changed_at BIGINT  NOT NULL
);
