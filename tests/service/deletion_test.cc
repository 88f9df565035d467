// Erasing accounts.
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;

v1::DeleteAccountRequest Delete(const std::string& account_id, const std::string& request_id = "") {
  v1::DeleteAccountRequest request;
  request.set_account_id(account_id);
  request.set_request_id(request_id);
  return request;
}

TEST(DecideDeletion, SaysWhoAndWhen_AndNoMore) {
  LivingAccount account;
  account.Evaluate("2026-05-20", BankFacts());
  const auto changes = DecideDeletion(account.Input("2026-05-21"));
  ASSERT_OK(changes);
  EXPECT_TRUE(changes->erase);
  ASSERT_EQ(changes->entries.size(), 1u);
  EXPECT_EQ(changes->entries[0].deletion().delete_us(), MicrosAt("2026-05-21"));
  EXPECT_FAILS(DecideDeletion(LivingAccount().Input("2026-05-21")), kNotFound, "ACCOUNT_NOT_FOUND");
}

TEST(DeleteAccount, NothingOfTheAccountCanBeReadAgain) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  const auto evaluated = service.Evaluate("bank", BankFacts());
  ASSERT_OK(evaluated);
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  const auto deleted = service.Call<v1::DeleteAccountResponse>(Delete("bank"));
  ASSERT_OK(deleted);
  EXPECT_EQ(deleted->delete_time(),
            TimeUtil::MicrosecondsToTimestamp(MicrosAt("2026-05-20T10:00:00")));
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_FAILS(service.Get("bank"), kNotFound, "ACCOUNT_NOT_FOUND");
    EXPECT_FAILS(service.Evaluate("bank"), kNotFound, "ACCOUNT_NOT_FOUND");
    v1::GetEvaluationRequest get;
    get.set_evaluation_id(evaluated->evaluation().evaluation_id());
    EXPECT_FAILS(service.Call<v1::GetEvaluationResponse>(get), kNotFound, "EVALUATION_NOT_FOUND");
    EXPECT_EQ(service.Call<v1::ListAccountsResponse>(v1::ListAccountsRequest())->accounts_size(),
              1);
    EXPECT_FAILS(service.Call<v1::DeleteAccountResponse>(Delete("bank")), kNotFound,
                 "ACCOUNT_NOT_FOUND");
    service.Restart();
  }
}

TEST(DeleteAccount, SentAgain_GetsTheFirstAnswer) {
  TestService service;
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  const auto first = service.Call<v1::DeleteAccountResponse>(Delete("bank", "delete-1"));
  ASSERT_OK(first);
  service.clock().Advance(absl::Hours(1));
  const auto again = service.Call<v1::DeleteAccountResponse>(Delete("bank", "delete-1"));
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST(DeleteAccount, AnEarlierRequestIsRefused_AndTheIdMayBeUsedAnew) {
  TestService service;
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  request.set_request_id("evaluate-1");
  ASSERT_OK(service.Call<v1::EvaluateAccountResponse>(request));
  ASSERT_OK(service.Call<v1::DeleteAccountResponse>(Delete("bank")));
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(request), kNotFound, "ACCOUNT_ERASED");
  request.clear_request_id();
  const auto anew = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(anew);
  EXPECT_EQ(anew->evaluation().movement(), v1::MOVEMENT_FIRST);
}

TEST(DeleteAccount, RefusesAnIdThatIsNone) {
  TestService service;
  const auto refused = service.Call<v1::DeleteAccountResponse>(Delete(" bank"));
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
}

}  // namespace
}  // namespace tiermark
