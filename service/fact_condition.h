// Conditions on facts, made ready.
#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "scoring/error.h"
#include "scoring/fact_reading.h"
#include "tiermark/v1/dimensions.pb.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

inline constexpr int kConditionValuesMax = 250;

// A value; immutable once made.
class FactTest {
 public:
  // Adds a violation for every fault, with paths that start with `path` ("filter.facts[0]"); with
  // any, the test is of no use.
  FactTest(const v1::FactCondition& condition, absl::string_view path, Violations* violations);

  // Whether the fact is known and all that the condition says of it holds.
  bool Holds(const v1::AccountFacts& facts) const;

 private:
  // A number in billionths, a day, or an amount in its currency.
  struct Bound {
    FactType type;
    absl::int128 value;
    std::string currency;
  };

  void ReadTexts(const v1::FactCondition& condition, absl::string_view path,
                 Violations* violations);
  void ReadBounds(const v1::FactCondition& condition, absl::string_view path,
                  Violations* violations);
  absl::optional<Bound> ReadBound(const v1::FactValue& value, absl::string_view field,
                                  Violations* violations) const;
  bool IsOneOf(const Reading& reading, const v1::AccountFacts& facts) const;

  absl::optional<FactKind> fact_;
  absl::flat_hash_set<std::string> one_of_;
  absl::optional<Bound> at_least_;
  absl::optional<Bound> at_most_;
  absl::optional<bool> is_;
};

}  // namespace tiermark
