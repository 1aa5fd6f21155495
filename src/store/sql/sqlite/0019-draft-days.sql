-- What became of drafts, by day: a report reads those of its days and no others.
CREATE INDEX draft_outcome_days ON draft_outcome (at, intent, outcome, outbox);
