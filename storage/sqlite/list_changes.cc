// The log in commit order.
#include <utility>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kEntries[] = "SELECT " TIERMARK_ENTRY_COLUMNS
                            " FROM log l LEFT JOIN account a USING (account_no)"
                            " WHERE l.position > ?1 AND l.position <= ?2 ORDER BY l.position";

// A page ends early when it holds so much.
constexpr size_t kPageBytes = 4 << 20;

}  // namespace

absl::StatusOr<ChangePage> ListChanges(Connection& connection, const ChangeQuery& query,
                                       int64_t last_position) {
  const ReadTransaction transaction(&connection);
  ChangePage page;
  page.next_after_position = query.after_position;
  Query rows = connection.Prepare(kEntries);
  rows.Bind(1, query.after_position).Bind(2, last_position);
  size_t bytes = 0;
  for (int examined = 0; rows.Step(); ++examined) {
    const bool full = static_cast<int>(page.records.size()) == query.limit || bytes > kPageBytes;
    if (full || examined == kExaminedRowsMax) return page;
    const int64_t position = rows.Int(0);
    if (rows.Int(1) == query.tenant) {
      absl::StatusOr<StoredEntry> stored = ReadEntryRow(rows);
      if (!stored.ok()) return stored.status();
      // Without an id: its account was erased.
      if (!stored->record.account_id.empty()) {
        bytes += rows.Bytes(6).size();
        page.records.push_back(std::move(stored->record));
      }
    }
    page.next_after_position = position;
  }
  page.at_end = true;
  return page;
}

}  // namespace tiermark::sqlite
