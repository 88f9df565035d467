#include "scoring/mrr_sums.h"

#include <algorithm>
#include <limits>

#include "scoring/fact_reading.h"

namespace tiermark {
namespace {

google::type::Money Bounded(absl::string_view currency, Nanos nanos) {
  const Nanos most = Nanos(std::numeric_limits<int64_t>::max()) * kNanosPerUnit + kNanosPerUnit - 1;
  return MoneyOf(currency, std::min(nanos, most));
}

}  // namespace

bool MrrSums::Add(const v1::AccountFacts& facts) {
  const int local = LocalMrrIndex(facts);
  if (local < 0) return false;
  const google::type::Money& amount = facts.potential_mrr(local).amount();
  Sum& sum = sums_[amount.currency_code()];
  sum.nanos += NanosOf(amount);
  ++sum.accounts;
  return true;
}

void MrrSums::Fill(google::protobuf::RepeatedPtrField<google::type::Money>* sums) const {
  for (const auto& [currency, sum] : sums_) *sums->Add() = Bounded(currency, sum.nanos);
}

google::type::Money MrrSums::Worth(const RateTable& rates,
                                   absl::string_view reference_currency) const {
  tiermark::Worth total;
  for (const auto& [currency, sum] : sums_) {
    const int index = rates.Find(currency);
    if (index != RateTable::kNone) total += rates.WorthOf(index, sum.nanos);
  }
  return Bounded(reference_currency, total.Rounded());
}

int64_t MrrSums::WithoutRate(const RateTable& rates) const {
  int64_t accounts = 0;
  for (const auto& [currency, sum] : sums_) {
    if (rates.Find(currency) == RateTable::kNone) accounts += sum.accounts;
  }
  return accounts;
}

}  // namespace tiermark
