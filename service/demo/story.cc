#include "service/demo/story.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "service/demo/agenda.h"
#include "service/demo/billing.h"
#include "service/demo/traits.h"

namespace tiermark::demo {
namespace {

using absl::CivilDay;

constexpr uint64_t kStoryDice = 0x7374'6f72;
constexpr char kLeadScoring[] = "lead-scoring";
constexpr char kRiskProfile[] = "risk-profile";

void Sort(std::vector<Step>* steps) {
  std::sort(steps->begin(), steps->end(), [](const Step& a, const Step& b) { return a.at < b.at; });
}

bool IsClient(const v1::AccountFacts& facts) {
  return facts.lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT;
}

// It was evaluated often, and not long ago.
bool IsLookedAfter(const std::vector<Step>& steps, CivilDay as_of) {
  return steps.size() >= 4 && DayOfStep(steps.back()) > as_of - 130 &&
         std::holds_alternative<v1::EvaluateAccountRequest>(steps.back().request);
}

class Story {
 public:
  Story(const Account& account, CivilDay as_of, std::vector<Step>* steps)
      : account_(account), as_of_(as_of), steps_(*steps), dice_(account.seed ^ kStoryDice) {}

  void Tell() {
    const int fate = dice_.Below(100);
    const bool looked_after = IsLookedAfter(steps_, as_of_);
    CivilDay end = as_of_;
    if (looked_after && fate < 9) end = Leave();
    const Traits traits(account_);
    for (Step& step : steps_) {
      if (v1::AccountFacts* facts = FactsOf(&step)) traits.AddTo(DayOfStep(step), facts);
    }
    Agenda agenda(steps_, end);
    std::vector<Step> more;
    TellStages(&agenda, &more);
    if (looked_after && fate >= 9 && fate < 14) LeaveAndComeBack(&agenda, &more);
    Join(std::move(more));
    AddTransactions(account_, end, &agenda, &steps_);
    Sort(&steps_);
    FillInPurchases();
    TellScores(&agenda);
  }

 private:
  // Ends the history with the day on which the account is given up, which is its answer.
  CivilDay Leave() {
    const CivilDay day = as_of_ - dice_.Between(12, 150);
    while (steps_.size() > 1 && DayOfStep(steps_.back()) >= day) steps_.pop_back();
    const v1::AccountFacts* facts = FactsOf(&steps_.back());
    const bool client = facts != nullptr && IsClient(*facts);
    steps_.push_back(MakeStanding(
        day, client ? v1::STANDING_LOST : v1::STANDING_CANCELLED,
        client ? "Went over to a competitor." : "Will build its own; not to be contacted again."));
    return day;
  }

  void LeaveAndComeBack(Agenda* agenda, std::vector<Step>* more) {
    const std::optional<CivilDay> left = agenda->Take(as_of_ - dice_.Between(180, 300));
    if (!left.has_value()) return;
    const std::optional<CivilDay> back = agenda->Take(*left + dice_.Between(15, 60));
    if (!back.has_value()) return;
    more->push_back(MakeStanding(*left, v1::STANDING_LOST, "Ended its contract."));
    more->push_back(MakeStanding(*back, v1::STANDING_OPEN, "Came back after a new offer."));
  }

  Step MakeStanding(CivilDay day, v1::Standing standing, const char* note) {
    v1::SetAccountStandingRequest request;
    request.set_account_id(account_.account_id);
    request.set_standing(standing);
    *request.mutable_change_date() = DateOf(day);
    request.set_note(note);
    return {WorkingTime(day, &dice_), account_.account_id, std::move(request)};
  }

  // Some stages are told when they change, the others by the next facts.
  void TellStages(Agenda* agenda, std::vector<Step>* more) {
    const Step* before = nullptr;
    for (size_t i = 0; i < steps_.size(); ++i) {
      const v1::AccountFacts* facts = FactsOf(&steps_[i]);
      if (facts == nullptr) continue;
      const Step* previous = std::exchange(before, &steps_[i]);
      if (previous == nullptr) continue;
      const v1::LifecycleStage stage = facts->lifecycle_stage();
      if (FactsOf(const_cast<Step*>(previous))->lifecycle_stage() == stage) continue;
      if (!dice_.Chance(60)) continue;
      const CivilDay now = DayOfStep(steps_[i]);
      const CivilDay earliest = std::max(now - dice_.Between(2, 12), DayOfStep(*previous) + 1);
      const std::optional<CivilDay> day = agenda->Take(earliest);
      if (!day.has_value() || *day >= now) continue;
      more->push_back(MakeStage(*day, stage));
      if (stage == v1::LIFECYCLE_STAGE_CLIENT) MoveClientSince(i, *day);
    }
  }

  Step MakeStage(CivilDay day, v1::LifecycleStage stage) {
    v1::SetLifecycleStageRequest request;
    request.set_account_id(account_.account_id);
    request.set_stage(stage);
    *request.mutable_change_date() = DateOf(day - dice_.Below(2));
    request.set_note(stage == v1::LIFECYCLE_STAGE_CLIENT ? "Signed the contract."
                     : stage == v1::LIFECYCLE_STAGE_GUARANTEED_PROSPECT
                         ? "Agreed on price and scope."
                         : "First call made.");
    return {WorkingTime(day, &dice_), account_.account_id, std::move(request)};
  }

