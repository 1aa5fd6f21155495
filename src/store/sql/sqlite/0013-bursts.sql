-- Messages that were decided together: the earlier ones name the last, which has the verdict and the answer.
ALTER TABLE inbound ADD COLUMN joined INTEGER REFERENCES inbound (id);
CREATE INDEX inbound_joined ON inbound (joined) WHERE joined IS NOT NULL;
