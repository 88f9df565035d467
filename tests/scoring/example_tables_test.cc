// The examples of tests/data, on the core. The same tables are run against a running server.
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "scoring/error.h"
#include "scoring/exact.h"
#include "scoring/facts.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

TEST(AccountSegmentationTable, EveryExampleScoresAsWritten) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  for (const auto& row : ReadTable("account-segmentation.table", 6)) {
    SCOPED_TRACE(row[0]);
    const v1::AccountFacts facts = FactsFromJson(row[5]);
    Violations violations;
    ValidateFacts(facts, "facts", &violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    const v1::Evaluation evaluation = Evaluate(*model, facts);
    EXPECT_EQ(absl::StrCat(evaluation.score()), row[1]);
    EXPECT_EQ(absl::StrCat(evaluation.exact_score()), row[2]);
    EXPECT_EQ(v1::Segment_Name(evaluation.segment()), absl::StrCat("SEGMENT_", row[3]));
    std::istringstream points(row[4]);
    for (const v1::CriterionResult& criterion : evaluation.criteria()) {
      int expected = -1;
      points >> expected;
      EXPECT_EQ(criterion.points(), expected) << criterion.criterion_id();
    }
  }
}

TEST(AccountSegmentationTable, HoldsTheBankAndTheFintechOfTheMethodology) {
  std::vector<std::string> found;
  for (const auto& row : ReadTable("account-segmentation.table", 6)) {
    if (row[0] == "bank" || row[0] == "fintech") {
      found.push_back(absl::StrJoin({row[0], row[1], row[2], row[3]}, " "));
    }
  }
  EXPECT_EQ(found, (std::vector<std::string>{"bank 100 10000 STRATEGIC", "fintech 16 1600 SMB"}));
}

TEST(RefusedTable, EveryExampleIsRefusedAsWritten) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  for (const auto& row : ReadTable("account-segmentation-refused.table", 4)) {
    SCOPED_TRACE(row[0]);
    const v1::AccountFacts facts = FactsFromJson(row[3]);
    Violations violations;
    ValidateFacts(facts, "facts", &violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    ScoreCard card;
    const absl::Status status = model->Score(facts, absl::CivilDay(2026, 5, 20), &card);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), row[1]);
    EXPECT_EQ(absl::StrJoin(FieldsOf(status), " "), row[2]);
  }
}

TEST(MoneyTiersTable, AmountsInOtherCurrenciesMeetTiersToTheBillionth) {
  const auto rates = FromText<v1::ExchangeRates>(ReadTestData("exchange-rates.textproto"));
  const auto model = CompileOrDie(ShippedModels()[0], rates);
  for (const auto& row : ReadTable("money-tiers.table", 3)) {
    SCOPED_TRACE(absl::StrJoin(row, " "));
    v1::AccountFacts facts = BankFacts();
    *facts.mutable_potential_mrr(0)->mutable_amount() = MoneyOf(row[0], *ParseDecimal(row[1]));
    const v1::Evaluation evaluation = Evaluate(*model, facts);
    EXPECT_EQ(absl::StrCat(evaluation.criteria(0).points()), row[2]);
    EXPECT_EQ(evaluation.exchange_rates_version(), 7);
  }
}

}  // namespace
}  // namespace tiermark
