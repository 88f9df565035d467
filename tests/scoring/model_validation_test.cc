// What models and exchange rates Compile refuses, and where it says the faults are.
#include <functional>

#include "absl/strings/str_cat.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using Fields = std::vector<std::string>;

Fields FaultsOf(const v1::ScoringModel& model,
                const v1::ExchangeRates& rates = ShippedExchangeRates()) {
  return FieldsOf(CompiledModel::Compile(model, rates).status());
}

// The faults of the shipped model after a change.
Fields After(const std::function<void(v1::ScoringModel*)>& change) {
  v1::ScoringModel model = ShippedModels()[0];
  change(&model);
  return FaultsOf(model);
}

// The faults of a sound points model with this criterion added.
Fields WithCriterion(const std::string& criterion) {
  return FaultsOf(FromText<v1::ScoringModel>(
      absl::StrCat("model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
                   "reference_currency: 'USD' bands { band_id: 'all' display_name: 'All' } "
                   "criteria { criterion_id: 'c' ",
                   criterion, " }")));
}

TEST(Compile, ListsEveryFaultOfModelAndRatesAtOnce) {
  const absl::Status status =
      CompiledModel::Compile(v1::ScoringModel(), v1::ExchangeRates()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldsOf(status),
            (Fields{"model_id", "version", "display_name", "method", "criteria", "bands",
                    "exchange_rates.version", "exchange_rates.reference_currency"}));
}

TEST(Compile, RefusesBadNames) {
  for (const char* id : {"", "Account", "a--b", "-a", "a-", "a b", "a_b", "\xc3\xa9"}) {
    EXPECT_EQ(After([&](auto* model) { model->set_model_id(id); }), Fields{"model_id"}) << id;
  }
  EXPECT_EQ(After([](auto* model) { model->set_model_id(std::string(64, 'a')); }), Fields{});
  EXPECT_EQ(After([](auto* model) { model->set_model_id(std::string(65, 'a')); }),
            Fields{"model_id"});
  EXPECT_EQ(After([](auto* model) { model->set_display_name(std::string(129, 'a')); }),
            Fields{"display_name"});
  EXPECT_EQ(After([](auto* model) { model->set_version(0); }), Fields{"version"});
}

TEST(Compile, RefusesDuplicateAndBadIds) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_criteria(1)->set_criterion_id("potential-mrr");
              model->mutable_criteria(2)->set_criterion_id("");
              model->mutable_bands(1)->set_band_id("strategic");
              model->mutable_bands(2)->set_band_id("Commercial");
            }),
            (Fields{"criteria[1].criterion_id", "criteria[2].criterion_id", "bands[1].band_id",
                    "bands[2].band_id"}));
}

TEST(Compile, RefusesWeightsThatDoNotAddUpTo100) {
  EXPECT_EQ(After([](auto* model) { model->mutable_criteria(0)->set_weight_percent(41); }),
            Fields{"criteria"});
  EXPECT_EQ(After([](auto* model) { model->mutable_criteria(0)->set_weight_percent(39); }),
            Fields{"criteria"});
  EXPECT_EQ(After([](auto* model) { model->mutable_criteria(0)->set_weight_percent(0); }),
            Fields{"criteria[0].weight_percent"});
  EXPECT_EQ(After([](auto* model) { model->mutable_criteria(0)->set_weight_percent(101); }),
            Fields{"criteria[0].weight_percent"});
}

TEST(Compile, RefusesWeightsInAPointsModel) {
  EXPECT_EQ(WithCriterion("fact: 'country' weight_percent: 100 presence_points {}"),
            Fields{"criteria[0].weight_percent"});
}

