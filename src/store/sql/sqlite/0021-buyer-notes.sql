-- Notes about buyers are found by their words. What may be searched is a part of these tables, so they are made anew; numbers
-- of documents are never used twice.
CREATE TABLE search_queue_new (
  id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind   TEXT    NOT NULL CHECK (kind IN ('inbound', 'outbox', 'event', 'buyer_note')),
  source INTEGER NOT NULL                   -- the row of inbound, outbox, ticket_event or buyer_note
) STRICT;
INSERT INTO sqlite_sequence (name, seq)
SELECT 'search_queue_new', s.seq FROM sqlite_sequence s WHERE s.name = 'search_queue';
INSERT INTO search_queue_new (id, kind, source) SELECT id, kind, source FROM search_queue ORDER BY id;
DROP TABLE search_queue;
ALTER TABLE search_queue_new RENAME TO search_queue;

CREATE TABLE search_doc_new (
  id      INTEGER NOT NULL PRIMARY KEY,
  kind    TEXT    NOT NULL CHECK (kind IN ('inbound', 'outbox', 'event', 'buyer_note')),
  source  INTEGER NOT NULL,
  thread  INTEGER,
  account TEXT    NOT NULL,                 -- empty for a note about a buyer: whoever may see the buyer may see it
  at      INTEGER NOT NULL,
  UNIQUE (kind, source)
) STRICT;
INSERT INTO search_doc_new (id, kind, source, thread, account, at)
SELECT id, kind, source, thread, account, at FROM search_doc ORDER BY id;
DROP TABLE search_doc;
ALTER TABLE search_doc_new RENAME TO search_doc;

INSERT INTO search_queue (kind, source) SELECT 'buyer_note', n.id FROM buyer_note n ORDER BY n.id;
