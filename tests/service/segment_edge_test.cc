// The methodology's examples and the edge between two segments, as a caller sees them over gRPC and
// as the store keeps them.
#include <grpcpp/grpcpp.h>

#include "service/catalog.h"
#include "tests/service/support.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"

namespace tiermark {
namespace {

// A version of the segmentation model whose score can be set to the hundredth: 80 points of weight
// 99, and custom.fine, by its number, as points of weight 1.
v1::ScoringModel FineModel() {
  v1::ScoringModel model = SegmentationModel();
  model.set_version(2);
  *model.mutable_criteria() = FromText<v1::ScoringModel>(R"(
    criteria {
      criterion_id: "coarse" display_name: "Coarse" fact: "past_due_cases" weight_percent: 99
      numeric_tiers { tiers { points: 80 label: "any" } }
    }
    criteria {
      criterion_id: "fine" display_name: "Fine" fact: "custom.fine" weight_percent: 1
      numeric_tiers {
        tiers { at_least: "30" points: 30 label: "30" }
        tiers { points: 29 label: "29" }
      }
    })")
                                  .criteria();
  return model;
}

Catalog::Contents WithFineModel() {
  Catalog::Contents contents = Catalog::Shipped();
  contents.models.push_back(FineModel());
  return contents;
}

class SegmentEdge : public testing::Test {
 protected:
  explicit SegmentEdge(Catalog::Contents contents = WithFineModel())
      : service_(std::move(contents)) {}

  v1::Evaluation EvaluateOverGrpc(const std::string& account_id, const v1::AccountFacts& facts) {
    const auto stub = v1::ScoringService::NewStub(service_.Connect());
    grpc::ClientContext context;
    v1::EvaluateAccountRequest request;
    request.set_account_id(account_id);
    *request.mutable_facts() = facts;
    v1::EvaluateAccountResponse response;
    EXPECT_OK(FromGrpc(stub->EvaluateAccount(&context, request, &response)));
    return response.evaluation();
  }

  v1::Account GetOverGrpc(const std::string& account_id) {
    const auto stub = v1::AccountService::NewStub(service_.Connect());
    grpc::ClientContext context;
    v1::GetAccountRequest request;
    request.set_account_id(account_id);
    v1::GetAccountResponse response;
    EXPECT_OK(FromGrpc(stub->GetAccount(&context, request, &response)));
    return response.account();
  }

  v1::Evaluation ReadOverGrpc(const std::string& evaluation_id) {
    const auto stub = v1::ScoringService::NewStub(service_.Connect());
    grpc::ClientContext context;
    v1::GetEvaluationRequest request;
    request.set_evaluation_id(evaluation_id);
    v1::GetEvaluationResponse response;
    EXPECT_OK(FromGrpc(stub->GetEvaluation(&context, request, &response)));
    return response.evaluation();
  }

  void ExpectKept(const std::string& account_id, const v1::Evaluation& evaluation) {
    const v1::Account account = GetOverGrpc(account_id);
    EXPECT_EQ(account.segment(), evaluation.segment());
    ASSERT_EQ(account.scores_size(), 1);
    EXPECT_EQ(account.scores(0).score(), evaluation.score());
    EXPECT_EQ(account.scores(0).evaluation_id(), evaluation.evaluation_id());
    v1::Evaluation read = ReadOverGrpc(evaluation.evaluation_id());
    read.clear_facts();
    EXPECT_EQ(read.SerializeAsString(), evaluation.SerializeAsString());
  }

  void Check(const std::string& account_id, const v1::AccountFacts& facts, int exact, int score,
             v1::Segment segment) {
    const v1::Evaluation evaluation = EvaluateOverGrpc(account_id, facts);
    EXPECT_EQ(evaluation.exact_score(), exact);
    EXPECT_EQ(evaluation.score(), score);
    EXPECT_EQ(evaluation.segment(), segment);
    ExpectKept(account_id, evaluation);
    service_.Restart();
    ExpectKept(account_id, evaluation);
  }

  TestService service_;
};

class MethodologyExample : public SegmentEdge {
 protected:
  MethodologyExample() : SegmentEdge(Catalog::Shipped()) {}
};

TEST_F(MethodologyExample, TheBank_Is100Strategic) {
  Check("bank", BankFacts(), 10'000, 100, v1::SEGMENT_STRATEGIC);
}

TEST_F(MethodologyExample, TheFintech_Is16Smb) {
  Check("fintech", FintechFacts(), 1'600, 16, v1::SEGMENT_SMB);
}

TEST_F(SegmentEdge, Exactly7950_Is80Strategic) {
  Check("up", Facts(R"(past_due_cases: 0 custom { key: "fine" value { int64: 30 } })"), 7'950, 80,
        v1::SEGMENT_STRATEGIC);
}

TEST_F(SegmentEdge, Exactly7949_Is79Enterprise) {
  Check("down", Facts(R"(past_due_cases: 0 custom { key: "fine" value { int64: 29 } })"), 7'949, 79,
        v1::SEGMENT_ENTERPRISE);
  const v1::Evaluation evaluation = EvaluateOverGrpc("down", {});
  EXPECT_EQ(evaluation.to_next_segment().segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(evaluation.to_next_segment().hundredths(), 1);
}

}  // namespace
}  // namespace tiermark
