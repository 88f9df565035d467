// Messages from text, the accounts of the methodology, and what a status faults.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

// A message from its text form. A fault in the text fails the test.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

inline v1::AccountFacts Facts(const std::string& text) { return FromText<v1::AccountFacts>(text); }

// The examples of the methodology: 100, Strategic, and 16, SMB.
v1::AccountFacts BankFacts();
v1::AccountFacts FintechFacts();

// The fields that a BadRequest faults, in order, and their descriptions. Both are empty of a status
// without one.
std::vector<std::string> FieldsOf(const absl::Status& status);
std::vector<std::string> DescriptionsOf(const absl::Status& status);

}  // namespace tiermark
