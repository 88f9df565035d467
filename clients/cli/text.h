// Values of the contract as people read them.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::cli {

// "Market leader" for INDUSTRY_REFERENCE_MARKET_LEADER; empty for an unspecified one.
std::string WordsOf(const google::protobuf::EnumDescriptor& type, int value);
template <class Enum>
std::string WordsOf(Enum value) {
  return WordsOf(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// "60,000 USD", "1,000.50 USD"; empty when absent.
std::string TextOf(const google::type::Money& money);

// "2026-11-28"; empty when absent.
std::string TextOf(const google::type::Date& date);

// "2026-11-28T08:30:00Z"; empty when absent.
std::string TextOf(const google::protobuf::Timestamp& time);

// As its type is written; empty when none is set.
std::string TextOf(const v1::FactValue& value);

// "16.00" for 1600 hundredths.
std::string HundredthsOf(int hundredths);

// The same with its sign: "+3.50", "-0.25".
std::string SignedHundredthsOf(int hundredths);

// "1,234,567"
std::string Grouped(int64_t number);

// A text, or a dash where there is none.
std::string OrDash(const std::string& text);

}  // namespace tiermark::cli
