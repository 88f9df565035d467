#include "scoring/exact.h"

#include <limits>

#include "support.h"

namespace tiermark {
namespace {

// The decimal written out by hand: sign, whole digits, nine digits after the point.
std::string SlowFormat(Nanos nanos) {
  std::string digits;
  const bool negative = nanos < 0;
  for (Nanos rest = nanos; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  while (digits.size() < 10) digits.insert(digits.begin(), '0');
  digits.insert(digits.end() - 9, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return negative ? "-" + digits : digits;
}

TEST(ParseDecimal, ReadsWhatIsADecimal) {
  EXPECT_EQ(*ParseDecimal("0"), Nanos(0));
  EXPECT_EQ(*ParseDecimal("-0"), Nanos(0));
  EXPECT_EQ(*ParseDecimal("-12.5"), Nanos(-12'500'000'000));
  EXPECT_EQ(*ParseDecimal("007"), Nanos(7) * kNanosPerUnit);
  EXPECT_EQ(*ParseDecimal("0.000000001"), Nanos(1));
  EXPECT_EQ(*ParseDecimal("1.10"), Nanos(1'100'000'000));
  EXPECT_EQ(*ParseDecimal("999999999999999999.999999999"),
            Nanos(1'000'000'000'000'000'000) * kNanosPerUnit - 1);
}

TEST(ParseDecimal, RefusesAllElse) {
  for (const char* text : {"",
                           "-",
                           ".",
                           "1.",
                           ".5",
                           "-.5",
                           "+1",
                           " 1",
                           "1 ",
                           "1e3",
                           "1,5",
                           "--1",
                           "1-",
                           "1.-5",
                           "0x1",
                           "NaN",
                           "inf",
                           "1.0000000000",
                           "1000000000000000000",
                           "1.2.3",
                           "1_000",
                           "\xd9\xa1"}) {
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseDecimal(absl::string_view("1\0", 2)).ok());
}

TEST(ParseDecimal, ReadsBackWhatFormatDecimalWrites) {
  Chance chance;
  for (int i = 0; i < 20'000; ++i) {
    Nanos nanos = Nanos(chance.Between(-999'999'999'999'999'999, 999'999'999'999'999'999));
    // Small and large numbers alike, with few and with many digits after the point.
    nanos = chance.OneIn(2) ? nanos / chance.Between(1, 1'000'000'000'000) : nanos * 1'000'000'000;
    const std::string text = FormatDecimal(nanos);
    EXPECT_EQ(text, SlowFormat(nanos));
    ASSERT_TRUE(ParseDecimal(text).ok()) << text;
    EXPECT_EQ(*ParseDecimal(text), nanos) << text;
  }
}

TEST(FormatDecimalForPeople, GroupsTheDigitsBeforeThePoint) {
  EXPECT_EQ(FormatDecimalForPeople(*ParseDecimal("999")), "999");
  EXPECT_EQ(FormatDecimalForPeople(*ParseDecimal("1000")), "1\u00a0000");
  EXPECT_EQ(FormatDecimalForPeople(*ParseDecimal("25000.5")), "25\u00a0000.5");
  EXPECT_EQ(FormatDecimalForPeople(*ParseDecimal("-1234567.123456789")),
            "-1\u00a0234\u00a0567.123456789");
  EXPECT_EQ(FormatDecimalForPeople(0), "0");
}

TEST(Money, GoesToNanosAndBack) {
  Chance chance;
  for (int i = 0; i < 10'000; ++i) {
    const Nanos nanos =
        Nanos(chance.Between(-1'000'000'000'000, 1'000'000'000'000)) * kNanosPerUnit +
        chance.Between(-999'999'999, 999'999'999);
    const google::type::Money money = MoneyOf("USD", nanos);
    EXPECT_EQ(NanosOf(money), nanos);
    EXPECT_FALSE(money.units() > 0 && money.nanos() < 0) << money.DebugString();
    EXPECT_FALSE(money.units() < 0 && money.nanos() > 0) << money.DebugString();
  }
}

google::type::Money MakeMoney(const char* currency, int64_t units, int32_t nanos) {
  google::type::Money money;
  money.set_currency_code(currency);
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

TEST(IsValidMoney, HoldsEveryBound) {
  EXPECT_TRUE(IsValidMoney(MakeMoney("USD", 0, 0)));
  EXPECT_TRUE(IsValidMoney(MakeMoney("USD", kMoneyUnitsMax, 0)));
  EXPECT_TRUE(IsValidMoney(MakeMoney("USD", -kMoneyUnitsMax, 0)));
  EXPECT_TRUE(IsValidMoney(MakeMoney("USD", kMoneyUnitsMax - 1, 999'999'999)));
  EXPECT_TRUE(IsValidMoney(MakeMoney("USD", 0, -999'999'999)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", kMoneyUnitsMax, 1)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", -kMoneyUnitsMax, -1)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", std::numeric_limits<int64_t>::max(), 0)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", std::numeric_limits<int64_t>::min(), 0)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", 0, 1'000'000'000)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", 0, -1'000'000'000)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", 1, -1)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("USD", -1, 1)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("usd", 1, 0)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("", 1, 0)));
  EXPECT_FALSE(IsValidMoney(MakeMoney("XXX", 1, 0)));
}

TEST(Currencies, HaveTheirMinorUnits) {
  EXPECT_EQ(NanosPerMinorUnit("USD"), 10'000'000);
  EXPECT_EQ(NanosPerMinorUnit("COP"), 10'000'000);
  EXPECT_EQ(NanosPerMinorUnit("CLP"), kNanosPerUnit);
  EXPECT_EQ(NanosPerMinorUnit("JPY"), kNanosPerUnit);
  EXPECT_EQ(NanosPerMinorUnit("PYG"), kNanosPerUnit);
  EXPECT_EQ(NanosPerMinorUnit("KWD"), 1'000'000);
  EXPECT_EQ(NanosPerMinorUnit("CLF"), 100'000);
}

TEST(Currencies, AreThoseInUse) {
  int currencies = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      for (char c = 'A'; c <= 'Z'; ++c) currencies += IsCurrency(std::string{a, b, c});
    }
  }
  EXPECT_EQ(currencies, 165);
  for (const char* code : {"USD", "ARS", "BRL", "MXN", "UYU", "VES", "BOB", "GTQ", "XOF", "CLF"}) {
    EXPECT_TRUE(IsCurrency(code)) << code;
  }
  for (const char* code : {"", "US", "USDX", "usd", "VEF", "HRK", "XAU", "XTS", "ABC"}) {
    EXPECT_FALSE(IsCurrency(code)) << code;
  }
}

TEST(Countries, AreTheAssignedOnes) {
  int countries = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) countries += IsCountry(std::string{a, b});
  }
  EXPECT_EQ(countries, 249);
  for (const char* code : {"CO", "MX", "BR", "AR", "CL", "PE", "UY", "US", "SS", "ZW", "AD"}) {
    EXPECT_TRUE(IsCountry(code)) << code;
  }
  for (const char* code : {"", "C", "COL", "co", "XK", "EU", "UK", "AN", "ZZ", "C1", "{}"}) {
    EXPECT_FALSE(IsCountry(code)) << code;
  }
}

}  // namespace
}  // namespace tiermark
