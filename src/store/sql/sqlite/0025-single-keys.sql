-- Keys that work alone get in the way of people who speak to their computer: each person may switch them off.
ALTER TABLE agent ADD COLUMN single_keys INTEGER NOT NULL DEFAULT 1 CHECK (single_keys IN (0, 1));
