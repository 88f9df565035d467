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

constexpr char kById[] =
    "SELECT rank, account_no, country, owner_id, segment, account_id FROM account"
    " WHERE tenant_id = ?1 AND account_id > ?2 ORDER BY account_id";

constexpr char kByNumber[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                             " FROM account a WHERE a.account_no = ?1";

constexpr int kRankHighest = -100;

template <typename Value>
bool Admits(const std::vector<Value>& filter, const Value& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

// An account as the indexes know it.
struct Candidate {
  explicit Candidate(const Query& row)
      : rank(row.Int(0)), account_no(row.Int(1)), country(row.Text(2)), owner_id(row.Text(3)) {}

  int64_t rank;
  int64_t account_no;
  std::string country;
  std::string owner_id;
};

class Lister {
 public:
  Lister(Connection& connection, const AccountQuery& query)
      : connection_(connection), query_(query) {
    // Whoever asks for a range of scores asks for accounts that have one.
    const bool any_score = !query.score_min.has_value() && !query.score_max.has_value();
    rank_first_ = query.score_max.has_value() ? RankOfScore(*query.score_max) : kRankHighest;
    rank_last_ = any_score ? kRankNeverScored : RankOfScore(query.score_min.value_or(0));
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
      const Candidate candidate(rows);
      AccountCursor here;
      here.score = static_cast<int>(-candidate.rank);
      here.account_no = candidate.account_no;
      if (absl::Status status = Examine(candidate, here); !status.ok()) return status;
    }
    return std::move(page_);
  }

  absl::StatusOr<AccountPage> ById() {
    Query rows = connection_.Prepare(kById);
    const std::string after = query_.after.has_value() ? query_.after->account_id : "";
    rows.Bind(1, query_.tenant).Bind(2, after);
    while (!done_ && rows.Step()) {
      const Candidate candidate(rows);
      AccountCursor here;
      here.account_id = rows.Text(5);
      const bool in_range = candidate.rank >= rank_first_ && candidate.rank <= rank_last_ &&
                            Admits(query_.segments, static_cast<v1::Segment>(rows.Int(4)));
      if (absl::Status status = Examine(candidate, here, in_range); !status.ok()) return status;
    }
    return std::move(page_);
  }

 private:
  absl::Status Examine(const Candidate& candidate, AccountCursor here, bool in_range = true) {
    const bool admitted = in_range && Admits(query_.countries, candidate.country) &&
                          Admits(query_.owner_ids, candidate.owner_id);
    const bool full = static_cast<int>(page_.accounts.size()) == query_.limit;
    if (examined_ == kExaminedRowsMax || (admitted && full)) {
      page_.next = std::move(at_);
      done_ = true;
      return absl::OkStatus();
    }
    ++examined_;
    at_ = std::move(here);
    if (!admitted) return absl::OkStatus();
    Query row = connection_.Prepare(kByNumber);
    row.Bind(1, candidate.account_no);
    // Within one transaction the index and the table agree.
    if (!row.Step()) return Damaged("account", candidate.account_no);
    absl::StatusOr<AccountRecord> account = ReadWholeAccountRow(row);
    if (!account.ok()) return account.status();
    if (TenantOf(row) != query_.tenant || RankOf(row) != candidate.rank) {
      return Damaged("account", candidate.account_no);
    }
    page_.accounts.push_back(*std::move(account));
    return absl::OkStatus();
  }

  Connection& connection_;
  const AccountQuery& query_;
  int64_t rank_first_;
  int64_t rank_last_;
  AccountPage page_;
  AccountCursor at_;
  int examined_ = 0;
  bool done_ = false;
};

}  // namespace

absl::StatusOr<AccountPage> ListAccounts(Connection& connection, const AccountQuery& query) {
  const ReadTransaction transaction(&connection);
  Lister lister(connection, query);
  return query.order == AccountListOrder::kScore ? lister.ByRank() : lister.ById();
}

}  // namespace tiermark::sqlite
