#include "sample_facts.h"

#include <string>

#include "google/protobuf/message.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;

google::type::Money SampleMoney(int variant) {
  google::type::Money money;
  money.set_currency_code("USD");
  money.set_units(5 + variant / 2);
  money.set_nanos(variant % 2);
  return money;
}

void SetList(Field field, int variant, v1::AccountFacts* facts) {
  const google::protobuf::Reflection* reflection = facts->GetReflection();
  reflection->ClearField(facts, field);
  for (int i = 0; i <= variant; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->AddString(facts, field, name);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->AddEnumValue(facts, field, i + 1);
    } else {
      v1::ProductLineRevenue* revenue = facts->add_product_line_revenue();
      revenue->set_product_line(name);
      *revenue->mutable_amount() = SampleMoney(variant);
    }
  }
}

}  // namespace

std::vector<Field> AllFields() {
  std::vector<Field> fields;
  for (int i = 0; i < v1::AccountFacts::descriptor()->field_count(); ++i) {
    fields.push_back(v1::AccountFacts::descriptor()->field(i));
  }
  return fields;
}

std::vector<Field> ProfileFields() {
  std::vector<Field> fields;
  for (Field field : AllFields()) {
    if (field->number() >= v1::AccountFacts::kCustomerKindFieldNumber) fields.push_back(field);
  }
  return fields;
}

void SetSample(Field field, int variant, v1::AccountFacts* facts) {
  const google::protobuf::Reflection* reflection = facts->GetReflection();
  if (field->is_repeated()) return SetList(field, variant, facts);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(facts, field, variant);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(facts, field, variant % 2 == 1);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(facts, field, 1 + variant % 2);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(facts, field, std::string(1, static_cast<char>('a' + variant)));
    default:
      if (field->message_type()->name() == "Date") {
        google::type::Date date;
        date.set_year(2026);
        date.set_month(3);
        date.set_day(1 + variant);
        reflection->MutableMessage(facts, field)->CopyFrom(date);
      } else {
        reflection->MutableMessage(facts, field)->CopyFrom(SampleMoney(variant));
      }
  }
}

}  // namespace tiermark
