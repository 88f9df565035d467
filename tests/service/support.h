// What the tests of the service share: a whole service in this process, and accounts that live
// through decisions without any store.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "service/api_keys.h"
#include "service/catalog.h"
#include "service/catalogs.h"
#include "service/decisions.h"
#include "service/feed_hub.h"
#include "service/grpc/server.h"
#include "service/handlers/handlers.h"
#include "service/pipeline.h"
#include "storage/store.h"
#include "tests/storage/fake_clock.h"
#include "tests/support/messages.h"
#include "tests/support/temporary_directory.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// "2026-05-20" or "2026-05-20T10:30:00", UTC.
absl::Time At(const std::string& time);
int64_t MicrosAt(const std::string& time);

// What a client sees of a status.
absl::Status FromGrpc(const grpc::Status& status);

// Version 1 for each segment.
inline constexpr PlaybookVersions kFirstPlaybooks = {0, 1, 1, 1, 1};

// Hands everything on. Tests override what they want to go differently.
class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& store) : store_(store) {}

  void Apply(AccountWrite write) override { store_.Apply(std::move(write)); }
  absl::StatusOr<AccountRecord> ReadAccount(TenantId tenant,
                                            absl::string_view account_id) override {
    return store_.ReadAccount(tenant, account_id);
  }
  absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
      TenantId tenant, const std::vector<std::string>& account_ids) override {
    return store_.ReadAccounts(tenant, account_ids);
  }
  absl::StatusOr<LogRecord> ReadLog(TenantId tenant, int64_t position) override {
    return store_.ReadLog(tenant, position);
  }
  absl::StatusOr<DuePage> ListDue(const DueQuery& query) override { return store_.ListDue(query); }
  absl::StatusOr<DueCount> CountDue(const DueCountQuery& query) override {
    return store_.CountDue(query);
  }
  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override {
    return store_.ListAccounts(query);
  }
  absl::StatusOr<int64_t> LastAccountNo(TenantId tenant) override {
    return store_.LastAccountNo(tenant);
  }
  absl::StatusOr<EvaluationPage> ListEvaluations(const EvaluationQuery& query) override {
    return store_.ListEvaluations(query);
  }
  absl::StatusOr<EventPage> ListEvents(const EventQuery& query) override {
    return store_.ListEvents(query);
  }
  absl::StatusOr<ItemPage> ListItems(const ItemQuery& query) override {
    return store_.ListItems(query);
  }
  absl::StatusOr<MovementPage> ListMovements(const MovementQuery& query) override {
    return store_.ListMovements(query);
  }
  absl::StatusOr<ChangePage> ListChanges(const ChangeQuery& query) override {
    return store_.ListChanges(query);
  }
  absl::StatusOr<int64_t> LastPosition(TenantId tenant) override {
    return store_.LastPosition(tenant);
  }
  void ApplyTenant(TenantWrite write) override { store_.ApplyTenant(std::move(write)); }
  absl::StatusOr<TenantRecordMap> ReadTenantRecords(TenantId tenant,
                                                    absl::string_view prefix) override {
    return store_.ReadTenantRecords(tenant, prefix);
  }
  absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override {
    return store_.ListAudit(query);
  }
  void OnCommit(std::function<void()> listener) override { store_.OnCommit(std::move(listener)); }
  StoreGauges Gauges() override { return store_.Gauges(); }
  void Close() override { store_.Close(); }

 private:
  Store& store_;
};

// Store, catalog and pipeline as the server has them, on a SQLite file of its own and a clock that
// stands still.
class TestService {
 public:
  explicit TestService(Catalog::Contents contents = Catalog::Shipped());
  ~TestService();

  FakeClock& clock() { return clock_; }
  Store& store() { return *store_; }
  // Of the default tenant.
  Catalog& catalog() { return **catalogs_->Of(kDefaultTenant); }
  Catalogs& catalogs() { return *catalogs_; }
  KeyRing& keys() { return *keys_; }
  AccountJobs& jobs() { return *jobs_; }
  FeedHub& feed() { return feed_; }
  // For handlers on another store in front of this one.
  ServerContext ContextWith(Store& store) {
    return {store, *catalogs_, clock_, *jobs_, feed_, *keys_};
  }
  const MethodTable& methods() const { return *methods_; }
  Pipeline& pipeline() { return *pipeline_; }

