// What single values of facts must be like. For the checks of whole facts.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "scoring/error.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

inline constexpr char kEnumFault[] = "must be one of the values, and not UNSPECIFIED";
inline constexpr char kTwiceFault[] = "is given twice";

// "facts.interests[3]"
std::string Item(absl::string_view path, absl::string_view field, int index);

// A whole date of the years that the API admits.
void ValidateDate(const google::type::Date& date, absl::string_view field, Violations* violations);

// Adds a violation unless it is an amount from `least` to kMoneyUnitsMax units of some currency.
void ValidateMoney(const google::type::Money& money, int64_t least, absl::string_view field,
                   Violations* violations);

// The fault of a name of 1 to kListEntryBytesMax bytes, or nullptr.
const char* NameFault(const std::string& name);

// The fault of a country code, or nullptr.
const char* CountryFault(const std::string& code);

// Adds a violation for too many entries, and for each of the first `entries_max` that is at fault
// or given twice.
void ValidateList(const google::protobuf::RepeatedPtrField<std::string>& entries, int entries_max,
                  const char* (*entry_fault)(const std::string&), absl::string_view path,
                  absl::string_view field, Violations* violations);

// The part of ValidateFacts from kFirstProfileField on, by descriptor: a fact that is added to the
// profile is checked by its type.
void ValidateProfile(const v1::AccountFacts& facts, absl::string_view path, Violations* violations);

}  // namespace tiermark
