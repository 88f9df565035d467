// Accounts by score or by id.
#include <algorithm>
#include <set>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

// One range of the index for each segment asked for, merged by rank and age; -1 is no segment.
#define TIERMARK_RANK_RANGE(segment)                                             \
  "SELECT rank, account_no, country, owner_id FROM account WHERE tenant_id = ?1" \
  " AND segment = " segment " AND (rank, account_no) > (?2, ?3) AND rank <= ?4"
constexpr char kByRank[] = TIERMARK_RANK_RANGE("?5") " UNION ALL " TIERMARK_RANK_RANGE(
    "?6") " UNION ALL " TIERMARK_RANK_RANGE("?7") " UNION ALL " TIERMARK_RANK_RANGE("?8")
    " UNION ALL " TIERMARK_RANK_RANGE("?9") " ORDER BY 1, 2";
#undef TIERMARK_RANK_RANGE
constexpr int kSegmentParameter = 5;
constexpr int kNoSegment = -1;

#define TIERMARK_CANDIDATE "SELECT a.rank, a.account_no, a.country, a.owner_id, a.segment"
constexpr char kById[] = TIERMARK_CANDIDATE
    ", a.account_id FROM account a WHERE a.tenant_id = ?1 AND a.account_id > ?2"
    " ORDER BY a.account_id";
constexpr char kByName[] = TIERMARK_CANDIDATE
    ", a.display_name FROM account a WHERE a.tenant_id = ?1"
    " AND (a.display_name, a.account_no) > (?2, ?3) ORDER BY a.display_name, a.account_no";
