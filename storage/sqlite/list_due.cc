// Who is due: the ranges of the reasons one after the other, the most urgent first.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "scoring/reevaluation.h"
#include "scoring/standing.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

using v1::ReevaluationReason;

constexpr char kDueRange[] =
    "SELECT due_us, account_no, listing, checksum FROM due"
    " WHERE tenant_id = ?1 AND reason = ?2 AND (due_us, account_no) > (?3, ?4)"
    " AND due_us <= ?5 ORDER BY due_us, account_no";
constexpr char kDueRows[] =
    "SELECT due_us, account_no FROM due"
    " WHERE tenant_id = ?1 AND reason = ?2 AND (due_us, account_no) > (?3, ?4)"
    " AND due_us <= ?5 ORDER BY due_us, account_no";
constexpr char kAccount[] =
    "SELECT " TIERMARK_ACCOUNT_COLUMNS " FROM account a WHERE a.account_no = ?1";

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

bool Matches(const DueQuery& query, absl::string_view country, absl::string_view owner_id,
             v1::Segment segment) {
  return Admits(query.countries, country) && Admits(query.owner_ids, owner_id) &&
         Admits(query.segments, segment);
}

// What the list shows, from the due row itself; nothing when the query's filters leave it out.
absl::StatusOr<std::optional<DueRow>> ReadListing(const DueQuery& query, const DueCursor& here,
                                                  const Query& row) {
  absl::StatusOr<store::v1::DueListing> listing =
      ParseListing(query.tenant, here, row.Bytes(2), row.Int(3));
  if (!listing.ok()) return listing.status();
  const store::v1::LatestScore* counted = CountedScore(listing->state());
  const v1::Segment segment = counted == nullptr ? v1::SEGMENT_UNSPECIFIED : counted->segment();
  if (!Matches(query, listing->country(), listing->owner_id(), segment)) return std::nullopt;
  return DueRow{std::move(*listing->mutable_account_id()),
                std::move(*listing->mutable_display_name()), here.reason,
                std::move(*listing->mutable_state()), here};
}

// The same, from the account.
absl::StatusOr<std::optional<DueRow>> ReadDueAccount(Connection& connection, const DueQuery& query,
                                                     const DueCursor& here) {
  Query row = connection.Prepare(kAccount);
  row.Bind(1, here.account_no);
  if (!row.Step()) return Damaged("due", here.account_no);
  if (!Matches(query, row.Bytes(4), row.Bytes(5), static_cast<v1::Segment>(row.Int(6)))) {
    return std::nullopt;
  }
  absl::StatusOr<AccountRecord> account = ReadAccountRow(row);
  if (!account.ok()) return account.status();
  if (TenantOf(row) != query.tenant) return Damaged("due", here.account_no);
  return DueRow{std::move(account->account_id), row.Text(3), here.reason, std::move(account->state),
                here};
}

bool IsClaimed(const store::v1::AccountState& state, const DueQuery& query) {
  return query.unclaimed_at_us.has_value() && state.claim().until_us() > *query.unclaimed_at_us;
}

// What the account itself says of the row. It always does, unless the file is damaged (nullptr).
const store::v1::Due* FindDue(const store::v1::AccountState& state, const DueCursor& row,
                              bool holds_listing) {
  for (const store::v1::Due& due : state.due()) {
    if (due.reason() == row.reason && due.due_us() == row.due_us &&
        due.scattered() == holds_listing) {
      return &due;
    }
  }
  return nullptr;
}

bool IsOver(const store::v1::Due& due, const DueQuery& query) {
  return tiermark::IsOver(due, query.as_of_us.value_or(query.due_by_us));
}

// Whether the account stands in the list already, under a more urgent reason or an earlier stretch
// of time.
bool ListedBefore(const store::v1::AccountState& state, const store::v1::Due& row,
                  const std::set<ReevaluationReason>& asked, const DueQuery& query) {
  return std::any_of(state.due().begin(), state.due().end(), [&](const store::v1::Due& due) {
    const bool before = due.reason() < row.reason() ||
                        (due.reason() == row.reason() && due.due_us() < row.due_us());
    return before && due.due_us() <= query.due_by_us && asked.count(due.reason()) > 0 &&
           !IsOver(due, query);
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
      const DueCursor here{reason, rows.Int(0), rows.Int(1)};
      const bool holds_listing = !rows.IsNull(2);
      absl::StatusOr<std::optional<DueRow>> row =
          holds_listing ? ReadListing(query, here, rows) : ReadDueAccount(connection, query, here);
      if (!row.ok()) return row.status();
      if (row->has_value()) {
        const store::v1::AccountState& state = (*row)->state;
        const store::v1::Due* due = FindDue(state, here, holds_listing);
        if (due == nullptr) return Damaged("due", here.account_no);
        if (!IsOver(*due, query) && !IsClaimed(state, query) &&
            !ListedBefore(state, *due, asked, query)) {
          if (static_cast<int>(page.rows.size()) == query.limit) {
            page.next = at;
            return page;
          }
          page.rows.push_back(**std::move(row));
        }
      }
      at = here;
    }
  }
  return page;
}

absl::StatusOr<DueCount> CountDue(Connection& connection, const DueCountQuery& query) {
  const DueCursor from = query.after.value_or(DueCursor{query.reason, INT64_MIN, 0});
  Query rows = connection.Prepare(kDueRows);
  rows.Bind(1, query.tenant)
      .Bind(2, query.reason)
      .Bind(3, from.due_us)
      .Bind(4, from.account_no)
      .Bind(5, query.due_by_us);
  DueCount count;
  DueCursor at;
  while (rows.Step()) {
    if (count.rows == kExaminedRowsMax) {
      count.next = at;
      return count;
    }
    ++count.rows;
    at = {query.reason, rows.Int(0), rows.Int(1)};
  }
  return count;
}

}  // namespace tiermark::sqlite
