// The facts as fields of AccountFacts: what their descriptors do not say, and how they are
// compared.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

// The facts from this field on are an account's profile: its dimensions and what else is known of
// it. Neither segments nor due dates nor events depend on them, and most writes come without them.
inline constexpr int kFirstProfileField = v1::AccountFacts::kCustomerKindFieldNumber;

// Whether any fact of the profile is given.
bool HasProfile(const v1::AccountFacts& facts);

// The values that an int32 fact can take.
struct IntBounds {
  int32_t least;
  int32_t most;
};
IntBounds IntBoundsOf(const google::protobuf::FieldDescriptor& field);

// Whether the fact is prose of a few sentences rather than a name.
bool IsProse(const google::protobuf::FieldDescriptor& field);

// Most entries that a list can have: the values of an enum once each, countries, or names.
int EntriesMax(const google::protobuf::FieldDescriptor& field);

bool SameDate(const google::type::Date& a, const google::type::Date& b);
bool SameMoney(const google::type::Money& a, const google::type::Money& b);

// Whether both have the same value of a fact of the profile, or both none.
bool SameField(const google::protobuf::FieldDescriptor* field, const v1::AccountFacts& a,
               const v1::AccountFacts& b);

// Gives `target` the value that `source` has of a fact of the profile.
void CopyField(const google::protobuf::FieldDescriptor* field, const v1::AccountFacts& source,
               v1::AccountFacts* target);

// The messages that facts are made of, by field.
inline const google::type::Money& MoneyAt(const google::protobuf::FieldDescriptor* field,
                                          const v1::AccountFacts& facts) {
  return static_cast<const google::type::Money&>(facts.GetReflection()->GetMessage(facts, field));
}

inline const google::type::Date& DateAt(const google::protobuf::FieldDescriptor* field,
                                        const v1::AccountFacts& facts) {
  return static_cast<const google::type::Date&>(facts.GetReflection()->GetMessage(facts, field));
}

inline bool IsMoney(const google::protobuf::FieldDescriptor& field) {
  return field.message_type() == google::type::Money::descriptor();
}

inline bool IsDate(const google::protobuf::FieldDescriptor& field) {
  return field.message_type() == google::type::Date::descriptor();
}

}  // namespace tiermark
