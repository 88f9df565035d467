// Differences of two scores, split into their causes.
#include "scoring/comparison.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "random_models.h"
#include "scoring/error.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

int SumOf(const std::vector<v1::ScorePart>& parts) {
  int sum = 0;
  for (const v1::ScorePart& part : parts) sum += part.hundredths();
  return sum;
}

// "FACTS country+potential_mrr -400", one for each part.
std::vector<std::string> Told(const std::vector<v1::ScorePart>& parts) {
  std::vector<std::string> told;
  for (const v1::ScorePart& part : parts) {
    told.push_back(absl::StrCat(v1::ScoreCause_Name(part.cause()).substr(sizeof("SCORE_CAUSE")),
                                " ", absl::StrJoin(part.facts(), "+"),
                                part.facts().empty() ? "" : " ", part.hundredths()));
  }
  return told;
}

std::vector<v1::ScorePart> Split(const ScoredFacts& from, const CompiledModel* between,
                                 const ScoredFacts& to) {
  const auto parts = SplitDifference(from, between, to);
  EXPECT_TRUE(parts.ok()) << parts.status();
  return parts.ok() ? *parts : std::vector<v1::ScorePart>();
}

// Of two evaluations by one model on one day.
std::vector<v1::ScorePart> SplitFacts(const CompiledModel& model, const v1::AccountFacts& from,
                                      const v1::AccountFacts& to) {
  return Split({from, kDay, model}, &model, {to, kDay, model});
}

using Names = std::vector<std::string>;

TEST(Comparison, EachFact_IsAPartInFieldOrder) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  v1::AccountFacts changed = BankFacts();
  changed.set_industry_reference(v1::INDUSTRY_REFERENCE_RECOGNIZED);
  changed.mutable_potential_mrr(0)->mutable_amount()->set_units(30'000);
  changed.set_past_due_cases(600'000);
  const auto parts = SplitFacts(*model, BankFacts(), changed);
  EXPECT_EQ(Told(parts), Names({"FACTS potential_mrr -600", "FACTS past_due_cases 0",
                                "FACTS industry_reference -800"}));
  ASSERT_EQ(parts[0].criteria_size(), 1);
  EXPECT_EQ(parts[0].criteria(0).criterion_id(), "potential-mrr");
  EXPECT_EQ(parts[0].criteria(0).from_contribution(), 4'000);
  EXPECT_EQ(parts[0].criteria(0).to_contribution(), 3'400);
  EXPECT_TRUE(parts[1].criteria().empty()) << "the same tier";
}

TEST(Comparison, FactsThatNoCriterionReads_GiveNoPart) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  v1::AccountFacts changed = BankFacts();
  changed.set_owner_id("rep-2");
  (*changed.mutable_custom())["budget"].set_int64(7);
  EXPECT_TRUE(SplitFacts(*model, BankFacts(), changed).empty());
}

TEST(Comparison, NothingDiffers_HasNoParts) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  EXPECT_TRUE(SplitFacts(*model, BankFacts(), BankFacts()).empty());
}

TEST(Comparison, FactsThatNeedEachOther_AreOnePart) {
  // Alone, the new country has no local amount.
  const auto model = CompileOrDie(ShippedModels()[0]);
  const auto from = FromText<v1::AccountFacts>(R"(
    country: "CO" potential_mrr { country: "CO" amount { currency_code: "USD" units: 60000 } }
    past_due_cases: 0 industry_reference: INDUSTRY_REFERENCE_NONE operating_countries: "CO")");
  const auto to = FromText<v1::AccountFacts>(R"(
    country: "MX" potential_mrr { country: "MX" amount { currency_code: "USD" units: 10000 } }
    past_due_cases: 1000 industry_reference: INDUSTRY_REFERENCE_NONE operating_countries: "CO")");
  const auto parts = SplitFacts(*model, from, to);
  EXPECT_EQ(Told(parts), Names({"FACTS country+potential_mrr -400", "FACTS past_due_cases 400"}));
  EXPECT_EQ(parts[0].criteria_size(), 2) << "amount and countries";
}

TEST(Comparison, AnotherCountry_CountsForTheAmountThatItMakesLocal) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(R"(
    model_id: "amount" version: 1 display_name: "Amount" method: SCORING_METHOD_WEIGHTED
    reference_currency: "USD"
    criteria {
      criterion_id: "mrr" display_name: "MRR" fact: "potential_mrr" weight_percent: 100
      money_tiers { tiers { at_least: "100" points: 80 } tiers { points: 30 } }
    }
    bands { band_id: "all" display_name: "All" min_score: 0 })"));
  auto from = FromText<v1::AccountFacts>(R"(
    country: "CO" potential_mrr { country: "CO" amount { currency_code: "USD" units: 500 } }
    potential_mrr { country: "MX" amount { currency_code: "USD" units: 5 } })");
  v1::AccountFacts to = from;
  to.set_country("MX");
  EXPECT_EQ(Told(SplitFacts(*model, from, to)), Names({"FACTS country -5000"}));
}

