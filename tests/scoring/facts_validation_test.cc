#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "scoring/text.h"
#include "support.h"

namespace tiermark {
namespace {

using Fields = std::vector<std::string>;

Fields FaultsOf(const v1::AccountFacts& facts) {
  Violations violations;
  ValidateFacts(facts, "facts", &violations);
  return FieldsOf(violations.ToStatus());
}

Fields FaultsOf(const std::string& text) { return FaultsOf(FromText<v1::AccountFacts>(text)); }

Fields FaultsOfId(absl::string_view id) {
  Violations violations;
  ValidateId(id, "account_id", &violations);
  return FieldsOf(violations.ToStatus());
}

TEST(ValidateId, AdmitsPrintableTextOfUpTo128Bytes) {
  for (const std::string& id :
       {std::string("1"), std::string(128, 'x'), std::string("Ação 7/é'\"\\;--"),
        std::string("a b"), std::string("\U0001F3E6"), std::string("\u00ad")}) {
    EXPECT_EQ(FaultsOfId(id), Fields{}) << id;
  }
}

TEST(ValidateId, RefusesAllElse) {
  for (const std::string& id : {std::string(),
                                std::string(129, 'x'),
                                std::string(" a"),
                                std::string("a "),
                                std::string("\u00a0a"),
                                std::string("a\u2009"),
                                std::string("\u3000"),
                                std::string("a\nb"),
                                std::string("a\0b", 3),
                                std::string("\x7f"),
                                std::string("a\u0085b"),
                                std::string("a\u009f"),
                                std::string("\uFDD0"),
                                std::string("a\xef\xbf\xbf"),
                                std::string("\xf0\x9f\xbf\xbe"),
                                std::string("\xff"),
                                std::string("\xc3"),
                                std::string("\xc0\xaf"),
                                std::string("\xe0\x80\x80"),
                                std::string("\xed\xa0\x80"),
                                std::string("\xf4\x90\x80\x80"),
                                std::string("\xf8\x88\x80\x80\x80"),
                                std::string("\x80")}) {
    EXPECT_EQ(FaultsOfId(id), Fields{"account_id"}) << absl::StrCat(id.size(), id);
  }
}

TEST(ValidateFacts, AdmitsNothingAndTheBank) {
  EXPECT_EQ(FaultsOf(v1::AccountFacts()), Fields{});
  EXPECT_EQ(FaultsOf(BankFacts()), Fields{});
}

TEST(ValidateFacts, ListsEveryFaultAtOnce) {
  EXPECT_EQ(
      FaultsOf(R"pb(
        country: "co"
        potential_mrr {
          country: "ZZ"
          amount { currency_code: "ABC" units: -1 }
        }
        potential_mrr { country: "CO" }
        past_due_cases: -1
        industry_reference: INDUSTRY_REFERENCE_UNSPECIFIED
        operating_countries: "XX"
        financial_products: ""
        lifecycle_stage: LIFECYCLE_STAGE_UNSPECIFIED
        created_date { year: 2025 month: 2 day: 30 }
        owner_id: " a"
        parent_id: ""
        custom {
          key: "b"
          value { decimal: "x" }
        }
        custom {
          key: "a"
          value { decimal: "y" }
        }
      )pb"),
      (Fields{"facts.country", "facts.potential_mrr[0].country",
              "facts.potential_mrr[0].amount.currency_code", "facts.potential_mrr[0].amount.units",
              "facts.potential_mrr[1].amount", "facts.past_due_cases", "facts.industry_reference",
              "facts.operating_countries[0]", "facts.financial_products[0]",
              "facts.lifecycle_stage", "facts.created_date", "facts.owner_id", "facts.parent_id",
              "facts.custom.a.decimal", "facts.custom.b.decimal"}));
}

TEST(ValidateFacts, HoldsTheBoundsOfPastDueCases) {
  EXPECT_EQ(FaultsOf("past_due_cases: 0"), Fields{});
  EXPECT_EQ(FaultsOf("past_due_cases: 2000000000"), Fields{});
  EXPECT_EQ(FaultsOf("past_due_cases: -1"), Fields{"facts.past_due_cases"});
  EXPECT_EQ(FaultsOf("past_due_cases: 2000000001"), Fields{"facts.past_due_cases"});
  EXPECT_EQ(FaultsOf("past_due_cases: -2147483648"), Fields{"facts.past_due_cases"});
}

Fields FaultsOfMrr(int64_t units, int32_t nanos) {
  return FaultsOf(
      absl::StrCat("potential_mrr { country: 'CO' amount { currency_code: 'COP' units: ", units,
                   " nanos: ", nanos, " } }"));
}

TEST(ValidateFacts, HoldsTheBoundsOfPotentialMrr) {
  const Fields units{"facts.potential_mrr[0].amount.units"};
  const Fields nanos{"facts.potential_mrr[0].amount.nanos"};
  EXPECT_EQ(FaultsOfMrr(0, 0), Fields{});
  EXPECT_EQ(FaultsOfMrr(0, 999'999'999), Fields{});
  EXPECT_EQ(FaultsOfMrr(1'000'000'000'000, 0), Fields{});
  EXPECT_EQ(FaultsOfMrr(999'999'999'999, 999'999'999), Fields{});
  EXPECT_EQ(FaultsOfMrr(1'000'000'000'000, 1), units);
  EXPECT_EQ(FaultsOfMrr(std::numeric_limits<int64_t>::max(), 0), units);
  EXPECT_EQ(FaultsOfMrr(std::numeric_limits<int64_t>::min(), 0), units);
  EXPECT_EQ(FaultsOfMrr(0, -1), units);
  EXPECT_EQ(FaultsOfMrr(0, 1'000'000'000), nanos);
  EXPECT_EQ(FaultsOfMrr(1, -1), nanos);
  EXPECT_EQ(FaultsOfMrr(0, std::numeric_limits<int32_t>::min()), nanos);
}

TEST(ValidateFacts, RefusesACountryGivenTwice) {
  EXPECT_EQ(FaultsOf(R"pb(
              potential_mrr {
                country: "CO"
                amount { currency_code: "COP" }
              }
              potential_mrr {
                country: "MX"
                amount { currency_code: "COP" }
              }
              potential_mrr {
                country: "CO"
                amount { currency_code: "COP" }
              }
              operating_countries: [ "CO", "MX", "CO" ]
              expansion_countries: [ "CO", "CO" ]
              financial_products: [ "loan", "loan" ]
              product_lines: [ "calls", "mail", "calls" ]
            )pb"),
            (Fields{"facts.potential_mrr[2].country", "facts.operating_countries[2]",
                    "facts.expansion_countries[1]", "facts.financial_products[1]",
                    "facts.product_lines[2]"}));
}

TEST(ValidateFacts, HoldsTheLengthsOfLists) {
  v1::AccountFacts facts;
  for (int i = 0; i < 64; ++i) facts.add_product_lines(absl::StrCat("line-", i));
  EXPECT_EQ(FaultsOf(facts), Fields{});
  facts.add_product_lines("one-more");
  EXPECT_EQ(FaultsOf(facts), Fields{"facts.product_lines"});

  facts.Clear();
  facts.add_financial_products(std::string(64, 'x'));
  EXPECT_EQ(FaultsOf(facts), Fields{});
  facts.add_financial_products(std::string(65, 'x'));
  facts.add_financial_products("a\tb");
  facts.add_financial_products("a ");
  EXPECT_EQ(FaultsOf(facts), (Fields{"facts.financial_products[1]", "facts.financial_products[2]",
                                     "facts.financial_products[3]"}));
}

TEST(ValidateFacts, SaysLittleAboutAVeryLongList) {
  v1::AccountFacts facts;
  for (int i = 0; i < 100'000; ++i) facts.add_operating_countries("??");
  for (int i = 0; i < 1'000; ++i) facts.add_potential_mrr();
  for (int i = 0; i < 1'000; ++i) (*facts.mutable_custom())[absl::StrCat("?", i)];
  const Fields faults = FaultsOf(facts);
  EXPECT_LT(faults.size(), 500u);
  for (const char* field : {"facts.operating_countries", "facts.potential_mrr", "facts.custom"}) {
    EXPECT_EQ(std::count(faults.begin(), faults.end(), field), 1) << field;
  }
}

TEST(ValidateFacts, RefusesUnknownEnumNumbers) {
  v1::AccountFacts facts;
  facts.set_industry_reference(static_cast<v1::IndustryReference>(5));
  facts.set_lifecycle_stage(static_cast<v1::LifecycleStage>(-1));
  EXPECT_EQ(FaultsOf(facts), (Fields{"facts.industry_reference", "facts.lifecycle_stage"}));
}

TEST(ValidateFacts, RefusesDatesThatAreNone) {
  EXPECT_EQ(FaultsOf(R"pb(
              created_date { year: 1899 month: 12 day: 31 }
              client_since_date { year: 2026 month: 4 }
              first_meeting_date {}
            )pb"),
            (Fields{"facts.created_date", "facts.client_since_date", "facts.first_meeting_date"}));
  EXPECT_EQ(FaultsOf("first_meeting_date { year: 2199 month: 12 day: 31 }"), Fields{});
}

TEST(ValidateFacts, HoldsTheLengthOfTheName) {
  v1::AccountFacts facts;
  facts.set_display_name(std::string(256, 'x'));
  EXPECT_EQ(FaultsOf(facts), Fields{});
  facts.set_display_name(std::string(257, 'x'));
  EXPECT_EQ(FaultsOf(facts), Fields{"facts.display_name"});
  facts.set_display_name("a\nb");
  EXPECT_EQ(FaultsOf(facts), Fields{"facts.display_name"});
}

TEST(ValidateFacts, HoldsTheBoundsOfCustomFacts) {
  v1::AccountFacts facts;
  auto& custom = *facts.mutable_custom();
  custom["a_text"].set_text(std::string(256, 'x'));
  custom["number"].set_int64(std::numeric_limits<int64_t>::min());
  custom["decimal"].set_decimal("-999999999999999999.999999999");
  custom["flag"].set_bool_(false);
  custom["day"].mutable_date()->set_year(2026);
  custom["day"].mutable_date()->set_month(1);
  custom["day"].mutable_date()->set_day(31);
  custom["fee"].mutable_money()->set_currency_code("USD");
  custom["fee"].mutable_money()->set_units(-1'000'000'000'000);
  custom["removed"];
  custom[std::string(64, 'k')].set_int64(1);
  EXPECT_EQ(FaultsOf(facts), Fields{});

  custom["a_text"].set_text(std::string(257, 'x'));
  custom["decimal"].set_decimal("1e5");
  custom["day"].mutable_date()->set_day(32);
  custom["fee"].mutable_money()->set_units(-1'000'000'000'001);
  EXPECT_EQ(FaultsOf(facts),
            (Fields{"facts.custom.a_text.text", "facts.custom.day.date",
                    "facts.custom.decimal.decimal", "facts.custom.fee.money.units"}));
}

TEST(ValidateFacts, RefusesKeysThatAreNotLowerSnakeCase) {
  for (const std::string& key :
       {std::string(), std::string("Budget"), std::string("a-b"), std::string("1a"),
        std::string("_a"), std::string("a b"), std::string(65, 'k'), std::string("a.b")}) {
    v1::AccountFacts facts;
    (*facts.mutable_custom())[key].set_int64(1);
    EXPECT_EQ(FaultsOf(facts), Fields{"facts.custom"}) << key;
  }
}

TEST(ValidateFacts, NeverRepeatsWhatWasGiven) {
  Violations violations;
  ValidateFacts(FromText<v1::AccountFacts>(R"pb(
                  country: "Canary"
                  owner_id: " Canary"
                  display_name: "Canary\n"
                  operating_countries: "Canary"
                  custom {
                    key: "Canary"
                    value { int64: 1 }
                  }
                )pb"),
                "facts", &violations);
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(FieldsOf(status).size(), 5u);
  EXPECT_EQ(status.ToString().find("Canary"), std::string::npos) << status;
}

Fields FaultsOfMask(const std::vector<std::string>& paths, const std::string& facts) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  Violations violations;
  ValidateMask(mask, FromText<v1::AccountFacts>(facts), "update_mask", "facts", &violations);
  return FieldsOf(violations.ToStatus());
}

TEST(ValidateMask, AdmitsTopLevelFactsNamedOnce) {
  EXPECT_EQ(FaultsOfMask({"country", "custom", "potential_mrr"}, "country: 'CO'"), Fields{});
  EXPECT_EQ(FaultsOfMask({"*"}, "country: 'CO' past_due_cases: 3"), Fields{});
  EXPECT_EQ(FaultsOfMask({}, ""), Fields{});
}

TEST(ValidateMask, RefusesAllElse) {
  EXPECT_EQ(FaultsOfMask({"turnover", "created_date.year", "", "country", "country"}, ""),
            (Fields{"update_mask.paths[0]", "update_mask.paths[1]", "update_mask.paths[2]",
                    "update_mask.paths[4]"}));
  EXPECT_EQ(FaultsOfMask({"country", "*"}, ""), Fields{"update_mask.paths[1]"});
  EXPECT_EQ(FaultsOfMask({"*", "*"}, ""), (Fields{"update_mask.paths[0]", "update_mask.paths[1]"}));
}

TEST(ValidateMask, RefusesFactsThatAreGivenButNotNamed) {
  EXPECT_EQ(FaultsOfMask({"country"},
                         "country: 'CO' past_due_cases: 0 product_lines: 'x' created_date {}"),
            (Fields{"facts.past_due_cases", "facts.product_lines", "facts.created_date"}));
  EXPECT_EQ(FaultsOfMask({}, "country: 'CO'"), Fields{"facts.country"});
}

TEST(ValidateMask, SaysLittleAboutAVeryLongMask) {
  EXPECT_LT(FaultsOfMask(std::vector<std::string>(10'000, "x"), "").size(), 150u);
}

TEST(ValidateMerged, RefusesMoreCustomFactsThanAnAccountMayHave) {
  v1::AccountFacts facts;
  for (int i = 0; i < 64; ++i) (*facts.mutable_custom())[absl::StrCat("k", i)].set_int64(i);
  Violations violations;
  ValidateMerged(facts, "facts", &violations);
  EXPECT_TRUE(violations.empty());
  (*facts.mutable_custom())["one_more"].set_int64(1);
  ValidateMerged(facts, "facts", &violations);
  EXPECT_EQ(FieldsOf(violations.ToStatus()), Fields{"facts.custom"});
}

TEST(IsUtf8, TellsWellFormedTextApart) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a\tb\u00e9\U0001F3E6"));
  EXPECT_FALSE(IsUtf8("\xff"));
  EXPECT_FALSE(IsUtf8("\xc3"));
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));
}

}  // namespace
}  // namespace tiermark
