// The single-fact way to the next band, by example. What holds for all models is in
// changes_property_test.cc.
#include "absl/strings/str_cat.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

using Lines = std::vector<std::string>;

// The messages of all changes, with plain spaces.
Lines MessagesOf(const v1::Evaluation& evaluation) {
  Lines messages;
  for (const v1::SingleFactChange& change : evaluation.to_next_segment().changes()) {
    std::string message = change.message();
    for (size_t at; (at = message.find("\u00a0")) != std::string::npos;)
      message.replace(at, 2, " ");
    messages.push_back(message);
  }
  return messages;
}

const char kRetailer[] = R"(
  country: 'PE' potential_mrr { country: 'PE' amount { currency_code: 'USD' units: 6000 } }
  past_due_cases: 60000 industry_reference: INDUSTRY_REFERENCE_RECOGNIZED
  operating_countries: ['PE', 'CL'])";

TEST(ShippedModel, NamesTheLeastChangeOfEachFact) {
  // 50 x 40 + 60 x 20 + 60 x 20 + 40 x 20 = 5200: 750 hundredths short of Enterprise.
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), Facts(kRetailer));
  EXPECT_EQ(evaluation.exact_score(), 5'200);
  EXPECT_EQ(evaluation.to_next_segment().hundredths(), 750);
  EXPECT_EQ(MessagesOf(evaluation),
            (Lines{"10 000 USD potential MRR or more would make this account Enterprise",
                   "500 000 past-due cases or more would make this account Enterprise",
                   "Market leader as industry reference would make this account Enterprise",
                   "4 countries or more would make this account Enterprise"}));
  const auto& changes = evaluation.to_next_segment().changes();
  EXPECT_EQ(changes[0].criterion_id(), "potential-mrr");
  EXPECT_EQ(changes[0].fact(), "potential_mrr");
  EXPECT_EQ(changes[0].at_least().money().units(), 10'000);
  EXPECT_EQ(changes[1].at_least().int64(), 500'000);
  EXPECT_EQ(changes[2].one_of().values(0), "MARKET_LEADER");
  EXPECT_EQ(changes[3].at_least().int64(), 4);
}

TEST(ShippedModel, NamesTheBandThatAChangeLeadsTo) {
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), Facts(R"pb(
    country: 'PE'
    potential_mrr {
      country: 'PE'
      amount { currency_code: 'USD' }
    }
    past_due_cases: 500000
    industry_reference: INDUSTRY_REFERENCE_RECOGNIZED
    operating_countries: 'PE')pb"));
  // 3200: SMB, and its cases are in the highest tier already.
  EXPECT_EQ(MessagesOf(evaluation),
            (Lines{"500 USD potential MRR or more would make this account Commercial",
                   "Market leader as industry reference would make this account Commercial",
                   "2 countries or more would make this account Commercial"}));
}

TEST(ShippedModel, ListsEveryCategoryThatReaches) {
  v1::AccountFacts facts = Facts(kRetailer);
  facts.set_industry_reference(v1::INDUSTRY_REFERENCE_NONE);
  facts.mutable_potential_mrr(0)->mutable_amount()->set_units(10'000);
  facts.set_past_due_cases(100'000);
  // 5200 without a reference.
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), facts);
  EXPECT_EQ(evaluation.exact_score(), 5'200);
  EXPECT_EQ(MessagesOf(evaluation)[1],
            "Market leader or Recognized as industry reference would make this account Enterprise");
}

TEST(ShippedModel, IsSilentInTheHighestBand) {
  EXPECT_FALSE(Evaluate(*CompileOrDie(ShippedModels()[0]), BankFacts()).has_to_next_segment());
}

v1::SingleFactChange MrrChange(const std::string& currency, const std::string& rate,
                               int64_t units) {
  const auto rates = FromText<v1::ExchangeRates>(
      absl::StrCat("version: 2 reference_currency: 'USD' rates { currency_code: '", currency,
                   "' rate: '", rate, "' }"));
  v1::AccountFacts facts = Facts(kRetailer);
  facts.mutable_potential_mrr(0)->mutable_amount()->set_currency_code(currency);
  facts.mutable_potential_mrr(0)->mutable_amount()->set_units(units);
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0], rates), facts);
  EXPECT_GT(evaluation.to_next_segment().changes_size(), 0);
  return evaluation.to_next_segment().changes(0);
}

