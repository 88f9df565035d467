// DecideEvaluation: merging, movement, what counts, and the stage's day.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::IsEmpty;

absl::StatusOr<ChangeSet> Decide(const GivenFacts& given, const CompiledModel& model, bool counts,
                                 const DecideInput& input) {
  return DecideEvaluation(given, model, counts, kFirstPlaybooks, DefaultPolicy(), input);
}

// The segmentation model under another version number, which makes it another model version.
std::shared_ptr<const CompiledModel> OtherVersion(int version) {
  v1::ScoringModel model = SegmentationModel();
  model.set_version(version);
  return Compile(model);
}

TEST(DecideEvaluation, UnknownAccountWithoutFacts_IsNotFound) {
  LivingAccount account;
  EXPECT_FAILS(Decide({}, *Segmentation(), true, account.Input("2026-05-20")), kNotFound,
               "ACCOUNT_NOT_FOUND");
}

TEST(DecideEvaluation, UnknownAccountWithFacts_IsCreated) {
  LivingAccount account;
  const ChangeSet changes = account.Evaluate("2026-05-20T10:00:00", BankFacts());
  ASSERT_EQ(changes.entries.size(), 1u);
  const store::v1::EvaluationEntry& evaluation = EvaluationOf(changes);
  EXPECT_EQ(evaluation.score(), 100);
  EXPECT_EQ(evaluation.segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(evaluation.movement(), v1::MOVEMENT_FIRST);
  EXPECT_FALSE(evaluation.has_previous());
  EXPECT_TRUE(evaluation.counted());
  EXPECT_THAT(evaluation.closed_reasons(), IsEmpty());
  EXPECT_EQ(evaluation.evaluate_us(), MicrosAt("2026-05-20T10:00:00"));
  EXPECT_EQ(evaluation.evaluate_date().day(), 20);
  EXPECT_TRUE(MessageDifferencer::Equals(evaluation.facts(), BankFacts()));
  ASSERT_TRUE(changes.facts.has_value());
  EXPECT_TRUE(MessageDifferencer::Equals(*changes.facts, BankFacts()));
  EXPECT_EQ(account.state().first_write_date().day(), 20);
  EXPECT_EQ(account.state().baseline().past_due_cases(), 500'000);
}

TEST(DecideEvaluation, WithoutFacts_ScoresWhatIsStored) {
  LivingAccount account;
  account.Upsert("2026-05-01", FintechFacts());
  const ChangeSet changes = account.Evaluate("2026-05-20");
  EXPECT_EQ(EvaluationOf(changes).score(), 16);
  EXPECT_FALSE(changes.facts.has_value()) << "facts that did not change are not written";
}

TEST(DecideEvaluation, GivenFacts_AreMergedBeforeScoring) {
  LivingAccount account;
  account.Upsert("2026-05-01", FintechFacts());
  const ChangeSet changes = account.Evaluate("2026-05-20", Facts("past_due_cases: 600000"));
  EXPECT_EQ(EvaluationOf(changes).exact_score(), 3200);
  EXPECT_EQ(account.record().facts.past_due_cases(), 600'000);
  EXPECT_EQ(account.record().facts.country(), "MX");
}

TEST(DecideEvaluation, Mask_ClearsWhatItNamesAndTheEvaluationFailsForIt) {
  LivingAccount account;
  account.Upsert("2026-05-01", FintechFacts());
  google::protobuf::FieldMask mask;
  mask.add_paths("past_due_cases");
  mask.add_paths("industry_reference");
  const auto decided = Decide({nullptr, &mask}, *Segmentation(), true, account.Input("2026-05-20"));
  EXPECT_FAILS(decided, kFailedPrecondition, "FACTS_MISSING");
  EXPECT_THAT(FieldsOf(decided.status()),
              ElementsAre("facts.past_due_cases", "facts.industry_reference"));
}

TEST(DecideEvaluation, MergeBeyondTheBound_IsInvalid) {
  LivingAccount account;
  v1::AccountFacts some = FintechFacts();
  v1::AccountFacts more;
  for (int i = 0; i < 40; ++i) {
    (*some.mutable_custom())["a" + std::to_string(i)].set_int64(i);
    (*more.mutable_custom())["b" + std::to_string(i)].set_int64(i);
  }
  account.Upsert("2026-05-01", some);
  EXPECT_FAILS(Decide({&more, nullptr}, *Segmentation(), true, account.Input("2026-05-20")),
               kInvalidArgument, "INVALID_FIELDS");
  EXPECT_FAILS(DecideUpsert({&more, nullptr}, DefaultPolicy(), account.Input("2026-05-20")),
               kInvalidArgument, "INVALID_FIELDS");
}

TEST(DecideEvaluation, Movement_IsByBandAndNotByScore) {
  LivingAccount account;
  account.Evaluate("2026-01-10", FintechFacts());
  const ChangeSet same = account.Evaluate("2026-02-10", Facts("past_due_cases: 600000"));
  EXPECT_EQ(EvaluationOf(same).movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_EQ(EvaluationOf(same).previous().score(), 16);
  EXPECT_EQ(EvaluationOf(same).previous().segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(EvaluationOf(same).previous().position(), 1);
  const ChangeSet up =
      account.Evaluate("2026-03-10", Facts("industry_reference: INDUSTRY_REFERENCE_MARKET_LEADER"));
  EXPECT_EQ(EvaluationOf(up).segment(), v1::SEGMENT_COMMERCIAL);
  EXPECT_EQ(EvaluationOf(up).movement(), v1::MOVEMENT_UPGRADE);
  const ChangeSet down = account.Evaluate("2026-04-10", Facts("past_due_cases: 0"));
  EXPECT_EQ(EvaluationOf(down).movement(), v1::MOVEMENT_DOWNGRADE);
  EXPECT_EQ(EvaluationOf(down).previous().segment(), v1::SEGMENT_COMMERCIAL);
}

TEST(DecideEvaluation, MovementAcrossRenamedBands_IsBySegment) {
  LivingAccount account;
  account.Evaluate("2026-01-10", FintechFacts());
  v1::ScoringModel renamed = SegmentationModel();
  renamed.set_version(2);
  for (v1::Band& band : *renamed.mutable_bands()) band.set_band_id("new-" + band.band_id());
  const auto model = Compile(renamed);
  const ChangeSet same = account.Keep(Decide({}, *model, true, account.Input("2026-02-10")));
  EXPECT_EQ(EvaluationOf(same).movement(), v1::MOVEMENT_UNCHANGED);
  const v1::AccountFacts bank = BankFacts();
  const ChangeSet up =
      account.Keep(Decide({&bank, nullptr}, *model, true, account.Input("2026-03-10")));
  EXPECT_EQ(EvaluationOf(up).movement(), v1::MOVEMENT_UPGRADE);
  const ChangeSet down = account.Evaluate("2026-04-10", FintechFacts());
  EXPECT_EQ(EvaluationOf(down).movement(), v1::MOVEMENT_DOWNGRADE);
}

TEST(DecideEvaluation, WhatDoesNotCount_ClosesNothingAndSetsNothing) {
  LivingAccount account;
  account.Evaluate("2026-01-10", BankFacts());
  account.Report("2026-02-01", v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  const store::v1::AccountState before = account.state();

  const ChangeSet changes =
      account.Keep(Decide({}, *OtherVersion(7), /*counts=*/false, account.Input("2026-08-20")));
  EXPECT_FALSE(EvaluationOf(changes).counted());
  EXPECT_THAT(EvaluationOf(changes).closed_reasons(), IsEmpty());
  EXPECT_THAT(EvaluationOf(changes).closed_events(), IsEmpty());
  EXPECT_THAT(changes.events, IsEmpty());
  ASSERT_EQ(account.state().due_size(), before.due_size());
  for (int i = 0; i < before.due_size(); ++i) {
    EXPECT_TRUE(MessageDifferencer::Equals(account.state().due(i), before.due(i)));
  }
  EXPECT_EQ(account.state().open_events_size(), 1);
  EXPECT_TRUE(MessageDifferencer::Equals(account.state().baseline(), before.baseline()));
  ASSERT_EQ(account.state().scores_size(), 2) << "the one that counted stays beside it";
  EXPECT_EQ(CountedScore(account.state())->model_version(), 1);
}

TEST(DecideEvaluation, WhatDoesNotCount_IsNoBaseline) {
  LivingAccount account;
  const v1::AccountFacts bank = BankFacts();
  account.Keep(
      Decide({&bank, nullptr}, *OtherVersion(7), /*counts=*/false, account.Input("2026-01-10")));
  EXPECT_FALSE(account.state().has_baseline());
  const ChangeSet changes = account.Upsert("2026-02-10", Facts("past_due_cases: 2000000"));
  EXPECT_THAT(changes.events, IsEmpty());
  ASSERT_EQ(account.state().due_size(), 1);
  EXPECT_EQ(account.state().due(0).reason(), v1::REEVALUATION_REASON_QUARTERLY)
      << "a client never scored, as far as it counts";
}

TEST(DecideEvaluation, AnotherVersion_IsComparedWithTheModelsLatest) {
  LivingAccount account;
  account.Evaluate("2026-01-10", FintechFacts());
  const v1::AccountFacts bank = BankFacts();
  const ChangeSet other = account.Keep(
      Decide({&bank, nullptr}, *OtherVersion(7), /*counts=*/false, account.Input("2026-02-10")));
  EXPECT_EQ(EvaluationOf(other).movement(), v1::MOVEMENT_UPGRADE);
  const ChangeSet counted = account.Evaluate("2026-03-10");
  EXPECT_EQ(EvaluationOf(counted).movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_EQ(EvaluationOf(counted).previous().score(), 100);
  EXPECT_EQ(account.state().scores_size(), 1) << "one that counts takes the place of both";
}

TEST(DecideEvaluation, AnotherModel_KeepsItsOwnHistory) {
  LivingAccount account;
  account.Evaluate("2026-01-10", BankFacts());
  const auto interest = Compile(InterestModel());
  const v1::AccountFacts low = Facts(R"(custom { key: "interest" value { int64: 20 } })");
  const v1::AccountFacts high = Facts(R"(custom { key: "interest" value { int64: 80 } })");
  const ChangeSet first =
      account.Keep(Decide({&low, nullptr}, *interest, false, account.Input("2026-02-10")));
  EXPECT_EQ(EvaluationOf(first).movement(), v1::MOVEMENT_FIRST);
  EXPECT_EQ(EvaluationOf(first).segment(), v1::SEGMENT_UNSPECIFIED);
  const ChangeSet second =
      account.Keep(Decide({&high, nullptr}, *interest, false, account.Input("2026-03-10")));
  EXPECT_EQ(EvaluationOf(second).movement(), v1::MOVEMENT_UPGRADE);
  EXPECT_EQ(EvaluationOf(second).previous().score(), 20);
  const ChangeSet bank = account.Evaluate("2026-04-10");
  EXPECT_EQ(EvaluationOf(bank).movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_EQ(account.state().scores_size(), 2);
}

// A model of grades whose only fact is its score by tens.
std::shared_ptr<const CompiledModel> GradesFrom(int version, const std::string& bands) {
  v1::ScoringModel model = InterestModel();
  model.set_version(version);
  *model.mutable_bands() = FromText<v1::ScoringModel>(bands).bands();
  return Compile(model);
}

v1::Movement MovementTo(const CompiledModel& model, int interest, LivingAccount* account) {
  const v1::AccountFacts facts =
      Facts(absl::StrCat("custom { key: 'interest' value { int64: ", interest, " } }"));
  const ChangeSet changes =
      account->Keep(Decide({&facts, nullptr}, model, false, account->Input("2026-03-10")));
  return EvaluationOf(changes).movement();
}

TEST(DecideEvaluation, MovementAcrossRenamedGrades_IsFromWhereTheFormerScoreWouldStand) {
  const auto old = GradesFrom(1,
                              "bands { band_id: 'hot' display_name: 'Hot' min_score: 50 } "
                              "bands { band_id: 'cold' display_name: 'Cold' }");
  const auto renamed = GradesFrom(2,
                                  "bands { band_id: 'a' display_name: 'A' min_score: 70 } "
                                  "bands { band_id: 'b' display_name: 'B' min_score: 40 } "
                                  "bands { band_id: 'c' display_name: 'C' }");
  struct Row {
    int before;
    int after;
    v1::Movement movement;
  };
  for (const Row& row : {Row{60, 40, v1::MOVEMENT_UNCHANGED}, Row{40, 60, v1::MOVEMENT_UNCHANGED},
                         Row{60, 70, v1::MOVEMENT_UPGRADE}, Row{60, 30, v1::MOVEMENT_DOWNGRADE},
                         Row{70, 60, v1::MOVEMENT_DOWNGRADE}, Row{30, 40, v1::MOVEMENT_UPGRADE},
                         Row{0, 100, v1::MOVEMENT_UPGRADE}, Row{100, 0, v1::MOVEMENT_DOWNGRADE}}) {
    LivingAccount account;
    EXPECT_EQ(MovementTo(*old, row.before, &account), v1::MOVEMENT_FIRST);
    EXPECT_EQ(MovementTo(*renamed, row.after, &account), row.movement)
        << row.before << " to " << row.after;
  }
}

TEST(DecideEvaluation, MovementAcrossMovedGrades_IsByTheBandThatHadTheName) {
  const auto old = GradesFrom(1,
                              "bands { band_id: 'a' display_name: 'A' min_score: 70 } "
                              "bands { band_id: 'b' display_name: 'B' }");
  const auto stricter = GradesFrom(2,
                                   "bands { band_id: 'a' display_name: 'A' min_score: 90 } "
                                   "bands { band_id: 'b' display_name: 'B' }");
  LivingAccount account;
  MovementTo(*old, 80, &account);
  EXPECT_EQ(MovementTo(*stricter, 80, &account), v1::MOVEMENT_DOWNGRADE);
}

TEST(DecideEvaluation, StageDay_FollowsTheStage) {
  LivingAccount account;
  account.Evaluate("2026-01-10", FintechFacts());
  EXPECT_FALSE(account.state().has_client_stage_date());
  const v1::AccountFacts client = Facts("lifecycle_stage: LIFECYCLE_STAGE_CLIENT");
  account.Evaluate("2026-02-10", client);
  EXPECT_EQ(account.state().client_stage_date().month(), 2);
  account.Evaluate("2026-03-10", client);
  account.Upsert("2026-04-10", Facts("past_due_cases: 2100"));
  EXPECT_EQ(account.state().client_stage_date().month(), 2) << "it did not become one again";
  account.Upsert("2026-05-10", Facts("lifecycle_stage: LIFECYCLE_STAGE_LEAD"));
  EXPECT_FALSE(account.state().has_client_stage_date());
  account.Upsert("2026-06-10", client);
  EXPECT_EQ(account.state().client_stage_date().month(), 6);
}

TEST(DecideEvaluation, CreatedAsClient_HasTheDayOfItsFirstWrite) {
  LivingAccount account;
  account.Upsert("2026-06-10", Facts("lifecycle_stage: LIFECYCLE_STAGE_CLIENT"));
  EXPECT_EQ(account.state().client_stage_date().month(), 6);
  EXPECT_EQ(account.state().first_write_date().month(), 6);
}

TEST(DecideEvaluation, Days_AreOfTheTenantsTimeZone) {
  LivingAccount account;
  v1::Policy policy = PolicyOf(DefaultPolicy());
  policy.mutable_reevaluation()->set_time_zone("America/Bogota");
  const auto compiled = CompilePolicy(policy);
  ASSERT_OK(compiled);
  const v1::AccountFacts facts = FintechFacts();
  const ChangeSet changes =
      account.Keep(DecideEvaluation({&facts, nullptr}, *Segmentation(), true, kFirstPlaybooks,
                                    *compiled, account.Input("2026-04-01T03:00:00")));
  EXPECT_EQ(EvaluationOf(changes).evaluate_date().month(), 3);
  EXPECT_EQ(EvaluationOf(changes).evaluate_date().day(), 31);
  EXPECT_EQ(account.state().first_write_date().day(), 31);
  ASSERT_TRUE(EvaluationOf(changes).has_next());
  EXPECT_EQ(EvaluationOf(changes).next().due_us(), MicrosAt("2026-04-30T05:00:00"))
      << "a new account: one month after 31 March, by its clock";
}

}  // namespace
}  // namespace tiermark
