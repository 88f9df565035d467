-- What administrators did, by a number of their tenant's own. Append-only.
CREATE TABLE audit (
  tenant_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  act_us INTEGER NOT NULL,
  entry BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, number)
) STRICT, WITHOUT ROWID;
