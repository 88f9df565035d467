// Facts as people write them on a command line: "past_due_cases=500000", "budget=USD:5000.50".
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/type/money.pb.h"
#include "tiermark/v1/dimensions.pb.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::cli {

// "USD:60000", "COP:-0.5". INVALID_ARGUMENT, as all below: it is none, and why.
absl::StatusOr<google::type::Money> ParseMoney(absl::string_view text);

// A value whose type nothing else tells: text, unless it says "int:", "decimal:", "bool:", "date:",
// "money:" or "text:" before it.
absl::StatusOr<v1::FactValue> ParseTypedValue(absl::string_view text);

// Sets one fact by its name in AccountFacts, or "custom.KEY", instead of what it was. Lists are
// written with commas, potential_mrr and product_line_revenue as "CO=USD:60000,PE=USD:100", custom
// facts as ParseTypedValue() has them; an empty custom fact is one to remove.
absl::Status SetFact(absl::string_view name, absl::string_view value, v1::AccountFacts* facts);

// The same of "NAME=VALUE".
absl::Status SetFact(absl::string_view assignment, v1::AccountFacts* facts);

// A condition on a fact: "NAME=VALUE,VALUE", "NAME>=VALUE", "NAME<=VALUE"; "NAME=yes" of a bool.
absl::StatusOr<v1::FactCondition> ParseFactCondition(absl::string_view text);

}  // namespace tiermark::cli
