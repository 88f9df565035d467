#include "bench/portfolio.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tiermark::bench {
namespace {

constexpr const char* kCountries[] = {"MX", "CO", "PE", "CL", "AR", "BR", "EC", "GT",
                                      "CR", "PA", "DO", "UY", "BO", "PY", "HN", "SV"};
constexpr int kCountryCount = 16;
constexpr const char* kProducts[] = {"credit-card",  "personal-loan", "mortgage", "auto-loan",
                                     "payroll-loan", "bnpl",          "leasing",  "microcredit"};
constexpr int kProductCount = 8;

// One amount within each tier of the shipped model, in dollars.
constexpr int64_t kMonthlyDollars[] = {80'000, 31'000, 15'500, 7'250, 3'100, 900, 200};
constexpr int kAmountCount = 7;
static_assert(kVariants == kAmountCount * v1::INDUSTRY_REFERENCE_NONE);

// One number of cases within each tier.
constexpr int kPastDueCases[] = {900'000, 240'000, 71'000, 23'000, 4'200, 310};
constexpr int kCasesCount = 6;

// Adds `count` entries of a ring of names, from `start` on.
template <typename Strings>
void AddNames(const char* const* names, int name_count, uint64_t start, uint64_t count,
              Strings* out) {
  for (uint64_t i = 0; i < count; ++i) out->Add()->assign(names[(start + i) % name_count]);
}

void FillDate(uint64_t bits, google::type::Date* date) {
  date->set_year(static_cast<int>(2015 + bits % 8));
  date->set_month(static_cast<int>(1 + bits / 8 % 12));
  date->set_day(static_cast<int>(1 + bits / 96 % 28));
}

}  // namespace

uint64_t Mix(uint64_t value) {
  // The finalizer of splitmix64.
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::string AccountId(int64_t account) { return absl::StrFormat("0018c%010dAAA", account); }

int FirstVariant(int64_t account) {
  return static_cast<int>(Mix(static_cast<uint64_t>(account)) % kVariants);
}

void FillFacts(int64_t account, int variant, v1::AccountFacts* facts) {
  const uint64_t bits = Mix(~static_cast<uint64_t>(account));
  const uint64_t country = bits % kCountryCount;
  facts->Clear();
  facts->set_display_name(absl::StrCat("Financiera ", account, " S.A."));
  facts->set_country(kCountries[country]);
  v1::PotentialMrr* mrr = facts->add_potential_mrr();
  mrr->set_country(kCountries[country]);
  mrr->mutable_amount()->set_currency_code("USD");
  mrr->mutable_amount()->set_units(kMonthlyDollars[variant % kAmountCount]);
  facts->set_past_due_cases(kPastDueCases[bits / 16 % kCasesCount]);
  facts->set_industry_reference(static_cast<v1::IndustryReference>(
      v1::INDUSTRY_REFERENCE_MARKET_LEADER + variant / kAmountCount));
  AddNames(kCountries, kCountryCount, country, 1 + bits / 128 % 4,
           facts->mutable_operating_countries());
  AddNames(kCountries, kCountryCount, country + 5, bits / 512 % 3,
           facts->mutable_expansion_countries());
  AddNames(kProducts, kProductCount, bits / 2048, 1 + bits / 4096 % 4,
           facts->mutable_financial_products());
  facts->set_lifecycle_stage(bits / 32'768 % 3 == 0 ? v1::LIFECYCLE_STAGE_CLIENT
                                                    : v1::LIFECYCLE_STAGE_PROSPECT);
  FillDate(bits / 65'536, facts->mutable_created_date());
  facts->set_owner_id(absl::StrCat("005", bits % 200));
}

}  // namespace tiermark::bench
