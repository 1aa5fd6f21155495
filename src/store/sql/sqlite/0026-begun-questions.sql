-- Closed cases whose question is being written, and how often in a row that was begun and did not end: one that ends the program
-- each time is passed over.
CREATE TABLE satisfaction_begun (
  ticket INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (id),
  times  INTEGER NOT NULL
) STRICT;
