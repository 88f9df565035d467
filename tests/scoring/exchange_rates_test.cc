// Bounds of one currency as amounts of another: exact, whatever the rates.
#include "scoring/exchange_rates.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

// A number of any size, 32 bits a digit, the least first: slow, and without a way to overflow.
using Digits = std::vector<uint32_t>;

Digits DigitsOf(absl::uint128 value) {
  Digits digits;
  for (; value != 0; value >>= 32)
    digits.push_back(static_cast<uint32_t>(absl::Uint128Low64(value)));
  return digits;
}

Digits Times(absl::uint128 a, absl::uint128 b) {
  const Digits x = DigitsOf(a);
  const Digits y = DigitsOf(b);
  Digits product(x.size() + y.size() + 1, 0);
  for (size_t i = 0; i < x.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j <= y.size(); ++j) {
      const uint64_t sum = product[i + j] + carry + (j < y.size() ? uint64_t{x[i]} * y[j] : 0);
      product[i + j] = static_cast<uint32_t>(sum);
      carry = sum >> 32;
    }
  }
  while (!product.empty() && product.back() == 0) product.pop_back();
  return product;
}

bool Less(const Digits& a, const Digits& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

absl::uint128 RateOf(const std::string& text) {
  return static_cast<absl::uint128>(*ParseDecimal(text)) * 1'000;
}

TEST(RateTable, LeastWorth_IsTheLeastAmountThatIsWorthTheBound) {
  Chance chance;
  const std::vector<std::string> some = {"0.000000001",  "0.000245",         "1",      "1.0834",
                                         "40.123456789", "999999.999999999", "1000000"};
  for (int run = 0; run < 3'000; ++run) {
    std::vector<std::string> rates(2);
    for (std::string& rate : rates) {
      rate = chance.OneIn(2) ? chance.Pick(some)
                             : FormatDecimal(chance.Between(1, 1'000'000'000'000'000));
    }
    const auto given = FromText<v1::ExchangeRates>(
        absl::StrCat("version: 1 reference_currency: 'USD' rates { currency_code: 'COP' rate: '",
                     rates[0], "' } rates { currency_code: 'EUR' rate: '", rates[1], "' }"));
    Violations violations;
    const RateTable table(given, "rates", &violations);
    ASSERT_TRUE(violations.empty());
    const Nanos most = Nanos(kMoneyUnitsMax) * kNanosPerUnit;
    const Nanos bound = chance.OneIn(5) ? most : Nanos(chance.Between(0, INT64_MAX)) % (most + 1);
    const Nanos least = table.LeastWorth(table.Find("COP"), bound, table.Find("EUR"));
    SCOPED_TRACE(
        absl::StrCat("COP ", rates[0], " EUR ", rates[1], " bound ", FormatDecimal(bound)));
    const Digits worth = Times(static_cast<absl::uint128>(bound), RateOf(rates[1]));
    const auto reaches = [&](Nanos amount) {
      return !Less(Times(static_cast<absl::uint128>(amount), RateOf(rates[0])), worth);
    };
    if (least > most) {
      EXPECT_FALSE(reaches(most)) << "no amount reaches it, and one was to be told";
    } else {
      EXPECT_TRUE(reaches(least));
      EXPECT_FALSE(least > 0 && reaches(least - 1));
    }
    // Below zero bounds are met from above as well: the same amount, less what was rounded up.
    const Nanos negative = table.LeastWorth(table.Find("COP"), -bound, table.Find("EUR"));
    EXPECT_LE(-negative, least);
    EXPECT_LE(least + negative, 1);
  }
}

TEST(Compile, AModelInAnotherCurrencyThanTheRates_ComparesByBoth) {
  v1::ScoringModel model = ShippedModels()[0];
  model.set_reference_currency("COP");
  const auto rates = FromText<v1::ExchangeRates>(R"(
    version: 3 reference_currency: "USD"
    rates { currency_code: "COP" rate: "0.00025" } rates { currency_code: "EUR" rate: "1.25" })");
  const auto compiled = CompileOrDie(model, rates);
  const auto points = [&](const std::string& currency, int64_t units, int32_t nanos) {
    v1::AccountFacts facts = BankFacts();
    auto* amount = facts.mutable_potential_mrr(0)->mutable_amount();
    amount->set_currency_code(currency);
    amount->set_units(units);
    amount->set_nanos(nanos);
    return Evaluate(*compiled, facts).criteria(0).points();
  };
  // 50 000 COP are 12.5 USD and 10 EUR.
  EXPECT_EQ(points("COP", 50'000, 0), 100);
  EXPECT_EQ(points("COP", 49'999, 999'999'999), 85);
  EXPECT_EQ(points("USD", 12, 500'000'000), 100);
  EXPECT_EQ(points("USD", 12, 499'999'999), 85);
  EXPECT_EQ(points("EUR", 10, 0), 100);
  EXPECT_EQ(points("EUR", 9, 999'999'999), 85);
}

}  // namespace
}  // namespace tiermark
