// What many accounts come to, all in all and by their dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "scoring/dimensions.h"
#include "scoring/exchange_rates.h"
#include "scoring/mrr_sums.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {

inline constexpr int kGroupsMax = 10'000;
inline constexpr int kGroupByMax = 3;

// Counts accounts one after the other. Not thread-safe.
class PortfolioSummary {
 public:
  // `group_by` must be one to kGroupByMax dimensions. What `basis` points to outlives the summary.
  PortfolioSummary(std::vector<v1::Dimension> group_by, const DimensionBasis& basis)
      : group_by_(std::move(group_by)), basis_(basis) {}

  // RESOURCE_EXHAUSTED, TOO_MANY_GROUPS: there would be more than kGroupsMax.
  absl::Status Add(const AccountOnDay& account);

  // The groups, the largest first, equals in the bytewise order of their values, and the total.
  void Fill(absl::string_view reference_currency, v1::SummarizePortfolioResponse* response) const;

 private:
  struct Group {
    int64_t accounts = 0;
    int64_t scored = 0;
    int64_t scores = 0;  // Added up.
    MrrSums mrr;
    std::array<int64_t, v1::Segment_ARRAYSIZE> by_segment = {};

    void Add(const AccountOnDay& account);
    void Fill(const RateTable& rates, absl::string_view reference_currency,
              v1::PortfolioGroup* group) const;
  };

  const std::vector<v1::Dimension> group_by_;
  const DimensionBasis basis_;
  absl::flat_hash_map<std::vector<std::string>, Group> groups_;
  Group total_;
};

}  // namespace tiermark
