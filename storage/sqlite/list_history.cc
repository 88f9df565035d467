// An account's evaluations and events, newest first.
#include "absl/status/status.h"
#include "storage/change_set.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kFindAccount[] =
    "SELECT account_no, last_evaluation_position FROM account"
    " WHERE tenant_id = ?1 AND account_id = ?2";
constexpr char kPreviousEvaluation[] =
    "SELECT previous_evaluation_position FROM log WHERE position = ?1 AND account_no = ?2";
constexpr char kReadEntry[] =
    "SELECT " TIERMARK_ENTRY_COLUMNS
    " FROM log l LEFT JOIN account a USING (account_no) WHERE l.position = ?1";
constexpr char kEvents[] =
    "SELECT position, closing_position, event, checksum FROM account_event"
    " WHERE account_no = ?1 AND position < ?2 ORDER BY position DESC";

struct Found {
  int64_t account_no = 0;
  int64_t last_evaluation_position = 0;
};

absl::StatusOr<Found> Find(Connection& connection, TenantId tenant, const std::string& account_id) {
  Query query = connection.Prepare(kFindAccount);
  query.Bind(1, tenant).Bind(2, account_id);
  if (!query.Step()) return AccountNotFound();
  return Found{query.Int(0), query.Int(1)};
}

// The account's latest evaluation before `position`, which is one of the account's own, or 0.
absl::StatusOr<int64_t> EvaluationBefore(Connection& connection, const Found& account,
                                         int64_t position) {
  if (position == 0 || position > account.last_evaluation_position) {
    return account.last_evaluation_position;
  }
  Query query = connection.Prepare(kPreviousEvaluation);
  query.Bind(1, position).Bind(2, account.account_no);
  if (!query.Step()) {
    return absl::InvalidArgumentError("before_position is not an evaluation of the account");
  }
  return query.Int(0);
}

bool Matches(const EvaluationQuery& query, const store::v1::EvaluationEntry& evaluation) {
  return evaluation.evaluate_us() < query.end_us &&
         (query.model_id.empty() || evaluation.model().model_id() == query.model_id);
}

}  // namespace

absl::StatusOr<EvaluationPage> ListEvaluations(Connection& connection,
                                               const EvaluationQuery& query) {
  const ReadTransaction transaction(&connection);
  const absl::StatusOr<Found> account = Find(connection, query.tenant, query.account_id);
  if (!account.ok()) return account.status();
  absl::StatusOr<int64_t> position = EvaluationBefore(connection, *account, query.before_position);
  if (!position.ok()) return position.status();
  EvaluationPage page;
  int64_t examined_last = 0;
  for (int examined = 0; *position != 0; ++examined) {
    if (examined == kExaminedRowsMax) {
      page.next_before_position = examined_last;
      return page;
    }
    Query row = connection.Prepare(kReadEntry);
    row.Bind(1, *position);
    if (!row.Step()) return Damaged("log", *position);
    absl::StatusOr<StoredEntry> stored = ReadEntryRow(row);
    if (!stored.ok()) return stored.status();
    const store::v1::EvaluationEntry& evaluation = stored->record.entry.evaluation();
    // Times never run backwards within an account.
    if (evaluation.evaluate_us() < query.start_us) break;
    const bool matches = Matches(query, evaluation);
    if (matches && static_cast<int>(page.records.size()) == query.limit) {
      page.next_before_position = examined_last;
      return page;
    }
    examined_last = *position;
    *position = stored->record.previous_evaluation_position;
    if (matches) page.records.push_back(std::move(stored->record));
  }
  return page;
}

absl::StatusOr<EventPage> ListEvents(Connection& connection, const EventQuery& query) {
  const ReadTransaction transaction(&connection);
  const absl::StatusOr<Found> account = Find(connection, query.tenant, query.account_id);
  if (!account.ok()) return account.status();
  EventPage page;
  int examined = 0;
  int64_t examined_last = 0;
  Query rows = connection.Prepare(kEvents);
  rows.Bind(1, account->account_no)
      .Bind(2, query.before_position == 0 ? INT64_MAX : query.before_position);
  while (rows.Step()) {
    const int64_t position = rows.Int(0);
    const int64_t closing_position = rows.Int(1);
    const bool matches = !query.open_only || closing_position == 0;
    if (examined == kExaminedRowsMax ||
        (matches && static_cast<int>(page.events.size()) == query.limit)) {
      page.next_before_position = examined_last;
      return page;
    }
    ++examined;
    examined_last = position;
    if (!matches) continue;
    const absl::string_view bytes = rows.Bytes(2);
    v1::AccountEvent event;
    if (EventChecksum(account->account_no, position, closing_position, bytes) != rows.Int(3) ||
        !event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Damaged("account_event", position);
    }
    page.events.push_back(ListedEvent(event, position, closing_position));
  }
  return page;
}

}  // namespace tiermark::sqlite
