#include "tests/service/support.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdlib>
#include <future>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "scoring/calendar.h"
#include "scoring/shipped.h"
#include "storage/change_set.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {

using google::protobuf::Message;

absl::Time At(const std::string& time) {
  absl::Time parsed;
  std::string error;
  const char* format = absl::StrContains(time, "T") ? "%Y-%m-%d%ET%H:%M:%S" : "%Y-%m-%d";
  EXPECT_TRUE(absl::ParseTime(format, time, absl::UTCTimeZone(), &parsed, &error)) << error;
  return parsed;
}

int64_t MicrosAt(const std::string& time) { return absl::ToUnixMicros(At(time)); }

absl::Status FromGrpc(const grpc::Status& status) {
  absl::Status out(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  for (const auto& detail : details.details()) {
    out.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return out;
}

TestService::TestService(Catalog::Contents contents) : contents_(std::move(contents)) { Start(); }

TestService::~TestService() { Stop(); }

void TestService::Start() {
  SqliteStoreOptions options;
  options.path = directory_.File("tiermark.db");
  options.clock = &clock_;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    std::abort();
  }
  store_ = *std::move(store);
  auto catalogs = Catalogs::Make(contents_, *store_);
  auto keys = KeyRing::Load(*store_, clock_, false);
  if (!catalogs.ok() || !keys.ok()) {
    ADD_FAILURE() << catalogs.status() << keys.status();
    std::abort();
  }
  catalogs_ = *std::move(catalogs);
  keys_ = *std::move(keys);
  methods_ = std::make_unique<MethodTable>();
  store_->OnCommit([this] { feed_.Committed(); });
  jobs_ = std::make_unique<AccountJobs>(*store_, *catalogs_, clock_);
  AddHandlers(ContextWith(*store_), methods_.get());
  PipelineOptions pipeline;
  pipeline.authenticator = keys_.get();
  pipeline_ = std::make_unique<Pipeline>(*methods_, clock_, pipeline);
}

void TestService::Stop() {
  DrainGrpc(absl::Seconds(5));
  jobs_->Stop();
  store_->Close();
  pipeline_.reset();
  methods_.reset();
  jobs_.reset();
  keys_.reset();
  catalogs_.reset();
  store_.reset();
}

void TestService::Restart(Catalog::Contents contents) {
  Stop();
  contents_ = std::move(contents);
  Start();
}

std::shared_ptr<grpc::Channel> TestService::Connect() {
  if (grpc_server_ == nullptr) {
    GrpcServerOptions options;
    options.listen = "127.0.0.1:0";
    auto server = GrpcServer::Start(options, *pipeline_);
    if (!server.ok()) {
      ADD_FAILURE() << server.status();
      std::abort();
    }
    grpc_server_ = *std::move(server);
  }
  // A connection of its own each time.
  grpc::ChannelArguments arguments;
  arguments.SetInt("grpc.use_local_subchannel_pool", 1);
  return grpc::CreateCustomChannel(grpc_server_->address(), grpc::InsecureChannelCredentials(),
                                   arguments);
}

void TestService::DrainGrpc(absl::Duration patience) {
  if (grpc_server_ != nullptr) grpc_server_->Drain(patience);
  grpc_server_.reset();
}

absl::Status TestService::Call(const Message& request, Message* response,
                               const CallHeaders& headers) {
  return CallThrough(*pipeline_, *methods_, request, response, headers);
}

absl::Status CallThrough(Pipeline& pipeline, const MethodTable& methods, const Message& request,
                         Message* response, const CallHeaders& headers) {
  for (const auto& [name, method] : methods.methods()) {
    if (method.descriptor->input_type() != request.GetDescriptor()) continue;
    auto call = pipeline.Begin(method, headers, request.ByteSizeLong());
    if (!call.ok()) return call.status();
    (*call)->request()->CopyFrom(request);
    std::promise<absl::Status> ended;
    pipeline.Run(*std::move(call), absl::OkStatus(),
                 [&](std::unique_ptr<class Call> done, const absl::Status& status) {
                   if (status.ok()) response->CopyFrom(*done->response());
                   ended.set_value(status);
                 });
    return ended.get_future().get();
  }
  return absl::UnimplementedError("no RPC takes such a request");
}

absl::StatusOr<v1::EvaluateAccountResponse> TestService::Evaluate(const std::string& account_id,
                                                                  const v1::AccountFacts& facts) {
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  *request.mutable_facts() = facts;
  return Call<v1::EvaluateAccountResponse>(request);
}

absl::StatusOr<v1::EvaluateAccountResponse> TestService::Evaluate(const std::string& account_id) {
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  return Call<v1::EvaluateAccountResponse>(request);
}

absl::StatusOr<v1::UpsertAccountResponse> TestService::Upsert(const std::string& account_id,
                                                              const v1::AccountFacts& facts) {
  v1::UpsertAccountRequest request;
  request.set_account_id(account_id);
  *request.mutable_facts() = facts;
  return Call<v1::UpsertAccountResponse>(request);
}

absl::StatusOr<v1::Account> TestService::Get(const std::string& account_id) {
  v1::GetAccountRequest request;
  request.set_account_id(account_id);
  auto response = Call<v1::GetAccountResponse>(request);
  if (!response.ok()) return response.status();
  return response->account();
}

ChangeSet LivingAccount::Keep(absl::StatusOr<ChangeSet> decided) {
  EXPECT_TRUE(decided.ok()) << decided.status();
  if (!decided.ok() || decided->empty()) return ChangeSet();
  ResolvePositions(next_position_, &*decided);
  next_position_ += static_cast<int64_t>(decided->entries.size());
  known_ = true;
  record_.state = decided->state;
  if (decided->facts.has_value()) record_.facts = *decided->facts;
  for (const ChangeSet::EventRow& row : decided->events) MergeEventRow(row, &events_);
  return *std::move(decided);
}

ChangeSet LivingAccount::Evaluate(const std::string& time, const v1::AccountFacts& facts) {
  return Keep(DecideEvaluation({&facts, nullptr}, *Segmentation(), true, kFirstPlaybooks,
                               DefaultPolicy(), Input(time)));
}

ChangeSet LivingAccount::Evaluate(const std::string& time) {
  return Keep(
      DecideEvaluation({}, *Segmentation(), true, kFirstPlaybooks, DefaultPolicy(), Input(time)));
}

ChangeSet LivingAccount::Upsert(const std::string& time, const v1::AccountFacts& facts) {
  return Keep(DecideUpsert({&facts, nullptr}, DefaultPolicy(), Input(time)));
}

ChangeSet LivingAccount::Report(const std::string& time, v1::AccountEventType type,
                                const std::string& date) {
  ReportedEvent event;
  event.type = type;
  if (!date.empty()) event.date = DateOf(absl::ToCivilDay(At(date), absl::UTCTimeZone()));
  return Keep(DecideEvent(event, DefaultPolicy(), Input(time)));
}

std::shared_ptr<const CompiledModel> Compile(const v1::ScoringModel& model) {
  auto compiled = CompiledModel::Compile(model, ShippedExchangeRates());
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *compiled;
}

v1::ScoringModel SegmentationModel() {
  for (const v1::ScoringModel& model : ShippedModels()) {
    if (model.model_id() == kSegmentationModelId) return model;
  }
  ADD_FAILURE() << "no segmentation model is shipped";
  return {};
}

std::shared_ptr<const CompiledModel> Segmentation() {
  static const auto* const kModel =
      new std::shared_ptr<const CompiledModel>(Compile(SegmentationModel()));
  return *kModel;
}

v1::ScoringModel InterestModel() {
  auto model = FromText<v1::ScoringModel>(R"(
    model_id: "interest" version: 1 display_name: "Interest" method: SCORING_METHOD_POINTS
    criteria {
      criterion_id: "interest" display_name: "Interest" fact: "custom.interest"
      numeric_tiers {}
    }
    bands { band_id: "high" display_name: "High" min_score: 50 grade: "A" }
    bands { band_id: "low" display_name: "Low" min_score: 0 grade: "B" })");
  for (int points = 100; points >= 0; points -= 10) {
    v1::NumericTier* tier = model.mutable_criteria(0)->mutable_numeric_tiers()->add_tiers();
    if (points > 0) tier->set_at_least(absl::StrCat(points));
    tier->set_points(points);
    tier->set_label(absl::StrCat("from ", points));
  }
  return model;
}

const store::v1::EvaluationEntry& EvaluationOf(const ChangeSet& changes) {
  static const store::v1::EvaluationEntry kNone;
  if (changes.entries.empty() || !changes.entries.back().has_evaluation()) {
    ADD_FAILURE() << "the last entry is no evaluation";
    return kNone;
  }
  return changes.entries.back().evaluation();
}

}  // namespace tiermark
