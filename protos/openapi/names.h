// Names of the document, made of those of the contract.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tiermark::openapi {

// Letters and digits only: Salesforce writes out any other character as its code, underscores too.
// "Account", "GoogleTypeDate", "GoogleRpcBadRequestFieldViolation".
std::string SchemaName(const google::protobuf::Descriptor& message);

// "EvaluateAccount" becomes "Evaluate account".
std::string SentenceOf(absl::string_view upper_camel_case);

// "account_ids" becomes "Account IDs".
std::string TitleOf(absl::string_view lower_snake_case);

}  // namespace tiermark::openapi
