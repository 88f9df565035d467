// Sums that the criteria of a model can give.
#pragma once

#include <bitset>
#include <cstddef>

#include "scoring/compiled_model.h"

namespace tiermark {

// A set of sums. Points models count in points, weighted ones in hundredths: no model of at most
// kCriteriaMax criteria has sums further apart than the set is wide. A value.
class ReachableSums {
 public:
  // None.
  ReachableSums() = default;

  static ReachableSums Of(int sum) {
    ReachableSums sums;
    sums.least_ = sum;
    sums.above_.set(0);
    return sums;
  }

  bool empty() const { return above_.none(); }

  // The least of them; not to be asked of an empty set.
  int least() const { return least_; }

  // Calls `visit` with each sum, rising.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = above_._Find_first(); i < above_.size(); i = above_._Find_next(i)) {
      visit(least_ + static_cast<int>(i));
    }
  }

  // Either is reached.
  void Join(const ReachableSums& other) {
    if (other.empty()) return;
    if (empty()) {
      *this = other;
    } else if (other.least_ < least_) {
      above_ <<= least_ - other.least_;
      above_ |= other.above_;
      least_ = other.least_;
    } else {
      above_ |= other.above_ << (other.least_ - least_);
    }
  }

  // Every sum of one of each.
  ReachableSums Plus(const ReachableSums& other) const {
    if (above_.count() < other.above_.count()) return other.Plus(*this);
    ReachableSums sums;
    sums.least_ = least_ + other.least_;
    for (size_t i = other.above_._Find_first(); i < above_.size(); i = other.above_._Find_next(i)) {
      sums.above_ |= above_ << i;
    }
    return sums;
  }

 private:
  // Points of -100 to 100 of each criterion are further apart than weighted means of 0 to 10 000.
  static constexpr size_t kWidth = size_t{200} * kCriteriaMax + 1;

  int least_ = 0;
  // Of a set that is not empty the first bit is set.
  std::bitset<kWidth> above_;
};

}  // namespace tiermark
