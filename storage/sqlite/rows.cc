#include "storage/sqlite/rows.h"

#include "scoring/reevaluation.h"
#include "storage/checksum.h"
#include "storage/sqlite/errors.h"

namespace tiermark::sqlite {
namespace {

// The room that one more request id takes in a state.
constexpr size_t kRequestBytes = 26;

// Rows come in sizes that are multiples of this.
constexpr size_t kRowStepBytes = 64;

// SQLite keeps integers in as few bytes as they need; these always need six.
int64_t Kept(const Checksum& checksum) { return (int64_t{1} << 32) + checksum.value(); }

bool Parse(absl::string_view bytes, google::protobuf::MessageLite* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

int64_t ChecksumOfAccount(int64_t account_no, TenantId tenant, absl::string_view account_id,
                          absl::string_view display_name, absl::string_view country,
                          absl::string_view owner_id, int64_t segment, int64_t rank,
                          int64_t last_position, int64_t last_evaluation_position,
                          absl::string_view state) {
  return Kept(Checksum()
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
                  .Add(state));
}

int64_t ChecksumOfEntry(int64_t position, TenantId tenant, int64_t account_no, int64_t applied_us,
                        int64_t previous_position, int64_t previous_evaluation_position,
                        absl::string_view entry) {
  return Kept(Checksum()
                  .Add(position)
                  .Add(tenant)
                  .Add(account_no)
                  .Add(applied_us)
                  .Add(previous_position)
                  .Add(previous_evaluation_position)
                  .Add(entry));
}

// Without facts.
absl::Status ReadRow(const Query& row, AccountRecord* account) {
  account->account_no = row.Int(0);
  const absl::string_view account_id = row.Bytes(2);
  account->account_id.assign(account_id.data(), account_id.size());
  account->last_position = row.Int(8);
  account->last_evaluation_position = row.Int(9);
  const absl::string_view state = row.Bytes(10);
  const int64_t checksum = ChecksumOfAccount(
      account->account_no, row.Int(1), account_id, row.Bytes(3), row.Bytes(4), row.Bytes(5),
      row.Int(6), row.Int(7), account->last_position, account->last_evaluation_position, state);
  if (checksum != row.Int(11) || !Parse(state, &account->state)) {
    return Damaged("account", account->account_no);
  }
  account->state.clear_room();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AccountRecord> ReadAccountRow(const Query& row) {
  AccountRecord account;
  if (absl::Status read = ReadRow(row, &account); !read.ok()) return read;
  return account;
}

absl::StatusOr<AccountRecord> ReadWholeAccountRow(const Query& row) {
  AccountRecord account;
  if (absl::Status read = ReadWholeAccountRow(row, &account); !read.ok()) return read;
  return account;
}

absl::Status ReadWholeAccountRow(const Query& row, AccountRecord* account) {
  if (absl::Status read = ReadRow(row, account); !read.ok()) return read;
  const absl::string_view facts = row.Bytes(12);
  if (FactsChecksum(account->account_no, facts) != row.Int(13) || !Parse(facts, &account->facts)) {
    return Damaged("account", account->account_no);
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredEntry> ReadEntryRow(const Query& row) {
  StoredEntry stored;
  stored.applied_us = row.Int(3);
  LogRecord& record = stored.record;
  record.position = row.Int(0);
  record.previous_position = row.Int(4);
  record.previous_evaluation_position = row.Int(5);
  const absl::string_view entry = row.Bytes(6);
  const int64_t checksum =
      ChecksumOfEntry(record.position, row.Int(1), row.Int(2), stored.applied_us,
                      record.previous_position, record.previous_evaluation_position, entry);
  const bool erased = row.Int(9) != 0;
  if (checksum != row.Int(7) || (row.IsNull(8) && !erased) || !Parse(entry, &record.entry)) {
    return Damaged("log", record.position);
  }
  if (!erased) {
    record.account_id = row.Text(8);
  } else if (record.entry.has_deletion()) {
    record.account_id = record.entry.deletion().account_id();
  }
  return stored;
}

void SerializeState(const store::v1::AccountState& state, size_t facts_bytes, std::string* bytes) {
  state.SerializeToString(bytes);
  const auto requests = static_cast<size_t>(state.requests_size());
  const size_t to_come =
      requests < kRequestsInState ? (kRequestsInState - requests) * kRequestBytes : 0;
  // The field's tag and a length below 16384, spelled in two bytes, and then zeros.
  constexpr size_t kHeadBytes = 3;
  const size_t least = bytes->size() + kHeadBytes + to_come + facts_bytes;
  const size_t room = (least + kRowStepBytes - 1) / kRowStepBytes * kRowStepBytes - least + to_come;
  bytes->push_back(static_cast<char>((store::v1::AccountState::kRoomFieldNumber << 3) | 2));
  bytes->push_back(static_cast<char>((room & 0x7f) | 0x80));
  bytes->push_back(static_cast<char>(room >> 7));
  bytes->append(room, '\0');
}

std::string SerializeListing(const std::string& account_id, const store::v1::AccountState& state,
                             const v1::AccountFacts& facts) {
  store::v1::DueListing listing;
  listing.set_account_id(account_id);
  listing.set_display_name(facts.display_name());
  listing.set_country(facts.country());
  listing.set_owner_id(facts.owner_id());
  if (const store::v1::LatestScore* counted = CountedScore(state); counted != nullptr) {
    *listing.mutable_state()->add_scores() = *counted;
  }
  *listing.mutable_state()->mutable_due() = state.due();
  *listing.mutable_state()->mutable_open_events() = state.open_events();
  if (state.has_claim()) *listing.mutable_state()->mutable_claim() = state.claim();
  return listing.SerializeAsString();
}

absl::StatusOr<store::v1::DueListing> ParseListing(TenantId tenant, const DueCursor& row,
                                                   absl::string_view bytes, int64_t checksum) {
  store::v1::DueListing listing;
  if (ListingChecksum(tenant, row, bytes) != checksum || !Parse(bytes, &listing)) {
    return Damaged("due", row.account_no);
  }
  return listing;
}

int64_t AccountChecksum(TenantId tenant, const AccountRecord& account, const ListColumns& columns,
                        const std::string& state) {
  return ChecksumOfAccount(account.account_no, tenant, account.account_id, columns.display_name,
                           columns.country, columns.owner_id, columns.segment,
                           RankOfScore(columns.score), account.last_position,
                           account.last_evaluation_position, state);
}

int64_t FactsChecksum(int64_t account_no, absl::string_view facts) {
  return Kept(Checksum().Add(account_no).Add(facts));
}

int64_t EntryChecksum(const NewEntry& entry, absl::string_view bytes) {
  return ChecksumOfEntry(entry.record->position, entry.tenant, entry.account_no, entry.applied_us,
                         entry.record->previous_position,
                         entry.record->previous_evaluation_position, bytes);
}

int64_t EventChecksum(int64_t account_no, int64_t position, int64_t closing_position,
                      absl::string_view event) {
  return Kept(Checksum().Add(account_no).Add(position).Add(closing_position).Add(event));
}

int64_t ItemChecksum(int64_t account_no, ItemKind kind, absl::string_view key,
                     absl::string_view value) {
  return Kept(Checksum().Add(account_no).Add(static_cast<int64_t>(kind)).Add(key).Add(value));
}

int64_t TenantRecordChecksum(TenantId tenant, const TenantRecord& record) {
  return Kept(Checksum().Add(tenant).Add(record.key).Add(record.version).Add(record.value));
}

int64_t AuditChecksum(TenantId tenant, int64_t number, int64_t act_us, absl::string_view entry) {
  return Kept(Checksum().Add(tenant).Add(number).Add(act_us).Add(entry));
}

int64_t ErasedChecksum(TenantId tenant, int64_t account_no, absl::string_view account_id,
                       int64_t erased_us, absl::string_view erased) {
  return Kept(Checksum().Add(tenant).Add(account_no).Add(account_id).Add(erased_us).Add(erased));
}

int64_t ListingChecksum(TenantId tenant, const DueCursor& row, absl::string_view listing) {
  return Kept(
      Checksum().Add(tenant).Add(row.reason).Add(row.due_us).Add(row.account_no).Add(listing));
}

}  // namespace tiermark::sqlite