TEST(Compile, HoldsThePointsOfItsMethod) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_criteria(0)->mutable_money_tiers()->mutable_tiers(0)->set_points(101);
              model->mutable_criteria(0)->mutable_money_tiers()->mutable_tiers(6)->set_points(-1);
              model->mutable_criteria(1)->set_missing_points(-1);
            }),
            (Fields{"criteria[0].money_tiers.tiers[0].points",
                    "criteria[0].money_tiers.tiers[6].points", "criteria[1].missing_points"}));
  EXPECT_EQ(WithCriterion("fact: 'country' presence_points { present_points: 100 absent_points: "
                          "-100 }"),
            Fields{});
  EXPECT_EQ(WithCriterion("fact: 'country' presence_points { present_points: 101 absent_points: "
                          "-101 }"),
            (Fields{"criteria[0].presence_points.present_points",
                    "criteria[0].presence_points.absent_points"}));
}

TEST(Compile, RefusesTiersOutOfOrder) {
  EXPECT_EQ(WithCriterion("fact: 'past_due_cases' numeric_tiers { tiers { at_least: '5' } "
                          "tiers { at_least: '5.0' } tiers { at_least: '6' } tiers {} }"),
            (Fields{"criteria[0].numeric_tiers.tiers[1].at_least",
                    "criteria[0].numeric_tiers.tiers[2].at_least"}));
  EXPECT_EQ(WithCriterion("fact: 'created_date' recency_tiers { tiers { days_at_most: 5 } "
                          "tiers { days_at_most: 5 } tiers { days_at_most: 4 } tiers {} }"),
            (Fields{"criteria[0].recency_tiers.tiers[1].days_at_most",
                    "criteria[0].recency_tiers.tiers[2].days_at_most"}));
  EXPECT_EQ(WithCriterion("fact: 'countries' distinct_count_tiers { tiers { at_least: 2 } "
                          "tiers { at_least: 3 } tiers {} }"),
            Fields{"criteria[0].distinct_count_tiers.tiers[1].at_least"});
}

TEST(Compile, WantsTheLastTierAloneWithoutABound) {
  EXPECT_EQ(WithCriterion("fact: 'past_due_cases' numeric_tiers { tiers { at_least: '5' } }"),
            Fields{"criteria[0].numeric_tiers.tiers[0].at_least"});
  EXPECT_EQ(WithCriterion("fact: 'past_due_cases' numeric_tiers { tiers {} tiers {} }"),
            Fields{"criteria[0].numeric_tiers.tiers[0].at_least"});
  EXPECT_EQ(WithCriterion("fact: 'past_due_cases' numeric_tiers {}"),
            Fields{"criteria[0].numeric_tiers.tiers"});
}

TEST(Compile, HoldsTheBoundsOfTiers) {
  const auto numeric = [](absl::string_view bound) {
    return WithCriterion(absl::StrCat("fact: 'past_due_cases' numeric_tiers { tiers { at_least: '",
                                      bound, "' } tiers {} }"));
  };
  EXPECT_EQ(numeric("-999999999999999999.999999999"), Fields{});
  for (const char* bound : {"", "five", "1e3", "1.0000000001", "1000000000000000000"}) {
    EXPECT_EQ(numeric(bound), Fields{"criteria[0].numeric_tiers.tiers[0].at_least"}) << bound;
  }
  const auto money = [](absl::string_view bound) {
    return WithCriterion(absl::StrCat("fact: 'potential_mrr' money_tiers { tiers { at_least: '",
                                      bound, "' } tiers {} }"));
  };
  EXPECT_EQ(money("1000000000000"), Fields{});
  EXPECT_EQ(money("1000000000000.000000001"), Fields{"criteria[0].money_tiers.tiers[0].at_least"});
  const auto count = [](const char* fact, int bound) {
    return WithCriterion(absl::StrCat(
        "fact: '", fact, "' distinct_count_tiers { tiers { at_least: ", bound, " } tiers {} }"));
  };
  const Fields count_fault{"criteria[0].distinct_count_tiers.tiers[0].at_least"};
  EXPECT_EQ(count("countries", 250), Fields{});
  EXPECT_EQ(count("countries", 251), count_fault);
  EXPECT_EQ(count("product_lines", 64), Fields{});
  EXPECT_EQ(count("product_lines", 65), count_fault);
  EXPECT_EQ(count("countries", 0), count_fault);
  EXPECT_EQ(WithCriterion("fact: 'created_date' recency_tiers { tiers { days_at_most: 110001 } "
                          "tiers {} }"),
            Fields{"criteria[0].recency_tiers.tiers[0].days_at_most"});
}

