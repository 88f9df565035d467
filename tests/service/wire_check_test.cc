// Bytes that are no request, at the function and over gRPC.
#include "service/wire_check.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>

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

// Sends bytes as they are.
grpc::Status SendBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                 [&ended](grpc::Status status) { ended.set_value(std::move(status)); });
  return ended.get_future().get();
}

constexpr char kEvaluate[] = "/tiermark.v1.ScoringService/EvaluateAccount";

TEST(WireCheck, OverGrpc_SaysWhichFieldAndServesOn) {
  TestService service;
  const auto channel = service.Connect();
  v1::EvaluateAccountRequest request;
  request.set_account_id("BROKEN");
  const absl::Status broken = FromGrpc(SendBytes(channel, kEvaluate, Broken(request)));
  EXPECT_FAILS(broken, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(broken), ElementsAre("account_id"));
  EXPECT_FAILS(FromGrpc(SendBytes(channel, kEvaluate, "\xFF\xFF")), kInvalidArgument,
               "MALFORMED_MESSAGE");
  EXPECT_FAILS(FromGrpc(SendBytes(channel, kEvaluate, "")), kInvalidArgument, "INVALID_FIELDS");
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  EXPECT_OK(FromGrpc(SendBytes(channel, kEvaluate, request.SerializeAsString())));
}

TEST(WireCheck, OverGrpc_FieldsOfALaterVersionAreNoFault) {
  TestService service;
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  // Field 1000, a varint of 7.
  EXPECT_OK(FromGrpc(
      SendBytes(service.Connect(), kEvaluate, request.SerializeAsString() + "\xC0\x3E\x07")));
}

TEST(WireCheck, OverGrpc_TooLargeIsSaidBeforeItIsParsed) {
  TestService service;
  EXPECT_FAILS(
      FromGrpc(SendBytes(service.Connect(), kEvaluate, std::string((1 << 20) + 1, '\xFF'))),
      kInvalidArgument, "REQUEST_TOO_LARGE");
}

TEST(WireCheck, OverGrpc_AMethodThatIsNotServedIsUnimplemented) {
  TestService service;
  EXPECT_EQ(SendBytes(service.Connect(), "/tiermark.v1.ScoringService/NoSuchRpc", "").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace tiermark
