-- Notes about buyers are found by their words. Their documents have no account: whoever may see the buyer may see them.
ALTER TABLE search_queue DROP CONSTRAINT search_queue_kind_check;
ALTER TABLE search_queue ADD CONSTRAINT search_queue_kind_check
  CHECK (kind IN ('inbound', 'outbox', 'event', 'buyer_note'));
ALTER TABLE search_doc DROP CONSTRAINT search_doc_kind_check;
ALTER TABLE search_doc ADD CONSTRAINT search_doc_kind_check
  CHECK (kind IN ('inbound', 'outbox', 'event', 'buyer_note'));

INSERT INTO search_queue (kind, source) SELECT 'buyer_note', n.id FROM buyer_note n ORDER BY n.id;