TEST(Compile, RefusesUnknownFacts) {
  for (const char* fact : {"", "turnover", "display_name", "custom.", "custom.Budget", "custom.a.b",
                           "custom", "facts.country"}) {
    EXPECT_EQ(WithCriterion(absl::StrCat("fact: '", fact, "' presence_points {}")),
              Fields{"criteria[0].fact"})
        << fact;
  }
}

TEST(Compile, RefusesRulesThatDoNotSuitTheFact) {
  const std::string rules[] = {"numeric_tiers { tiers {} }", "money_tiers { tiers {} }",
                               "category_points { categories { value: 'x' } other_points: 0 }",
                               "recency_tiers { tiers {} }", "distinct_count_tiers { tiers {} }"};
  const char* const names[] = {"numeric_tiers", "money_tiers", "category_points", "recency_tiers",
                               "distinct_count_tiers"};
  const char* const facts[] = {"past_due_cases", "potential_mrr", "owner_id", "created_date",
                               "countries"};
  for (int rule = 0; rule < 5; ++rule) {
    for (int fact = 0; fact < 5; ++fact) {
      const Fields faults = WithCriterion(absl::StrCat("fact: '", facts[fact], "' ", rules[rule]));
      EXPECT_EQ(faults, rule == fact ? Fields{} : Fields{absl::StrCat("criteria[0].", names[rule])})
          << facts[fact] << " " << names[rule];
    }
    EXPECT_EQ(WithCriterion("fact: 'custom.x' " + rules[rule]),
              rule < 4 ? Fields{} : Fields{"criteria[0].distinct_count_tiers"});
  }
}

TEST(Compile, RefusesACustomFactReadAsTwoTypes) {
  EXPECT_EQ(WithCriterion("fact: 'custom.x' numeric_tiers { tiers {} } } criteria { criterion_id: "
                          "'d' fact: 'custom.x' recency_tiers { tiers {} } } criteria { "
                          "criterion_id: 'e' fact: 'custom.x' presence_points {}"),
            Fields{"criteria[1].fact"});
}

TEST(Compile, RefusesACriterionWithoutARule) {
  EXPECT_EQ(WithCriterion("fact: 'country'"), Fields{"criteria[0].rule"});
}

TEST(Compile, RefusesMissingPointsBesidePresence) {
  EXPECT_EQ(WithCriterion("fact: 'country' missing_points: 3 presence_points {}"),
            Fields{"criteria[0].missing_points"});
}

TEST(Compile, WantsEveryValueOfAnEnumOrOtherPoints) {
  const auto with = [](absl::string_view categories) {
    return WithCriterion(
        absl::StrCat("fact: 'industry_reference' category_points { ", categories, " }"));
  };
  const Fields other{"criteria[0].category_points.other_points"};
  EXPECT_EQ(with("categories { value: 'NONE' }"), other);
  EXPECT_EQ(with("categories { value: 'NONE' } other_points: 1"), Fields{});
  EXPECT_EQ(with("categories { value: 'NONE' } categories { value: 'NONE' } other_points: 1"),
            Fields{"criteria[0].category_points.categories[1].value"});
  for (const char* value : {"", "UNSPECIFIED", "INDUSTRY_REFERENCE_NONE", "none"}) {
    EXPECT_EQ(with(absl::StrCat("categories { value: '", value, "' } other_points: 1")),
              Fields{"criteria[0].category_points.categories[0].value"});
  }
  EXPECT_EQ(WithCriterion("fact: 'owner_id' category_points { categories { value: 'x' } }"), other);
  EXPECT_EQ(WithCriterion("fact: 'owner_id' category_points { other_points: 101 }"),
            (Fields{"criteria[0].category_points.categories", other[0]}));
}