TEST(Money, IsNamedInTheAccountsOwnCurrencyRoundedUpToItsMinorUnit) {
  const v1::SingleFactChange cop = MrrChange("COP", "0.000245", 22'000'000);
  EXPECT_EQ(cop.at_least().money().currency_code(), "COP");
  EXPECT_EQ(cop.at_least().money().units(), 40'816'326);
  EXPECT_EQ(cop.at_least().money().nanos(), 540'000'000);
  const v1::SingleFactChange clp = MrrChange("CLP", "0.00105", 5'000'000);
  EXPECT_EQ(clp.at_least().money().units(), 9'523'810);
  EXPECT_EQ(clp.at_least().money().nanos(), 0);
  const v1::SingleFactChange kwd = MrrChange("KWD", "3.25", 1'600);
  EXPECT_EQ(kwd.at_least().money().units(), 3'076);
  EXPECT_EQ(kwd.at_least().money().nanos(), 924'000'000);
}

// A points model with the criteria given and bands at 50 and 0.
v1::Evaluation EvaluatePoints(const std::string& criteria, const std::string& facts) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(absl::StrCat(
      "model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
      "reference_currency: 'USD' bands { band_id: 'high' display_name: 'High' min_score: 50 } "
      "bands { band_id: 'low' display_name: 'Low' } ",
      criteria)));
  return Evaluate(*model, Facts(facts), kDay);
}

const char kHump[] = R"(criteria { criterion_id: 'c' fact: 'past_due_cases' numeric_tiers {
  tiers { at_least: '300' points: 60 } tiers { at_least: '200' points: 0 }
  tiers { at_least: '100' points: 70 } tiers { points: 0 } } })";

TEST(TiersThatAreNotMonotone, AreNamedInEachDirectionThatReaches) {
  EXPECT_EQ(MessagesOf(EvaluatePoints(kHump, "past_due_cases: 250")),
            (Lines{"300 past-due cases or more would make this account High",
                   "199 past-due cases or fewer would make this account High"}));
  EXPECT_EQ(MessagesOf(EvaluatePoints(kHump, "past_due_cases: 50")),
            Lines{"100 past-due cases or more would make this account High"});
}

TEST(UnknownFact, IsNamedFromWhereAllReach) {
  EXPECT_EQ(MessagesOf(EvaluatePoints(kHump, "")),
            Lines{"300 past-due cases or more would make this account High"});
  EXPECT_EQ(MessagesOf(EvaluatePoints("criteria { criterion_id: 'c' fact: 'past_due_cases' "
                                      "numeric_tiers { tiers { at_least: '5' points: 60 } tiers { "
                                      "points: 55 } } }",
                                      "")),
            Lines{"Knowing the past-due cases would make this account High"});
}

TEST(UnknownMoney, IsNamedInTheReferenceCurrency) {
  const std::string criterion =
      "criteria { criterion_id: 'c' fact: 'potential_mrr' money_tiers { tiers { at_least: "
      "'1000.005' points: 60 } tiers {} } }";
  EXPECT_EQ(MessagesOf(EvaluatePoints(criterion, "country: 'CO'")),
            Lines{"1 000.01 USD potential MRR or more would make this account High"});
  // Without a country no amount is local, whatever it is.
  EXPECT_EQ(MessagesOf(EvaluatePoints(criterion, "")), Lines{});
}

TEST(ClampedSum, CountsWhatIsBelowZero) {
  const std::string criteria = R"(
    criteria { criterion_id: 'a' fact: 'custom.a' presence_points { absent_points: -30 } }
    criteria { criterion_id: 'b' fact: 'product_lines' distinct_count_tiers {
      tiers { at_least: 3 points: 80 } tiers { at_least: 2 points: 60 } tiers { points: 0 } } })";
  const v1::Evaluation evaluation = EvaluatePoints(criteria, "product_lines: 'x'");
  EXPECT_EQ(evaluation.exact_score(), 0);
  EXPECT_EQ(evaluation.to_next_segment().hundredths(), 4'950);
  EXPECT_EQ(MessagesOf(evaluation), Lines{"3 product lines or more would make this account High"});
}

TEST(Dates, AreNamedAsDaysCountedFromTheDayOfEvaluation) {
  const std::string criterion = R"(criteria { criterion_id: 'c' fact: 'first_meeting_date'
    recency_tiers { tiers { days_at_most: -1 points: 0 } tiers { days_at_most: 30 points: 60 }
    tiers { points: 10 } } })";
  EXPECT_EQ(
      MessagesOf(EvaluatePoints(criterion, "first_meeting_date { year: 2025 month: 5 day: 1 }")),
      Lines{"A first meeting date of 2026-04-20 or later would make this account High"});
  EXPECT_EQ(
      MessagesOf(EvaluatePoints(criterion, "first_meeting_date { year: 2027 month: 5 day: 1 }")),
      Lines{"A first meeting date of 2026-05-20 or earlier would make this account High"});
}

