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

// Columns of table `account_facts`, as `f`, behind those of `a`.
#define TIERMARK_FACTS_COLUMNS "f.facts, f.checksum"

// Columns of table `log`, as `l`, in the order that ReadEntryRow expects from column 0 on; a.* is
// the entry's account.
#define TIERMARK_ENTRY_COLUMNS                                                 \
  "l.position, l.tenant_id, l.account_no, l.applied_us, l.previous_position, " \
  "l.previous_evaluation_position, l.entry, l.checksum, a.account_id"

inline constexpr int kRankNeverScored = 1;

// Ranks ascend as scores descend; never scored comes last.
constexpr int RankOfScore(int score) { return -score; }

// Single columns of a row with the account columns.
inline int64_t AccountNoOf(const Query& row) { return row.Int(0); }
inline TenantId TenantOf(const Query& row) { return row.Int(1); }
inline int64_t RankOf(const Query& row) { return row.Int(7); }

// Without facts. DATA_LOSS.
absl::StatusOr<AccountRecord> ReadAccountRow(const Query& row);

// With facts: both column lists. DATA_LOSS.
absl::StatusOr<AccountRecord> ReadWholeAccountRow(const Query& row);

// DATA_LOSS.
absl::StatusOr<StoredEntry> ReadEntryRow(const Query& row);

uint32_t AccountChecksum(TenantId tenant, const AccountRecord& account, const ListColumns& columns,
                         const std::string& state);
uint32_t FactsChecksum(int64_t account_no, absl::string_view facts);
uint32_t EntryChecksum(const NewEntry& entry, absl::string_view bytes);
uint32_t EventChecksum(int64_t account_no, int64_t position, int64_t closing_position,
                       absl::string_view event);

}  // namespace tiermark::sqlite
