#include "bench/call_maker.h"

#include "absl/strings/str_cat.h"
#include "bench/portfolio.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark::bench {
namespace {

constexpr char kEvaluatePath[] = "/tiermark.v1.ScoringService/EvaluateAccount";
constexpr char kPlaybookPath[] = "/tiermark.v1.ScoringService/GetSegmentPlaybook";
constexpr char kAccountPath[] = "/tiermark.v1.AccountService/GetAccount";

}  // namespace

struct CallMaker::Messages {
  v1::EvaluateAccountRequest evaluate;
  v1::GetSegmentPlaybookRequest playbook;
  v1::GetAccountRequest account;
};

CallMaker::CallMaker(const Options& options, int slot)
    : options_(options),
      slot_(slot),
      state_(Mix(options.seed * 1'000'003 + static_cast<uint64_t>(slot))),
      messages_(std::make_unique<Messages>()) {}

CallMaker::~CallMaker() = default;

const char* CallMaker::PathOf(absl::string_view kind) {
  if (kind == "evaluate" || kind == "move" || kind == "validate") return kEvaluatePath;
  if (kind == "playbook" || kind == "account-playbook") return kPlaybookPath;
  if (kind == "account") return kAccountPath;
  return nullptr;
}

const google::protobuf::Message& CallMaker::Next() {
  const auto account = static_cast<int64_t>(Random() % static_cast<uint64_t>(options_.accounts));
  if (options_.kind == "account") {
    messages_->account.set_account_id(AccountId(account));
    return messages_->account;
  }
  if (options_.kind == "playbook") {
    messages_->playbook.set_segment(static_cast<v1::Segment>(1 + account % 4));
    return messages_->playbook;
  }
  if (options_.kind == "account-playbook") {
    messages_->playbook.set_account_id(AccountId(account));
    return messages_->playbook;
  }
  v1::EvaluateAccountRequest& request = messages_->evaluate;
  request.set_account_id(AccountId(account));
  const int variant =
      options_.kind == "move" ? static_cast<int>(Random() % kVariants) : FirstVariant(account);
  FillFacts(account, variant, request.mutable_facts());
  if (options_.kind == "validate") {
    request.set_validate_only(true);
  } else {
    request.set_request_id(absl::StrCat("bench-", options_.seed, "-", slot_, "-", made_++));
  }
  return request;
}

const google::protobuf::Message& CallMaker::answer_prototype() const {
  if (options_.kind == "account") return v1::GetAccountResponse::default_instance();
  if (options_.kind == "playbook" || options_.kind == "account-playbook") {
    return v1::GetSegmentPlaybookResponse::default_instance();
  }
  return v1::EvaluateAccountResponse::default_instance();
}

uint64_t CallMaker::Random() { return Mix(state_++); }

}  // namespace tiermark::bench