TEST(Compile, WantsBandsThatCover0To100Once) {
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(3)->set_min_score(1); }),
            Fields{"bands[3].min_score"});
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(1)->set_min_score(80); }),
            Fields{"bands[1].min_score"});
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(0)->set_min_score(101); }),
            Fields{"bands[0].min_score"});
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(3)->set_min_score(-1); }),
            Fields{"bands[3].min_score"});
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(2)->clear_display_name(); }),
            Fields{"bands[2].display_name"});
}

TEST(Compile, WantsAllFourSegmentsInOrderOrNone) {
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(2)->clear_segment(); }), Fields{"bands"});
  EXPECT_EQ(After([](auto* model) { model->mutable_bands(2)->set_segment(v1::SEGMENT_SMB); }),
            Fields{"bands"});
  EXPECT_EQ(After([](auto* model) {
              model->mutable_bands(0)->set_segment(v1::SEGMENT_SMB);
              model->mutable_bands(3)->set_segment(v1::SEGMENT_STRATEGIC);
            }),
            Fields{"bands"});
  EXPECT_EQ(After([](auto* model) {
              for (auto& band : *model->mutable_bands()) band.clear_segment();
            }),
            Fields{});
  EXPECT_EQ(
      After([](auto* model) { model->mutable_bands(0)->set_segment(static_cast<v1::Segment>(9)); }),
      (Fields{"bands[0].segment", "bands"}));
}

TEST(Compile, WantsTheReferenceCurrencyOfTheRates) {
  EXPECT_EQ(After([](auto* model) { model->clear_reference_currency(); }),
            Fields{"reference_currency"});
  EXPECT_EQ(After([](auto* model) { model->set_reference_currency("EUR"); }),
            Fields{"reference_currency"});
  EXPECT_EQ(After([](auto* model) { model->set_reference_currency("usd"); }),
            Fields{"reference_currency"});
}

TEST(Compile, RefusesBadRates) {
  const auto faults = [](const std::string& rates) {
    return FaultsOf(ShippedModels()[0],
                    FromText<v1::ExchangeRates>("version: 1 reference_currency: 'USD' " + rates));
  };
  const Fields rate{"exchange_rates.rates[0].rate"};
  for (const char* text : {"", "0", "0.0", "-1", "1e3", "1000000.000000000001", "1000001",
                           "0.0000000000001", ".5", "5.", "+1", "99999999", "1.-5", "a"}) {
    EXPECT_EQ(faults(absl::StrCat("rates { currency_code: 'COP' rate: '", text, "' }")), rate)
        << text;
  }
  for (const char* text : {"1000000", "0.000000000001", "0000001.5", "999999.999999999999"}) {
    EXPECT_EQ(faults(absl::StrCat("rates { currency_code: 'COP' rate: '", text, "' }")), Fields{})
        << text;
  }
  EXPECT_EQ(faults("rates { currency_code: 'USD' rate: '2' }"), rate);
  EXPECT_EQ(faults("rates { currency_code: 'ABC' rate: '2' }"),
            Fields{"exchange_rates.rates[0].currency_code"});
  EXPECT_EQ(faults("rates { currency_code: 'COP' rate: '2' } rates { currency_code: 'COP' rate: "
                   "'2' }"),
            Fields{"exchange_rates.rates[1].currency_code"});
}

TEST(ModelDigest, ChangesWithEveryPartOfTheModel) {
  v1::ScoringModel model = ShippedModels()[0];
  const std::string digest = ModelDigest(model);
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(ModelDigest(v1::ScoringModel(model)), digest);
  model.mutable_criteria(3)->mutable_distinct_count_tiers()->mutable_tiers(4)->set_points(1);
  EXPECT_NE(ModelDigest(model), digest);
}

}  // namespace
}  // namespace tiermark