// In the order of the table itself: the whole row is at hand.
constexpr char kByAge[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                          " FROM account a WHERE +a.tenant_id = ?1 AND a.account_no > ?2"
                          " ORDER BY a.account_no";
constexpr char kByParent[] = TIERMARK_CANDIDATE
    " FROM account_parent p JOIN account a USING (account_no)"
    " WHERE p.tenant_id = ?1 AND p.parent_id = ?3 AND p.account_no > ?2 ORDER BY p.account_no";
// Latest first; entries that are not their account's last evaluation are passed over.
constexpr char kByLastEvaluation[] = TIERMARK_CANDIDATE
    ", l.position, a.last_evaluation_position FROM log l JOIN account a USING (account_no)"
    " WHERE l.tenant_id = ?1 AND l.position < ?2 ORDER BY l.position DESC";
#undef TIERMARK_CANDIDATE

constexpr char kByNumber[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                             " FROM account a WHERE a.account_no = ?1";

constexpr char kLastAccountNo[] = "SELECT account_no FROM account ORDER BY account_no DESC LIMIT 1";

constexpr int kRankHighest = -100;

// Rows that are examined at most where each costs a look at the whole account.
constexpr int kExaminedAccountsMax = 2'000;

template <typename Asked, typename Value>
bool Admits(const std::vector<Asked>& filter, const Value& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

// An account as the indexes know it. Views are into the row.
struct Candidate {
  // Of a row as TIERMARK_CANDIDATE, and the rows by rank, begin.
  static Candidate OfIndex(const Query& row) {
    return {row.Int(0), row.Int(1), row.Bytes(2), row.Bytes(3)};
  }
  // Of a row of whole accounts. What no filter asks for is not looked at: each column costs.
  static Candidate OfTable(const Query& row, bool filtered) {
    if (!filtered) return {0, AccountNoOf(row), {}, {}, &row};
    return {RankOf(row), AccountNoOf(row), CountryOf(row), OwnerOf(row), &row};
  }

  int64_t rank;
  int64_t account_no;
  absl::string_view country;
  absl::string_view owner_id;
  // Where the whole account stands; null when it has to be looked up.
  const Query* whole = nullptr;
};

class Lister {
 public:
  Lister(Connection& connection, const AccountQuery& query)
      : connection_(connection), query_(query) {
    // Whoever asks for a range of scores asks for accounts that have one.
    const bool any_score = !query.score_min.has_value() && !query.score_max.has_value();
    rank_first_ = query.score_max.has_value() ? RankOfScore(*query.score_max) : kRankHighest;
    rank_last_ = any_score ? kRankNeverScored : RankOfScore(query.score_min.value_or(0));
    examined_max_ = query.matches ? std::min(query.examine, kExaminedAccountsMax) : query.examine;
    if (query.after.has_value()) at_ = *query.after;
  }

  absl::StatusOr<AccountPage> ByRank() {
    Query rows = connection_.Prepare(kByRank);
    int64_t rank = rank_first_;
    int64_t account_no = 0;
    if (query_.after.has_value() && RankOfScore(query_.after->score) >= rank) {
      rank = RankOfScore(query_.after->score);
      account_no = query_.after->account_no;
    }
    rows.Bind(1, query_.tenant).Bind(2, rank).Bind(3, account_no).Bind(4, rank_last_);
    for (int segment = v1::SEGMENT_UNSPECIFIED; segment <= v1::Segment_MAX; ++segment) {
      const bool asked = Admits(query_.segments, static_cast<v1::Segment>(segment));
      rows.Bind(kSegmentParameter + segment, asked ? segment : kNoSegment);
    }
    while (!done_ && rows.Step()) {
      const Candidate candidate = Candidate::OfIndex(rows);
      AccountCursor here;
      here.score = static_cast<int>(-candidate.rank);
      here.account_no = candidate.account_no;
      if (absl::Status status = Examine(candidate, here); !status.ok()) return status;
    }
    return std::move(page_);
  }

  absl::StatusOr<AccountPage> ById() {
    Query rows = connection_.Prepare(kById);
    const std::string after = query_.after.has_value() ? query_.after->text : "";
    rows.Bind(1, query_.tenant).Bind(2, after);
    return Run(&rows, [](const Query& row, AccountCursor* here) {
      here->text = row.Text(5);
      return true;
    });
  }

  absl::StatusOr<AccountPage> ByName() {
    Query rows = connection_.Prepare(kByName);
    const AccountCursor after = query_.after.value_or(AccountCursor());
    rows.Bind(1, query_.tenant).Bind(2, after.text).Bind(3, after.account_no);
    return Run(&rows, [](const Query& row, AccountCursor* here) {
      here->account_no = row.Int(1);
      here->text = row.Text(5);
      return true;
    });
  }

  absl::StatusOr<AccountPage> ByAge() {
    const int64_t after = query_.after.has_value() ? query_.after->account_no : 0;
    if (!query_.parent_id.empty()) return ByParent(after);
    const bool filtered = !query_.segments.empty() || query_.score_min.has_value() ||
                          query_.score_max.has_value() || !query_.countries.empty() ||
                          !query_.owner_ids.empty();
    Query rows = connection_.Prepare(kByAge);
    rows.Bind(1, query_.tenant).Bind(2, after);
    while (!done_ && rows.Step()) {
      const Candidate candidate = Candidate::OfTable(rows, filtered);
      AccountCursor here;
      here.account_no = candidate.account_no;
      const bool asked = !filtered || IsAsked(candidate, SegmentOf(rows));
      absl::Status examined = Examine(candidate, std::move(here), asked);
      if (!examined.ok()) return examined;
    }
    return std::move(page_);
  }

  absl::StatusOr<AccountPage> ByLastEvaluation() {
    Query rows = connection_.Prepare(kByLastEvaluation);
    rows.Bind(1, query_.tenant)
        .Bind(2, query_.after.has_value() ? query_.after->position : INT64_MAX);
    return Run(&rows, [](const Query& row, AccountCursor* here) {
      here->position = row.Int(5);
      return row.Int(5) == row.Int(6);
    });
  }

 private:
  absl::StatusOr<AccountPage> ByParent(int64_t after) {
    Query rows = connection_.Prepare(kByParent);
    rows.Bind(1, query_.tenant).Bind(2, after).Bind(3, query_.parent_id);
    return Run(&rows, [](const Query& row, AccountCursor* here) {
      here->account_no = row.Int(1);
      return true;
    });
  }

  // Whether the score and the segment are among those asked for.
  bool IsAsked(const Candidate& candidate, v1::Segment segment) const {
    return candidate.rank >= rank_first_ && candidate.rank <= rank_last_ &&
           Admits(query_.segments, segment);
  }

  // Examines row after row. `place` fills in where the row stands, and says whether it counts.
  template <typename Place>
  absl::StatusOr<AccountPage> Run(Query* rows, Place place) {
    while (!done_ && rows->Step()) {
      const Candidate candidate = Candidate::OfIndex(*rows);
      AccountCursor here;
      const bool counts = place(*rows, &here);
      const bool in_range = counts && IsAsked(candidate, static_cast<v1::Segment>(rows->Int(4)));
      if (absl::Status status = Examine(candidate, here, in_range); !status.ok()) return status;
    }
    return std::move(page_);
  }

  absl::Status Examine(const Candidate& candidate, AccountCursor here, bool in_range = true) {
    const bool admitted = in_range && Admits(query_.countries, candidate.country) &&
                          Admits(query_.owner_ids, candidate.owner_id);
    bool read = false;
    const bool full = static_cast<int>(page_.accounts.size()) == query_.limit;
    // The account after a full page tells whether there is a next one.
    if (admitted && examined_ < examined_max_ && (!full || query_.matches)) {
      absl::StatusOr<bool> matches = Match(candidate);
      if (!matches.ok()) return matches.status();
      read = *matches;
    }
    const bool found = query_.matches ? read : admitted;
    if (examined_ == examined_max_ || (found && full)) {
      page_.next = std::move(at_);
      done_ = true;
      return absl::OkStatus();
    }
    ++examined_;
    at_ = std::move(here);
    if (read) page_.accounts.push_back(std::move(account_));
    return absl::OkStatus();
  }

  // Reads the account into `account_`, and asks the query whether it wants it.
  absl::StatusOr<bool> Match(const Candidate& candidate) {
    if (absl::Status read = ReadAccount(candidate); !read.ok()) return read;
    if (!query_.matches) return true;
    const store::v1::IssueDates& dates = account_.state.issue_dates();
    const bool wants_transactions = query_.transactions_if_issued_after.has_value() &&
                                    dates.has_last_issued() &&
                                    dates.last_issued() > *query_.transactions_if_issued_after;
    if (!wants_transactions) return query_.matches(account_, nullptr);
    absl::StatusOr<ItemMap> transactions =
        ReadItems(connection_, candidate.account_no, ItemKind::kTransaction);
    if (!transactions.ok()) return transactions.status();
    return query_.matches(account_, &*transactions);
  }

  absl::Status ReadAccount(const Candidate& candidate) {
    if (candidate.whole != nullptr) return ReadWholeAccountRow(*candidate.whole, &account_);
    Query row = connection_.Prepare(kByNumber);
    row.Bind(1, candidate.account_no);
    // Within one transaction the index and the table agree.
    if (!row.Step()) return Damaged("account", candidate.account_no);
    if (absl::Status read = ReadWholeAccountRow(row, &account_); !read.ok()) return read;
    if (TenantOf(row) != query_.tenant || RankOf(row) != candidate.rank) {
      return Damaged("account", candidate.account_no);
    }
    return absl::OkStatus();
  }

  Connection& connection_;
  const AccountQuery& query_;
  int64_t rank_first_;
  int64_t rank_last_;
  int examined_max_;
  AccountPage page_;
  // The one that was read last. Filters leave out most, so its memory is used again.
  AccountRecord account_;
  // Where the list stands; before the first row, where it began.
  AccountCursor at_;
  int examined_ = 0;
  bool done_ = false;
};

}  // namespace

int64_t LastAccountNo(Connection& connection) {
  Query row = connection.Prepare(kLastAccountNo);
  return row.Step() ? row.Int(0) : 0;
}

absl::StatusOr<AccountPage> ListAccounts(Connection& connection, const AccountQuery& query) {
  const ReadTransaction transaction(&connection);
  Lister lister(connection, query);
  switch (query.order) {
    case AccountListOrder::kScore:
      return lister.ByRank();
    case AccountListOrder::kAccountId:
      return lister.ById();
    case AccountListOrder::kDisplayName:
      return lister.ByName();
    case AccountListOrder::kLastEvaluation:
      return lister.ByLastEvaluation();
    case AccountListOrder::kAge:
      return lister.ByAge();
  }
  return absl::InvalidArgumentError("unknown order");
}

}  // namespace tiermark::sqlite
