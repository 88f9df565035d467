#include "service/demo/traits.h"

#include <algorithm>
#include <iterator>

#include "scoring/calendar.h"
#include "service/demo/dice.h"
#include "service/demo/profile.h"

namespace tiermark::demo {
namespace {

using absl::CivilDay;

// Each kind of trait has dice of its own, so that one more of a kind leaves the others as they are.
enum Kind : uint64_t {
  kCompany = 0x636f,
  kSalesChannel = 0x6368,
  kTerms = 0x7465,
  kLead = 0x6c65,
  kPayments = 0x7061,
  kCrm = 0x6372,
};

Dice DiceOf(const Account& account, Kind kind) { return Dice(account.seed ^ kind << 32); }

// Values at sizes 0, 10, … 100; in between they lie on straight lines.
constexpr int64_t kEmployeesBySize[] = {3, 6, 14, 38, 85, 190, 420, 950, 2'400, 6'500, 31'000};
constexpr int64_t kRevenueBySize[] = {240'000,     900'000,       2'600'000,    6'800'000,
                                      14'000'000,  32'000'000,    75'000'000,   190'000'000,
                                      520'000'000, 1'500'000'000, 6'400'000'000};

int64_t AtSize(const int64_t (&values)[11], int size) {
  const int64_t low = values[size / 10];
  const int64_t high = values[size / 10 + 1];
  return low + (high - low) * (size % 10) / 10;
}

void SetUsd(int64_t units, google::type::Money* money) {
  money->set_currency_code("USD");
  money->set_units(units);
}

struct IndustryCode {
  const char* isic;
  bool regulated;
};

// By ISIC, revision 4.
IndustryCode CodeOf(Industry industry) {
  switch (industry) {
    case Industry::kBank:
      return {"K6419", true};
    case Industry::kFintech:
      return {"K6499", false};
    case Industry::kCooperative:
      return {"K6492", true};
    case Industry::kRetailer:
      return {"G4719", false};
    case Industry::kInsurer:
      return {"K6512", true};
    case Industry::kUtility:
      return {"D3510", true};
    case Industry::kTelco:
      return {"J6120", true};
    case Industry::kCollectionAgency:
      return {"N8291", false};
  }
  return {"", false};
}

int RiskClassOf(const std::string& country) {
  if (country == "CL") return 0;
  if (country == "AR" || country == "BO") return 7;
  if (country == "EC") return 6;
  if (country == "MX" || country == "PE" || country == "UY" || country == "CR") return 3;
  return 4;
}

constexpr const char* kInterests[] = {"automation",   "compliance",     "payment-links",
                                      "whatsapp",     "credit-scoring", "early-collection",
                                      "legal-action", "reporting"};
constexpr const char* kCategories[] = {"software", "services", "outsourcing", "data"};
constexpr const char* kNeeds[] = {
    "Has to reach debtors in the first ten days.",
    "Looks for one view of all its agencies.",
    "Wants to offer payment plans without an agent.",
    "Has to document every contact for its regulator.",
};
constexpr const char* kFutureNeeds[] = {
    "Opens a second call centre next year.",
    "Will bring its legal collections in house.",
    "Plans to lend to small companies.",
};
constexpr const char* kExpectations[] = {
    "Results within a quarter.",
    "A price that follows what is recovered.",
    "Somebody to call in its own time zone.",
};

}  // namespace

Traits::Traits(const Account& account) : account_(account) {}

void Traits::AddTo(CivilDay day, v1::AccountFacts* facts) const {
  AddCompany(facts);
  AddSalesChannel(facts);
  AddTerms(facts);
  if (facts->lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT) {
    AddPayments(facts);
  } else {
    AddLead(day, facts);
  }
  AddCrm(facts);
}

void Traits::AddCompany(v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kCompany);
  const int size = std::clamp(account_.size + dice.Between(-4, 4), 0, 99);
  const bool alone = account_.industry == Industry::kCollectionAgency && account_.size < 40;
  facts->set_customer_kind(alone ? v1::CUSTOMER_KIND_INDIVIDUAL : v1::CUSTOMER_KIND_BUSINESS);
  facts->set_region(RegionName(account_.country));
  const IndustryCode code = CodeOf(account_.industry);
  if (!dice.Chance(7)) {
    facts->set_industry(code.isic);
    facts->set_industry_regulated(code.regulated);
  }
  if (!dice.Chance(8)) {
    const int64_t employees = AtSize(kEmployeesBySize, size) * dice.Between(70, 140) / 100;
    facts->set_employees(alone ? 1 : static_cast<int>(std::max<int64_t>(employees, 2)));
  }
  if (!dice.Chance(12)) {
    const int64_t revenue = AtSize(kRevenueBySize, size) * dice.Between(70, 140) / 100;
    SetUsd(revenue / 10'000 * 10'000, facts->mutable_annual_revenue());
  }
  if (!dice.Chance(30)) {
    SetUsd(AtSize(kRevenueBySize, size) / 80'000 * 10'000, facts->mutable_capital());
  }
  facts->set_country_risk_class(RiskClassOf(account_.country));
}

void Traits::AddSalesChannel(v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kSalesChannel);
  if (dice.Chance(6)) return;
  const bool direct = dice.Chance(account_.size > 40 ? 82 : 55);
  facts->set_sales_route(direct ? v1::SALES_ROUTE_DIRECT : v1::SALES_ROUTE_INDIRECT);
  const bool online = dice.Chance(account_.industry == Industry::kFintech ? 75 : 25);
  facts->set_sales_medium(online ? v1::SALES_MEDIUM_ONLINE : v1::SALES_MEDIUM_OFFLINE);
  const int promotion = dice.Below(100);
  if (promotion < 80) {
    facts->set_promotion(promotion < 35 ? v1::PROMOTION_AFFILIATE : v1::PROMOTION_TRADITIONAL);
  }
  facts->set_reseller_kind(direct            ? v1::RESELLER_KIND_NONE
                           : dice.Chance(65) ? v1::RESELLER_KIND_VAR
                                             : v1::RESELLER_KIND_OEM);
}

