// The bounds of every fact of the profile, by descriptor: a fact that is added here and not thought
// of fails these tests.
#include <map>

#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "sample_facts.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using Fields = std::vector<std::string>;

Fields FaultsOf(const v1::AccountFacts& facts) {
  Violations violations;
  ValidateFacts(facts, "facts", &violations);
  return FieldsOf(violations.ToStatus());
}

// The fields of one type, single or in lists.
std::vector<Field> FieldsOfType(FieldDescriptor::CppType type, bool repeated) {
  std::vector<Field> fields;
  for (Field field : ProfileFields()) {
    if (field->cpp_type() == type && field->is_repeated() == repeated) fields.push_back(field);
  }
  return fields;
}

std::vector<Field> FieldsOfMessage(const std::string& message) {
  std::vector<Field> fields;
  for (Field field : FieldsOfType(FieldDescriptor::CPPTYPE_MESSAGE, false)) {
    if (field->message_type()->name() == message) fields.push_back(field);
  }
  return fields;
}

std::string PathOf(Field field, absl::string_view rest = "") {
  return absl::StrCat("facts.", field->name(), rest);
}

TEST(Profile, IsMadeOfTheTypesThatTheseTestsKnow) {
  const size_t known = FieldsOfType(FieldDescriptor::CPPTYPE_INT32, false).size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_BOOL, false).size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_ENUM, false).size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_STRING, false).size() +
                       FieldsOfMessage("Date").size() + FieldsOfMessage("Money").size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_ENUM, true).size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_STRING, true).size() +
                       FieldsOfType(FieldDescriptor::CPPTYPE_MESSAGE, true).size();
  EXPECT_EQ(known, ProfileFields().size());
  EXPECT_EQ(known, 48u);
  EXPECT_EQ(FieldsOfType(FieldDescriptor::CPPTYPE_MESSAGE, true).size(), 1u)
      << "product_line_revenue";
}

TEST(Profile, AdmitsEverySample) {
  v1::AccountFacts all;
  for (Field field : ProfileFields()) {
    for (int variant = 0; variant < 3; ++variant) {
      v1::AccountFacts facts;
      SetSample(field, variant, &facts);
      EXPECT_EQ(FaultsOf(facts), Fields{}) << facts.DebugString();
    }
    SetSample(field, 1, &all);
  }
  EXPECT_EQ(FaultsOf(all), Fields{});
}

