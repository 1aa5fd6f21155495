-- What reports count, so that a report reads the rows of its days and no others.

-- Which intents a decision recognized, the most important first, and what was said to each at once. Written with the
-- decision, for messages in scope; what was decided before this table was there is not in it.
CREATE TABLE recognized (
  inbound     INTEGER NOT NULL REFERENCES inbound (id),
  place       INTEGER NOT NULL,             -- 0: what the message is about most
  intent      TEXT    NOT NULL,
  said        TEXT    NOT NULL CHECK (said IN ('nothing', 'ack', 'ask', 'draft', 'answer')),
  account     TEXT    NOT NULL,             -- as in the message
  received_at INTEGER NOT NULL,             -- as in the message
  PRIMARY KEY (inbound, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX recognized_figures ON recognized (received_at, account, intent, said, place);

-- Decided messages by day, without looking at their bytes.
CREATE INDEX inbound_figures ON inbound (received_at, account, channel, outcome, thread)
  WHERE in_sent = 0 AND state = 'decided';

-- The first answer after a moment in a conversation.
CREATE INDEX outbox_answers ON outbox (thread, human, settled_at)
  WHERE kind = 'answer' AND state IN ('sent', 'verified_sent');
CREATE INDEX human_answer_thread ON human_answer (thread, sent_at);

-- What people wrote in a conversation.
CREATE INDEX outbox_people ON outbox (thread, created_at) WHERE human = 1;
