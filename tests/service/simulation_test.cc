// Simulations through the pipeline: progress, the result, and what it says against what happens.
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/service/models.h"
#include "tests/service/stream_reader.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct Simulated {
  absl::Status status;
  int progress = 0;
  std::vector<v1::Mover> movers;
  v1::SimulationResult result;
};

Simulated Simulate(TestService& service, const v1::SimulateModelRequest& request) {
  StreamReader<v1::SimulateModelResponse> reader(service.pipeline(), request);
  Simulated simulated;
  v1::SimulateModelResponse message;
  while (reader.Read(&message)) {
    EXPECT_FALSE(simulated.result.has_model()) << "the result is the last message";
    if (message.has_progress()) ++simulated.progress;
    simulated.movers.insert(simulated.movers.end(), message.movers().movers().begin(),
                            message.movers().movers().end());
    if (message.has_result()) simulated.result = message.result();
  }
  simulated.status = reader.AwaitEnd();
  return simulated;
}

v1::SimulateModelRequest Of(const std::string& draft_id) {
  v1::SimulateModelRequest request;
  request.set_draft_id(draft_id);
  return request;
}

// Banks and fintechs in turn, each scored.
void Fill(TestService& service, int accounts) {
  v1::BatchEvaluateAccountsRequest batch;
  for (int i = 0; i < accounts; ++i) {
    v1::EvaluateAccountRequest* request = batch.add_requests();
    request->set_account_id(absl::StrCat("account-", absl::Dec(i, absl::kZeroPad5)));
    *request->mutable_facts() = i % 2 == 0 ? BankFacts() : FintechFacts();
    if (batch.requests_size() == 500 || i + 1 == accounts) {
      ASSERT_OK(service.Call<v1::BatchEvaluateAccountsResponse>(batch));
      batch.clear_requests();
    }
  }
}

