#include "storage/sqlite/rows.h"

#include "storage/checksum.h"
#include "storage/sqlite/errors.h"

namespace tiermark::sqlite {
namespace {

bool Parse(absl::string_view bytes, google::protobuf::MessageLite* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

uint32_t ChecksumOfAccount(int64_t account_no, TenantId tenant, absl::string_view account_id,
                           absl::string_view display_name, absl::string_view country,
                           absl::string_view owner_id, int64_t segment, int64_t rank,
                           int64_t last_position, int64_t last_evaluation_position,
                           absl::string_view state) {
  return Checksum()
      .Add(account_no)
      .Add(tenant)
      .Add(account_id)
      .Add(display_name)
      .Add(country)
      .Add(owner_id)
      .Add(segment)
      .Add(rank)
      .Add(last_position)
      .Add(last_evaluation_position)
      .Add(state)
      .value();
}

uint32_t ChecksumOfEntry(int64_t position, TenantId tenant, int64_t account_no, int64_t applied_us,
                         int64_t previous_position, int64_t previous_evaluation_position,
                         absl::string_view entry) {
  return Checksum()
      .Add(position)
      .Add(tenant)
      .Add(account_no)
      .Add(applied_us)
      .Add(previous_position)
      .Add(previous_evaluation_position)
      .Add(entry)
      .value();
}

}  // namespace

absl::StatusOr<AccountRecord> ReadAccountRow(const Query& row) {
  AccountRecord account;
  account.account_no = row.Int(0);
  account.account_id = row.Text(2);
  account.last_position = row.Int(8);
  account.last_evaluation_position = row.Int(9);
  const absl::string_view state = row.Bytes(10);
  const uint32_t checksum = ChecksumOfAccount(
      account.account_no, row.Int(1), account.account_id, row.Bytes(3), row.Bytes(4), row.Bytes(5),
      row.Int(6), row.Int(7), account.last_position, account.last_evaluation_position, state);
  if (checksum != row.Int(11) || !Parse(state, &account.state)) {
    return Damaged("account", account.account_no);
  }
  return account;
}

absl::StatusOr<AccountRecord> ReadWholeAccountRow(const Query& row) {
  absl::StatusOr<AccountRecord> account = ReadAccountRow(row);
  if (!account.ok()) return account;
  const absl::string_view facts = row.Bytes(12);
  // A row that is missing reads as a checksum of 0 over nothing, which never matches.
  if (FactsChecksum(account->account_no, facts) != row.Int(13) || !Parse(facts, &account->facts)) {
    return Damaged("account_facts", account->account_no);
  }
  return account;
}

absl::StatusOr<StoredEntry> ReadEntryRow(const Query& row) {
  StoredEntry stored;
  stored.applied_us = row.Int(3);
  LogRecord& record = stored.record;
  record.position = row.Int(0);
  record.account_id = row.Text(8);
  record.previous_position = row.Int(4);
  record.previous_evaluation_position = row.Int(5);
  const absl::string_view entry = row.Bytes(6);
  const uint32_t checksum =
      ChecksumOfEntry(record.position, row.Int(1), row.Int(2), stored.applied_us,
                      record.previous_position, record.previous_evaluation_position, entry);
  if (checksum != row.Int(7) || row.IsNull(8) || !Parse(entry, &record.entry)) {
    return Damaged("log", record.position);
  }
  return stored;
}

uint32_t AccountChecksum(TenantId tenant, const AccountRecord& account, const ListColumns& columns,
                         const std::string& state) {
  return ChecksumOfAccount(account.account_no, tenant, account.account_id, columns.display_name,
                           columns.country, columns.owner_id, columns.segment,
                           RankOfScore(columns.score), account.last_position,
                           account.last_evaluation_position, state);
}

uint32_t FactsChecksum(int64_t account_no, absl::string_view facts) {
  return Checksum().Add(account_no).Add(facts).value();
}

uint32_t EntryChecksum(const NewEntry& entry, absl::string_view bytes) {
  return ChecksumOfEntry(entry.record->position, entry.tenant, entry.account_no, entry.applied_us,
                         entry.record->previous_position,
                         entry.record->previous_evaluation_position, bytes);
}

uint32_t EventChecksum(int64_t account_no, int64_t position, int64_t closing_position,
                       absl::string_view event) {
  return Checksum().Add(account_no).Add(position).Add(closing_position).Add(event).value();
}

}  // namespace tiermark::sqlite
