-- Addresses of one person, because people say so. A person is named by the row of its first address; an address that nobody
-- joined with another is a person of its own, and has none.
ALTER TABLE buyer ADD COLUMN person BIGINT;
CREATE INDEX buyer_person ON buyer (person) WHERE person IS NOT NULL;
