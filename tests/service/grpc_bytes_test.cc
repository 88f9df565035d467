// Bytes that are no request, or more than one, over gRPC.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>

#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

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

TEST(OverGrpc, SaysWhichFieldAndServesOn) {
  TestService service;
  const auto channel = service.Connect();
  // Field 1, an id that is no UTF-8.
  const absl::Status broken = FromGrpc(SendBytes(channel, kEvaluate, "\x0A\x02\xC3K"));
  EXPECT_FAILS(broken, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(broken), ElementsAre("account_id"));
  EXPECT_FAILS(FromGrpc(SendBytes(channel, kEvaluate, "\xFF\xFF")), kInvalidArgument,
               "MALFORMED_MESSAGE");
  EXPECT_FAILS(FromGrpc(SendBytes(channel, kEvaluate, "")), kInvalidArgument, "INVALID_FIELDS");
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  EXPECT_OK(FromGrpc(SendBytes(channel, kEvaluate, request.SerializeAsString())));
}

TEST(OverGrpc, FieldsOfALaterVersionAreNoFault) {
  TestService service;
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  // Field 1000, a varint of 7.
  EXPECT_OK(FromGrpc(
      SendBytes(service.Connect(), kEvaluate, request.SerializeAsString() + "\xC0\x3E\x07")));
}

TEST(OverGrpc, TooLargeIsSaidBeforeItIsParsed) {
  TestService service;
  EXPECT_FAILS(
      FromGrpc(SendBytes(service.Connect(), kEvaluate, std::string((1 << 20) + 1, '\xFF'))),
      kInvalidArgument, "REQUEST_TOO_LARGE");
}

TEST(OverGrpc, AMethodThatIsNotServedIsUnimplemented) {
  TestService service;
  EXPECT_EQ(SendBytes(service.Connect(), "/tiermark.v1.ScoringService/NoSuchRpc", "").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace tiermark
