#include "service/portfolio_summary.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "scoring/reevaluation.h"

namespace tiermark {
namespace {

constexpr v1::Segment kMixOrder[] = {v1::SEGMENT_STRATEGIC, v1::SEGMENT_ENTERPRISE,
                                     v1::SEGMENT_COMMERCIAL, v1::SEGMENT_SMB,
                                     v1::SEGMENT_UNSPECIFIED};

}  // namespace

void PortfolioSummary::Group::Add(const AccountOnDay& account) {
  ++accounts;
  v1::Segment segment = v1::SEGMENT_UNSPECIFIED;
  if (const store::v1::LatestScore* counted = CountedScore(account.state)) {
    ++scored;
    scores += counted->score();
    segment = counted->segment();
  }
  ++by_segment[segment];
  mrr.Add(account.facts);
}

void PortfolioSummary::Group::Fill(const RateTable& rates, absl::string_view reference_currency,
                                   v1::PortfolioGroup* group) const {
  group->set_accounts(accounts);
  group->set_scored_accounts(scored);
  // Half up, in hundredths.
  if (scored > 0) group->set_mean_score(static_cast<int>((200 * scores + scored) / (2 * scored)));
  mrr.Fill(group->mutable_potential_mrr());
  *group->mutable_potential_mrr_total() = mrr.Worth(rates, reference_currency);
  group->set_accounts_without_rate(mrr.WithoutRate(rates));
  for (const v1::Segment segment : kMixOrder) {
    v1::SegmentCount& count = *group->add_segment_mix();
    count.set_segment(segment);
    count.set_accounts(by_segment[segment]);
  }
}

absl::Status PortfolioSummary::Add(const AccountOnDay& account) {
  total_.Add(account);
  // Every combination of the account's values; each dimension has distinct ones, and so has this.
  std::vector<std::vector<std::string>> keys(1);
  for (const v1::Dimension dimension : group_by_) {
    const std::vector<std::string> values = DimensionValues(dimension, account, basis_);
    std::vector<std::vector<std::string>> longer;
    longer.reserve(keys.size() * values.size());
    for (const std::vector<std::string>& key : keys) {
      for (const std::string& value : values) {
        longer.push_back(key);
        longer.back().push_back(value);
      }
    }
    keys = std::move(longer);
  }
  for (std::vector<std::string>& key : keys) {
    Group& group = groups_[std::move(key)];
    group.Add(account);
    if (groups_.size() > kGroupsMax) {
      return ReasonedError(absl::StatusCode::kResourceExhausted, "TOO_MANY_GROUPS",
                           absl::StrCat("there would be more than ", kGroupsMax,
                                        " groups; group by less, or filter"));
    }
  }
  return absl::OkStatus();
}

void PortfolioSummary::Fill(absl::string_view reference_currency,
                            v1::SummarizePortfolioResponse* response) const {
  using Entry = std::pair<const std::vector<std::string>, Group>;
  std::vector<const Entry*> order;
  order.reserve(groups_.size());
  for (const Entry& entry : groups_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    if (a->second.accounts != b->second.accounts) return a->second.accounts > b->second.accounts;
    return a->first < b->first;
  });
  for (const Entry* entry : order) {
    v1::PortfolioGroup* group = response->add_groups();
    for (const std::string& value : entry->first) group->add_values(value);
    entry->second.Fill(*basis_.rates, reference_currency, group);
  }
  total_.Fill(*basis_.rates, reference_currency, response->mutable_total());
}

}  // namespace tiermark
