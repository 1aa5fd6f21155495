-- A notice over which the program broke several times is given up.
ALTER TABLE notice ADD COLUMN broken INTEGER NOT NULL DEFAULT 0; -- how often the program broke over it

-- What was said to a message is found by the message: when a person takes it over, when it is put aside, in what happened last.
CREATE INDEX outbox_inbound ON outbox (inbound) WHERE inbound IS NOT NULL;