void Traits::AddTerms(v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kTerms);
  if (facts->lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT || dice.Chance(25)) {
    const int level = account_.size + dice.Between(-15, 15);
    facts->set_service_level(level < 25   ? v1::SERVICE_LEVEL_BASIC
                             : level < 60 ? v1::SERVICE_LEVEL_STANDARD
                             : level < 85 ? v1::SERVICE_LEVEL_PREMIUM
                                          : v1::SERVICE_LEVEL_DEDICATED);
  }
  if (dice.Chance(12)) return;
  const int terms = account_.size / 4 + dice.Below(75);
  facts->set_payment_terms(terms < 12   ? v1::PAYMENT_TERMS_PREPAID
                           : terms < 28 ? v1::PAYMENT_TERMS_NET_15
                           : terms < 62 ? v1::PAYMENT_TERMS_NET_30
                           : terms < 82 ? v1::PAYMENT_TERMS_NET_60
                                        : v1::PAYMENT_TERMS_NET_90);
  if (dice.Chance(70)) facts->set_early_payment_discount(dice.Chance(25) ? 200 : 0);
}

// What came of its own accord, and what it is after, grows from month to month.
void Traits::AddLead(CivilDay day, v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kLead);
  const int eagerness = dice.Below(100);
  const auto months = static_cast<int>(
      std::clamp<int64_t>((day - DayOf(facts->created_date())) / 30, int64_t{0}, int64_t{12}));
  const auto grown = [&](int most) { return (dice.Below(most + 1) + months) * eagerness / 100; };
  facts->set_emails_read(grown(12));
  facts->set_links_clicked(grown(6));
  facts->set_content_downloads(grown(5));
  facts->set_forms_filled_in(grown(3));
  facts->set_contact_role(
      static_cast<v1::ContactRole>(v1::CONTACT_ROLE_DECISION_MAKER + (100 - eagerness) / 26));
  facts->set_lead_origin(static_cast<v1::LeadOrigin>(dice.Between(1, 4)));
  facts->set_first_inbound_channel(static_cast<v1::InboundChannel>(dice.Between(1, 4)));
  const int gap = dice.Between(1, 20) + (100 - eagerness) / 2;
  *facts->mutable_last_contact_date() =
      DateOf(std::max(DayOf(facts->created_date()), day - (eagerness < 15 ? gap + 340 : gap)));
  if (eagerness < 35) return;
  facts->set_expected_product(dice.Pick(ProductLines()));
  facts->set_specific_request_made(eagerness > 70);
  facts->set_specific_form_filled_in(eagerness > 55);
  SetUsd((account_.size * eagerness * 25 + 2'000) / 500 * 500, facts->mutable_budget());
  *facts->mutable_expected_delivery_date() =
      DateOf(DayOf(facts->created_date()) + dice.Between(90, 600));
}

void Traits::AddPayments(v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kPayments);
  const int discipline = dice.Below(100);
  if (discipline < 8) {
    facts->set_late_payment_percent(dice.Between(50, 85));
    facts->set_payment_defaults(dice.Between(1, 4));
    facts->set_payment_terms(v1::PAYMENT_TERMS_NET_90);
  } else if (discipline < 30) {
    facts->set_late_payment_percent(dice.Between(15, 55));
    facts->set_payment_defaults(dice.Chance(60) ? 1 : 0);
  } else if (discipline < 92) {
    facts->set_late_payment_percent(dice.Between(0, 12));
    facts->set_payment_defaults(0);
  }
  const int64_t base = AtSize(kRevenueBySize, account_.size) / 2'000;
  for (const std::string& line : facts->product_lines()) {
    v1::ProductLineRevenue* revenue = facts->add_product_line_revenue();
    revenue->set_product_line(line);
    SetUsd(base * dice.Between(20, 100) / 100 / 100 * 100, revenue->mutable_amount());
  }
  if (dice.Chance(20)) return;
  const int64_t owed = base / 3 / 100 * 100;
  SetUsd(owed, facts->mutable_receivables_current());
  SetUsd(discipline < 30 ? owed / 2 : 0, facts->mutable_receivables_past_due());
}

