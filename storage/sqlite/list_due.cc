// Who is due: the ranges of the reasons one after the other, the most urgent first.
#include <algorithm>
#include <set>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

using v1::ReevaluationReason;

// The account columns, then the due time.
constexpr char kDueRange[] =
    "SELECT " TIERMARK_ACCOUNT_COLUMNS
    ", d.due_us FROM due d LEFT JOIN account a USING (account_no)"
    " WHERE d.tenant_id = ?1 AND d.reason = ?2 AND (d.due_us, d.account_no) > (?3, ?4)"
    " AND d.due_us <= ?5 ORDER BY d.due_us, d.account_no";
constexpr int kDueUsColumn = 12;

// The reasons asked for, in order of urgency.
std::set<ReevaluationReason> AskedReasons(const DueQuery& query) {
  std::set<ReevaluationReason> reasons(query.reasons.begin(), query.reasons.end());
  if (!reasons.empty()) return reasons;
  for (int i = v1::REEVALUATION_REASON_EVENT; i <= v1::ReevaluationReason_MAX; ++i) {
    reasons.insert(static_cast<ReevaluationReason>(i));
  }
  return reasons;
}

template <typename Values, typename Value>
bool Admits(const Values& filter, const Value& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

bool Matches(const DueQuery& query, const Query& row) {
  return (query.countries.empty() || Admits(query.countries, row.Text(4))) &&
         (query.owner_ids.empty() || Admits(query.owner_ids, row.Text(5))) &&
         Admits(query.segments, static_cast<v1::Segment>(row.Int(6)));
}

// Whether the account itself says what the row does. It always does, unless the file is damaged.
bool BearsOut(const store::v1::AccountState& state, const DueCursor& row) {
  return std::any_of(state.due().begin(), state.due().end(), [&row](const store::v1::Due& due) {
    return due.reason() == row.reason && due.due_us() == row.due_us;
  });
}

// Whether the account stands in the list already, under a more urgent reason.
bool ListedBefore(const store::v1::AccountState& state, ReevaluationReason reason,
                  const std::set<ReevaluationReason>& asked, int64_t due_by_us) {
  return std::any_of(state.due().begin(), state.due().end(), [&](const store::v1::Due& due) {
    return due.reason() < reason && due.due_us() <= due_by_us && asked.count(due.reason()) > 0;
  });
}

}  // namespace

absl::StatusOr<DuePage> ListDue(Connection& connection, const DueQuery& query) {
  const ReadTransaction transaction(&connection);
  const std::set<ReevaluationReason> asked = AskedReasons(query);
  DuePage page;
  DueCursor at;
  int examined = 0;
  for (const ReevaluationReason reason : asked) {
    if (query.after.has_value() && reason < query.after->reason) continue;
    DueCursor from{reason, INT64_MIN, 0};
    if (query.after.has_value() && reason == query.after->reason) from = *query.after;
    Query rows = connection.Prepare(kDueRange);
    rows.Bind(1, query.tenant)
        .Bind(2, reason)
        .Bind(3, from.due_us)
        .Bind(4, from.account_no)
        .Bind(5, query.due_by_us);
    while (rows.Step()) {
      if (examined == kExaminedRowsMax) {
        page.next = at;
        return page;
      }
      ++examined;
      const DueCursor here{reason, rows.Int(kDueUsColumn), AccountNoOf(rows)};
      if (Matches(query, rows)) {
        absl::StatusOr<AccountRecord> account = ReadAccountRow(rows);
        if (!account.ok()) return account.status();
        if (TenantOf(rows) != query.tenant || !BearsOut(account->state, here)) {
          return Damaged("due", here.account_no);
        }
        if (!ListedBefore(account->state, reason, asked, query.due_by_us)) {
          if (static_cast<int>(page.rows.size()) == query.limit) {
            page.next = at;
            return page;
          }
          page.rows.push_back({std::move(account->account_id), rows.Text(3), reason,
                               std::move(account->state), here});
        }
      }
      at = here;
    }
  }
  return page;
}

}  // namespace tiermark::sqlite
