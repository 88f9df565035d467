// Every RPC's handler with its request as protobuf's bytes, before a store that keeps nothing new:
// each call ends, with an answer that is JSON too and within its bound, or for a reason that is the
// caller's. Page tokens are made to belong to the query, as callers can forge them.
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "service/handlers/handlers.h"
#include "service/http/json.h"
#include "service/page.h"
#include "service/pipeline.h"
#include "service/rpc_status.h"
#include "storage/change_set.h"
#include "tests/fuzz/fuzz.h"
#include "tests/storage/oracle_store.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::Message;

// Decides writes as a store does. Once it is frozen it answers them and forgets them, so that an
// input finds what all others found; those about a tenant's records fail in the end, or what they
// changed would be in memory.
class FreezingStore final : public OracleStore {
 public:
  FreezingStore() : OracleStore(&ClockOfFuzzers()) {}

  void Freeze() { frozen_ = true; }

  void Apply(AccountWrite write) override {
    if (!frozen_) return OracleStore::Apply(std::move(write));
    DecideInput input;
    input.now = ClockOfFuzzers().Now();
    const auto account = ReadAccount(write.tenant, write.account_id);
    if (account.ok()) input.account = &*account;
    ItemMap items;
    if (write.items.has_value() && account.ok()) {
      ItemQuery query;
      query.account_id = write.account_id;
      query.kind = *write.items;
      const ItemPage page = *ListItems(query);
      items.insert(page.items.begin(), page.items.end());
    }
    if (write.items.has_value()) input.items = &items;
    auto changes = write.decide(input);
    if (!changes.ok()) return write.done(changes.status());
    constexpr int64_t kPosition = 1'000;
    ResolvePositions(kPosition, &*changes);
    CommitResult result;
    for (store::v1::LogEntry& entry : changes->entries) {
      LogRecord& record = result.entries.emplace_back();
      record.position = kPosition + static_cast<int64_t>(result.entries.size()) - 1;
      record.account_id = write.account_id;
      record.entry = std::move(entry);
    }
    if (changes->state_only) result.state = std::move(changes->state);
    write.done(std::move(result));
  }

  void ApplyTenant(TenantWrite write) override {
    if (!frozen_) return OracleStore::ApplyTenant(std::move(write));
    TenantRecordMap records;
    for (const std::string& key : write.keys) {
      auto found = *ReadTenantRecords(write.tenant, key);
      if (found.contains(key)) records[key] = std::move(found[key]);
    }
    const auto changes = write.decide(records, ClockOfFuzzers().Now());
    write.done(changes.ok() ? absl::UnavailableError("frozen") : changes.status());
  }

 private:
  bool frozen_ = false;
};

struct Server {
  FreezingStore store;
  FeedHub feed;
  std::unique_ptr<Catalogs> catalogs = *Catalogs::Make(Catalog::Shipped(), store);
  std::unique_ptr<KeyRing> keys = *KeyRing::Load(store, ClockOfFuzzers(), false);
  AccountJobs jobs{store, *catalogs, ClockOfFuzzers()};
  MethodTable methods;
  // In the order of their names.
  std::vector<const Method*> all;
};

void CheckAnswer(const Message& response) {
  std::string json;
  MUST(CheckAnswerSize(response).ok());
  MUST(PrintJson(response, &json).ok());
}

absl::Status Call(const Method& method, const Message& request) {
  const std::unique_ptr<Message> response(method.response_prototype->New());
  CallInfo info;
  info.rpc = method.name;
  if (method.open == nullptr) {
    StreamState stream;
    if (method.descriptor->client_streaming()) info.stream = &stream;
    std::promise<absl::Status> ended;
    method.handle(info, request, response.get(),
                  [&ended](absl::Status status) { ended.set_value(std::move(status)); });
    absl::Status status = ended.get_future().get();
    if (status.ok()) CheckAnswer(*response);
    return status;
  }
  const auto source = method.open(info, request);
  if (!source.ok()) return source.status();
  for (int messages = 0; messages < 10; ++messages) {
    response->Clear();
    const auto turn = (*source)->Next(response.get());
    if (!turn.ok()) return turn.status();
    if (*turn != MessageSource::Turn::kMessage) break;
    CheckAnswer(*response);
  }
  return absl::OkStatus();
}