TEST(SimulateModel, ReportsExactlyThoseThatPublishingMoves) {
  constexpr int kAccounts = 4'500;  // More than two pages.
  TestService service;
  Fill(service, kAccounts);
  v1::SimulateModelRequest request = Of(KeepDraft(service, CasesForNothing()));
  request.set_stream_movers(true);
  request.set_max_movers(7);
  const Simulated simulated = Simulate(service, request);
  ASSERT_OK(simulated.status);
  EXPECT_GE(simulated.progress, 1);
  const v1::SimulationResult& result = simulated.result;
  EXPECT_EQ(result.accounts(), kAccounts);
  EXPECT_EQ(result.moved_accounts(), kAccounts / 2);
  EXPECT_EQ(result.active_model().version(), 1);
  EXPECT_EQ(result.model().model_id(), "account-segmentation");
  EXPECT_EQ(result.model().version(), 0);
  EXPECT_TRUE(result.model().digest().empty());
  EXPECT_THAT(result.movers(), SizeIs(7));
  ASSERT_THAT(result.cells(), SizeIs(2));
  EXPECT_EQ(result.cells(0).from_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(result.cells(0).to_segment(), v1::SEGMENT_ENTERPRISE);
  EXPECT_EQ(result.cells(0).mrr().units(), int64_t{60'000} * kAccounts / 2);
  EXPECT_EQ(result.start_cursor(), result.end_cursor()) << "nothing was written meanwhile";
  std::set<std::string> said;
  for (const v1::Mover& mover : simulated.movers) said.insert(mover.account_id());

  ASSERT_OK(service.Call<v1::PublishModelResponse>(Publish(request.draft_id())));
  std::set<std::string> moved;
  for (int i = 0; i < kAccounts; i += 45) {
    const std::string id = absl::StrCat("account-", absl::Dec(i, absl::kZeroPad5));
    const auto evaluated = service.Evaluate(id);
    ASSERT_OK(evaluated);
    EXPECT_EQ(evaluated->evaluation().movement() != v1::MOVEMENT_UNCHANGED, said.count(id) > 0);
  }
}

TEST(SimulateModel, OverAFilter_LooksAtThatAlone) {
  TestService service;
  Fill(service, 10);
  v1::SimulateModelRequest request = Of(KeepDraft(service, CasesForNothing()));
  request.mutable_filter()->add_segments(v1::SEGMENT_SMB);
  EXPECT_EQ(Simulate(service, request).result.accounts(), 5);
  request.mutable_filter()->clear_segments();
  v1::FactCondition* fact = request.mutable_filter()->add_facts();
  fact->set_fact("past_due_cases");
  fact->mutable_at_least()->set_int64(100'000);
  const Simulated banks = Simulate(service, request);
  EXPECT_EQ(banks.result.accounts(), 5);
  EXPECT_EQ(banks.result.moved_accounts(), 5);
}

TEST(SimulateModel, OfAnEmptyPortfolio_IsEmpty) {
  TestService service;
  const Simulated simulated = Simulate(service, Of(KeepDraft(service, CasesForNothing())));
  ASSERT_OK(simulated.status);
  EXPECT_EQ(simulated.result.accounts(), 0);
  EXPECT_THAT(simulated.result.cells(), SizeIs(0));
  EXPECT_FALSE(simulated.result.before().has_mean_score());
}

TEST(SimulateModel, OfAVersion_TriesThatOne) {
  TestService service;
  Fill(service, 2);
  PublishNow(service, CasesForNothing());
  v1::SimulateModelRequest request;
  request.set_model_id("account-segmentation");
  const Simulated active = Simulate(service, request);
  ASSERT_OK(active.status);
  EXPECT_EQ(active.result.model().version(), 2);
  EXPECT_EQ(active.result.moved_accounts(), 1);
  EXPECT_EQ(active.result.moved_by_facts_accounts(), 1)
      << "it moves though nothing is published any more: it was scored by the version before";
  request.set_model_version(1);
  EXPECT_EQ(Simulate(service, request).result.moved_accounts(), 0);
}

TEST(SimulateModel, OfANewModel_HasNothingToHoldItAgainst) {
  TestService service;
  Fill(service, 2);
  const Simulated simulated = Simulate(service, Of(KeepDraft(service, InterestModel())));
  ASSERT_OK(simulated.status);
  EXPECT_FALSE(simulated.result.has_active_model());
  EXPECT_EQ(simulated.result.before().accounts(), 0);
  EXPECT_EQ(simulated.result.after().accounts(), 2) << "points models give missing facts none";
}

TEST(SimulateModel, StoresNothing_AndChangesNothing) {
  TestService service;
  Fill(service, 3);
  const auto before = service.Get("account-00000");
  const int64_t position = *service.store().LastPosition(kDefaultTenant);
  ASSERT_OK(Simulate(service, Of(KeepDraft(service, CasesForNothing()))).status);
  EXPECT_EQ(service.Get("account-00000")->SerializeAsString(), before->SerializeAsString());
  EXPECT_EQ(*service.store().LastPosition(kDefaultTenant), position);
}

TEST(SimulateModel, Cancelled_Ends) {
  TestService service;
  Fill(service, 10);
  const v1::SimulateModelRequest request = Of(KeepDraft(service, CasesForNothing()));
  StreamReader<v1::SimulateModelResponse> reader(service.pipeline(), request);
  v1::SimulateModelResponse message;
  ASSERT_TRUE(reader.Read(&message));
  reader.Stop(absl::CancelledError(""));
  EXPECT_EQ(reader.AwaitEnd().code(), absl::StatusCode::kCancelled);
}

TEST(SimulateModel, SaysWhatWasWrittenMeanwhile) {
  TestService service;
  Fill(service, 10);
  const v1::SimulateModelRequest request = Of(KeepDraft(service, CasesForNothing()));
  StreamReader<v1::SimulateModelResponse> reader(service.pipeline(), request);
  v1::SimulateModelResponse message;
  // The first message is progress, before anything is read.
  while (!reader.has_message()) absl::SleepFor(absl::Milliseconds(1));
  ASSERT_OK(service.Evaluate("late", BankFacts()));
  v1::SimulationResult result;
  while (reader.Read(&message)) result = message.result();
  v1::ListAccountChangesRequest changes;
  changes.set_cursor(result.start_cursor());
  const auto listed = service.Call<v1::ListAccountChangesResponse>(changes);
  ASSERT_OK(listed);
  ASSERT_THAT(listed->changes(), SizeIs(1));
  EXPECT_EQ(listed->changes(0).account_id(), "late");
  EXPECT_EQ(listed->next_cursor(), result.end_cursor());
  EXPECT_EQ(result.accounts(), 11);
}

TEST(SimulateModel, ListsEveryFaultOfTheRequest) {
  TestService service;
  v1::SimulateModelRequest request;
  request.set_max_movers(1'001);
  request.mutable_filter()->set_min_score(101);
  const Simulated refused = Simulate(service, request);
  EXPECT_FAILS(refused.status, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(refused.status),
              ElementsAre("draft_id", "model_id", "max_movers", "filter.min_score"));
  EXPECT_FAILS(Simulate(service, Of("account-segmentation.9")).status, kNotFound,
               "DRAFT_NOT_FOUND");
}

}  // namespace
}  // namespace tiermark
