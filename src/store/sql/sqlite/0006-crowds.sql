-- Finding what is next without looking at everything that waits, and counting what lies in the Sent folder.

-- The next messages of an account to decide on; those of the Sent folder come first.
DROP INDEX inbound_undecided;
DROP INDEX inbound_sent;
DROP INDEX inbound_waiting;
CREATE INDEX inbound_waiting ON inbound (account, in_sent, id) WHERE state = 'undecided';

-- The next message of an account to send; people's come first. What waits for its retry is passed over without its row.
DROP INDEX outbox_due;
CREATE INDEX outbox_waiting ON outbox (account, human, id, state, due_at, changed_at) WHERE state IN ('ready', 'retry_at');

-- How many mails of the Sent folder were recorded.
CREATE INDEX inbound_recorded ON inbound (outcome) WHERE in_sent = 1;