TEST(Comparison, CustomFacts_ArePartsKeyByKey) {
  auto model = FromText<v1::ScoringModel>(R"(
    model_id: "custom" version: 1 display_name: "Custom" method: SCORING_METHOD_POINTS
    criteria {
      criterion_id: "b" display_name: "B" fact: "custom.b"
      presence_points { present_points: 30 absent_points: 0 }
    }
    criteria {
      criterion_id: "a" display_name: "A" fact: "custom.a"
      presence_points { present_points: 20 absent_points: 0 }
    }
    bands { band_id: "all" display_name: "All" min_score: 0 })");
  const auto compiled = CompileOrDie(model);
  const auto from = FromText<v1::AccountFacts>(R"(
    custom { key: "a" value { int64: 1 } } custom { key: "c" value { int64: 1 } })");
  const auto to = FromText<v1::AccountFacts>(R"(custom { key: "b" value { int64: 1 } })");
  EXPECT_EQ(Told(SplitFacts(*compiled, from, to)),
            Names({"FACTS custom.a -2000", "FACTS custom.b 3000"}));
}

TEST(Comparison, ASumHeldToTheScale_StillAddsUp) {
  auto model = FromText<v1::ScoringModel>(R"(
    model_id: "held" version: 1 display_name: "Held" method: SCORING_METHOD_POINTS
    criteria {
      criterion_id: "a" display_name: "A" fact: "custom.a"
      presence_points { present_points: 80 absent_points: 0 }
    }
    criteria {
      criterion_id: "b" display_name: "B" fact: "custom.b"
      presence_points { present_points: 70 absent_points: 0 }
    }
    bands { band_id: "all" display_name: "All" min_score: 0 })");
  const auto compiled = CompileOrDie(model);
  const auto both = FromText<v1::AccountFacts>(R"(
    custom { key: "a" value { int64: 1 } } custom { key: "b" value { int64: 1 } })");
  const auto parts = SplitFacts(*compiled, v1::AccountFacts(), both);
  EXPECT_EQ(Told(parts), Names({"FACTS custom.a 8000", "FACTS custom.b 2000"}));
  EXPECT_EQ(parts[1].criteria(0).to_contribution(), 7'000) << "what it gives before it is held";
}

v1::ScoringModel RecencyModel(int version, int points) {
  auto model = FromText<v1::ScoringModel>(R"(
    model_id: "recency" display_name: "Recency" method: SCORING_METHOD_POINTS
    reference_currency: "USD"
    criteria {
      criterion_id: "meeting" display_name: "Meeting" fact: "first_meeting_date"
      recency_tiers { tiers { days_at_most: 30 points: 50 } tiers { points: 10 } }
    }
    criteria {
      criterion_id: "fee" display_name: "Fee" fact: "custom.fee"
      money_tiers { tiers { at_least: "100" points: 40 } tiers { points: 0 } }
    }
    bands { band_id: "all" display_name: "All" min_score: 0 })");
  model.set_version(version);
  model.mutable_criteria(1)->mutable_money_tiers()->mutable_tiers(0)->set_points(points);
  return model;
}

v1::ExchangeRates Rates(int version, const std::string& rate) {
  v1::ExchangeRates rates;
  rates.set_version(version);
  rates.set_reference_currency("USD");
  if (rate.empty()) return rates;
  rates.add_rates()->set_currency_code("EUR");
  rates.mutable_rates(0)->set_rate(rate);
  return rates;
}

const v1::AccountFacts& MeetingAndFee() {
  static const auto& facts = *new v1::AccountFacts(FromText<v1::AccountFacts>(R"(
    first_meeting_date { year: 2026 month: 5 day: 1 }
    custom { key: "fee" value { money { currency_code: "EUR" units: 90 } } })"));
  return facts;
}

TEST(Comparison, DayRatesAndModel_ArePartsAfterTheFacts) {
  const auto from = CompileOrDie(RecencyModel(1, 40), Rates(1, "1"));
  const auto between = CompileOrDie(RecencyModel(1, 40), Rates(2, "1.2"));
  const auto to = CompileOrDie(RecencyModel(2, 45), Rates(2, "1.2"));
  const auto parts =
      Split({MeetingAndFee(), kDay, *from}, between.get(), {MeetingAndFee(), kDay + 30, *to});
  EXPECT_EQ(Told(parts), Names({"TIME -4000", "EXCHANGE_RATES 4000", "MODEL 500"}));
  EXPECT_EQ(parts[0].criteria(0).criterion_id(), "meeting");
  EXPECT_EQ(parts[1].criteria(0).criterion_id(), "fee");
  EXPECT_TRUE(parts[2].criteria().empty());
}

TEST(Comparison, WithoutTheModelAtTheNewRates_RatesAndModelAreOnePart) {
  const auto from = CompileOrDie(RecencyModel(1, 40), Rates(1, "1"));
  const auto to = CompileOrDie(RecencyModel(2, 45), Rates(2, "1.2"));
  EXPECT_EQ(Told(Split({MeetingAndFee(), kDay, *from}, nullptr, {MeetingAndFee(), kDay, *to})),
            Names({"MODEL 4500"}));
}

TEST(Comparison, AnAmountThatOnlyTheNewRatesKnow_JoinsThem) {
  const auto from = CompileOrDie(RecencyModel(1, 40), Rates(1, ""));
  const auto to = CompileOrDie(RecencyModel(1, 40), Rates(2, "1.2"));
  v1::AccountFacts dollars = MeetingAndFee();
  (*dollars.mutable_custom())["fee"].mutable_money()->set_currency_code("USD");
  const auto parts = Split({dollars, kDay, *from}, to.get(), {MeetingAndFee(), kDay, *to});
  EXPECT_EQ(Told(parts), Names({"EXCHANGE_RATES custom.fee 4000"}));
}

TEST(Comparison, FactsThatOnlyTheNewModelReads_ShowInItsPart) {
  v1::ScoringModel other = RecencyModel(2, 40);
  other.mutable_criteria(0)->set_fact("created_date");
  const auto from = CompileOrDie(RecencyModel(1, 40), Rates(1, "1"));
  const auto to = CompileOrDie(other, Rates(1, "1"));
  v1::AccountFacts created = MeetingAndFee();
  *created.mutable_created_date() = created.first_meeting_date();
  EXPECT_EQ(Told(Split({MeetingAndFee(), kDay, *from}, from.get(), {created, kDay, *to})),
            Names({"MODEL 0"}));
}

TEST(Comparison, FactsThatCannotBeScored_AreSaid) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  const v1::AccountFacts none;
  EXPECT_EQ(
      ReasonOf(
          SplitDifference({none, kDay, *model}, model.get(), {BankFacts(), kDay, *model}).status()),
      "FACTS_MISSING");
  EXPECT_EQ(
      ReasonOf(
          SplitDifference({BankFacts(), kDay, *model}, model.get(), {none, kDay, *model}).status()),
      "FACTS_MISSING");
}

class EveryComparison : public testing::TestWithParam<v1::ScoringMethod> {};

INSTANTIATE_TEST_SUITE_P(Methods, EveryComparison,
                         testing::Values(v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS));

TEST_P(EveryComparison, PartsAddUpToTheDifferenceBothWays) {
  Chance chance;
  int compared = 0;
  int of_several = 0;
  for (int i = 0; i < 3'000; ++i) {
    v1::ExchangeRates from_rates = RandomRates(&chance);
    v1::ExchangeRates to_rates = chance.OneIn(2) ? from_rates : RandomRates(&chance);
    if (from_rates.SerializeAsString() != to_rates.SerializeAsString()) {
      to_rates.set_version(from_rates.version() + 1);
    }
    const v1::ScoringModel from_model = RandomModel(&chance, GetParam());
    v1::ScoringModel to_model = from_model;
    if (chance.OneIn(2)) {
      to_model = RandomModel(&chance, GetParam());
      to_model.set_version(2);
    }
    const absl::CivilDay to_day = kDay + chance.Between(0, 60);
    const v1::AccountFacts from_facts = RandomFacts(&chance, from_model, from_rates, kDay);
    const v1::AccountFacts to_facts = RandomFacts(&chance, to_model, to_rates, to_day);
    const auto from = CompileOrDie(from_model, from_rates);
    const auto from_at_new = CompileOrDie(from_model, to_rates);
    const auto to_at_old = CompileOrDie(to_model, from_rates);
    const auto to = CompileOrDie(to_model, to_rates);
    const auto from_exact = SlowExactScore(from_model, from_rates, from_facts, kDay);
    const auto to_exact = SlowExactScore(to_model, to_rates, to_facts, to_day);
    if (!from_exact || !to_exact) continue;
    ++compared;
    SCOPED_TRACE(absl::StrCat(from_model.DebugString(), to_model.DebugString(),
                              from_facts.DebugString(), to_facts.DebugString()));
    const ScoredFacts one{from_facts, kDay, *from};
    const ScoredFacts other{to_facts, to_day, *to};
    const auto there = Split(one, from_at_new.get(), other);
    const auto back = Split(other, to_at_old.get(), one);
    ASSERT_EQ(SumOf(there), *to_exact - *from_exact);
    ASSERT_EQ(SumOf(back), *from_exact - *to_exact);
    EXPECT_TRUE(std::is_sorted(there.begin(), there.end(),
                               [](const auto& a, const auto& b) { return a.cause() < b.cause(); }));
    of_several += there.size() > 1;
  }
  EXPECT_GT(compared, 300);
  EXPECT_GT(of_several, 100);
}

}  // namespace
}  // namespace tiermark
