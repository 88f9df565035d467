-- Accounts, their log, when they are due, and what their tenants decide. Every row that says more than
-- its key carries a checksum (CRC32C) of its columns; instants are microseconds since the Unix epoch.

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

-- Transactions and changes of stage and standing, by a key of their own within their kind.
CREATE TABLE account_item (
  account_no INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (account_no, kind, key)
) STRICT, WITHOUT ROWID;

-- Accounts that have a parent.
CREATE TABLE account_parent (
  tenant_id INTEGER NOT NULL,
  parent_id TEXT NOT NULL,
  account_no INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, parent_id, account_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_by_name ON account (tenant_id, display_name, account_no);

-- Evaluations that changed the segment that counts; the log says how.
CREATE TABLE movement (
  tenant_id INTEGER NOT NULL,
  evaluate_us INTEGER NOT NULL,
  position INTEGER NOT NULL,
  account_no INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, evaluate_us, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX movement_by_account ON movement (account_no, evaluate_us, position);

-- Records of a tenant that are not about one account, by keys such as "policy".
CREATE TABLE tenant_record (
  tenant_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  value BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

-- Accounts that were erased; the entry to be overwritten next, 0 when all of them are; and an
-- ErasedAccount.
CREATE TABLE erased_account (
  account_no INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  erased_us INTEGER NOT NULL,
  next_position INTEGER NOT NULL,
  erased BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE INDEX erased_account_by_id ON erased_account (tenant_id, account_id, erased_us);

CREATE INDEX erased_account_to_overwrite ON erased_account (account_no) WHERE next_position <> 0;
