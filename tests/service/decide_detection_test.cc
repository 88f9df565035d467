// Events that fall out of changed facts.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::AccountFacts Cases(int count) {
  v1::AccountFacts facts;
  facts.set_past_due_cases(count);
  return facts;
}

// An account scored on 1 May with so many cases, in Mexico alone.
LivingAccount ScoredWith(int cases) {
  LivingAccount account;
  v1::AccountFacts facts = FintechFacts();
  facts.set_past_due_cases(cases);
  facts.add_financial_products("credit-card");
  facts.add_financial_products("personal-loan");
  account.Evaluate("2026-05-01", facts);
  return account;
}

std::vector<v1::AccountEventType> OpenTypes(const LivingAccount& account) {
  std::vector<v1::AccountEventType> types;
  for (const auto& open : account.state().open_events()) types.push_back(open.type());
  return types;
}

TEST(Detection, BeforeTheFirstScore_NothingIsDetected) {
  LivingAccount account;
  account.Upsert("2026-05-01", FintechFacts());
  const ChangeSet changes = account.Upsert("2026-05-02", Cases(2'000'000));
  EXPECT_EQ(changes.entries.size(), 1u);
  EXPECT_THAT(OpenTypes(account), IsEmpty());
}

struct Growth {
  int before;
  int after;
  bool is_event;
};

