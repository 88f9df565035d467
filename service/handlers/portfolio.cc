// SummarizePortfolio and GetAccountGroup.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/fact_reading.h"
#include "scoring/facts.h"
#include "service/account_filter.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/moment.h"
#include "service/holds.h"
#include "service/outlook.h"
#include "service/portfolio_summary.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

// Accounts read at a time, so that no read holds the store up for long.
constexpr int kAccountsAtATime = 1'000;
constexpr absl::Duration kSummaryTimeMax = absl::Seconds(60);
constexpr int kGroupMembersMax = 1'000;
constexpr int kGroupAccountsMax = 10'000;

// Calls `see` with every account that the query finds, the oldest first, page by page; each page is
// a read of its own. Ends with the first error, of the store or of `see`.
// DEADLINE_EXCEEDED: the call's time was up between two pages.
template <typename See>
absl::Status SeeAll(const HandlerContext& context, const CallInfo& info, AccountQuery query,
                    See see) {
  query.order = AccountListOrder::kAge;
  query.limit = kAccountsAtATime;
  do {
    if (context.clock.Now() >= info.deadline) return absl::DeadlineExceededError("");
    const auto page = context.store.ListAccounts(query);
    if (!page.ok()) return page.status();
    for (const AccountRecord& record : page->accounts) {
      if (absl::Status seen = see(record); !seen.ok()) return seen;
    }
    query.after = page->next;
  } while (query.after.has_value());
  return absl::OkStatus();
}

std::vector<v1::Dimension> ReadGroupBy(const v1::SummarizePortfolioRequest& request,
                                       Violations* violations) {
  std::vector<v1::Dimension> dimensions;
  if (request.group_by().empty() || request.group_by_size() > kGroupByMax) {
    violations->Add("group_by", absl::StrCat("must have 1 to ", kGroupByMax, " entries"));
    return dimensions;
  }
  for (int i = 0; i < request.group_by_size(); ++i) {
    const v1::Dimension dimension = request.group_by(i);
    const std::string field = absl::StrCat("group_by[", i, "]");
    if (!v1::Dimension_IsValid(dimension) || dimension == v1::DIMENSION_UNSPECIFIED) {
      violations->Add(field, "is no dimension");
    } else if (std::count(dimensions.begin(), dimensions.end(), dimension) > 0) {
      violations->Add(field, "is given twice");
    }
    dimensions.push_back(dimension);
  }
  return dimensions;
}

absl::Status SummarizePortfolio(const HandlerContext& context, const CallInfo& info,
                                const v1::SummarizePortfolioRequest& request,
                                v1::SummarizePortfolioResponse* response) {
  Violations violations;
  AccountQuery query;
  query.tenant = info.caller.tenant;
  Outlook outlook = OutlookAt(context.catalog, ThisMoment(context, info).now_us);
  CompileFilter(request.filter(), "filter", &outlook, &query, &violations);
  const std::vector<v1::Dimension> group_by = ReadGroupBy(request, &violations);
  if (!violations.empty()) return violations.ToStatus();
  if (request.filter().parent_ids_size() == 1) query.parent_id = request.filter().parent_ids(0);

  // Transactions are shown to the query alone, so what they tell is kept until the page is there.
  absl::flat_hash_map<int64_t, v1::ActivityStatus> told;
  const bool by_activity = std::count(group_by.begin(), group_by.end(), v1::DIMENSION_ACTIVITY) > 0;
  if (by_activity) {
    WantTransactions(outlook.day, &query);
    query.matches = [&told, &outlook, filter = std::move(query.matches)](
                        const AccountRecord& record, const ItemMap* transactions) {
      if (filter && !filter(record, transactions)) return false;
      if (transactions != nullptr) {
        told[record.account_no] = ActivityOf(record, transactions, outlook.day);
      }
      return true;
    };
  }
  PortfolioSummary summary(group_by, outlook.Basis());
  absl::Status seen = SeeAll(context, info, std::move(query), [&](const AccountRecord& record) {
    v1::ActivityStatus activity = v1::ACTIVITY_STATUS_UNSPECIFIED;
    if (by_activity) {
      const auto kept = told.find(record.account_no);
      activity = kept != told.end() ? kept->second : ActivityOf(record, nullptr, outlook.day);
      if (kept != told.end()) told.erase(kept);
    }
    return summary.Add(Seen(record, activity, outlook));
  });
  if (!seen.ok()) return seen;
  summary.Fill(outlook.models->reference_currency, response);
  *response->mutable_as_of_date() = DateOf(outlook.day);
  return absl::OkStatus();
}

