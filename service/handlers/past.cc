// EstimateScore, CompareEvaluations and ReplayEvaluation: scores that were, or could be, beside one
// another.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/comparison.h"
#include "scoring/estimate.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/read_evaluation.h"
#include "service/handlers/validation.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using store::v1::EvaluationEntry;

absl::Status Validate(const v1::EstimateScoreRequest& request) {
  Violations violations;
  if (!request.account_id().empty()) {
    ValidateId(request.account_id(), "account_id", &violations);
  } else if (!request.has_facts()) {
    violations.Add("account_id", "is required when no facts are given");
  }
  ValidateGivenFacts(request, &violations);
  ValidateModelChoice(request, &violations);
  return violations.ToStatus();
}

absl::Status Estimate(const HandlerContext& context, const CallInfo& info,
                      const v1::EstimateScoreRequest& request,
                      v1::EstimateScoreResponse* response) {
  if (absl::Status valid = Validate(request); !valid.ok()) return valid;
  const auto model = ChosenModel(context.catalog, request);
  if (!model.ok()) return model.status();
  absl::Time now = info.at.value_or(context.clock.Now());
  v1::AccountFacts facts;
  if (!request.account_id().empty()) {
    auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
    if (account.ok()) {
      facts = std::move(account->facts);
      now = std::max(now, absl::FromUnixMicros(account->state.last_write_us()));
    } else if (!absl::IsNotFound(account.status()) || !request.has_facts()) {
      return account.status();
    }
  }
  MergeFacts(request.facts(), request.has_update_mask() ? &request.update_mask() : nullptr, &facts);
  Violations violations;
  ValidateMerged(facts, "facts", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const absl::CivilDay day = DayAt(absl::ToUnixMicros(now), context.catalog.policy()->zone);
  return EstimateScore(**model, facts, day, response);
}

absl::Status CompareEvaluations(const HandlerContext& context, const CallInfo& info,
                                const v1::CompareEvaluationsRequest& request,
                                v1::CompareEvaluationsResponse* response) {
  Violations violations;
  const int64_t from_position =
      ReadEvaluationId(request.from_evaluation_id(), "from_evaluation_id", &violations);
  const int64_t to_position =
      ReadEvaluationId(request.to_evaluation_id(), "to_evaluation_id", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto from_record = ReadEvaluation(context, info, from_position);
  if (!from_record.ok()) return from_record.status();
  const auto to_record = ReadEvaluation(context, info, to_position);
  if (!to_record.ok()) return to_record.status();
  const EvaluationEntry& from = from_record->entry.evaluation();
  const EvaluationEntry& to = to_record->entry.evaluation();
  if (from_record->account_id != to_record->account_id) {
    violations.Add("to_evaluation_id", "is of another account than from_evaluation_id");
  }
  if (from.model().model_id() != to.model().model_id()) {
    violations.Add("to_evaluation_id", "is by another model than from_evaluation_id");
  }
  if (!violations.empty()) return violations.ToStatus();

  const auto from_model = context.catalog.ModelOf(from);
  if (!from_model.ok()) return from_model.status();
  const auto to_model = context.catalog.ModelOf(to);
  if (!to_model.ok()) return to_model.status();
  absl::Status filled = FillEvaluation(context.catalog, *from_record, response->mutable_from());
  if (filled.ok()) {
    filled = FillEvaluation(context.catalog, *to_record, response->mutable_to());
  }
  if (!filled.ok()) return filled;
  // The first model by the rates of the second, unless its currency has none there.
  const auto between = context.catalog.FindModelAt(from.model().model_id(), from.model().version(),
                                                   to.exchange_rates_version());
  auto parts = SplitDifference({from.facts(), DayOf(from.evaluate_date()), **from_model},
                               between.ok() ? between->get() : nullptr,
                               {to.facts(), DayOf(to.evaluate_date()), **to_model});
  if (!parts.ok()) return parts.status();
  response->set_exact_difference(response->to().exact_score() - response->from().exact_score());
  for (v1::ScorePart& part : *parts) *response->add_parts() = std::move(part);
  const v1::Evaluation& before = response->from();
  const v1::Evaluation& after = response->to();
  response->set_override_differs((before.effective_segment() != after.effective_segment()) !=
                                 (before.segment() != after.segment()));
  return absl::OkStatus();
}

void AddDifference(absl::string_view field, absl::string_view stored, absl::string_view replayed,
                   v1::ReplayEvaluationResponse* response) {
  if (stored == replayed) return;
  v1::ReplayDifference* difference = response->add_differences();
  difference->set_field(field.data(), field.size());
  difference->set_stored(stored.data(), stored.size());
  difference->set_replayed(replayed.data(), replayed.size());
}

absl::Status ReplayEvaluation(const HandlerContext& context, const CallInfo& info,
                              const v1::ReplayEvaluationRequest& request,
                              v1::ReplayEvaluationResponse* response) {
  Violations violations;
  const int64_t position = ReadEvaluationId(request.evaluation_id(), "evaluation_id", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto record = ReadEvaluation(context, info, position);
  if (!record.ok()) return record.status();
  const EvaluationEntry& stored = record->entry.evaluation();
  const auto model = context.catalog.FindModelAt(
      stored.model().model_id(), stored.model().version(), stored.exchange_rates_version());
  if (!model.ok()) return context.catalog.ModelOf(stored).status();
  // Another model under the same name is a difference like any other, if it can score the facts.
  LogRecord replay = *record;
  *replay.entry.mutable_evaluation()->mutable_model() = (*model)->reference();
  v1::Evaluation* replayed = response->mutable_replayed();
  const bool same_model = (*model)->reference().digest() == stored.model().digest();
  if (absl::Status filled = FillEvaluation(context.catalog, replay, replayed); !filled.ok()) {
    return same_model ? filled : ModelVersionLost();
  }
  AddDifference("model.digest", stored.model().digest(), replayed->model().digest(), response);
  AddDifference("score", absl::StrCat(stored.score()), absl::StrCat(replayed->score()), response);
  AddDifference("exact_score", absl::StrCat(stored.exact_score()),
                absl::StrCat(replayed->exact_score()), response);
  AddDifference("band.band_id", stored.band_id(), replayed->band().band_id(), response);
  AddDifference("segment", v1::Segment_Name(stored.segment()),
                v1::Segment_Name(replayed->segment()), response);
  response->set_identical(response->differences().empty());
  return absl::OkStatus();
}

}  // namespace

void AddPastHandlers(const ServerContext& server, MethodTable* methods) {
  // Its time grows with the tiers of the model.
  MethodOptions estimate;
  estimate.on_worker = true;
  methods->AddBlocking(kScoringService, "EstimateScore", estimate, Bind(server, Estimate));
  methods->AddBlocking(kScoringService, "CompareEvaluations", {}, Bind(server, CompareEvaluations));
  methods->AddBlocking(kScoringService, "ReplayEvaluation", {}, Bind(server, ReplayEvaluation));
}

}  // namespace tiermark