// The draft of the samples.
constexpr char kDraft[] = "account-segmentation-1";

struct Sample {
  const char* rpc;
  const char* request;
};
// The first ones also make what the others find.
constexpr Sample kSamples[] = {
    {"ScoringService/EvaluateAccount",
     R"(account_id: "a1" facts { display_name: "A" country: "CO" past_due_cases: 120000 owner_id: "o" parent_id: "p"
          potential_mrr { country: "CO" amount { currency_code: "USD" units: 24000 } } operating_countries: "PE"
          industry_reference: INDUSTRY_REFERENCE_RECOGNIZED lifecycle_stage: LIFECYCLE_STAGE_CLIENT })"},
    {"ScoringService/EvaluateAccount",
     R"(account_id: "a1" facts { past_due_cases: 3 } update_mask { paths: "past_due_cases" })"},
    {"AccountService/UpsertAccount",
     R"(account_id: "a2" facts { country: "MX" parent_id: "a1" custom { key: "x" value { text: "y" } } })"},
    {"AccountService/RecordTransactions",
     R"(account_id: "a1" transactions { transaction_id: "t" issue_date { year: 2025 month: 12 day: 1 }
          amount { currency_code: "USD" units: 1 } state: TRANSACTION_STATE_ISSUED })"},
    {"AccountService/ReportAccountEvent",
     R"(account_id: "a1" type: ACCOUNT_EVENT_TYPE_NEW_COUNTRY)"},
    {"ModelService/CreateDraft", R"(copy_of { model_id: "account-segmentation" })"},
    {"ScoringService/OverrideSegment",
     R"(account_id: "a1" segment: SEGMENT_STRATEGIC reason: "r" author: "u" expire_time { seconds: 1800000000 })"},
    {"ScoringService/EstimateScore", R"(facts { country: "CO" })"},
    {"ScoringService/CompareEvaluations",
     R"(from_evaluation_id: "evl-0000000000001" to_evaluation_id: "evl-0000000000002")"},
    {"ScoringService/ReplayEvaluation", R"(evaluation_id: "evl-0000000000001")"},
    {"ScoringService/ClaimReevaluations",
     R"(worker_id: "w" lease { seconds: 60 } max_accounts: 5)"},
    {"ScoringService/ListReevaluationDue", R"(page_size: 1 page_token: "\030\001 \001(\001")"},
    {"AccountService/ListAccounts",
     R"(page_size: 1 page_token: "0\001" filter { dimensions { dimension: DIMENSION_ACTIVITY values: "NEW" }
          facts { fact: "country" one_of: "CO" } as_of_date { year: 2026 month: 1 day: 1 } })"},
    {"AccountService/SummarizePortfolio",
     R"(group_by: DIMENSION_SEGMENT group_by: DIMENSION_ACTIVITY)"},
    {"AccountService/ListSegmentMovements",
     R"(start_date { year: 2025 month: 1 day: 1 } end_date { year: 2026 month: 12 day: 31 })"},
    {"AccountService/ExportAccounts", R"(filter { countries: "MX" })"},
    {"AccountService/SetLifecycleStage", R"(account_id: "a1" stage: LIFECYCLE_STAGE_LEAD)"},
    {"ModelService/SimulateModel", R"(draft_id: "account-segmentation-1")"},
    {"ModelService/CompareModels",
     R"(from { model_id: "lead-scoring" } to { model_id: "risk-profile" })"},
    {"AdminService/UpdatePolicy",
     R"(policy { reevaluation { time_zone: "UTC" new_account_months: 3 new_account_interval_months: 1
          quarterly_interval: QUARTERLY_INTERVAL_CALENDAR growth_threshold_percent: 30 } })"},
};

