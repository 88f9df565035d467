// Accounts whose segment changed within a time, by their last change in it.
#include <utility>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kMovements[] =
    "SELECT evaluate_us, position, account_no FROM movement"
    " WHERE tenant_id = ?1 AND (evaluate_us, position) < (?2, ?3) AND evaluate_us >= ?4"
    " ORDER BY evaluate_us DESC, position DESC";
constexpr char kLaterOne[] =
    "SELECT 1 FROM movement WHERE account_no = ?1 AND (evaluate_us, position) > (?2, ?3)"
    " AND evaluate_us < ?4 LIMIT 1";
constexpr char kFirstOne[] =
    "SELECT position FROM movement WHERE account_no = ?1 AND evaluate_us >= ?2"
    " ORDER BY evaluate_us, position LIMIT 1";
constexpr char kAccount[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                            " FROM account a WHERE a.account_no = ?1";
constexpr char kReadEntry[] =
    "SELECT " TIERMARK_ENTRY_COLUMNS
    " FROM log l LEFT JOIN account a USING (account_no) WHERE l.position = ?1";

absl::StatusOr<LogRecord> ReadEvaluation(Connection& connection, int64_t position) {
  Query row = connection.Prepare(kReadEntry);
  row.Bind(1, position);
  if (!row.Step()) return Damaged("log", position);
  absl::StatusOr<StoredEntry> stored = ReadEntryRow(row);
  if (!stored.ok()) return stored.status();
  if (!stored->record.entry.has_evaluation()) return Damaged("movement", position);
  return std::move(stored->record);
}

// Whether the account changes again within the time.
bool ChangesLater(Connection& connection, int64_t account_no, const MovementCursor& here,
                  int64_t end_us) {
  Query row = connection.Prepare(kLaterOne);
  row.Bind(1, account_no).Bind(2, here.evaluate_us).Bind(3, here.position).Bind(4, end_us);
  return row.Step();
}

absl::StatusOr<MovementRow> ReadMovement(Connection& connection, const MovementQuery& query,
                                         int64_t account_no, const MovementCursor& here) {
  MovementRow movement;
  movement.cursor = here;
  int64_t first = 0;
  {
    Query row = connection.Prepare(kFirstOne);
    row.Bind(1, account_no).Bind(2, query.start_us);
    if (!row.Step()) return Damaged("movement", here.position);
    first = row.Int(0);
  }
  {
    Query row = connection.Prepare(kAccount);
    row.Bind(1, account_no);
    if (!row.Step()) return Damaged("movement", here.position);
    absl::StatusOr<AccountRecord> account = ReadWholeAccountRow(row);
    if (!account.ok()) return account.status();
    if (TenantOf(row) != query.tenant) return Damaged("movement", here.position);
    movement.account = *std::move(account);
  }
  absl::StatusOr<LogRecord> last = ReadEvaluation(connection, here.position);
  if (!last.ok()) return last.status();
  movement.last = *std::move(last);
  if (first == here.position) {
    movement.first = movement.last;
    return movement;
  }
  absl::StatusOr<LogRecord> earliest = ReadEvaluation(connection, first);
  if (!earliest.ok()) return earliest.status();
  movement.first = *std::move(earliest);
  return movement;
}

}  // namespace

absl::StatusOr<MovementPage> ListMovements(Connection& connection, const MovementQuery& query) {
  const ReadTransaction transaction(&connection);
  const MovementCursor from = query.after.value_or(MovementCursor{query.end_us, 0});
  Query rows = connection.Prepare(kMovements);
  rows.Bind(1, query.tenant)
      .Bind(2, from.evaluate_us)
      .Bind(3, from.position)
      .Bind(4, query.start_us);
  MovementPage page;
  MovementCursor at = from;
  for (int examined = 0; rows.Step(); ++examined) {
    const MovementCursor here{rows.Int(0), rows.Int(1)};
    const int64_t account_no = rows.Int(2);
    if (examined == kExaminedRowsMax) {
      page.next = at;
      break;
    }
    if (!ChangesLater(connection, account_no, here, query.end_us)) {
      if (static_cast<int>(page.rows.size()) == query.limit) {
        page.next = at;
        break;
      }
      absl::StatusOr<MovementRow> row = ReadMovement(connection, query, account_no, here);
      if (!row.ok()) return row.status();
      page.rows.push_back(*std::move(row));
    }
    at = here;
  }
  return page;
}

}  // namespace tiermark::sqlite
