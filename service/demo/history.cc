#include "service/demo/history.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scoring/calendar.h"
#include "service/demo/accounts.h"
#include "service/demo/agenda.h"
#include "service/demo/dice.h"
#include "service/demo/profile.h"
#include "service/demo/story.h"

namespace tiermark::demo {
namespace {

using absl::CivilDay;

constexpr int kQuarters = 6;
constexpr int kMonthsOfBeingNew = 3;

struct EventStory {
  v1::AccountEventType type;
  const char* note;
};

constexpr EventStory kEventStories[] = {
    {v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER, "Announced the purchase of a regional lender."},
    {v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER, "Merges with its sister company this year."},
    {v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER, "A new majority shareholder was approved."},
    {v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH, "Took over the past-due portfolio of a competitor."},
    {v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY, "Was granted a licence in a neighbouring country."},
    {v1::ACCOUNT_EVENT_TYPE_PRODUCT_MIX_CHANGE, "Stops lending to companies, keeps consumers."},
};

CivilDay QuarterStart(CivilDay day) { return AddMonths(NextQuarterStart(day), -3); }

// Tells the history of one account by living through it. Each kind of ending leaves the account due
// for something else.
class Life {
 public:
  Life(const Account& account, CivilDay as_of)
      : account_(account),
        as_of_(as_of),
        begin_(AddMonths(QuarterStart(as_of), -3 * kQuarters)),
        dice_(account.seed),
        profile_(account, &dice_) {}

  // The account whose steps begin and end all others': a client that is always looked at in time.
  std::vector<Step> TellOfFirst() {
    created_ = begin_ - 900;
    profile_.BecomeClient(created_, created_, &dice_);
    Evaluate(begin_);
    steps_.back().at = absl::FromCivil(begin_, absl::UTCTimeZone()) + absl::Hours(6);
    const CivilDay last = as_of_ - 1;
    ReviewUntil(last);
    Upsert(last);
    steps_.back().at = absl::FromCivil(as_of_, absl::UTCTimeZone()) - absl::Seconds(1);
    for (Step& step : steps_) {
      if (v1::AccountFacts* facts = FactsOf(&step)) {
        *(*facts->mutable_custom())[kAsOfFact].mutable_date() = DateOf(as_of_);
      }
    }
    (*FactsOf(&steps_.back())->mutable_custom())[kCompleteFact].set_bool_(true);
    return std::move(steps_);
  }

  std::vector<Step> Tell() {
    const int fate = dice_.Below(100);
    if (fate < 7) {
      NeverScoredProspect();
    } else if (fate < 9) {
      NeverScoredClient();
    } else if (fate < 19) {
      NewAccount();
    } else if (fate < 26) {
      Established();
      const CivilDay day = as_of_ - dice_.Between(1, 18);
      ReviewUntil(day);
      Report(day);
    } else if (fate < 34) {
      Established();
      const CivilDay day = as_of_ - dice_.Between(1, 18);
      ReviewUntil(day);
      profile_.ChangeMuch(&dice_);
      Upsert(day);
    } else if (fate < 43) {
      Established();
      ReviewUntil(AddMonths(QuarterStart(as_of_), dice_.Chance(70) ? -3 : -6));
    } else {
      if (dice_.Chance(75)) {
        Established();
      } else {
        Joined();
      }
      ReviewUntil(as_of_);
    }
    return std::move(steps_);
  }

 private:
  void NeverScoredProspect() {
    created_ = as_of_ - dice_.Between(3, 75);
    profile_.BecomeProspect(created_, &dice_);
    profile_.Forget(&dice_);
    const int meeting = dice_.Below(3);
    if (meeting == 1) profile_.SetFirstMeeting(as_of_ - dice_.Between(1, 2));
    if (meeting == 2) profile_.SetFirstMeeting(as_of_ + dice_.Between(1, 30));
    Upsert(created_);
  }

  void NeverScoredClient() {
    created_ = as_of_ - dice_.Between(10, 240);
    profile_.BecomeClient(created_, created_, &dice_);
    profile_.Forget(&dice_);
    Upsert(created_);
  }

  // Came in the last months and is scored once a month, or should be.
  void NewAccount() {
    const bool neglected = dice_.Chance(50);
    created_ = as_of_ - (neglected ? dice_.Between(40, 80) : dice_.Between(8, 80));
    profile_.BecomeProspect(created_, &dice_);
    Upsert(created_);
    const CivilDay first = created_ + dice_.Between(1, 4);
    profile_.SetFirstMeeting(first + dice_.Between(1, 9));
    Evaluate(first);
    ReviewUntil(neglected ? first + 1 : as_of_);
  }