std::unique_ptr<Message> RequestOf(const Sample& sample, const Method& method) {
  std::unique_ptr<Message> request(method.request_prototype->New());
  if (!google::protobuf::TextFormat::ParseFromString(sample.request, request.get())) {
    std::fprintf(stderr, "%s\n", sample.rpc);
    std::abort();
  }
  return request;
}

Server& TheServer() {
  static Server& server = *[] {
    auto* made = new Server;
    AddHandlers(
        {made->store, *made->catalogs, ClockOfFuzzers(), made->jobs, made->feed, *made->keys},
        &made->methods);
    for (const auto& [name, method] : made->methods.methods()) made->all.push_back(&method);
    constexpr size_t kFilling = 7;
    for (size_t i = 0; i < kFilling; ++i) {
      const Method& method = *made->methods.Find(absl::StrCat("tiermark.v1.", kSamples[i].rpc));
      const absl::Status status = Call(method, *RequestOf(kSamples[i], method));
      if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
      MUST(status.ok());
    }
    made->store.Freeze();
    return made;
  }();
  return server;
}

// Makes a page token of the input's own out of its bytes.
void ForgeToken(const Method& method, Message* request) {
  const auto* field = request->GetDescriptor()->FindFieldByName("page_token");
  if (field == nullptr) field = request->GetDescriptor()->FindFieldByName("resume_token");
  if (field == nullptr) return;
  store::v1::PageToken token;
  const std::string bytes = request->GetReflection()->GetString(*request, field);
  if (bytes.empty() || !token.ParseFromString(bytes)) return;
  CallInfo info;
  info.rpc = method.name;
  token.set_query_hash(QueryHash(info, *request));
  request->GetReflection()->SetString(request, field, EncodePageToken(token));
}

void Feed(absl::string_view input) {
  const Server& server = TheServer();
  const Method& method = *server.all[TakeChoice(server.all.size(), &input)];
  const std::unique_ptr<Message> request(method.request_prototype->New());
  if (!request->ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  ForgeToken(method, request.get());
  const absl::Status status = ForCaller(Call(method, *request));
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kResourceExhausted:
      break;
    default:
      if (!absl::IsUnavailable(status)) {
        std::fprintf(stderr, "%s: %s\n", method.name.c_str(), status.ToString().c_str());
        MUST(false);
      }
  }
  MUST(ToRpcStatus(status).ByteSizeLong() < 100'000);
}

// A request of each RPC, with ids of what is there.
std::string PlainRequest(const Method& method) {
  constexpr std::pair<const char*, const char*> kIds[] = {
      {"account_id", "a1"},         {"parent_id", "p"},   {"evaluation_id", "evl-0000000000002"},
      {"model_id", "lead-scoring"}, {"draft_id", kDraft}, {"worker_id", "w"}};
  const std::unique_ptr<Message> request(method.request_prototype->New());
  for (const auto& [name, value] : kIds) {
    const auto* field = request->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->is_repeated()) continue;
    request->GetReflection()->SetString(request.get(), field, value);
  }
  return BytesOf(*request);
}

std::vector<std::string> Seeds() {
  const Server& server = TheServer();
  std::vector<std::string> seeds;
  for (size_t i = 0; i < server.all.size(); ++i) {
    const std::string choice(1, static_cast<char>('0' + i));
    seeds.push_back(choice + PlainRequest(*server.all[i]));
    for (const Sample& sample : kSamples) {
      if (!absl::EndsWith(server.all[i]->name, sample.rpc)) continue;
      seeds.push_back(choice + BytesOf(*RequestOf(sample, *server.all[i])));
    }
  }
  return seeds;
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 256, Seeds};

}  // namespace tiermark
