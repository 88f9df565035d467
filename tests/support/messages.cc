#include "tests/support/messages.h"

#include "google/rpc/error_details.pb.h"
#include "scoring/error.h"

namespace tiermark {
namespace {

google::rpc::BadRequest DetailsOf(const absl::Status& status) {
  google::rpc::BadRequest details;
  const auto payload = status.GetPayload(kBadRequestUrl);
  if (payload) {
    EXPECT_TRUE(details.ParseFromString(std::string(*payload)));
  }
  return details;
}

}  // namespace

v1::AccountFacts BankFacts() {
  return Facts(R"(
    display_name: "Banco Example" country: "CO"
    potential_mrr { country: "CO" amount { currency_code: "USD" units: 60000 } }
    past_due_cases: 500000 industry_reference: INDUSTRY_REFERENCE_MARKET_LEADER
    operating_countries: ["CO", "PE", "EC", "CL", "MX"]
    financial_products: ["credit-card", "mortgage"]
    lifecycle_stage: LIFECYCLE_STAGE_CLIENT
    created_date { year: 2020 month: 1 day: 15 } client_since_date { year: 2020 month: 2 day: 1 }
    owner_id: "rep-1")");
}

v1::AccountFacts FintechFacts() {
  return Facts(R"(
    display_name: "Fintech Example" country: "MX"
    potential_mrr { country: "MX" amount { currency_code: "USD" units: 1000 } }
    past_due_cases: 2000 industry_reference: INDUSTRY_REFERENCE_EMERGING
    operating_countries: ["MX"])");
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  const google::rpc::BadRequest details = DetailsOf(status);
  for (const auto& violation : details.field_violations()) fields.push_back(violation.field());
  return fields;
}

std::vector<std::string> DescriptionsOf(const absl::Status& status) {
  std::vector<std::string> descriptions;
  const google::rpc::BadRequest details = DetailsOf(status);
  for (const auto& violation : details.field_violations()) {
    descriptions.push_back(violation.description());
  }
  return descriptions;
}

}  // namespace tiermark
