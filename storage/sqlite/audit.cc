#include "storage/sqlite/audit.h"

#include <limits>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kLastNumber[] = "SELECT max(number) FROM audit WHERE tenant_id = ?1";
constexpr char kAppend[] =
    "INSERT INTO audit (tenant_id, number, act_us, entry, checksum) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr char kRead[] =
    "SELECT number, act_us, entry, checksum FROM audit WHERE tenant_id = ?1 AND number < ?2"
    " ORDER BY number DESC";

// Such as a call that gave a whole model: a page ends early when it holds so much.
constexpr size_t kPageBytes = 2 << 20;

}  // namespace

void AppendAudit(const NewAuditEntry& entry, Connection* connection) {
  int64_t number = 1;
  {
    Query last = connection->Prepare(kLastNumber);
    last.Bind(1, entry.tenant);
    if (last.Step()) number = last.Int(0) + 1;
  }
  const int64_t act_us =
      google::protobuf::util::TimeUtil::TimestampToMicroseconds(entry.entry.act_time());
  const std::string bytes = entry.entry.SerializeAsString();
  Query append = connection->Prepare(kAppend);
  append.Bind(1, entry.tenant)
      .Bind(2, number)
      .Bind(3, act_us)
      .BindBytes(4, bytes)
      .Bind(5, AuditChecksum(entry.tenant, number, act_us, bytes));
  append.Run();
}

absl::StatusOr<AuditPage> ListAudit(Connection& connection, const AuditQuery& query) {
  const ReadTransaction transaction(&connection);
  AuditPage page;
  Query row = connection.Prepare(kRead);
  row.Bind(1, query.tenant)
      .Bind(2, query.before_number.value_or(std::numeric_limits<int64_t>::max()));
  size_t bytes = 0;
  int64_t before = 0;
  for (int examined = 0; row.Step(); ++examined) {
    if (static_cast<int>(page.entries.size()) == query.limit || bytes > kPageBytes ||
        examined == kExaminedRowsMax) {
      page.next_before_number = before;
      return page;
    }
    const int64_t number = row.Int(0);
    const int64_t act_us = row.Int(1);
    const absl::string_view stored = row.Bytes(2);
    before = number;
    v1::AuditEntry entry;
    if (AuditChecksum(query.tenant, number, act_us, stored) != row.Int(3) ||
        !entry.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) {
      return Damaged("audit", number);
    }
    if (query.start_us.has_value() && act_us < *query.start_us) continue;
    if (query.end_us.has_value() && act_us >= *query.end_us) continue;
    if (!query.api_key_id.empty() && entry.api_key_id() != query.api_key_id) continue;
    entry.set_audit_entry_id(std::to_string(number));
    bytes += stored.size();
    page.entries.push_back(std::move(entry));
  }
  return page;
}

}  // namespace tiermark::sqlite
