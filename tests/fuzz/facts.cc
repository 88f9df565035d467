// EvaluateAccount's request as protobuf's bytes, for one of the shipped models: its facts are
// refused, or can be merged and scored.
#include "scoring/facts.h"

#include "scoring/shipped.h"
#include "service/handlers/facts_writes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/models.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

std::vector<std::shared_ptr<const CompiledModel>> CompiledModels() {
  std::vector<std::shared_ptr<const CompiledModel>> compiled;
  for (const v1::ScoringModel& model : ShippedModels()) {
    compiled.push_back(*CompiledModel::Compile(model, ShippedExchangeRates()));
  }
  return compiled;
}

void Feed(absl::string_view input) {
  static const auto& models = *new auto(CompiledModels());
  static auto& request = *new v1::EvaluateAccountRequest;
  static const auto& known = *new v1::AccountFacts(FromText<v1::AccountFacts>(R"(
      country: "CO" operating_countries: "PE" past_due_cases: 4
      custom { key: "a" value { bool: true } })"));
  const size_t choice = TakeChoice(models.size(), &input);
  if (!request.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  Violations violations;
  ValidateFactsWrite(request, &violations);
  if (!violations.empty()) {
    MUST(absl::IsInvalidArgument(violations.ToStatus()));
    return;
  }
  const auto* mask = request.has_update_mask() ? &request.update_mask() : nullptr;
  v1::AccountFacts merged = known;
  MergeFacts(request.facts(), mask, &merged);
  const std::string once = BytesOf(merged);
  MUST(MergeFacts(request.facts(), mask, &merged).empty());
  MUST(BytesOf(merged) == once);
  ValidateMerged(merged, "facts", &violations);
  if (violations.empty()) ValidateFacts(merged, "facts", &violations);
  MUST(violations.empty());
  CheckScores(*models[choice], merged);
}

std::vector<std::string> Seeds() {
  const char* const facts[] = {
      R"(country: "CO" past_due_cases: 7 operating_countries: "PE" expansion_countries: "MX" created_date { year: 2024 month: 2 day: 29 }
         potential_mrr { country: "CO" amount { currency_code: "USD" units: 24 nanos: 5 } }
         industry_reference: INDUSTRY_REFERENCE_RECOGNIZED lifecycle_stage: LIFECYCLE_STAGE_CLIENT)",
      R"(customer_kind: CUSTOMER_KIND_BUSINESS employees: 7 industry: "x" contact_role: CONTACT_ROLE_USER
         annual_revenue { currency_code: "USD" units: 1 } product_line_revenue { product_line: "a" amount { currency_code: "USD" units: 2 } }
         custom { key: "budget" value { decimal: "-1.5" } } custom { key: "seats" value { int64: 3 } })"};
  std::vector<std::string> seeds;
  for (const char* text : facts) {
    v1::EvaluateAccountRequest request;
    request.set_account_id("a1");
    *request.mutable_facts() = FromText<v1::AccountFacts>(text);
    seeds.push_back("0" + BytesOf(request));
    request.mutable_update_mask()->add_paths("*");
    seeds.push_back("1" + BytesOf(request));
    seeds.push_back("2" + BytesOf(request));
  }
  return seeds;
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 256, Seeds};

}  // namespace tiermark
