// Bytes that are no request.
#include "service/wire_check.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

// The message's bytes with a text in it made invalid UTF-8.
std::string Broken(const google::protobuf::Message& message) {
  return absl::StrReplaceAll(message.SerializeAsString(), {{"BROKEN", "BR\xC3KEN"}});
}

std::vector<std::string> FaultsOf(const google::protobuf::Message& message) {
  const std::string bytes = Broken(message);
  EXPECT_FALSE(std::unique_ptr<google::protobuf::Message>(message.New())->ParseFromString(bytes));
  const absl::Status status = ExplainUnparsable(*message.GetDescriptor(), bytes);
  EXPECT_FAILS(status, kInvalidArgument, "INVALID_FIELDS");
  return FieldsOf(status);
}

TEST(WireCheck, NamesTextThatIsNotUtf8WhereverItIs) {
  v1::EvaluateAccountRequest request;
  request.set_account_id("BROKEN");
  EXPECT_THAT(FaultsOf(request), ElementsAre("account_id"));
  request.set_account_id("fine");
  request.mutable_facts()->set_display_name("BROKEN");
  EXPECT_THAT(FaultsOf(request), ElementsAre("facts.display_name"));
  request.mutable_facts()->set_display_name("fine");
  request.mutable_facts()->add_financial_products("fine");
  request.mutable_facts()->add_financial_products("BROKEN");
  EXPECT_THAT(FaultsOf(request), ElementsAre("facts.financial_products[1]"));
}

TEST(WireCheck, NamesEveryFaultAtOnce) {
  v1::EvaluateAccountRequest request;
  request.set_account_id("BROKEN");
  request.mutable_facts()->add_potential_mrr()->set_country("CO");
  request.mutable_facts()->add_potential_mrr()->mutable_amount()->set_currency_code("BROKEN");
  request.mutable_update_mask()->add_paths("BROKEN");
  EXPECT_THAT(FaultsOf(request),
              ElementsAre("account_id", "facts.potential_mrr[1].amount.currency_code",
                          "update_mask.paths[0]"));
}

// A megabyte has room for a third of a million.
TEST(WireCheck, EndsWithTheHundredthFault) {
  v1::AccountFacts facts;
  for (int i = 0; i < 1'000; ++i) facts.add_financial_products("BROKEN");
  const std::vector<std::string> faults = FaultsOf(facts);
  ASSERT_EQ(faults.size(), kWireFaultsMax);
  EXPECT_EQ(faults.back(), "financial_products[99]");
}

TEST(WireCheck, LooksIntoMaps) {
  v1::AccountFacts facts;
  (*facts.mutable_custom())["BROKEN"].set_int64(1);
  EXPECT_THAT(FaultsOf(facts), ElementsAre("custom[0].key"));
  facts.clear_custom();
  (*facts.mutable_custom())["fine"].set_text("BROKEN");
  EXPECT_THAT(FaultsOf(facts), ElementsAre("custom[0].value.text"));
}

TEST(WireCheck, LooksIntoItems) {
  v1::BatchEvaluateAccountsRequest batch;
  batch.add_requests()->set_account_id("fine");
  batch.add_requests()->mutable_facts()->set_owner_id("BROKEN");
  EXPECT_THAT(FaultsOf(batch), ElementsAre("requests[1].facts.owner_id"));
}

TEST(WireCheck, OtherBytes_AreSimplyNoMessage) {
  v1::EvaluateAccountRequest request;
  *request.mutable_facts() = BankFacts();
  const std::string whole = request.SerializeAsString();
  for (const std::string& bytes : {std::string("\xFF\xFF\xFF\xFF"), std::string("\x0A\x7F"),
                                   std::string("\0", 1), whole.substr(0, whole.size() - 3)}) {
    EXPECT_FAILS(ExplainUnparsable(*request.GetDescriptor(), bytes), kInvalidArgument,
                 "MALFORMED_MESSAGE");
  }
}

}  // namespace
}  // namespace tiermark
