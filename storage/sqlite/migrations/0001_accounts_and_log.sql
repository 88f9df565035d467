-- Accounts, their log, and when they are due. Every row carries a checksum (CRC32C) of its columns;
-- instants are microseconds since the Unix epoch.

-- One row an account, with its facts: an evaluation reads and rewrites this one page. The facts come
-- last, so that what lists read stands before them where they are long.
CREATE TABLE account (
  account_no INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  country TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  segment INTEGER NOT NULL,
  -- Minus the score, so that the highest comes first; 1: never scored.
  rank INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_evaluation_position INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  state BLOB NOT NULL,
  facts_checksum INTEGER NOT NULL,
  facts BLOB NOT NULL,
  UNIQUE (tenant_id, account_id)
) STRICT;

-- Holds what account lists are filtered by, so that rows passed over cost no look at the account.
CREATE INDEX account_by_rank
  ON account (tenant_id, segment, rank, account_no, country, owner_id);

-- Append-only, in commit order; each entry points back to its account's entry before it.
CREATE TABLE log (
  position INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  account_no INTEGER NOT NULL,
  applied_us INTEGER NOT NULL,
  previous_position INTEGER NOT NULL,
  previous_evaluation_position INTEGER NOT NULL,
  entry BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- One row for each account and reason; repeats what the account's state says. Accounts that come due
-- together stand side by side in their own table. Where they are scattered, the row itself holds what
-- a list shows (a DueListing).
CREATE TABLE due (
  tenant_id INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  due_us INTEGER NOT NULL,
  account_no INTEGER NOT NULL,
  listing BLOB,
  checksum INTEGER,
  PRIMARY KEY (tenant_id, reason, due_us, account_no)
) STRICT, WITHOUT ROWID;

-- By the log position of the report; closing_position is that of the evaluation that settled it.
CREATE TABLE account_event (
  account_no INTEGER NOT NULL,
  position INTEGER NOT NULL,
  closing_position INTEGER NOT NULL,
  event BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (account_no, position)
) STRICT, WITHOUT ROWID;