  void MoveClientSince(size_t from, CivilDay day) {
    for (size_t i = from; i < steps_.size(); ++i) {
      v1::AccountFacts* facts = FactsOf(&steps_[i]);
      if (facts != nullptr && IsClient(*facts)) {
        *facts->mutable_client_since_date() = DateOf(day);
      }
    }
  }

  // The facts of clients follow from their invoices.
  void FillInPurchases() {
    const v1::Transaction* last = nullptr;
    for (Step& step : steps_) {
      if (const auto* record = std::get_if<v1::RecordTransactionsRequest>(&step.request)) {
        const v1::Transaction& first = record->transactions(0);
        if (first.state() == v1::TRANSACTION_STATE_ISSUED) last = &first;
      }
      v1::AccountFacts* facts = FactsOf(&step);
      if (facts == nullptr || last == nullptr || !IsClient(*facts)) continue;
      *facts->mutable_last_purchase_date() = last->issue_date();
      *facts->mutable_average_basket() = last->amount();
    }
  }

  // Leads are scored again and again, risks now and then, both from the facts that are there.
  void TellScores(Agenda* agenda) {
    const bool risk_is_watched = dice_.Chance(70);
    std::vector<Step> more;
    int written = 0;
    for (Step& step : steps_) {
      const v1::AccountFacts* facts = FactsOf(&step);
      if (facts == nullptr) continue;
      const CivilDay day = DayOfStep(step);
      if (dice_.Chance(IsClient(*facts) ? 6 : 60)) AddScore(kLeadScoring, day + 1, agenda, &more);
      if (risk_is_watched && IsClient(*facts) && written++ % 4 == 0) {
        AddScore(kRiskProfile, day + 2, agenda, &more);
      }
    }
    Join(std::move(more));
  }

  void AddScore(const char* model_id, CivilDay from, Agenda* agenda, std::vector<Step>* more) {
    const std::optional<CivilDay> day = agenda->Take(from);
    if (!day.has_value()) return;
    v1::EvaluateAccountRequest request;
    request.set_account_id(account_.account_id);
    request.set_model_id(model_id);
    more->push_back({WorkingTime(*day, &dice_), account_.account_id, std::move(request)});
  }

  void Join(std::vector<Step> more) {
    std::move(more.begin(), more.end(), std::back_inserter(steps_));
    Sort(&steps_);
  }

  const Account& account_;
  const CivilDay as_of_;
  std::vector<Step>& steps_;
  Dice dice_;
};

struct Decision {
  v1::Segment segment;
  const char* reason;
  int days_ago;
  // From the day on which it was made; 0 for ever.
  int days;
};

constexpr Decision kDecisions[] = {
    {v1::SEGMENT_STRATEGIC, "Its owners are to list it on the stock exchange.", 100, 30},
    {v1::SEGMENT_ENTERPRISE, "First of a group that decides by its experience.", 45, 0},
    {v1::SEGMENT_STRATEGIC, "Pilot of the new negotiation agent.", 21, 120},
};

// A small client that nothing else is decided about. All its transaction steps issue something, for
// an override that has ended can be told only from what came after it.
bool MayBeOverridden(const Account& account, std::vector<Step>* steps, CivilDay as_of) {
  if (account.size >= 35 || steps->size() < 8) return false;
  if (DayOfStep(steps->front()) > as_of - 300) return false;
  bool client = false;
  for (Step& step : *steps) {
    if (std::holds_alternative<v1::SetAccountStandingRequest>(step.request)) return false;
    if (const auto* record = std::get_if<v1::RecordTransactionsRequest>(&step.request)) {
      if (record->transactions(0).state() != v1::TRANSACTION_STATE_ISSUED) return false;
    }
    if (const v1::AccountFacts* facts = FactsOf(&step)) client = IsClient(*facts);
  }
  return client;
}

}  // namespace

void AddStory(const Account& account, CivilDay as_of, std::vector<Step>* steps) {
  Story(account, as_of, steps).Tell();
}

void AddOverrides(const std::vector<Account>& accounts, CivilDay as_of,
                  std::vector<std::vector<Step>>* lives) {
  using google::protobuf::util::TimeUtil;
  const Decision* decision = std::begin(kDecisions);
  for (size_t i = 1; i < accounts.size() && decision != std::end(kDecisions); ++i) {
    std::vector<Step>& steps = (*lives)[i];
    if (!MayBeOverridden(accounts[i], &steps, as_of)) continue;
    const std::optional<CivilDay> day = Agenda(steps, as_of).Take(as_of - decision->days_ago);
    if (!day.has_value()) continue;
    Dice dice(accounts[i].seed ^ kStoryDice);
    const absl::Time at = WorkingTime(*day, &dice);
    v1::OverrideSegmentRequest request;
    request.set_account_id(accounts[i].account_id);
    request.set_segment(decision->segment);
    request.set_reason(decision->reason);
    request.set_author(accounts[i].owner_id);
    request.set_request_id("demo-override");
    if (decision->days > 0) {
      *request.mutable_expire_time() =
          TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(at) + decision->days * 86'400);
    }
    steps.push_back({at, accounts[i].account_id, std::move(request)});
    Sort(&steps);
    ++decision;
  }
}

}  // namespace tiermark::demo
