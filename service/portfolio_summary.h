// What many accounts come to, all in all and by their dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "scoring/dimensions.h"
#include "scoring/exact.h"
#include "scoring/exchange_rates.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {

inline constexpr int kGroupsMax = 10'000;
inline constexpr int kGroupByMax = 3;

// Local potential MRR by currency.
class MrrSums {
 public:
  // Adds that of an account, if it is known; whether it is.
  bool Add(const v1::AccountFacts& facts);

  // By currency, in the order of the codes. A sum beyond what Money can say is given as the most
  // that it can.
  void Fill(google::protobuf::RepeatedPtrField<google::type::Money>* sums) const;

  // What all is worth in the reference currency, to the billionth, half up, and bounded likewise.
  google::type::Money Worth(const RateTable& rates, absl::string_view reference_currency) const;

  // Accounts whose currency has no rate.
  int64_t WithoutRate(const RateTable& rates) const;

 private:
  struct Sum {
    Nanos nanos = 0;
    int64_t accounts = 0;
  };
  std::map<std::string, Sum> sums_;
};

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
