#include "service/demo/profile.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "scoring/calendar.h"

namespace tiermark::demo {
namespace {

using absl::CivilDay;

constexpr int64_t kCasesMax = 40'000'000;

// Values at sizes 0, 10, … 100; in between they lie on straight lines.
constexpr int64_t kMrrBySize[] = {180,   450,    900,    1'800,  3'200,  5'500,
                                  9'500, 16'000, 27'000, 46'000, 110'000};
constexpr int64_t kCasesBySize[] = {250,    800,    2'000,   5'000,   11'000,   21'000,
                                    42'000, 90'000, 180'000, 420'000, 1'600'000};

int64_t AtSize(const int64_t (&values)[11], int size) {
  const int64_t low = values[size / 10];
  const int64_t high = values[size / 10 + 1];
  return low + (high - low) * (size % 10) / 10;
}

// How an industry differs from a bank of the same size, in percent, and what it offers.
struct IndustryTraits {
  Industry industry;
  int mrr_percent;
  int cases_percent;
  std::vector<const char*> products;
};

const IndustryTraits& TraitsOf(Industry industry) {
  static const auto* const kTraits = new std::vector<IndustryTraits>{
      {Industry::kBank,
       120,
       100,
       {"credit-card", "personal-loan", "mortgage", "auto-loan", "payroll-loan", "checking-account",
        "savings-account", "business-loan", "leasing"}},
      {Industry::kFintech,
       85,
       70,
       {"digital-wallet", "personal-loan", "buy-now-pay-later", "credit-card", "merchant-advance",
        "prepaid-card"}},
      {Industry::kCooperative,
       55,
       35,
       {"savings-account", "personal-loan", "microcredit", "mortgage", "payroll-loan"}},
      {Industry::kRetailer,
       95,
       110,
       {"store-card", "installment-plan", "buy-now-pay-later", "extended-warranty",
        "personal-loan"}},
      {Industry::kInsurer,
       75,
       30,
       {"life-insurance", "auto-insurance", "home-insurance", "premium-financing"}},
      {Industry::kUtility, 80, 190, {"service-contract", "payment-plan", "appliance-financing"}},
      {Industry::kTelco,
       105,
       180,
       {"postpaid-plan", "device-financing", "mobile-wallet", "prepaid-plan"}},
      {Industry::kCollectionAgency,
       60,
       160,
       {"third-party-collection", "portfolio-purchase", "legal-recovery", "payment-plan"}},
  };
  return (*kTraits)[static_cast<size_t>(industry)];
}

// What an account could pay differs by country, in percent.
int MarketPercent(const std::string& country) {
  if (country == "MX" || country == "BR") return 125;
  if (country == "CO" || country == "CL") return 105;
  if (country == "PE" || country == "AR") return 90;
  return 70;
}

// From 0, the highest, to 3.
v1::IndustryReference ReferenceOf(int rank) {
  return static_cast<v1::IndustryReference>(v1::INDUSTRY_REFERENCE_MARKET_LEADER +
                                            std::clamp(rank, 0, 3));
}

int RankOf(v1::IndustryReference reference) {
  return reference - v1::INDUSTRY_REFERENCE_MARKET_LEADER;
}

// People give estimates in round numbers.
int64_t Rounded(int64_t value) {
  const int64_t unit = value < 1'000 ? 10 : value < 20'000 ? 50 : 500;
  return std::max<int64_t>(value / unit * unit, unit);
}

template <typename List>
bool Has(const List& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

void AddSome(const std::vector<const char*>& from, int count, Dice* dice, v1::AccountFacts* facts) {
  const int start = dice->Below(static_cast<int>(from.size()));
  for (int i = 0; i < std::min(count, static_cast<int>(from.size())); ++i) {
    facts->add_financial_products(from[static_cast<size_t>(start + i) % from.size()]);
  }
}

}  // namespace

const std::vector<std::string>& ProductLines() {
  static const auto* const kLines = new std::vector<std::string>{
      "omnichannel-collections", "payment-portal", "voice-bot",          "negotiation-agent",
      "risk-analytics",          "legal-desk",     "self-service-portal"};
  return *kLines;
}

Profile::Profile(const Account& account, Dice* dice)
    : industry_(account.industry), size_(std::clamp(account.size, 0, 99)) {
  const IndustryTraits& traits = TraitsOf(industry_);
  facts_.set_display_name(account.display_name);
  facts_.set_country(account.country);
  facts_.set_owner_id(account.owner_id);
  if (!account.parent_id.empty()) facts_.set_parent_id(account.parent_id);
  for (const std::string& country : account.countries) facts_.add_operating_countries(country);
  (*facts_.mutable_custom())["industry"].set_text(IndustryName(industry_));

  local_mrr_ = AtSize(kMrrBySize, size_) * traits.mrr_percent / 100 *
               MarketPercent(account.country) / 100 * dice->Between(75, 130) / 100;
  cases_ = AtSize(kCasesBySize, size_) * traits.cases_percent / 100 * dice->Between(70, 140) / 100;
  if (account.countries.size() > 1 && dice->Chance(45)) {
    foreign_country_ = account.countries[1];
    foreign_mrr_ = local_mrr_ * dice->Between(20, 90) / 100;
  }
  const int standing = size_ + dice->Between(-14, 14);
  facts_.set_industry_reference(ReferenceOf(standing >= 80   ? 0
                                            : standing >= 52 ? 1
                                            : standing >= 28 ? 2
                                                             : 3));
  AddSome(traits.products, dice->Between(1, 2) + size_ / 25, dice, &facts_);

  const int mood = dice->Below(100);
  if (mood < 34) {
    trend_ = dice->Between(20, 75);
  } else if (mood < 62) {
    trend_ = -dice->Between(20, 65);
  } else {
    trend_ = dice->Between(-6, 8);
  }
  SetMoney();
}

void Profile::SetMoney() {
  facts_.clear_potential_mrr();
  const auto add = [this](const std::string& country, int64_t usd) {
    v1::PotentialMrr* entry = facts_.add_potential_mrr();
    entry->set_country(country);
    entry->mutable_amount()->set_currency_code("USD");
    entry->mutable_amount()->set_units(Rounded(usd));
  };
  add(facts_.country(), local_mrr_);
  if (!foreign_country_.empty()) add(foreign_country_, foreign_mrr_);
  facts_.set_past_due_cases(static_cast<int>(std::min(cases_, kCasesMax)));
}

CivilDay Profile::new_since() const {
  return DayOf(facts_.has_client_since_date() ? facts_.client_since_date() : facts_.created_date());
}

void Profile::BecomeProspect(CivilDay created, Dice* dice) {
  *facts_.mutable_created_date() = DateOf(created);
  facts_.set_lifecycle_stage(dice->Chance(35) ? v1::LIFECYCLE_STAGE_LEAD
                                              : v1::LIFECYCLE_STAGE_PROSPECT);
}

void Profile::BecomeClient(CivilDay created, CivilDay since, Dice* dice) {
  *facts_.mutable_created_date() = DateOf(created);
  *facts_.mutable_client_since_date() = DateOf(since);
  facts_.set_lifecycle_stage(v1::LIFECYCLE_STAGE_CLIENT);
  const int lines = 1 + size_ / 30 + dice->Below(2);
  const std::vector<std::string>& sold = ProductLines();
  const int start = dice->Below(static_cast<int>(sold.size()));
  for (int i = 0; i < lines; ++i) {
    facts_.add_product_lines(sold[static_cast<size_t>(start + i) % sold.size()]);
  }
}

void Profile::SetFirstMeeting(CivilDay day) { *facts_.mutable_first_meeting_date() = DateOf(day); }

void Profile::Forget(Dice* dice) {
  const int what = dice->Below(4);
  if (what == 0 || what == 3) facts_.clear_past_due_cases();
  if (what == 1 || what == 3) facts_.clear_potential_mrr();
}

void Profile::Grow(int months, Dice* dice) {
  for (int64_t* amount : {&local_mrr_, &foreign_mrr_, &cases_}) {
    const int64_t change = int64_t{trend_} * months + dice->Between(-25, 25);
    *amount = *amount * (1'000 + change) / 1'000;
  }
  const int rank = RankOf(facts_.industry_reference());
  if (trend_ > 10) {
    if (dice->Chance(10)) facts_.set_industry_reference(ReferenceOf(rank - 1));
    if (dice->Chance(14)) ExpandAbroad(dice);
    if (dice->Chance(8)) ChangeProducts(dice);
  } else if (trend_ < -10) {
    if (dice->Chance(10)) facts_.set_industry_reference(ReferenceOf(rank + 1));
    if (dice->Chance(18) && facts_.operating_countries_size() > 1) {
      facts_.mutable_operating_countries()->RemoveLast();
    }
  }
  SetMoney();
}

void Profile::Advance(CivilDay day, Dice* dice) {
  switch (facts_.lifecycle_stage()) {
    case v1::LIFECYCLE_STAGE_LEAD:
      if (dice->Chance(50)) facts_.set_lifecycle_stage(v1::LIFECYCLE_STAGE_PROSPECT);
      if (!facts_.has_first_meeting_date()) SetFirstMeeting(day - dice->Between(1, 20));
      break;
    case v1::LIFECYCLE_STAGE_PROSPECT:
      if (dice->Chance(30)) facts_.set_lifecycle_stage(v1::LIFECYCLE_STAGE_GUARANTEED_PROSPECT);
      if (!facts_.has_first_meeting_date()) SetFirstMeeting(day - dice->Between(1, 20));
      break;
    case v1::LIFECYCLE_STAGE_GUARANTEED_PROSPECT:
      if (dice->Chance(55)) BecomeClient(DayOf(facts_.created_date()), day, dice);
      break;
    default:
      break;
  }
}

// Confirmed expansions become operations when the next one is confirmed.
void Profile::ExpandAbroad(Dice* dice) {
  for (const std::string& country : facts_.expansion_countries()) {
    facts_.add_operating_countries(country);
  }
  facts_.clear_expansion_countries();
  const std::vector<std::string>& neighbours = NeighboursOf(facts_.country());
  const int start = dice->Below(2);
  for (size_t i = 0; i < neighbours.size(); ++i) {
    const std::string& country = neighbours[(static_cast<size_t>(start) + i) % neighbours.size()];
    if (country == facts_.country() || Has(facts_.operating_countries(), country)) continue;
    facts_.add_expansion_countries(country);
    return;
  }
}

void Profile::ChangeProducts(Dice* dice) {
  auto* offered = facts_.mutable_financial_products();
  const std::vector<const char*>& possible = TraitsOf(industry_).products;
  if (offered->size() > 2 && dice->Chance(30)) {
    offered->RemoveLast();
    return;
  }
  for (const char* product : possible) {
    if (Has(*offered, product)) continue;
    *offered->Add() = product;
    return;
  }
  if (offered->size() > 1) offered->RemoveLast();
}

void Profile::ChangeMuch(Dice* dice) {
  const int kind = dice->Below(100);
  if (kind < 30) {
    const int before = facts_.expansion_countries_size() + facts_.operating_countries_size();
    ExpandAbroad(dice);
    if (facts_.expansion_countries_size() + facts_.operating_countries_size() > before) return;
  } else if (kind < 55) {
    ChangeProducts(dice);
    return;
  }
  cases_ = (cases_ + 1) * dice->Between(140, 210) / 100;
  SetMoney();
}

}  // namespace tiermark::demo