  // Ends the service and starts it again on the same file.
  void Restart() { Restart(contents_); }
  void Restart(Catalog::Contents contents);

  // Starts the gRPC front end, if it is not there yet, and connects to it.
  std::shared_ptr<grpc::Channel> Connect();

  // Drains the gRPC front end, and the pipeline with it.
  void DrainGrpc(absl::Duration patience);

  // Calls the RPC whose request this is through the pipeline, and waits.
  absl::Status Call(const google::protobuf::Message& request, google::protobuf::Message* response,
                    const CallHeaders& headers = {});
  template <typename Response>
  absl::StatusOr<Response> Call(const google::protobuf::Message& request,
                                const CallHeaders& headers = {}) {
    Response response;
    if (absl::Status status = Call(request, &response, headers); !status.ok()) return status;
    return response;
  }

  // Shorthands for what most tests do.
  absl::StatusOr<v1::EvaluateAccountResponse> Evaluate(const std::string& account_id,
                                                       const v1::AccountFacts& facts);
  absl::StatusOr<v1::EvaluateAccountResponse> Evaluate(const std::string& account_id);
  absl::StatusOr<v1::UpsertAccountResponse> Upsert(const std::string& account_id,
                                                   const v1::AccountFacts& facts);
  absl::StatusOr<v1::Account> Get(const std::string& account_id);

 private:
  void Start();
  void Stop();

  TemporaryDirectory directory_;
  FakeClock clock_;
  Catalog::Contents contents_;
  FeedHub feed_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Catalogs> catalogs_;
  std::unique_ptr<KeyRing> keys_;
  std::unique_ptr<AccountJobs> jobs_;
  std::unique_ptr<MethodTable> methods_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<GrpcServer> grpc_server_;
};

// Calls the RPC of the table whose request this is, and waits.
absl::Status CallThrough(Pipeline& pipeline, const MethodTable& methods,
                         const google::protobuf::Message& request,
                         google::protobuf::Message* response, const CallHeaders& headers = {});

// One account that decisions are made for and whose change sets are kept as a store keeps them.
class LivingAccount {
 public:
  // What a decision at that time is made from.
  DecideInput Input(const std::string& time) const {
    return {known_ ? &record_ : nullptr, At(time)};
  }

  // Keeps what was decided, with real positions, and hands it back.
  ChangeSet Keep(absl::StatusOr<ChangeSet> decided);

  const AccountRecord& record() const { return record_; }
  const store::v1::AccountState& state() const { return record_.state; }
  // All events, in the order of their reports.
  const std::vector<ChangeSet::EventRow>& events() const { return events_; }

  // Decides by the shipped model and policy, and keeps the outcome.
  ChangeSet Evaluate(const std::string& time, const v1::AccountFacts& facts);
  ChangeSet Evaluate(const std::string& time);
  ChangeSet Upsert(const std::string& time, const v1::AccountFacts& facts);
  ChangeSet Report(const std::string& time, v1::AccountEventType type,
                   const std::string& date = "");

 private:
  bool known_ = false;
  AccountRecord record_;
  int64_t next_position_ = 1;
  std::vector<ChangeSet::EventRow> events_;
};

// The model compiled with the shipped rates.
std::shared_ptr<const CompiledModel> Compile(const v1::ScoringModel& model);

// The shipped segmentation model.
v1::ScoringModel SegmentationModel();
std::shared_ptr<const CompiledModel> Segmentation();

// A points model of one criterion: custom.interest gives as many points as it says, by tens from 0
// to 100, and the grade A from 50 on, B below.
v1::ScoringModel InterestModel();

// The evaluation among the entries, the last of them.
const store::v1::EvaluationEntry& EvaluationOf(const ChangeSet& changes);

#define ASSERT_OK(expression) ASSERT_EQ(tiermark::StatusFrom(expression).ToString(), "OK")
#define EXPECT_OK(expression) EXPECT_EQ(tiermark::StatusFrom(expression).ToString(), "OK")

// The code and the reason of a failure.
#define EXPECT_FAILS(expression, expected_code, expected_reason)           \
  do {                                                                     \
    const absl::Status failure = tiermark::StatusFrom(expression);         \
    EXPECT_EQ(failure.code(), absl::StatusCode::expected_code) << failure; \
    EXPECT_EQ(tiermark::ReasonOf(failure), expected_reason) << failure;    \
  } while (false)

inline absl::Status StatusFrom(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusFrom(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace tiermark
