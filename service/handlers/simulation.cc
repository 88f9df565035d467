// SimulateModel.
#include "scoring/simulation.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/shipped.h"
#include "service/account_filter.h"
#include "service/answers.h"
#include "service/feed.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/named_model.h"
#include "service/model_settings.h"
#include "tiermark/v1/simulation.pb.h"

namespace tiermark {
namespace {

constexpr int kMoversDefault = 100;
constexpr int kMoversMax = 1'000;
constexpr std::chrono::milliseconds kProgressInterval(200);

// What is scored, and by what.
struct Trial {
  std::shared_ptr<const CompiledModel> tried;
  std::shared_ptr<const CompiledModel> active;
  std::shared_ptr<const ActiveModels> models;
  bool draft = false;
};

absl::StatusOr<Trial> BeginTrial(const HandlerContext& context, const CallInfo& info,
                                 const v1::SimulateModelRequest& request) {
  const auto named = FindNamedModel(context, info, request);
  if (!named.ok()) return named.status();
  Trial trial;
  trial.models = context.catalog.active();
  trial.active = trial.models->Find(named->model->model_id());
  trial.draft = !request.draft_id().empty();
  if (!trial.draft) {
    auto found = context.catalog.FindModel(request.model_id(), request.model_version());
    if (!found.ok()) return found.status();
    trial.tried = *std::move(found);
    return trial;
  }
  const auto rates = context.catalog.ExchangeRates(trial.models->rates_version);
  if (!rates.ok()) return rates.status();
  Violations violations;
  CheckPublishable(*named->model, rates->rates(), &violations);
  if (!violations.empty()) return ModelNotSound(violations);
  v1::ScoringModel version = *named->model;
  version.set_version(1);
  auto compiled = CompiledModel::Compile(version, rates->rates());
  if (!compiled.ok()) return compiled.status();
  trial.tried = *std::move(compiled);
  return trial;
}

// Reads the portfolio page by page, each a read of its own.
class SimulationRun final : public SourceOf<v1::SimulateModelResponse> {
 public:
  SimulationRun(const HandlerContext& context, const CallInfo& info, Trial trial,
                AccountQuery query, Simulation::Options options, bool stream_movers)
      : store_(context.store),
        clock_(context.clock),
        tenant_(info.caller.tenant),
        feed_(context.store, context.catalog, info.caller.tenant),
        trial_(std::move(trial)),
        query_(std::move(query)),
        simulation_(*trial_.tried, trial_.active.get(), trial_.models->rates, std::move(options)),
        stream_movers_(stream_movers) {
    query_.tenant = tenant_;
    query_.order = AccountListOrder::kAge;
    query_.matches = [this, filter = std::move(query_.matches)](const AccountRecord& record,
                                                                const ItemMap* transactions) {
      if (filter && !filter(record, transactions)) return false;
      simulation_.Add(record.account_id, record.facts, record.state,
                      stream_movers_ ? movers_.mutable_movers() : nullptr);
      // It is seen; the page does not need it.
      return false;
    };
  }

 private:
  using Clock = std::chrono::steady_clock;

  absl::StatusOr<Turn> Fill(v1::SimulateModelResponse* message) override {
    if (!begun_) return Begin(message);
    if (ended_) return Turn::kEnd;
    if (!movers_.movers().empty()) {
      message->mutable_movers()->Swap(&movers_);
      return Turn::kMessage;
    }
    if (at_end_) return End(message);
    if (Clock::now() >= next_progress_) return Progress(message);
    const auto page = store_.ListAccounts(query_);
    if (!page.ok()) return page.status();
    at_end_ = !page->next.has_value();
    query_.after = page->next;
    return Turn::kNothing;
  }

  absl::StatusOr<Turn> Begin(v1::SimulateModelResponse* message) {
    begun_ = true;
    result_.mutable_start_time()->CopyFrom(TimestampOf(absl::ToUnixMicros(clock_.Now())));
    const auto position = feed_.Latest();
    if (!position.ok()) return position.status();
    result_.set_start_cursor(feed_.CursorAt(*position));
    const auto last = store_.LastAccountNo(tenant_);
    if (!last.ok()) return last.status();
    last_account_no_ = *last;
    return Progress(message);
  }

  absl::StatusOr<Turn> Progress(v1::SimulateModelResponse* message) {
    next_progress_ = Clock::now() + kProgressInterval;
    const int64_t done = at_end_                    ? last_account_no_
                         : query_.after.has_value() ? query_.after->account_no
                                                    : 0;
    message->mutable_progress()->set_done(done);
    message->mutable_progress()->set_total(std::max(done, last_account_no_));
    return Turn::kMessage;
  }

  absl::StatusOr<Turn> End(v1::SimulateModelResponse* message) {
    ended_ = true;
    const auto position = feed_.Latest();
    if (!position.ok()) return position.status();
    result_.set_end_cursor(feed_.CursorAt(*position));
    result_.mutable_end_time()->CopyFrom(TimestampOf(absl::ToUnixMicros(clock_.Now())));
    simulation_.Fill(&result_);
    if (trial_.draft) {
      result_.mutable_model()->clear_version();
      result_.mutable_model()->clear_digest();
    }
    message->mutable_result()->Swap(&result_);
    return Turn::kMessage;
  }

  Store& store_;
  const tiermark::Clock& clock_;
  const TenantId tenant_;
  const Feed feed_;
  const Trial trial_;
  AccountQuery query_;
  Simulation simulation_;
  const bool stream_movers_;
  v1::SimulationResult result_;
  // Those of the last page, to be sent.
  v1::SimulationMovers movers_;
  int64_t last_account_no_ = 0;
  Clock::time_point next_progress_;
  bool begun_ = false;
  bool at_end_ = false;
  bool ended_ = false;
};

absl::StatusOr<std::unique_ptr<SourceOf<v1::SimulateModelResponse>>> SimulateModel(
    const HandlerContext& context, const CallInfo& info, const v1::SimulateModelRequest& request) {
  Violations violations;
  ValidateModelName(request, "", &violations);
  if (request.max_movers() < 0 || request.max_movers() > kMoversMax) {
    violations.Add("max_movers", absl::StrCat("must be 1 to ", kMoversMax));
  }
  AccountQuery query;
  Outlook outlook =
      OutlookAt(context.catalog, absl::ToUnixMicros(info.at.value_or(context.clock.Now())));
  Simulation::Options options;
  // A filter may look at another day; accounts are scored as of today.
  options.day = outlook.day;
  CompileFilter(request.filter(), "filter", &outlook, &query, &violations);
  if (!violations.empty()) return violations.ToStatus();
  auto trial = BeginTrial(context, info, request);
  if (!trial.ok()) return trial.status();
  options.counts = trial->tried->model().model_id() == kSegmentationModelId;
  options.movers_max = request.max_movers() == 0 ? kMoversDefault : request.max_movers();
  options.reference_currency = trial->models->reference_currency;
  return std::make_unique<SimulationRun>(context, info, *std::move(trial), std::move(query),
                                         std::move(options), request.stream_movers());
}

}  // namespace

void AddSimulationHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions stream;
  stream.time_max = absl::InfiniteDuration();
  stream.gives_way = true;
  methods->AddStream(kModelService, "SimulateModel", stream, Bind(server, SimulateModel));
}

}  // namespace tiermark
