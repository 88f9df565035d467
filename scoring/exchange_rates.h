// Exchange rates ready for exact comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "scoring/exact.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

// An exact amount of the reference currency, 0 or more: billionths, and trillionths of one.
struct Worth {
  Nanos nanos = 0;
  int64_t rest = 0;  // 0 up to kRestsPerNano.

  static constexpr int64_t kRestsPerNano = 1'000'000'000'000;

  // Half up.
  Nanos Rounded() const { return rest >= kRestsPerNano / 2 ? nanos + 1 : nanos; }

  Worth& operator+=(const Worth& other) {
    nanos += other.nanos;
    rest += other.rest;
    if (rest >= kRestsPerNano) {
      rest -= kRestsPerNano;
      ++nanos;
    }
    return *this;
  }

  friend bool operator<=(const Worth& a, const Worth& b) {
    return a.nanos != b.nanos ? a.nanos < b.nanos : a.rest <= b.rest;
  }
};

// The currencies that have a rate, the reference currency among them. Immutable once made.
class RateTable {
 public:
  static constexpr int kNone = -1;

  // Adds a violation for every fault of `rates`, with paths that start with `path`. The table holds
  // what was sound.
  RateTable(const v1::ExchangeRates& rates, absl::string_view path, Violations* violations);

  int size() const { return static_cast<int>(entries_.size()); }

  // Place of a currency in the table, kNone without a rate.
  int Find(absl::string_view currency_code) const;

  const std::string& code(int index) const { return entries_[index].code; }

  // The least amount in the currency that is worth `bound` of another one, or more. A bound that no
  // amount of money reaches gives one that none reaches either.
  Nanos LeastWorth(int index, Nanos bound, int bound_index) const;

  // What an amount of the currency is worth, from 0 up to the sum of 2^30 of the largest amounts.
  Worth WorthOf(int index, Nanos amount) const;

 private:
  struct Entry {
    std::string code;
    absl::int128 rate;  // Trillionths of a reference unit for one unit.
  };

  void Insert(const std::string& code, absl::int128 rate);

  // Sorted by code; both have the same order.
  std::vector<Entry> entries_;
  std::vector<uint32_t> keys_;
};

}  // namespace tiermark
