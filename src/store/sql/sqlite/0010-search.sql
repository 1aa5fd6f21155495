-- The order of the desk's lists, and full-text search.

-- Whose mailbox or bot it is, kept with the ticket so that lists of some accounts need no look at its conversation; and
-- how far the buyer's grade lifts it (src/store/queue.rs).
ALTER TABLE ticket ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN grade_rank INTEGER NOT NULL DEFAULT 0 CHECK (grade_rank BETWEEN 0 AND 2);
UPDATE ticket SET account = (SELECT t.account FROM thread t WHERE t.id = ticket.thread);

-- The moment by which a ticket is worked, as src/store/queue.rs writes it too: the deadline, or a day after the ticket was
-- opened; a step of urgency counts for twelve hours, a step of grade for six; what waits for the buyer stands behind the rest.
CREATE INDEX ticket_desk ON ticket (
  (COALESCE(respond_by, opened_at + 86400000) - urgency * 43200000 - grade_rank * 21600000
    + CASE WHEN state = 'waiting' THEN 31536000000 ELSE 0 END), id, account)
  WHERE state <> 'closed';
CREATE INDEX ticket_desk_state ON ticket (
  state,
  (COALESCE(respond_by, opened_at + 86400000) - urgency * 43200000 - grade_rank * 21600000
    + CASE WHEN state = 'waiting' THEN 31536000000 ELSE 0 END), id, account)
  WHERE state <> 'closed';
CREATE INDEX ticket_desk_owner ON ticket (
  assignee,
  (COALESCE(respond_by, opened_at + 86400000) - urgency * 43200000 - grade_rank * 21600000
    + CASE WHEN state = 'waiting' THEN 31536000000 ELSE 0 END), id, account)
  WHERE state <> 'closed';
CREATE INDEX ticket_desk_closed ON ticket ((0 - closed_at), id, account) WHERE closed_at IS NOT NULL;
CREATE INDEX outbox_held ON outbox (thread) WHERE state = 'held';
CREATE INDEX outbox_scheduled ON outbox (thread, due_at) WHERE human = 1 AND state IN ('ready', 'retry_at');
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX inbound_machine ON inbound (id, account) WHERE outcome = 'suppressed' AND in_sent = 0;

-- What waits to be made searchable, written in the transaction that writes the message or note itself. Its number becomes
-- the document's, so that documents are in the order of time however late they are indexed.
CREATE TABLE search_queue (
  id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind   TEXT    NOT NULL CHECK (kind IN ('inbound', 'outbox', 'event')),
  source INTEGER NOT NULL                   -- the row of inbound, outbox or ticket_event
) STRICT;

-- What can be found. The text itself stays where it is.
CREATE TABLE search_doc (
  id      INTEGER NOT NULL PRIMARY KEY,
  kind    TEXT    NOT NULL CHECK (kind IN ('inbound', 'outbox', 'event')),
  source  INTEGER NOT NULL,
  thread  INTEGER,
  account TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  UNIQUE (kind, source)
) STRICT;

-- Words as src/text/search_text.rs makes them, between blanks: everything beyond ASCII belongs to a word.
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, tokenize="ascii tokenchars ':'");

-- Everything that is there already, in the order of time.
INSERT INTO search_queue (kind, source)
SELECT m.kind, m.source FROM (
  SELECT 'inbound' AS kind, i.id AS source, i.decided_at AS at FROM inbound i WHERE i.state = 'decided'
  UNION ALL SELECT 'outbox', o.id, o.created_at FROM outbox o WHERE o.kind <> 'draft'
  UNION ALL SELECT 'event', e.id, e.at FROM ticket_event e WHERE e.what IN ('note', 'closed')
) m ORDER BY m.at, m.kind, m.source;
