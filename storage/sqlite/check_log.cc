// Checks of the log, of what is derived from it, and of what tenants keep beside accounts.
#include <utility>

#include "storage/sqlite/checker.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/tenant_records.h"

namespace tiermark::sqlite {
namespace {

// As TIERMARK_ENTRY_COLUMNS, without a look at the account.
#define TIERMARK_BARE_ENTRY_COLUMNS                                            \
  "l.position, l.tenant_id, l.account_no, l.applied_us, l.previous_position, " \
  "l.previous_evaluation_position, l.entry, l.checksum, '', 0"

constexpr char kLog[] = "SELECT " TIERMARK_BARE_ENTRY_COLUMNS " FROM log l ORDER BY l.position";
constexpr char kEntry[] = "SELECT " TIERMARK_BARE_ENTRY_COLUMNS " FROM log l WHERE l.position = ?1";
constexpr char kMovement[] =
    "SELECT account_no FROM movement WHERE tenant_id = ?1 AND evaluate_us = ?2 AND position = ?3";
constexpr char kMovements[] =
    "SELECT tenant_id, evaluate_us, position, account_no FROM movement NOT INDEXED";
constexpr char kErased[] =
    "SELECT account_no, tenant_id, account_id, erased_us, next_position, erased, checksum"
    " FROM erased_account NOT INDEXED ORDER BY account_no";
constexpr char kRecords[] = "SELECT tenant_id, key, version, value, checksum FROM tenant_record";
constexpr char kAudit[] =
    "SELECT tenant_id, number, act_us, entry, checksum FROM audit ORDER BY tenant_id, number";

// Whether the entry has a row among the movements.
bool Moves(const store::v1::LogEntry& entry) {
  return entry.has_evaluation() && entry.evaluation().counted() &&
         entry.evaluation().segment() != entry.evaluation().segment_before();
}

}  // namespace

void Checker::Erased() {
  Query rows = connection_.Prepare(kErased);
  while (rows.Step()) {
    Count("erased_account", 0, 0);
    const int64_t account_no = rows.Int(0);
    const absl::string_view bytes = rows.Bytes(5);
    store::v1::ErasedAccount erased;
    if (ErasedChecksum(rows.Int(1), account_no, rows.Bytes(2), rows.Int(3), bytes) != rows.Int(6) ||
        !erased.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      Report("erased_account", AccountKeyText(account_no), "does not match its checksum");
    }
    erased_[account_no] = {erased.position(), rows.Int(4)};
  }
}

void Checker::Log() {
  const int64_t last = NumberOf("SELECT max(position) FROM log");
  Query rows = connection_.Prepare(kLog);
  int64_t expected = 1;
  while (rows.Step()) {
    const int64_t position = rows.Int(0);
    Count("log", position, last);
    if (position != expected) {
      Report("log", PositionText(expected),
             absl::StrCat("is missing, and all to the one before ", position));
    }
    expected = position + 1;
    const TenantId tenant = rows.Int(1);
    const int64_t account_no = rows.Int(2);
    const absl::StatusOr<StoredEntry> stored = ReadEntryRow(rows);
    if (!stored.ok()) Report("log", PositionText(position), "does not match its checksum");
    Chain& chain = chains_[account_no];
    if (chain.last_position == 0) chain.tenant = tenant;
    // Nor can an entry that was overwritten tell what it was.
    if (chain.blind || erased_.contains(account_no)) chain.last_evaluation_position = rows.Int(5);
    chain.blind = !stored.ok();
    if (stored.ok() && (rows.Int(4) != chain.last_position || tenant != chain.tenant ||
                        rows.Int(5) != chain.last_evaluation_position)) {
      Report("log", PositionText(position), "does not point to its account's entry before it");
    }
    chain.last_position = position;
    if (!stored.ok()) continue;
    const store::v1::LogEntry& entry = stored->record.entry;
    if (entry.has_evaluation()) chain.last_evaluation_position = position;
    if (!Moves(entry) || erased_.contains(account_no)) continue;
    Query movement = connection_.Prepare(kMovement);
    movement.Bind(1, tenant).Bind(2, entry.evaluation().evaluate_us()).Bind(3, position);
    if (!movement.Step() || movement.Int(0) != account_no) {
      Report("movement", PositionText(position), "has no row for its evaluation");
    }
  }
}

void Checker::Movements() {
  Query rows = connection_.Prepare(kMovements);
  while (rows.Step()) {
    Count("movement", 0, 0);
    const int64_t position = rows.Int(2);
    Query row = connection_.Prepare(kEntry);
    row.Bind(1, position);
    if (!row.Step()) {
      Report("movement", PositionText(position), "its evaluation is not there");
      continue;
    }
    const absl::StatusOr<StoredEntry> stored = ReadEntryRow(row);
    if (!stored.ok()) continue;  // Told of already.
    const store::v1::LogEntry& entry = stored->record.entry;
    if (row.Int(1) != rows.Int(0) || row.Int(2) != rows.Int(3) || !Moves(entry) ||
        entry.evaluation().evaluate_us() != rows.Int(1)) {
      Report("movement", PositionText(position), "its evaluation does not bear it out");
    }
  }
}

void Checker::ErasedChains() {
  for (const auto& [account_no, erased] : erased_) {
    const auto chain = chains_.find(account_no);
    if (chain == chains_.end() || chain->second.last_position != erased.position) {
      Report("erased_account", AccountKeyText(account_no), "is not the log's last word on it");
      continue;
    }
    chain->second.owned = true;
    CheckErasedChain(account_no, erased.position, erased.next_position);
  }
}

// Entries above `next_position` are overwritten, and that one is not.
void Checker::CheckErasedChain(int64_t account_no, int64_t position, int64_t next_position) {
  bool found = next_position == 0;
  while (position != 0) {
    Query row = connection_.Prepare(kEntry);
    row.Bind(1, position);
    if (!row.Step()) break;
    const absl::StatusOr<StoredEntry> stored = ReadEntryRow(row);
    if (!stored.ok()) return;  // Told of already.
    const store::v1::LogEntry& entry = stored->record.entry;
    const bool blank = entry.entry_case() == store::v1::LogEntry::ENTRY_NOT_SET;
    if (position == next_position) {
      found = !blank;
      break;
    }
    if (!blank && !entry.has_deletion()) {
      Report("log", PositionText(position), "was to be overwritten, and was not");
    }
    if (stored->record.previous_position >= position) return;  // Told of already.
    position = stored->record.previous_position;
  }
  if (!found) {
    Report("erased_account", AccountKeyText(account_no),
           "its next entry to be overwritten is none that is to be");
  }
}

void Checker::TenantRecords() {
  Query rows = connection_.Prepare(kRecords);
  while (rows.Step()) {
    Count("tenant_record", 0, 0);
    const TenantRecord record{rows.Text(1), rows.Int(2), std::string(rows.Bytes(3))};
    if (TenantRecordChecksum(rows.Int(0), record) != rows.Int(4)) {
      Report("tenant_record", absl::StrCat("tenant_id ", rows.Int(0), " key ", record.key),
             "does not match its checksum");
    }
  }
}

void Checker::Audit() {
  Query rows = connection_.Prepare(kAudit);
  TenantId tenant = 0;
  int64_t expected = 1;
  while (rows.Step()) {
    Count("audit", 0, 0);
    const int64_t number = rows.Int(1);
    if (rows.Int(0) != tenant) {
      tenant = rows.Int(0);
      expected = 1;
    }
    const std::string key = absl::StrCat("tenant_id ", tenant, " number ", number);
    if (number != expected) Report("audit", key, absl::StrCat("comes where ", expected, " should"));
    expected = number + 1;
    const absl::string_view bytes = rows.Bytes(3);
    v1::AuditEntry entry;
    if (AuditChecksum(tenant, number, rows.Int(2), bytes) != rows.Int(4) ||
        !entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      Report("audit", key, "does not match its checksum");
    }
  }
}

void Checker::Orphans() {
  for (const auto& [account_no, chain] : chains_) {
    if (chain.owned) continue;
    Report("log", PositionText(chain.last_position),
           absl::StrCat("its account, number ", account_no, ", is not there"));
  }
}

}  // namespace tiermark::sqlite
