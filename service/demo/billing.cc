#include "service/demo/billing.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"

namespace tiermark::demo {
namespace {

using absl::CivilDay;

constexpr uint64_t kBillingDice = 0x6269'6c6c;

// How long ago the last invoice was issued, as the activity of an account has it.
struct Ending {
  int percent;
  // In days; none at all if it is 0.
  int least;
  int most;
  // Of 100 accounts, how many plan another invoice.
  int planning;
};

constexpr Ending kEndings[] = {
    {48, 4, 75, 60},     // Active.
    {15, 130, 225, 30},  // Sleeping away.
    {11, 255, 350, 25},  // Hibernating.
    {7, 378, 394, 0},    // Leaving.
    {6, 410, 470, 0},    // Lost.
    {6, 410, 470, 100},  // Lost, and new again.
    {4, 0, 0, 100},      // New.
    {3, 0, 0, 0},        // No activity, or lost.
};

const Ending& Draw(Dice* dice) {
  int left = dice->Below(100);
  for (const Ending& ending : kEndings) {
    left -= ending.percent;
    if (left < 0) return ending;
  }
  return kEndings[0];
}

const v1::AccountFacts& LastFacts(std::vector<Step>* steps) {
  for (auto step = steps->rbegin(); step != steps->rend(); ++step) {
    if (const v1::AccountFacts* facts = FactsOf(&*step)) return *facts;
  }
  return v1::AccountFacts::default_instance();
}

// The day of the first step by which it is a client.
std::optional<CivilDay> ClientSince(std::vector<Step>* steps) {
  for (Step& step : *steps) {
    const v1::AccountFacts* facts = FactsOf(&step);
    if (facts != nullptr && facts->lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT) {
      return DayOfStep(step);
    }
  }
  return std::nullopt;
}

class Biller {
 public:
  Biller(const Account& account, CivilDay as_of, Agenda* agenda, std::vector<Step>* steps)
      : account_(account),
        as_of_(as_of),
        agenda_(agenda),
        steps_(steps),
        dice_(account.seed ^ kBillingDice) {}

  void BillClient(CivilDay since) {
    const Ending& ending = Draw(&dice_);
    const bool planning = dice_.Chance(ending.planning);
    const int interval = dice_.Between(2, 4);
    std::vector<CivilDay> days;
    if (ending.least > 0) {
      const CivilDay last = as_of_ - dice_.Between(ending.least, ending.most);
      for (int i = 0; AddMonths(last, -i * interval) > since; ++i) {
        days.push_back(AddMonths(last, -i * interval));
      }
      std::reverse(days.begin(), days.end());
      if (days.empty()) days.push_back(since + 3);
    }
    for (size_t i = 0; i < days.size(); ++i) {
      Issue(days[i], i + 1 < days.size() ? std::optional(days[i + 1]) : std::nullopt);
    }
    if (planning) Plan();
  }

  void BillProspect(v1::LifecycleStage stage) {
    const int kind = dice_.Below(100);
    if (kind < 4) {
      Issue(as_of_ - dice_.Between(5, 40), std::nullopt);
    } else if (kind < (stage == v1::LIFECYCLE_STAGE_GUARANTEED_PROSPECT ? 60 : 30)) {
      Plan();
    }
  }

 private:
  // An invoice with what goes with it, and the plan for the next one.
  void Issue(CivilDay planned, std::optional<CivilDay> next) {
    const std::optional<CivilDay> day = agenda_->Take(planned);
    if (!day.has_value()) return;
    last_issue_ = *day;
    v1::RecordTransactionsRequest request;
    Add(absl::StrCat("inv-", ++number_), *day, v1::TRANSACTION_STATE_ISSUED, &request);
    if (dice_.Chance(9)) {
      Add(absl::StrCat("inv-", number_, "-copy"), *day, v1::TRANSACTION_STATE_CANCELLED, &request);
    }
    if (number_ > 1 && dice_.Chance(12)) {
      v1::Transaction* note =
          Add(absl::StrCat("cn-", number_ - 1), *day, v1::TRANSACTION_STATE_ISSUED, &request);
      note->set_kind(v1::TRANSACTION_KIND_CREDIT_NOTE);
      note->mutable_amount()->set_units(note->amount().units() / 10);
    }
    if (next.has_value()) {
      Add(absl::StrCat("inv-", number_ + 1), *next, v1::TRANSACTION_STATE_PLANNED, &request);
    }
    Finish(*day, std::move(request));
  }

  // An invoice to come. The last of the steps.
  void Plan() {
    const CivilDay wanted = as_of_ - dice_.Between(1, 20);
    const std::optional<CivilDay> day = agenda_->Take(std::max(wanted, last_issue_ + 1));
    if (!day.has_value()) return;
    v1::RecordTransactionsRequest request;
    Add(absl::StrCat("inv-", number_ + 1), as_of_ + dice_.Between(8, 80),
        v1::TRANSACTION_STATE_PLANNED, &request);
    Finish(*day, std::move(request));
  }

  v1::Transaction* Add(const std::string& id, CivilDay day, v1::TransactionState state,
                       v1::RecordTransactionsRequest* request) {
    v1::Transaction* transaction = request->add_transactions();
    transaction->set_transaction_id(id);
    *transaction->mutable_issue_date() = DateOf(day);
    transaction->set_kind(v1::TRANSACTION_KIND_INVOICE);
    transaction->set_state(state);
    transaction->mutable_amount()->set_currency_code("USD");
    transaction->mutable_amount()->set_units((300 + int64_t{account_.size} * account_.size * 5) *
                                             dice_.Between(80, 125) / 100);
    return transaction;
  }

  void Finish(CivilDay day, v1::RecordTransactionsRequest request) {
    request.set_account_id(account_.account_id);
    steps_->push_back({WorkingTime(day, &dice_), account_.account_id, std::move(request)});
  }

  const Account& account_;
  const CivilDay as_of_;
  Agenda* agenda_;
  std::vector<Step>* steps_;
  Dice dice_;
  int number_ = 0;
  CivilDay last_issue_;
};

}  // namespace

void AddTransactions(const Account& account, CivilDay as_of, Agenda* agenda,
                     std::vector<Step>* steps) {
  const std::optional<CivilDay> since = ClientSince(steps);
  const v1::LifecycleStage stage = LastFacts(steps).lifecycle_stage();
  Biller biller(account, as_of, agenda, steps);
  if (since.has_value()) {
    biller.BillClient(*since);
  } else {
    biller.BillProspect(stage);
  }
}

}  // namespace tiermark::demo
