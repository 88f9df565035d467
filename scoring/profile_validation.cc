// What facts of an account's profile are admitted, by the types of their fields.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/message.h"
#include "google/protobuf/reflection.h"
#include "scoring/fact_checks.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;
using google::protobuf::RepeatedPtrField;

bool IsAdmitted(const google::protobuf::EnumDescriptor& values, int number) {
  return number != 0 && values.FindValueByNumber(number) != nullptr;
}

void ValidateText(const FieldDescriptor& field, const std::string& text, const std::string& path,
                  Violations* violations) {
  if (!IsProse(field)) {
    if (const char* fault = NameFault(text)) violations->Add(path, fault);
    return;
  }
  const std::string line = absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}, {"\t", " "}});
  if (text.size() > kProseBytesMax || !IsControlFree(line)) {
    violations->Add(path, absl::StrCat("must be at most ", kProseBytesMax,
                                       " bytes of text without control characters"));
  }
}

void ValidateSingle(const v1::AccountFacts& facts, const FieldDescriptor* field,
                    const std::string& path, Violations* violations) {
  const Reflection& reflection = *facts.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const IntBounds bounds = IntBoundsOf(*field);
      const int32_t value = reflection.GetInt32(facts, field);
      if (value < bounds.least || value > bounds.most) {
        violations->Add(path, absl::StrCat("must be ", bounds.least, " to ", bounds.most));
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      if (!IsAdmitted(*field->enum_type(), reflection.GetEnumValue(facts, field))) {
        violations->Add(path, kEnumFault);
      }
      return;
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string spare;
      ValidateText(*field, reflection.GetStringReference(facts, field, &spare), path, violations);
      return;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (IsDate(*field)) {
        ValidateDate(DateAt(field, facts), path, violations);
      } else {
        ValidateMoney(MoneyAt(field, facts), 0, path, violations);
      }
      return;
    default:  // A bool is sound either way.
      return;
  }
}

void ValidateEnums(const v1::AccountFacts& facts, const FieldDescriptor* field,
                   absl::string_view path, Violations* violations) {
  const Reflection& reflection = *facts.GetReflection();
  const int size = reflection.FieldSize(facts, field);
  const int entries_max = EntriesMax(*field);
  if (size > entries_max) {
    violations->Add(absl::StrCat(path, ".", field->name()),
                    absl::StrCat("must have ", entries_max, " entries at most"));
  }
  std::vector<int> seen;
  for (int i = 0; i < std::min(size, entries_max); ++i) {
    const int value = reflection.GetRepeatedEnumValue(facts, field, i);
    if (!IsAdmitted(*field->enum_type(), value)) {
      violations->Add(Item(path, field->name(), i), kEnumFault);
    } else if (std::find(seen.begin(), seen.end(), value) != seen.end()) {
      violations->Add(Item(path, field->name(), i), kTwiceFault);
    }
    seen.push_back(value);
  }
}

void ValidateRevenue(const v1::AccountFacts& facts, absl::string_view path,
                     Violations* violations) {
  const auto& entries = facts.product_line_revenue();
  if (entries.size() > kListEntriesMax) {
    violations->Add(absl::StrCat(path, ".product_line_revenue"),
                    absl::StrCat("must have ", kListEntriesMax, " entries at most"));
  }
  const int checked = std::min(entries.size(), kListEntriesMax);
  for (int i = 0; i < checked; ++i) {
    const v1::ProductLineRevenue& entry = entries[i];
    const std::string item = Item(path, "product_line_revenue", i);
    const auto same_line = [&entry](const v1::ProductLineRevenue& other) {
      return other.product_line() == entry.product_line();
    };
    if (const char* fault = NameFault(entry.product_line())) {
      violations->Add(absl::StrCat(item, ".product_line"), fault);
    } else if (std::any_of(entries.begin(), entries.begin() + i, same_line)) {
      violations->Add(absl::StrCat(item, ".product_line"), kTwiceFault);
    }
    if (!entry.has_amount()) {
      violations->Add(absl::StrCat(item, ".amount"), "is required");
    } else {
      ValidateMoney(entry.amount(), 0, absl::StrCat(item, ".amount"), violations);
    }
  }
}

}  // namespace

void ValidateProfile(const v1::AccountFacts& facts, absl::string_view path,
                     Violations* violations) {
  const Reflection& reflection = *facts.GetReflection();
  std::vector<const FieldDescriptor*> given;
  reflection.ListFields(facts, &given);
  for (const FieldDescriptor* field : given) {
    if (field->number() < kFirstProfileField) continue;
    if (!field->is_repeated()) {
      ValidateSingle(facts, field, absl::StrCat(path, ".", field->name()), violations);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      ValidateEnums(facts, field, path, violations);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const auto entries = reflection.GetRepeatedFieldRef<std::string>(facts, field);
      ValidateList(RepeatedPtrField<std::string>(entries.begin(), entries.end()),
                   EntriesMax(*field), NameFault, path, field->name(), violations);
    } else {
      ValidateRevenue(facts, path, violations);
    }
  }
}

}  // namespace tiermark
