// Records of tenants that are not about one account.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace tiermark::sqlite {

// May throw SQLite::Exception, as may the others. DATA_LOSS.
absl::StatusOr<TenantRecordMap> LoadTenantRecords(Connection& connection, TenantId tenant,
                                                  const std::vector<std::string>& keys);

// Those whose keys begin with `prefix`. DATA_LOSS.
absl::StatusOr<TenantRecordMap> ReadTenantRecords(Connection& connection, TenantId tenant,
                                                  const std::string& prefix);

// Within a transaction.
void WriteTenantRecords(TenantId tenant, const std::vector<TenantRecord>& records,
                        const std::vector<std::string>& removed, Connection* connection);

}  // namespace tiermark::sqlite