void FillMember(const AccountRecord& record, v1::GroupMember* member) {
  const v1::AccountFacts& facts = record.facts;
  member->set_account_id(record.account_id);
  member->set_display_name(facts.display_name());
  member->set_country(facts.country());
  if (const store::v1::LatestScore* counted = CountedScore(record.state)) {
    member->set_segment(counted->segment());
    member->set_score(counted->score());
  }
  member->set_lifecycle_stage(EffectiveStage(facts));
  if (const int local = LocalMrrIndex(facts); local >= 0) {
    *member->mutable_potential_mrr() = facts.potential_mrr(local).amount();
  }
}

// The higher of two segments; any is higher than none. The highest has the lowest number.
v1::Segment Higher(v1::Segment a, v1::Segment b) {
  if (a == v1::SEGMENT_UNSPECIFIED || b == v1::SEGMENT_UNSPECIFIED) return std::max(a, b);
  return std::min(a, b);
}

absl::Status GetAccountGroup(const HandlerContext& context, const CallInfo& info,
                             const v1::GetAccountGroupRequest& request,
                             v1::GetAccountGroupResponse* response) {
  Violations violations;
  ValidateId(request.parent_id(), "parent_id", &violations);
  if (!violations.empty()) return violations.ToStatus();
  AccountQuery query;
  query.tenant = info.caller.tenant;
  query.parent_id = request.parent_id();

  int accounts = 0;
  int without_mrr = 0;
  std::set<std::string> countries;
  v1::Segment best = v1::SEGMENT_UNSPECIFIED;
  MrrSums mrr;
  absl::Status seen = SeeAll(context, info, std::move(query), [&](const AccountRecord& record) {
    if (++accounts > kGroupAccountsMax) {
      return ReasonedError(absl::StatusCode::kResourceExhausted, "GROUP_TOO_LARGE",
                           absl::StrCat("the parent has more than ", kGroupAccountsMax,
                                        " accounts; list them by parent instead"));
    }
    if (accounts <= kGroupMembersMax) FillMember(record, response->add_members());
    if (record.facts.has_country()) countries.insert(record.facts.country());
    best = Higher(best, ComputedSegment(record.state));
    if (!mrr.Add(record.facts)) ++without_mrr;
    return absl::OkStatus();
  });
  if (!seen.ok()) return seen;
  if (accounts == 0) {
    return ReasonedError(absl::StatusCode::kNotFound, "PARENT_NOT_FOUND",
                         "no account has this parent");
  }
  response->set_parent_id(request.parent_id());
  response->set_accounts(accounts);
  response->mutable_countries()->Add(countries.begin(), countries.end());
  response->set_best_segment(best);
  mrr.Fill(response->mutable_potential_mrr());
  response->set_accounts_without_mrr(without_mrr);
  return absl::OkStatus();
}

}  // namespace

void AddPortfolioHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "GetAccountGroup", list, Bind(server, GetAccountGroup));
  MethodOptions summary = list;
  summary.time_max = kSummaryTimeMax;
  methods->AddBlocking(kAccountService, "SummarizePortfolio", summary,
                       Bind(server, SummarizePortfolio));
}

}  // namespace tiermark