  // Was there before the first quarter.
  void Established() {
    created_ = begin_ - dice_.Between(40, 3'000);
    if (dice_.Chance(72)) {
      profile_.BecomeClient(created_, created_ + dice_.Between(0, 39), &dice_);
    } else {
      profile_.BecomeProspect(created_, &dice_);
    }
    Evaluate(begin_ + dice_.Below(45));
  }

  // Came during the six quarters, as a prospect.
  void Joined() {
    created_ = begin_ + dice_.Between(20, 400);
    profile_.BecomeProspect(created_, &dice_);
    Upsert(created_);
    const CivilDay first = created_ + dice_.Between(1, 8);
    profile_.SetFirstMeeting(first + dice_.Between(1, 12));
    Evaluate(first);
  }

  // Reviews when they fall due, more or less, and what happens in between.
  void ReviewUntil(CivilDay end) {
    while (true) {
      const CivilDay review = NextReview();
      if (review >= end) return;
      Live(review);
      Evaluate(review);
      const CivilDay surprise = review + dice_.Between(6, 30);
      const CivilDay settled = surprise + dice_.Between(1, 11);
      const int kind = dice_.Below(100);
      if (kind >= 16 || settled >= end) continue;
      if (kind < 6) {
        Report(surprise);
      } else {
        profile_.ChangeMuch(&dice_);
        Upsert(surprise);
      }
      Evaluate(settled);
    }
  }

  CivilDay NextReview() {
    const CivilDay monthly = AddMonths(evaluated_, 1);
    if (monthly < AddMonths(profile_.new_since(), kMonthsOfBeingNew)) {
      return monthly + dice_.Below(5);
    }
    const CivilDay quarterly = NextQuarterStart(evaluated_);
    // Now and then a quarter goes by without a review.
    return quarterly + (dice_.Chance(5) ? dice_.Between(92, 120) : dice_.Below(60));
  }

  // Time passes for the account until `day`.
  void Live(CivilDay day) {
    const auto months = static_cast<int>((day - evaluated_ + 15) / 30);
    profile_.Grow(std::max(months, 1), &dice_);
    profile_.Advance(day, &dice_);
  }

  v1::AccountFacts FactsOn(CivilDay day) {
    v1::AccountFacts facts = profile_.facts();
    *(*facts.mutable_custom())[kSyncedFact].mutable_date() = DateOf(day);
    return facts;
  }

  void Evaluate(CivilDay day) {
    v1::EvaluateAccountRequest request;
    request.set_account_id(account_.account_id);
    *request.mutable_facts() = FactsOn(day);
    request.mutable_update_mask()->add_paths("*");
    evaluated_ = day;
    Add(day, std::move(request));
  }

  void Upsert(CivilDay day) {
    v1::UpsertAccountRequest request;
    request.set_account_id(account_.account_id);
    *request.mutable_facts() = FactsOn(day);
    request.mutable_update_mask()->add_paths("*");
    Add(day, std::move(request));
  }

  void Report(CivilDay day) {
    const EventStory& story = dice_.Pick(kEventStories);
    v1::ReportAccountEventRequest request;
    request.set_account_id(account_.account_id);
    request.set_type(story.type);
    request.set_note(story.note);
    // Told days later, at once, or ahead of time.
    const int kind = dice_.Below(10);
    if (kind < 5) *request.mutable_event_date() = DateOf(day - dice_.Between(1, 9));
    if (kind == 9) *request.mutable_event_date() = DateOf(day + dice_.Between(5, 40));
    Add(day, std::move(request));
  }

  // Kept off `as_of` and later, and off days that have a step.
  template <typename Request>
  void Add(CivilDay day, Request request) {
    if (day >= as_of_ || (!steps_.empty() && day <= last_day_)) return;
    last_day_ = day;
    steps_.push_back({WorkingTime(day, &dice_), account_.account_id, std::move(request)});
  }

  const Account& account_;
  const CivilDay as_of_;
  const CivilDay begin_;
  Dice dice_;
  Profile profile_;
  CivilDay created_;
  CivilDay evaluated_;
  CivilDay last_day_;
  std::vector<Step> steps_;
};

}  // namespace

v1::AccountFacts* FactsOf(Step* step) {
  if (auto* evaluate = std::get_if<v1::EvaluateAccountRequest>(&step->request)) {
    return evaluate->has_facts() ? evaluate->mutable_facts() : nullptr;
  }
  auto* upsert = std::get_if<v1::UpsertAccountRequest>(&step->request);
  return upsert != nullptr ? upsert->mutable_facts() : nullptr;
}

std::vector<Step> Steps(CivilDay as_of) {
  const std::vector<Account> accounts = Accounts();
  std::vector<std::vector<Step>> lives;
  for (const Account& account : accounts) {
    Life life(account, as_of);
    lives.push_back(lives.empty() ? life.TellOfFirst() : life.Tell());
    AddStory(account, as_of, &lives.back());
  }
  AddOverrides(accounts, as_of, &lives);
  std::vector<Step> steps;
  for (std::vector<Step>& life : lives) {
    std::move(life.begin(), life.end(), std::back_inserter(steps));
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.at < b.at; });
  return steps;
}

}  // namespace tiermark::demo