void Traits::AddCrm(v1::AccountFacts* facts) const {
  Dice dice = DiceOf(account_, kCrm);
  if (dice.Chance(45)) return;
  const bool client = facts->lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT;
  facts->set_preferred_approach(static_cast<v1::Approach>(dice.Between(1, 5)));
  facts->set_solicitation_reaction(static_cast<v1::SolicitationReaction>(dice.Between(1, 3)));
  facts->set_minimum_contact_needed(dice.Chance(30));
  const int first = dice.Below(static_cast<int>(std::size(kInterests)) - 1);
  facts->add_interests(kInterests[first]);
  facts->add_interests(kInterests[first + 1]);
  facts->add_product_categories(dice.Pick(kCategories));
  facts->set_immediate_needs(dice.Pick(kNeeds));
  if (dice.Chance(60)) facts->set_future_needs(dice.Pick(kFutureNeeds));
  if (dice.Chance(60)) facts->set_expectations(dice.Pick(kExpectations));
  if (!client) return;
  facts->set_purchase_reason(static_cast<v1::PurchaseReason>(dice.Between(1, 4)));
  facts->set_purchases_per_year(dice.Between(1, 12));
  const int follow = dice.Below(4);
  if (follow == 3) {
    facts->add_follow_ups(v1::FOLLOW_UP_NONE);
  } else {
    if (follow != 1) facts->add_follow_ups(v1::FOLLOW_UP_TRAINING);
    if (follow != 0) facts->add_follow_ups(v1::FOLLOW_UP_MAINTENANCE);
  }
  SetUsd(dice.Between(5, 90) * 100, facts->mutable_acquisition_cost());
  SetUsd(dice.Between(2, 60) * 100, facts->mutable_maintenance_cost());
}

}  // namespace tiermark::demo
