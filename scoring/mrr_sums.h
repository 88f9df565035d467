// Potential MRR of many accounts, added up.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "google/type/money.pb.h"
#include "scoring/exact.h"
#include "scoring/exchange_rates.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

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

}  // namespace tiermark
