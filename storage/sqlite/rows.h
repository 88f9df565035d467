// How records stand in the tables. Every row is checked against its checksum when it is read.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/change_set.h"
#include "storage/commit_backend.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace tiermark::sqlite {

// Columns of table `account`, as `a`, in the order that ReadAccountRow expects from column 0 on.
#define TIERMARK_ACCOUNT_COLUMNS                                                     \
  "a.account_no, a.tenant_id, a.account_id, a.display_name, a.country, a.owner_id, " \
  "a.segment, a.rank, a.last_position, a.last_evaluation_position, a.state, a.checksum"

// What ReadWholeAccountRow expects behind them.
#define TIERMARK_FACTS_COLUMNS "a.facts, a.facts_checksum"

// Columns of table `log`, as `l`, in the order that ReadEntryRow expects from column 0 on; a.* is
// the entry's account, or null when that was erased.
#define TIERMARK_ENTRY_COLUMNS                                                 \
  "l.position, l.tenant_id, l.account_no, l.applied_us, l.previous_position, " \
  "l.previous_evaluation_position, l.entry, l.checksum, a.account_id, "        \
  "a.account_id IS NULL AND EXISTS (SELECT 1 FROM erased_account e"            \
  " WHERE e.account_no = l.account_no)"

inline constexpr int kRankNeverScored = 1;

// Ranks ascend as scores descend; never scored comes last.
constexpr int RankOfScore(int score) { return -score; }

// Single columns of a row with the account columns.
inline int64_t AccountNoOf(const Query& row) { return row.Int(0); }
inline TenantId TenantOf(const Query& row) { return row.Int(1); }
inline absl::string_view CountryOf(const Query& row) { return row.Bytes(4); }
inline absl::string_view OwnerOf(const Query& row) { return row.Bytes(5); }
inline v1::Segment SegmentOf(const Query& row) { return static_cast<v1::Segment>(row.Int(6)); }
inline int64_t RankOf(const Query& row) { return row.Int(7); }

// Without facts. DATA_LOSS.
absl::StatusOr<AccountRecord> ReadAccountRow(const Query& row);

// With facts: both column lists. DATA_LOSS.
absl::StatusOr<AccountRecord> ReadWholeAccountRow(const Query& row);

// The same in place of what `account` was, whose memory it uses again: most of the time that a row
// takes goes into memory for its parts. After an error `account` is of no use.
absl::Status ReadWholeAccountRow(const Query& row, AccountRecord* account);

// Of an account that was erased since, only a DeletionEntry has an account id. DATA_LOSS.
absl::StatusOr<StoredEntry> ReadEntryRow(const Query& row);

// The state with as much room behind it as brings the row to its step in size: a row that grows
// within its step is rewritten where it stands, and its neighbours are left alone.
void SerializeState(const store::v1::AccountState& state, size_t facts_bytes, std::string* bytes);

// What a due row of the account holds, serialized.
std::string SerializeListing(const std::string& account_id, const store::v1::AccountState& state,
                             const v1::AccountFacts& facts);

// DATA_LOSS.
absl::StatusOr<store::v1::DueListing> ParseListing(TenantId tenant, const DueCursor& row,
                                                   absl::string_view bytes, int64_t checksum);

// All take the same room in a row, whatever the sum.
int64_t AccountChecksum(TenantId tenant, const AccountRecord& account, const ListColumns& columns,
                        const std::string& state);
int64_t FactsChecksum(int64_t account_no, absl::string_view facts);
int64_t EntryChecksum(const NewEntry& entry, absl::string_view bytes);
int64_t EventChecksum(int64_t account_no, int64_t position, int64_t closing_position,
                      absl::string_view event);
int64_t ItemChecksum(int64_t account_no, ItemKind kind, absl::string_view key,
                     absl::string_view value);
int64_t TenantRecordChecksum(TenantId tenant, const TenantRecord& record);
int64_t AuditChecksum(TenantId tenant, int64_t number, int64_t act_us, absl::string_view entry);
int64_t ErasedChecksum(TenantId tenant, int64_t account_no, absl::string_view account_id,
                       int64_t erased_us, absl::string_view erased);
int64_t ListingChecksum(TenantId tenant, const DueCursor& row, absl::string_view listing);

}  // namespace tiermark::sqlite
