// The oracle's lists over all accounts: look at every one, sort, and cut.
#include <algorithm>
#include <tuple>

#include "scoring/error.h"
#include "storage/change_set.h"
#include "tests/storage/oracle_store.h"

namespace tiermark {
namespace {

absl::Status Closing() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING", "closing");
}

template <typename Value>
bool Admits(const std::vector<Value>& filter, const Value& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

// The most urgent reason of those asked that is due, or nullptr.
const store::v1::Due* MostUrgent(const store::v1::AccountState& state, const DueQuery& query) {
  const store::v1::Due* urgent = nullptr;
  for (const store::v1::Due& due : state.due()) {
    if (due.due_us() > query.due_by_us || !Admits(query.reasons, due.reason())) continue;
    if (urgent == nullptr || due.reason() < urgent->reason()) urgent = &due;
  }
  return urgent;
}

}  // namespace

absl::StatusOr<DuePage> OracleStore::ListDue(const DueQuery& query) {
  using Place = std::tuple<v1::ReevaluationReason, int64_t, int64_t>;
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  std::vector<std::pair<Place, const AccountRecord*>> found;
  for (const auto& [key, account] : accounts_) {
    const AccountRecord& record = account.record;
    const ListColumns columns = ListColumnsOf(record.state, record.facts);
    if (key.first != query.tenant || !Admits(query.segments, columns.segment) ||
        !Admits(query.countries, columns.country) || !Admits(query.owner_ids, columns.owner_id)) {
      continue;
    }
    const store::v1::Due* urgent = MostUrgent(record.state, query);
    if (urgent == nullptr) continue;
    const Place place(urgent->reason(), urgent->due_us(), record.account_no);
    if (query.after.has_value() &&
        place <= Place(query.after->reason, query.after->due_us, query.after->account_no)) {
      continue;
    }
    found.emplace_back(place, &record);
  }
  std::sort(found.begin(), found.end());
  DuePage page;
  for (size_t i = 0; i < found.size() && static_cast<int>(i) < query.limit; ++i) {
    const auto& [place, record] = found[i];
    const DueCursor cursor{std::get<0>(place), std::get<1>(place), std::get<2>(place)};
    page.rows.push_back(
        {record->account_id, record->facts.display_name(), cursor.reason, record->state, cursor});
    if (static_cast<int>(i) + 1 == query.limit && i + 1 < found.size()) page.next = cursor;
  }
  return page;
}

absl::StatusOr<AccountPage> OracleStore::ListAccounts(const AccountQuery& query) {
  using Place = std::tuple<int, int64_t, std::string>;
  const bool by_score = query.order == AccountListOrder::kScore;
  const auto place_of = [by_score](int score, int64_t account_no, const std::string& account_id) {
    return by_score ? Place(-score, account_no, "") : Place(0, 0, account_id);
  };
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  std::vector<std::pair<Place, const AccountRecord*>> found;
  for (const auto& [key, account] : accounts_) {
    const AccountRecord& record = account.record;
    const ListColumns columns = ListColumnsOf(record.state, record.facts);
    const bool ranged = query.score_min.has_value() || query.score_max.has_value();
    if (key.first != query.tenant || !Admits(query.segments, columns.segment) ||
        !Admits(query.countries, columns.country) || !Admits(query.owner_ids, columns.owner_id) ||
        (ranged && columns.score == ListColumns::kNeverScored) ||
        columns.score < query.score_min.value_or(-1) ||
        columns.score > query.score_max.value_or(100)) {
      continue;
    }
    const Place place = place_of(columns.score, record.account_no, record.account_id);
    if (query.after.has_value() &&
        place <= place_of(query.after->score, query.after->account_no, query.after->account_id)) {
      continue;
    }
    found.emplace_back(place, &record);
  }
  std::sort(found.begin(), found.end());
  AccountPage page;
  for (size_t i = 0; i < found.size() && static_cast<int>(i) < query.limit; ++i) {
    const AccountRecord& record = *found[i].second;
    page.accounts.push_back(record);
    if (static_cast<int>(i) + 1 == query.limit && i + 1 < found.size()) {
      page.next.emplace();
      if (by_score) {
        page.next->score = ListColumnsOf(record.state, record.facts).score;
        page.next->account_no = record.account_no;
      } else {
        page.next->account_id = record.account_id;
      }
    }
  }
  return page;
}

}  // namespace tiermark