TEST(Detection, Growth_IsAnEventStrictlyAboveThirtyPercent) {
  for (const Growth& growth :
       {Growth{1'000, 1'300, false}, Growth{1'000, 1'301, true}, Growth{10, 13, false},
        Growth{10, 14, true}, Growth{0, 0, false}, Growth{0, 1, true}, Growth{1'000, 999, false},
        Growth{1'500'000'000, 1'950'000'000, false}, Growth{1'500'000'000, 1'950'000'001, true}}) {
    LivingAccount account = ScoredWith(growth.before);
    account.Upsert("2026-05-10", Cases(growth.after));
    EXPECT_EQ(account.state().open_events_size(), growth.is_event ? 1 : 0)
        << growth.before << " to " << growth.after;
  }
}

TEST(Detection, Growth_SaysBeforeAndAfterAndIsDueAtOnce) {
  LivingAccount account = ScoredWith(1'000);
  const ChangeSet changes = account.Upsert("2026-05-10T12:00:00", Cases(2'000));
  ASSERT_EQ(changes.entries.size(), 2u) << "the report and the change";
  const v1::AccountEvent& event = changes.entries[0].event().event();
  EXPECT_TRUE(event.detected());
  EXPECT_EQ(event.type(), v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH);
  EXPECT_EQ(event.event_date().day(), 10);
  EXPECT_EQ(event.change().fact(), "past_due_cases");
  EXPECT_EQ(event.change().previous().int64(), 1'000);
  EXPECT_EQ(event.change().current().int64(), 2'000);
  EXPECT_EQ(event.change().event_id(), event.event_id());
  const store::v1::FactsEntry& facts = changes.entries[1].facts();
  EXPECT_THAT(facts.changed_facts(), ElementsAre("past_due_cases"));
  ASSERT_EQ(facts.detected_size(), 1);
  EXPECT_EQ(facts.detected(0).event_id(), event.event_id());
  EXPECT_EQ(facts.next().reason(), v1::REEVALUATION_REASON_EVENT);
  EXPECT_EQ(facts.next().due_us(), MicrosAt("2026-05-10T12:00:00"));
}

TEST(Detection, FurtherGrowth_BringsTheOneOpenEventUpToDate) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10T12:00:00", Cases(2'000));
  const ChangeSet changes = account.Upsert("2026-05-20", Cases(3'000));
  ASSERT_EQ(changes.entries.size(), 1u) << "no second report";
  ASSERT_EQ(account.state().open_events_size(), 1);
  const store::v1::OpenEvent& open = account.state().open_events(0);
  EXPECT_EQ(open.change().current().int64(), 3'000);
  EXPECT_EQ(open.change().previous().int64(), 1'000);
  EXPECT_EQ(open.due_us(), MicrosAt("2026-05-10T12:00:00")) << "due since it was first seen";
  ASSERT_EQ(account.events().size(), 1u);
  const v1::AccountEvent& row = *account.events()[0].event;
  EXPECT_EQ(row.change().current().int64(), 3'000);
  EXPECT_EQ(row.event_date().day(), 10);
  ASSERT_EQ(changes.entries[0].facts().detected_size(), 1);
  EXPECT_EQ(changes.entries[0].facts().detected(0).event_id(), row.event_id());
}

TEST(Detection, FallingBack_LeavesTheEventOpenAsItWas) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10", Cases(2'000));
  const ChangeSet changes = account.Upsert("2026-05-20", Cases(1'000));
  EXPECT_THAT(changes.events, IsEmpty());
  ASSERT_EQ(account.state().open_events_size(), 1);
  EXPECT_EQ(account.state().open_events(0).change().current().int64(), 2'000);
}

TEST(Detection, UnrelatedChange_TouchesNoOpenEvent) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10", Cases(2'000));
  const ChangeSet changes = account.Upsert("2026-05-11", Facts("owner_id: \"rep-9\""));
  EXPECT_THAT(changes.events, IsEmpty());
  EXPECT_EQ(changes.entries[0].facts().detected_size(), 0);
}

TEST(Detection, EachNewCountry_IsAnEventOfItsOwn) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10", Facts("expansion_countries: [\"PE\", \"CO\"]"));
  ASSERT_THAT(OpenTypes(account),
              ElementsAre(v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY, v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY));
  EXPECT_EQ(account.state().open_events(0).country(), "CO");
  EXPECT_EQ(account.state().open_events(1).country(), "PE");
  // Confirmed and then real is no news; another one is.
  account.Upsert("2026-05-11", Facts("operating_countries: [\"MX\", \"PE\", \"CL\"]"));
  ASSERT_EQ(account.state().open_events_size(), 3);
  EXPECT_EQ(account.state().open_events(2).country(), "CL");
  EXPECT_EQ(account.state().open_events(2).change().current().text(), "CL");
}

TEST(Detection, ProductsAddedAndDropped_AreOneEvent) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10", Facts("financial_products: [\"mortgage\", \"credit-card\"]"));
  ASSERT_THAT(OpenTypes(account), ElementsAre(v1::ACCOUNT_EVENT_TYPE_PRODUCT_MIX_CHANGE));
  const v1::FactChange& change = account.state().open_events(0).change();
  EXPECT_EQ(change.previous().text(), "personal-loan");
  EXPECT_EQ(change.current().text(), "mortgage");
  account.Upsert("2026-05-11", Facts("financial_products: [\"mortgage\"]"));
  ASSERT_EQ(account.state().open_events_size(), 1);
  EXPECT_EQ(account.state().open_events(0).change().previous().text(),
            "credit-card, personal-loan");
}

TEST(Detection, TheOrderOfProductsAndWhatItBuysFromUs_AreNoEvents) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-10", Facts("financial_products: [\"personal-loan\", \"credit-card\"]"));
  account.Upsert("2026-05-11", Facts("product_lines: [\"voice-bot\"]"));
  EXPECT_THAT(OpenTypes(account), IsEmpty());
}

TEST(Detection, FactsGivenWithAnEvaluation_AreRecordedAsClosedByIt) {
  LivingAccount account = ScoredWith(1'000);
  const ChangeSet changes = account.Evaluate("2026-05-10", Cases(5'000));
  ASSERT_EQ(changes.entries.size(), 2u);
  EXPECT_TRUE(changes.entries[0].has_event());
  EXPECT_THAT(EvaluationOf(changes).closed_events(), ElementsAre(2));
  EXPECT_THAT(EvaluationOf(changes).closed_reasons(), ElementsAre(v1::REEVALUATION_REASON_EVENT));
  EXPECT_THAT(OpenTypes(account), IsEmpty());
  ASSERT_EQ(account.events().size(), 1u);
  EXPECT_EQ(account.events()[0].closing_position, 3);
  EXPECT_EQ(account.events()[0].event->change().current().int64(), 5'000);
}

TEST(Detection, AnOpenEventThatAnEvaluationBringsUpToDate_IsClosedWithTheNewValue) {
  LivingAccount account = ScoredWith(1'000);
  account.Upsert("2026-05-09", Cases(2'000));
  account.Evaluate("2026-05-10", Cases(5'000));
  EXPECT_THAT(OpenTypes(account), IsEmpty());
  ASSERT_EQ(account.events().size(), 1u);
  EXPECT_NE(account.events()[0].closing_position, 0);
  EXPECT_EQ(account.events()[0].event->change().current().int64(), 5'000);
}

TEST(Detection, AfterAnEvaluation_IsAgainstItsFacts) {
  LivingAccount account = ScoredWith(1'000);
  account.Evaluate("2026-05-10", Cases(5'000));
  account.Upsert("2026-05-11", Cases(6'500));
  EXPECT_THAT(OpenTypes(account), IsEmpty());
  account.Upsert("2026-05-12", Cases(6'501));
  EXPECT_EQ(account.state().open_events_size(), 1);
}

TEST(Detection, WithAnEvaluationThatDoesNotCount_StaysOpen) {
  LivingAccount account = ScoredWith(1'000);
  v1::ScoringModel model = SegmentationModel();
  model.set_version(2);
  const v1::AccountFacts facts = Cases(5'000);
  const ChangeSet changes =
      account.Keep(DecideEvaluation({&facts, nullptr}, *Compile(model), false, kFirstPlaybooks,
                                    DefaultPolicy(), account.Input("2026-05-10")));
  EXPECT_THAT(EvaluationOf(changes).closed_events(), IsEmpty());
  EXPECT_THAT(OpenTypes(account), ElementsAre(v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH));
  EXPECT_EQ(EvaluationOf(changes).next().reason(), v1::REEVALUATION_REASON_EVENT);
}

TEST(Detection, TheThreshold_IsThePolicys) {
  LivingAccount account = ScoredWith(1'000);
  v1::Policy policy = PolicyOf(DefaultPolicy());
  policy.mutable_reevaluation()->set_growth_threshold_percent(100);
  const v1::AccountFacts doubled = Cases(2'000);
  account.Keep(
      DecideUpsert({&doubled, nullptr}, *CompilePolicy(policy), account.Input("2026-05-10")));
  EXPECT_THAT(OpenTypes(account), IsEmpty());
}

TEST(DecideUpsert, WithoutAChange_WritesNothing) {
  LivingAccount account = ScoredWith(1'000);
  const v1::AccountFacts same = Cases(1'000);
  const auto changes = DecideUpsert({&same, nullptr}, DefaultPolicy(), account.Input("2026-05-10"));
  ASSERT_OK(changes);
  EXPECT_TRUE(changes->empty());
}

TEST(DecideUpsert, UnknownAccountWithoutFacts_IsNotFound) {
  const DecideInput unknown{nullptr, absl::FromUnixSeconds(0)};
  google::protobuf::FieldMask mask;
  mask.add_paths("owner_id");
  EXPECT_FAILS(DecideUpsert({nullptr, nullptr}, DefaultPolicy(), unknown), kNotFound,
               "ACCOUNT_NOT_FOUND");
  EXPECT_FAILS(DecideUpsert({nullptr, &mask}, DefaultPolicy(), unknown), kNotFound,
               "ACCOUNT_NOT_FOUND");
  const v1::AccountFacts nothing;
  EXPECT_TRUE(DecideUpsert({&nothing, nullptr}, DefaultPolicy(), unknown).ok());
}

TEST(DecideUpsert, CreatesAndSaysWhatChanged) {
  LivingAccount account;
  const ChangeSet changes =
      account.Upsert("2026-05-10", Facts("country: \"MX\" past_due_cases: 3"));
  ASSERT_EQ(changes.entries.size(), 1u);
  EXPECT_TRUE(changes.entries[0].facts().created());
  EXPECT_THAT(changes.entries[0].facts().changed_facts(), ElementsAre("country", "past_due_cases"));
  const ChangeSet second = account.Upsert("2026-05-11", Facts("past_due_cases: 4"));
  EXPECT_FALSE(second.entries[0].facts().created());
  EXPECT_EQ(second.entries[0].facts().change_us(), MicrosAt("2026-05-11"));
}

}  // namespace
}  // namespace tiermark
