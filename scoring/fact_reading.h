// The facts that criteria can read, by name, and how they are read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.h"
#include "scoring/exact.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

enum class FactType {
  kNumber,
  kMoney,
  kEnum,
  kText,
  kList,
  kDate,
  kBool,
  kAny,  // A custom fact: what it is shows only in its value.
};

enum class FactSource {
  kPotentialMrr,
  kPastDueCases,
  kIndustryReference,
  kLifecycleStage,
  kCountries,
  kOperatingCountries,
  kExpansionCountries,
  kFinancialProducts,
  kProductLines,
  kCountry,
  kOwnerId,
  kParentId,
  kCreatedDate,
  kClientSinceDate,
  kFirstMeetingDate,
  kCustom,
  kField,  // Any other field of AccountFacts, read by its descriptor.
};

// A fact that a criterion names.
struct FactKind {
  FactSource source;
  FactType type;
  absl::string_view name;
  // What people call it within a sentence, of many and of one. Both are empty for custom facts, the
  // latter for what is not counted or owned in units: "a country risk class of 3".
  absl::string_view noun;
  absl::string_view noun_of_one;
  std::string custom_key;  // Of kCustom.
  // Nullptr for kCountries and kCustom, which are no fields.
  const google::protobuf::FieldDescriptor* field = nullptr;
};

// Empty for a name that is no fact's. The views in it stay valid if it names no custom fact;
// otherwise `name` is a view of the argument.
absl::optional<FactKind> FindFact(absl::string_view name);

// The values by number of a fact of type kEnum, or of a list of enum values, without their prefix:
// "MARKET_LEADER". The first is UNSPECIFIED.
const std::vector<std::string>& EnumNames(const FactKind& fact);

// A fact as it was found. Views and pointers are into the facts.
struct Reading {
  bool known = false;
  FactType type = FactType::kAny;
  // kNumber, kMoney: billionths. kEnum: number. kList: distinct entries. kDate: days since the Unix
  // epoch. kBool: 0 or 1.
  absl::int128 value = 0;
  // kText: the text. kMoney: the currency.
  absl::string_view text;
};

// Reads a fact. Allocates nothing.
Reading ReadFact(const FactKind& fact, const v1::AccountFacts& facts);

// The amount of a fact of type kMoney that is no custom fact, and is known.
const google::type::Money& AmountOf(const FactKind& fact, const v1::AccountFacts& facts);

// Place in potential_mrr of the entry of the account's country, -1 without one.
int LocalMrrIndex(const v1::AccountFacts& facts);

int64_t DayNumber(const google::type::Date& date);

}  // namespace tiermark
