// The oracle's lists over all accounts: look at every one, sort, and cut.
#include <algorithm>
#include <tuple>

#include "scoring/error.h"
#include "scoring/standing.h"
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
    if (IsOver(due, query.as_of_us.value_or(query.due_by_us))) continue;
    if (urgent == nullptr || std::make_tuple(due.reason(), due.due_us()) <
                                 std::make_tuple(urgent->reason(), urgent->due_us())) {
      urgent = &due;
    }
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
    const bool claimed = query.unclaimed_at_us.has_value() &&
                         record.state.claim().until_us() > *query.unclaimed_at_us;
    if (claimed) continue;
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

absl::StatusOr<DueCount> OracleStore::CountDue(const DueCountQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  DueCount count;
  for (const auto& [key, account] : accounts_) {
    if (key.first != query.tenant) continue;
    for (const store::v1::Due& due : account.record.state.due()) {
      const bool behind =
          !query.after.has_value() || std::pair(due.due_us(), account.record.account_no) >
                                          std::pair(query.after->due_us, query.after->account_no);
      if (due.reason() == query.reason && due.due_us() <= query.due_by_us && behind) ++count.rows;
    }
  }
  return count;
}

absl::StatusOr<AccountPage> OracleStore::ListAccounts(const AccountQuery& query) {
  // Where an account stands in the order asked for, as a key that sorts.
  using Place = std::tuple<int64_t, std::string, int64_t>;
  const auto place_of = [&query](const AccountCursor& at) -> Place {
    switch (query.order) {
      case AccountListOrder::kScore:
        return {-at.score, "", at.account_no};
      case AccountListOrder::kAccountId:
        return {0, at.text, 0};
      case AccountListOrder::kDisplayName:
        return {0, at.text, at.account_no};
      case AccountListOrder::kLastEvaluation:
        return {-at.position, "", 0};
      case AccountListOrder::kAge:
        return {0, "", at.account_no};
    }
    return {};
  };
  const auto cursor_of = [&query](const AccountRecord& record) {
    const ListColumns columns = ListColumnsOf(record.state, record.facts);
    AccountCursor cursor;
    cursor.score = columns.score;
    cursor.account_no = record.account_no;
    cursor.text =
        query.order == AccountListOrder::kAccountId ? record.account_id : columns.display_name;
    cursor.position = record.last_evaluation_position;
    return cursor;
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
        columns.score > query.score_max.value_or(100) ||
        (!query.parent_id.empty() && record.facts.parent_id() != query.parent_id) ||
        (query.order == AccountListOrder::kLastEvaluation &&
         record.last_evaluation_position == 0)) {
      continue;
    }
    const Place place = place_of(cursor_of(record));
    if (query.after.has_value() && place <= place_of(*query.after)) continue;
    if (query.matches) {
      const auto items = account.items.find(ItemKind::kTransaction);
      const bool wants =
          query.transactions_if_issued_after.has_value() && items != account.items.end() &&
          record.state.issue_dates().has_last_issued() &&
          record.state.issue_dates().last_issued() > *query.transactions_if_issued_after;
      if (!query.matches(record, wants ? &items->second : nullptr)) continue;
    }
    found.emplace_back(place, &record);
  }
  std::sort(found.begin(), found.end());
  AccountPage page;
  for (size_t i = 0; i < found.size() && static_cast<int>(i) < query.limit; ++i) {
    page.accounts.push_back(*found[i].second);
    if (static_cast<int>(i) + 1 == query.limit && i + 1 < found.size()) {
      page.next = cursor_of(*found[i].second);
    }
  }
  return page;
}

absl::StatusOr<ItemPage> OracleStore::ListItems(const ItemQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  absl::StatusOr<const Account*> account = Find(query.tenant, query.account_id);
  if (!account.ok()) return account.status();
  ItemPage page;
  const auto items = (*account)->items.find(query.kind);
  if (items == (*account)->items.end()) return page;
  std::vector<std::pair<std::string, std::string>> all(items->second.begin(), items->second.end());
  if (query.descending) std::reverse(all.begin(), all.end());
  for (const auto& item : all) {
    const bool behind = !query.after.has_value() ||
                        (query.descending ? item.first < *query.after : item.first > *query.after);
    if (!behind) continue;
    if (static_cast<int>(page.items.size()) == query.limit) {
      page.more = true;
      break;
    }
    page.items.push_back(item);
  }
  return page;
}

absl::StatusOr<MovementPage> OracleStore::ListMovements(const MovementQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  std::vector<std::pair<std::pair<int64_t, int64_t>, MovementRow>> found;
  for (const auto& [key, account] : accounts_) {
    if (key.first != query.tenant) continue;
    std::optional<MovementRow> row;
    for (const int64_t position : account.positions) {
      const LogRecord& record = log_[static_cast<size_t>(position - 1)].record;
      const store::v1::EvaluationEntry& evaluation = record.entry.evaluation();
      if (!record.entry.has_evaluation() || !evaluation.counted() ||
          evaluation.segment() == evaluation.segment_before() ||
          evaluation.evaluate_us() < query.start_us || evaluation.evaluate_us() >= query.end_us) {
        continue;
      }
      if (!row.has_value()) row = MovementRow{account.record, record, record, {}};
      row->last = record;
      row->cursor = {evaluation.evaluate_us(), position};
    }
    if (!row.has_value()) continue;
    const std::pair<int64_t, int64_t> place(row->cursor.evaluate_us, row->cursor.position);
    if (query.after.has_value() &&
        place >= std::pair(query.after->evaluate_us, query.after->position)) {
      continue;
    }
    found.emplace_back(place, *std::move(row));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  MovementPage page;
  for (auto& [place, row] : found) {
    if (static_cast<int>(page.rows.size()) == query.limit) {
      page.next = page.rows.back().cursor;
      break;
    }
    page.rows.push_back(std::move(row));
  }
  return page;
}

absl::StatusOr<ChangePage> OracleStore::ListChanges(const ChangeQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  ChangePage page;
  page.next_after_position = query.after_position;
  for (const Entry& entry : log_) {
    if (entry.record.position <= query.after_position) continue;
    if (static_cast<int>(page.records.size()) == query.limit) return page;
    page.next_after_position = entry.record.position;
    const bool gone = entry.erased && !entry.record.entry.has_deletion();
    if (entry.tenant == query.tenant && !gone) page.records.push_back(entry.record);
  }
  page.at_end = true;
  return page;
}

absl::StatusOr<int64_t> OracleStore::LastAccountNo(TenantId) {
  const MutexLock lock(&mutex_);
  return last_account_no_;
}

absl::StatusOr<int64_t> OracleStore::LastPosition(TenantId) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  return static_cast<int64_t>(log_.size());
}

absl::StatusOr<TenantRecordMap> OracleStore::ReadTenantRecords(TenantId tenant,
                                                               absl::string_view prefix) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  TenantRecordMap found;
  for (const auto& [key, record] : tenant_records_[tenant]) {
    if (key.compare(0, prefix.size(), prefix.data(), prefix.size()) == 0) found[key] = record;
  }
  return found;
}

}  // namespace tiermark