TEST(Presence, IsNamedWhenTheFactIsAbsent) {
  const std::string criteria = R"(
    criteria { criterion_id: 'a' fact: 'owner_id' presence_points { present_points: 55 } }
    criteria { criterion_id: 'b' display_name: 'Request made' fact: 'custom.request'
      presence_points { present_points: 50 } })";
  const v1::Evaluation evaluation =
      EvaluatePoints(criteria, "custom { key: 'request' value { bool: false } }");
  EXPECT_EQ(MessagesOf(evaluation),
            (Lines{"Knowing the owner would make this account High",
                   "Request made, known or true, would make this account High"}));
  EXPECT_TRUE(evaluation.to_next_segment().changes(0).present());
}

TEST(OneFactOfTwoCriteria, IsNamedOnceForBoth) {
  const std::string criteria = R"(
    criteria { criterion_id: 'a' display_name: 'Budget' fact: 'custom.budget' numeric_tiers {
      tiers { at_least: '10' points: 30 } tiers { points: 0 } } }
    criteria { criterion_id: 'b' fact: 'custom.budget' numeric_tiers {
      tiers { at_least: '20.5' points: 30 } tiers { points: 0 } } })";
  const v1::Evaluation evaluation =
      EvaluatePoints(criteria, "custom { key: 'budget' value { int64: 1 } }");
  EXPECT_EQ(MessagesOf(evaluation), Lines{"Budget of 21 or more would make this account High"});
  EXPECT_EQ(evaluation.to_next_segment().changes(0).criterion_id(), "a");
  EXPECT_EQ(MessagesOf(EvaluatePoints(criteria, "custom { key: 'budget' value { decimal: '1' } }")),
            Lines{"Budget of 20.5 or more would make this account High"});
}

TEST(Country, IsNamedOnlyWhereMovingThereReaches) {
  // In MX the amount of MX would be the local one; in BR there would be none.
  const std::string criteria = R"(
    criteria { criterion_id: 'a' fact: 'country' category_points {
      categories { value: 'MX' points: 20 } categories { value: 'BR' points: 50 }
      other_points: 0 } }
    criteria { criterion_id: 'b' fact: 'potential_mrr' missing_points: -50 money_tiers {
      tiers { at_least: '100' points: 40 } tiers { points: 0 } } })";
  const v1::Evaluation evaluation = EvaluatePoints(criteria, R"pb(
    country: 'CO'
    potential_mrr {
      country: 'CO'
      amount { currency_code: 'USD' }
    }
    potential_mrr {
      country: 'MX'
      amount { currency_code: 'USD' units: 100 }
    })pb");
  EXPECT_EQ(MessagesOf(evaluation), Lines{"MX as country would make this account High"});
}

TEST(Targets, AreOnlyValuesThatTheFactCanTake) {
  EXPECT_EQ(MessagesOf(EvaluatePoints("criteria { criterion_id: 'c' fact: 'past_due_cases' "
                                      "numeric_tiers { tiers { at_least: '2000000001' points: 90 } "
                                      "tiers { at_least: '0' } tiers { points: 90 } } }",
                                      "past_due_cases: 7")),
            Lines{});
}

// The way to "High" at 90 by a criterion that gives 90 points for `rule`.
std::string WayBy(const std::string& fact, const std::string& rule, const std::string& facts = "") {
  const Lines messages = MessagesOf(EvaluatePoints(
      absl::StrCat("criteria { criterion_id: 'c' fact: '", fact, "' ", rule, " }"), facts));
  EXPECT_EQ(messages.size(), 1u);
  return messages.empty() ? "" : messages[0];
}