TEST(Profile, HoldsTheBoundsOfEveryNumber) {
  const std::map<std::string, int> most = {{"employees", 2'000'000'000},
                                           {"early_payment_discount", 10'000},
                                           {"late_payment_percent", 100},
                                           {"payment_defaults", 2'000'000'000},
                                           {"country_risk_class", 7},
                                           {"forms_filled_in", 2'000'000'000},
                                           {"content_downloads", 2'000'000'000},
                                           {"emails_read", 2'000'000'000},
                                           {"links_clicked", 2'000'000'000},
                                           {"purchases_per_year", 2'000'000'000}};
  const auto fields = FieldsOfType(FieldDescriptor::CPPTYPE_INT32, false);
  EXPECT_EQ(fields.size(), most.size());
  for (Field field : fields) {
    SCOPED_TRACE(field->name());
    ASSERT_EQ(most.count(field->name()), 1u);
    const auto faults = [field](int value) {
      v1::AccountFacts facts;
      facts.GetReflection()->SetInt32(&facts, field, value);
      return FaultsOf(facts);
    };
    const int bound = most.at(field->name());
    EXPECT_EQ(faults(0), Fields{});
    EXPECT_EQ(faults(bound), Fields{});
    EXPECT_EQ(faults(-1), Fields{PathOf(field)});
    EXPECT_EQ(faults(bound + 1), Fields{PathOf(field)});
    EXPECT_EQ(faults(std::numeric_limits<int>::min()), Fields{PathOf(field)});
    EXPECT_EQ(faults(std::numeric_limits<int>::max()), Fields{PathOf(field)});
  }
}

TEST(Profile, AdmitsEveryValueOfAnEnumButUnspecified) {
  for (Field field : FieldsOfType(FieldDescriptor::CPPTYPE_ENUM, false)) {
    SCOPED_TRACE(field->name());
    const int values = field->enum_type()->value_count();
    for (int number = -1; number <= values; ++number) {
      v1::AccountFacts facts;
      facts.GetReflection()->SetEnumValue(&facts, field, number);
      const bool sound = number > 0 && number < values;
      EXPECT_EQ(FaultsOf(facts), sound ? Fields{} : Fields{PathOf(field)}) << number;
    }
  }
}

TEST(Profile, HoldsTheLengthsOfTexts) {
  for (Field field : FieldsOfType(FieldDescriptor::CPPTYPE_STRING, false)) {
    SCOPED_TRACE(field->name());
    const auto sound = [field](const std::string& text) {
      v1::AccountFacts facts;
      facts.GetReflection()->SetString(&facts, field, text);
      const Fields faults = FaultsOf(facts);
      EXPECT_TRUE(faults.empty() || faults == Fields{PathOf(field)});
      return faults.empty();
    };
    const bool prose = field->name() == "immediate_needs" || field->name() == "future_needs" ||
                       field->name() == "expectations";
    const int most = prose ? 1'000 : 64;
    EXPECT_TRUE(sound("K64"));
    EXPECT_TRUE(sound("Biens d'équipement"));
    EXPECT_TRUE(sound(std::string(most, 'a')));
    EXPECT_FALSE(sound(std::string(most + 1, 'a')));
    EXPECT_EQ(sound(""), prose);
    EXPECT_EQ(sound(" a"), prose);
    EXPECT_EQ(sound("a\u00a0"), prose);
    EXPECT_EQ(sound("Two lines:\r\n\tthe second."), prose);
    EXPECT_FALSE(sound("a\x01"));
    EXPECT_FALSE(sound("a\x7f"));
    EXPECT_FALSE(sound("\xff"));
  }
}

// Faults of facts whose money is set, as what follows the path of the amount.
Fields FaultsOfMoney(Field field, const std::string& currency, int64_t units, int nanos) {
  google::type::Money money;
  money.set_currency_code(currency);
  money.set_units(units);
  money.set_nanos(nanos);
  v1::AccountFacts facts;
  facts.GetReflection()->MutableMessage(&facts, field)->CopyFrom(money);
  return FaultsOf(facts);
}

TEST(Profile, HoldsTheBoundsOfEveryAmount) {
  constexpr int64_t kMost = 1'000'000'000'000;
  EXPECT_EQ(FieldsOfMessage("Money").size(), 8u);
  for (Field field : FieldsOfMessage("Money")) {
    SCOPED_TRACE(field->name());
    const Fields units{PathOf(field, ".units")};
    const Fields nanos{PathOf(field, ".nanos")};
    EXPECT_EQ(FaultsOfMoney(field, "COP", 0, 0), Fields{});
    EXPECT_EQ(FaultsOfMoney(field, "COP", kMost, 0), Fields{});
    EXPECT_EQ(FaultsOfMoney(field, "COP", kMost - 1, 999'999'999), Fields{});
    EXPECT_EQ(FaultsOfMoney(field, "COP", -1, 0), units);
    EXPECT_EQ(FaultsOfMoney(field, "COP", 0, -1), units);
    EXPECT_EQ(FaultsOfMoney(field, "COP", kMost, 1), units);
    EXPECT_EQ(FaultsOfMoney(field, "COP", kMost + 1, 0), units);
    EXPECT_EQ(FaultsOfMoney(field, "COP", 1, 1'000'000'000), nanos);
    EXPECT_EQ(FaultsOfMoney(field, "COP", 1, -1), nanos);
    EXPECT_EQ(FaultsOfMoney(field, "cop", 1, 0), Fields{PathOf(field, ".currency_code")});
    EXPECT_EQ(FaultsOfMoney(field, "", 1, 0), Fields{PathOf(field, ".currency_code")});
  }
}

TEST(Profile, RefusesDatesThatAreNone) {
  EXPECT_EQ(FieldsOfMessage("Date").size(), 3u);
  for (Field field : FieldsOfMessage("Date")) {
    const auto sound = [field](int year, int month, int day) {
      google::type::Date date;
      date.set_year(year);
      date.set_month(month);
      date.set_day(day);
      v1::AccountFacts facts;
      facts.GetReflection()->MutableMessage(&facts, field)->CopyFrom(date);
      const Fields faults = FaultsOf(facts);
      EXPECT_TRUE(faults.empty() || faults == Fields{PathOf(field)});
      return faults.empty();
    };
    EXPECT_TRUE(sound(1900, 1, 1));
    EXPECT_TRUE(sound(2199, 12, 31));
    EXPECT_FALSE(sound(1899, 12, 31));
    EXPECT_FALSE(sound(2200, 1, 1));
    EXPECT_FALSE(sound(2026, 2, 29));
    EXPECT_FALSE(sound(2026, 0, 0));
    EXPECT_FALSE(sound(0, 0, 0));
  }
}

TEST(Profile, HoldsTheLengthsOfListsOfNames) {
  for (Field field : FieldsOfType(FieldDescriptor::CPPTYPE_STRING, true)) {
    SCOPED_TRACE(field->name());
    const auto faults = [field](const std::vector<std::string>& entries) {
      v1::AccountFacts facts;
      for (const std::string& entry : entries) {
        facts.GetReflection()->AddString(&facts, field, entry);
      }
      return FaultsOf(facts);
    };
    std::vector<std::string> entries;
    for (int i = 0; i < 64; ++i) entries.push_back(absl::StrCat(i));
    EXPECT_EQ(faults(entries), Fields{});
    entries.emplace_back("65th");
    EXPECT_EQ(faults(entries), Fields{PathOf(field)});
    EXPECT_EQ(faults({"a", "b", "a"}), Fields{PathOf(field, "[2]")});
    EXPECT_EQ(faults({std::string(64, 'a'), std::string(65, 'a'), "", " a"}),
              (Fields{PathOf(field, "[1]"), PathOf(field, "[2]"), PathOf(field, "[3]")}));
  }
}

TEST(Profile, AdmitsEachValueOfAnEnumOnceInAList) {
  for (Field field : FieldsOfType(FieldDescriptor::CPPTYPE_ENUM, true)) {
    SCOPED_TRACE(field->name());
    const auto faults = [field](const std::vector<int>& entries) {
      v1::AccountFacts facts;
      for (const int entry : entries) facts.GetReflection()->AddEnumValue(&facts, field, entry);
      return FaultsOf(facts);
    };
    const int values = field->enum_type()->value_count();
    std::vector<int> all;
    for (int number = 1; number < values; ++number) all.push_back(number);
    EXPECT_EQ(faults(all), Fields{});
    all.push_back(1);
    EXPECT_EQ(faults(all), Fields{PathOf(field)});
    EXPECT_EQ(faults({1, 1}), Fields{PathOf(field, "[1]")});
    EXPECT_EQ(faults({0, values}), (Fields{PathOf(field, "[0]"), PathOf(field, "[1]")}));
  }
}

TEST(ProductLineRevenue, NamesEachLineOnceWithAnAmount) {
  const auto faults = [](const std::string& text) {
    return FaultsOf(FromText<v1::AccountFacts>(text));
  };
  const std::string amount = "amount { currency_code: 'USD' units: 7 }";
  EXPECT_EQ(faults(absl::StrCat("product_line_revenue { product_line: 'a' ", amount,
                                " } product_line_revenue { product_line: 'b' ", amount, " }")),
            Fields{});
  EXPECT_EQ(faults(absl::StrCat("product_line_revenue { product_line: 'a' ", amount,
                                " } product_line_revenue { product_line: 'a' ", amount, " }")),
            Fields{"facts.product_line_revenue[1].product_line"});
  EXPECT_EQ(faults("product_line_revenue { amount { currency_code: 'USD' units: -1 } } "
                   "product_line_revenue { product_line: 'b' }"),
            (Fields{"facts.product_line_revenue[0].product_line",
                    "facts.product_line_revenue[0].amount.units",
                    "facts.product_line_revenue[1].amount"}));
  EXPECT_EQ(faults("product_line_revenue { product_line: 'a' amount { currency_code: 'USD' units: "
                   "1000000000000 nanos: 1 } }"),
            Fields{"facts.product_line_revenue[0].amount.units"});
  v1::AccountFacts many;
  for (int i = 0; i < 65; ++i) {
    v1::ProductLineRevenue* revenue = many.add_product_line_revenue();
    revenue->set_product_line(absl::StrCat(i));
    revenue->mutable_amount()->set_currency_code("USD");
  }
  EXPECT_EQ(FaultsOf(many), Fields{"facts.product_line_revenue"});
  many.mutable_product_line_revenue()->RemoveLast();
  EXPECT_EQ(FaultsOf(many), Fields{});
}

TEST(Profile, ListsEveryFaultInTheOrderOfFields) {
  EXPECT_EQ(FaultsOf(FromText<v1::AccountFacts>(R"pb(
              receivables_past_due { units: 1 }
              employees: -1
              follow_ups: FOLLOW_UP_UNSPECIFIED
              country: "co"
              region: ""
            )pb")),
            (Fields{"facts.country", "facts.region", "facts.employees", "facts.follow_ups[0]",
                    "facts.receivables_past_due.currency_code"}));
}

}  // namespace
}  // namespace tiermark
