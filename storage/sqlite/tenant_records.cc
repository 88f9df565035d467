#include "storage/sqlite/tenant_records.h"

#include <utility>

#include "absl/strings/match.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kRead[] =
    "SELECT key, version, value, checksum FROM tenant_record WHERE tenant_id = ?1 AND key = ?2";
constexpr char kReadFrom[] =
    "SELECT key, version, value, checksum FROM tenant_record WHERE tenant_id = ?1 AND key >= ?2"
    " ORDER BY key";
constexpr char kWrite[] =
    "REPLACE INTO tenant_record (tenant_id, key, version, value, checksum)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr char kRemove[] = "DELETE FROM tenant_record WHERE tenant_id = ?1 AND key = ?2";

absl::StatusOr<TenantRecord> ReadRow(TenantId tenant, const Query& row) {
  TenantRecord record{row.Text(0), row.Int(1), std::string(row.Bytes(2))};
  if (TenantRecordChecksum(tenant, record) != row.Int(3)) return Damaged("tenant_record", tenant);
  return record;
}

}  // namespace

absl::StatusOr<TenantRecordMap> LoadTenantRecords(Connection& connection, TenantId tenant,
                                                  const std::vector<std::string>& keys) {
  TenantRecordMap records;
  for (const std::string& key : keys) {
    Query row = connection.Prepare(kRead);
    row.Bind(1, tenant).Bind(2, key);
    if (!row.Step()) continue;
    absl::StatusOr<TenantRecord> record = ReadRow(tenant, row);
    if (!record.ok()) return record.status();
    records[key] = *std::move(record);
  }
  return records;
}

absl::StatusOr<TenantRecordMap> ReadTenantRecords(Connection& connection, TenantId tenant,
                                                  const std::string& prefix) {
  TenantRecordMap records;
  Query row = connection.Prepare(kReadFrom);
  row.Bind(1, tenant).Bind(2, prefix);
  while (row.Step() && absl::StartsWith(row.Bytes(0), prefix)) {
    absl::StatusOr<TenantRecord> record = ReadRow(tenant, row);
    if (!record.ok()) return record.status();
    const std::string key = record->key;
    records[key] = *std::move(record);
  }
  return records;
}

void WriteTenantRecords(TenantId tenant, const std::vector<TenantRecord>& records,
                        const std::vector<std::string>& removed, Connection* connection) {
  for (const std::string& key : removed) {
    Query query = connection->Prepare(kRemove);
    query.Bind(1, tenant).Bind(2, key);
    query.Run();
  }
  for (const TenantRecord& record : records) {
    Query query = connection->Prepare(kWrite);
    query.Bind(1, tenant)
        .Bind(2, record.key)
        .Bind(3, record.version)
        .BindBytes(4, record.value)
        .Bind(5, TenantRecordChecksum(tenant, record));
    query.Run();
  }
}

}  // namespace tiermark::sqlite
