#include "fact_access.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"

namespace tiermark {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

const FieldDescriptor* FieldOf(const std::string& fact) {
  return v1::AccountFacts::descriptor()->FindFieldByName(fact);
}

// "MARKET_LEADER" for INDUSTRY_REFERENCE_MARKET_LEADER.
std::string ShortName(const EnumDescriptor& values, int number) {
  const std::string& first = values.FindValueByNumber(0)->name();
  return values.FindValueByNumber(number)->name().substr(first.find("UNSPECIFIED"));
}

int NumberOf(const EnumDescriptor& values, const std::string& name) {
  for (int number = 0; number < values.value_count(); ++number) {
    if (ShortName(values, number) == name) return number;
  }
  ADD_FAILURE() << name;
  return 0;
}

void AddEntries(const FieldDescriptor* field, int64_t size, v1::AccountFacts* facts) {
  const Reflection* reflection = facts->GetReflection();
  for (int64_t i = 0; i < size; ++i) {
    const std::string entry = absl::StrCat("line-", i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->AddString(facts, field, entry);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->AddEnumValue(facts, field, static_cast<int>(i + 1));
    } else {
      v1::ProductLineRevenue* revenue = facts->add_product_line_revenue();
      revenue->set_product_line(entry);
      revenue->mutable_amount()->set_currency_code("USD");
    }
  }
}

void SetField(const FieldDescriptor* field, const v1::FactValue& value, v1::AccountFacts* facts) {
  const Reflection* reflection = facts->GetReflection();
  if (field->is_repeated()) return AddEntries(field, value.int64(), facts);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(facts, field, static_cast<int>(value.int64()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(facts, field, value.bool_());
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(facts, field, value.text());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(facts, field, NumberOf(*field->enum_type(), value.text()));
    default:
      if (value.has_date()) {
        reflection->MutableMessage(facts, field)->CopyFrom(value.date());
      } else {
        reflection->MutableMessage(facts, field)->CopyFrom(value.money());
      }
  }
}

v1::FactValue GetField(const FieldDescriptor* field, const v1::AccountFacts& facts) {
  const Reflection* reflection = facts.GetReflection();
  v1::FactValue value;
  if (field->is_repeated()) {
    const int size = reflection->FieldSize(facts, field);
    if (size > 0) value.set_int64(size);
    return value;
  }
  if (!reflection->HasField(facts, field)) return value;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      value.set_int64(reflection->GetInt32(facts, field));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      value.set_bool_(reflection->GetBool(facts, field));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      value.set_text(reflection->GetString(facts, field));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      value.set_text(ShortName(*field->enum_type(), reflection->GetEnumValue(facts, field)));
      break;
    default: {
      const google::protobuf::Message& message = reflection->GetMessage(facts, field);
      if (field->message_type()->name() == "Date") {
        value.mutable_date()->CopyFrom(message);
      } else {
        value.mutable_money()->CopyFrom(message);
      }
    }
  }
  return value;
}

}  // namespace

std::vector<std::string> EnumTexts(const std::string& fact) {
  std::vector<std::string> texts;
  const FieldDescriptor* field = FieldOf(fact);
  if (field == nullptr || field->enum_type() == nullptr) return texts;
  for (int number = 1; number < field->enum_type()->value_count(); ++number) {
    texts.push_back(ShortName(*field->enum_type(), number));
  }
  return texts;
}

void SetFact(const std::string& fact, const v1::FactValue& value, v1::AccountFacts* facts) {
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    (*facts->mutable_custom())[std::string(key)] = value;
    return;
  }
  ClearFact(fact, facts);
  if (fact == "potential_mrr") {
    if (!facts->has_country()) return;
    v1::PotentialMrr* entry = facts->add_potential_mrr();
    entry->set_country(facts->country());
    *entry->mutable_amount() = value.money();
  } else if (fact == "countries") {
    int left = static_cast<int>(value.int64());
    if (facts->has_country()) facts->add_operating_countries(facts->country()), --left;
    for (const char* code : kTestCountries) {
      if (left == 0) break;
      if (facts->country() == code) continue;
      // Some are confirmed expansion, and one is named in both lists.
      (left % 2 == 0 ? facts->add_operating_countries(code) : facts->add_expansion_countries(code));
      --left;
    }
    if (facts->operating_countries_size() > 0) {
      facts->add_expansion_countries(facts->operating_countries(0));
    }
    EXPECT_EQ(left, 0);
  } else {
    SetField(FieldOf(fact), value, facts);
  }
}

void ClearFact(const std::string& fact, v1::AccountFacts* facts) {
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    facts->mutable_custom()->erase(std::string(key));
  } else if (fact == "countries") {
    facts->clear_operating_countries();
    facts->clear_expansion_countries();
  } else {
    facts->GetReflection()->ClearField(facts, FieldOf(fact));
  }
}

absl::optional<v1::FactValue> GetFact(const std::string& fact, const v1::AccountFacts& facts) {
  v1::FactValue value;
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    const auto found = facts.custom().find(std::string(key));
    if (found == facts.custom().end()) return absl::nullopt;
    return found->second;
  }
  if (fact == "potential_mrr") {
    for (const v1::PotentialMrr& entry : facts.potential_mrr()) {
      if (facts.has_country() && entry.country() == facts.country()) {
        *value.mutable_money() = entry.amount();
      }
    }
  } else if (fact == "lifecycle_stage" && !facts.has_lifecycle_stage()) {
    value.set_text("PROSPECT");
  } else if (fact == "countries") {
    std::set<std::string> distinct(facts.operating_countries().begin(),
                                   facts.operating_countries().end());
    distinct.insert(facts.expansion_countries().begin(), facts.expansion_countries().end());
    if (!distinct.empty() && facts.has_country()) distinct.insert(facts.country());
    if (!distinct.empty()) value.set_int64(static_cast<int64_t>(distinct.size()));
  } else {
    value = GetField(FieldOf(fact), facts);
  }
  if (value.value_case() == v1::FactValue::VALUE_NOT_SET) return absl::nullopt;
  return value;
}

}  // namespace tiermark
