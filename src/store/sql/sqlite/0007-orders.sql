-- The shop's own records of orders, as its exports tell them.

-- One reading of one file. A file that is read anew becomes another row, and takes the place of the last one in one step.
CREATE TABLE order_file (
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL,
  series        TEXT    NOT NULL,            -- the shop or marketplace; numbers are unique within one
  as_of         INTEGER NOT NULL,            -- when the file was last written
  size          INTEGER NOT NULL,
  how           TEXT    NOT NULL,            -- by which columns and words it was read, as a hash
  state         TEXT    NOT NULL CHECK (state IN ('reading', 'current', 'gone', 'refused')),
  read_at       INTEGER NOT NULL,
  lines         INTEGER NOT NULL,
  without_email INTEGER NOT NULL,
  wrong         INTEGER NOT NULL,            -- how many problems it has
  note          TEXT    NOT NULL             -- the first of them, or why it was refused
) STRICT;
CREATE UNIQUE INDEX order_file_current ON order_file (name) WHERE state = 'current';

-- What a line of a file says about an order.
CREATE TABLE order_line (
  file       INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  number     TEXT    NOT NULL,
  number_key TEXT    NOT NULL,               -- letters and digits in capitals
  email_key  TEXT,                           -- a keyed hash: no address of an order is kept
  status     TEXT,                           -- `unclear` needs a person
  placed     TEXT,
  shipped    TEXT,
  delivered  TEXT,
  carrier    TEXT,
  tracking   TEXT,
  PRIMARY KEY (file, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_line_email ON order_line (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX order_line_number ON order_line (number_key);
