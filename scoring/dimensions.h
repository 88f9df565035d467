// The dimensions that accounts are grouped and filtered by.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "scoring/compiled_model.h"
#include "scoring/exchange_rates.h"
#include "scoring/reevaluation.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/activity.pb.h"
#include "tiermark/v1/dimensions.pb.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/lifecycle.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// What dimensions are derived from besides the account, and is the same for all accounts. A value;
// what it points to outlives it.
struct DimensionBasis {
  const CompiledPolicy* policy = nullptr;
  const RateTable* rates = nullptr;
  // The active version of `risk-profile`. Null: no account's risk is told.
  const CompiledModel* risk_model = nullptr;
  // The day that tenure is told for, and that risk is scored on.
  absl::CivilDay day;
};

// An account, with what is told of it for the day from elsewhere.
struct AccountOnDay {
  const v1::AccountFacts& facts;
  const store::v1::AccountState& state;
  // Each is read for its own dimension only.
  v1::ActivityStatus activity = v1::ACTIVITY_STATUS_UNSPECIFIED;
  v1::Standing standing = v1::STANDING_UNSPECIFIED;
  v1::Segment effective_segment = v1::SEGMENT_UNSPECIFIED;
};

// The nine dimensions. An account whose risk cannot be scored, as a currency has no rate or a
// custom fact is of the wrong type, has no risk profile.
v1::AccountDimensions DimensionsOf(const v1::AccountFacts& facts,
                                   const store::v1::AccountState& state,
                                   const DimensionBasis& basis);

// The account's values in a dimension, as v1::Dimension says: at least one, several only for lines
// of products, each once. `dimension` must be one of the values, and not UNSPECIFIED.
std::vector<std::string> DimensionValues(v1::Dimension dimension, const AccountOnDay& account,
                                         const DimensionBasis& basis);

// What a value of the dimension has to be, when `value` is none that an account can have; empty
// when it is one.
std::string DimensionValueFault(v1::Dimension dimension, absl::string_view value);

// The day an account, which must be a client, became one: as the facts say, or as the state says,
// or else its creation.
absl::CivilDay ClientSinceDay(const v1::AccountFacts& facts, const store::v1::AccountState& state);

// A value of an enum without its prefix: "NET_30".
std::string ShortName(const google::protobuf::EnumDescriptor* values, int number);

}  // namespace tiermark