TEST(FactsOfTheProfile, AreNamedAsPeopleSayThem) {
  const std::string yes = "presence_points { present_points: 90 }";
  const auto from = [](const std::string& bound) {
    return absl::StrCat("numeric_tiers { tiers { at_least: '", bound, "' points: 90 } tiers {} }");
  };
  const auto under = [](const std::string& bound) {
    return absl::StrCat("numeric_tiers { tiers { at_least: '", bound, "' } tiers { points: 90 } }");
  };
  const std::string end = " would make this account High";
  EXPECT_EQ(WayBy("employees", from("50"), "employees: 7"), "50 employees or more" + end);
  EXPECT_EQ(WayBy("payment_defaults", under("2"), "payment_defaults: 7"),
            "1 payment default or fewer" + end);
  EXPECT_EQ(WayBy("country_risk_class", under("3"), "country_risk_class: 7"),
            "A country risk class of 2 or less" + end);
  EXPECT_EQ(WayBy("late_payment_percent", under("10")),
            "A percentage of late payments of 9 or less" + end);
  EXPECT_EQ(WayBy("early_payment_discount", from("200")),
            "An early-payment discount in hundredths of a percent of 200 or more" + end);
  EXPECT_EQ(WayBy("specific_request_made", yes), "A specific request" + end);
  EXPECT_EQ(WayBy("specific_request_made", yes, "specific_request_made: false"),
            "A specific request" + end);
  EXPECT_EQ(WayBy("industry_regulated", yes), "A regulated industry" + end);
  EXPECT_EQ(WayBy("budget", yes), "Knowing the budget" + end);
  EXPECT_EQ(WayBy("interests", yes), "Knowing the interests" + end);
  EXPECT_EQ(
      WayBy("follow_ups", "distinct_count_tiers { tiers { at_least: 2 points: 90 } tiers {} }"),
      "2 follow-ups or more" + end);
  EXPECT_EQ(WayBy("contact_role",
                  "category_points { categories { value: 'DECISION_MAKER' points: 90 label: "
                  "'Decision maker' } other_points: 0 }"),
            "Decision maker as contact role" + end);
  EXPECT_EQ(WayBy("industry",
                  "category_points { categories { value: 'K64' points: 90 } other_points: 0 }"),
            "K64 as industry" + end);
  EXPECT_EQ(
      WayBy("last_contact_date", "recency_tiers { tiers { days_at_most: 7 points: 90 } tiers {} }",
            "last_contact_date { year: 2026 month: 1 day: 1 }"),
      "A last contact date of 2026-05-13 or later" + end);
  EXPECT_EQ(WayBy("expected_delivery_date",
                  "recency_tiers { tiers { days_at_most: -91 } tiers { points: 90 } }",
                  "expected_delivery_date { year: 2027 month: 1 day: 1 }"),
            "An expected delivery date of 2026-08-18 or earlier" + end);
}

TEST(AmountsOfTheProfile, AreNamedInTheirOwnCurrency) {
  const auto model = CompileOrDie(
      FromText<v1::ScoringModel>(
          "model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
          "reference_currency: 'USD' bands { band_id: 'high' display_name: 'High' min_score: 50 } "
          "bands { band_id: 'low' display_name: 'Low' } criteria { criterion_id: 'c' fact: "
          "'budget' money_tiers { tiers { at_least: '25000' points: 90 } tiers {} } }"),
      FromText<v1::ExchangeRates>("version: 2 reference_currency: 'USD' rates { currency_code: "
                                  "'USD' rate: '1' } rates { currency_code: 'EUR' rate: '1.25' }"));
  EXPECT_EQ(MessagesOf(Evaluate(*model, Facts("budget { currency_code: 'EUR' units: 7 }"), kDay)),
            Lines{"20 000 EUR budget or more would make this account High"});
  EXPECT_EQ(MessagesOf(Evaluate(*model, Facts(""), kDay)),
            Lines{"25 000 USD budget or more would make this account High"});
}

TEST(NumbersOfTheProfile, AreNamedOnlyWithinTheirBounds) {
  for (const char* fact : {"late_payment_percent", "employees"}) {
    EXPECT_EQ(
        MessagesOf(EvaluatePoints(
            absl::StrCat("criteria { criterion_id: 'c' fact: '", fact,
                         "' numeric_tiers { tiers { at_least: '2000000001' points: 90 } tiers { "
                         "at_least: '0' } tiers { points: 90 } } }"),
            absl::StrCat(fact, ": 7"))),
        Lines{});
  }
  const std::string from_101 =
      "criteria { criterion_id: 'c' fact: 'late_payment_percent' numeric_tiers { tiers { at_least: "
      "'101' points: 90 } tiers {} } }";
  EXPECT_EQ(MessagesOf(EvaluatePoints(from_101, "late_payment_percent: 100")), Lines{});
}

}  // namespace
}  // namespace tiermark
