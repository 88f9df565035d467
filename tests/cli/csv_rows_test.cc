// Cells and rows, and the facts that they stand for.
#include "clients/cli/csv_rows.h"

#include "clients/cli/csv_reader.h"
#include "clients/cli/csv_writer.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "tests/cli/csv_support.h"
#include "tests/support/messages.h"

namespace tiermark::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RowReader ReaderOf(const std::vector<std::string>& header, const RowOptions& options = {}) {
  auto columns = ReadHeader(header, {});
  EXPECT_TRUE(columns.ok()) << columns.status();
  return *RowReader::Make(*std::move(columns), options);
}

// The facts of a row that has no faults.
v1::AccountFacts FactsOf(const std::vector<std::string>& header,
                         const std::vector<std::string>& cells, const RowOptions& options = {}) {
  v1::ImportedAccount account;
  const auto faults = ReaderOf(header, options).Read(cells, &account);
  for (const CellFault& fault : faults) ADD_FAILURE() << fault.column << " " << fault.reason;
  return account.facts();
}

void ExpectFacts(const std::string& column, const std::string& cell, const std::string& facts,
                 const RowOptions& options = {}) {
  const v1::AccountFacts read = FactsOf({"account_id", column}, {"a", cell}, options);
  EXPECT_TRUE(MessageDifferencer::Equals(read, Facts(facts)))
      << column << " " << cell << ": " << read.ShortDebugString();
}

std::string ReasonOf(const std::string& column, const std::string& cell,
                     const RowOptions& options = {}) {
  v1::ImportedAccount account;
  const auto faults = ReaderOf({"account_id", column}, options).Read({"a", cell}, &account);
  EXPECT_EQ(faults.size(), 1u) << column << " " << cell;
  if (faults.empty()) return "";
  EXPECT_EQ(faults[0].column, column);
  EXPECT_EQ(faults[0].value, cell);
  return faults[0].reason;
}

TEST(CsvCells, Values_AreReadByTheirType) {
  ExpectFacts("display_name", " Banco ", "display_name: ' Banco '");
  ExpectFacts("country", " CO ", "country: 'CO'");
  ExpectFacts("past_due_cases", " 12000 ", "past_due_cases: 12000");
  ExpectFacts("industry_reference", "Market leader",
              "industry_reference: INDUSTRY_REFERENCE_MARKET_LEADER");
  ExpectFacts("payment_terms", "net_30", "payment_terms: PAYMENT_TERMS_NET_30");
  ExpectFacts("industry_regulated", "Yes", "industry_regulated: true");
  ExpectFacts("industry_regulated", "0", "industry_regulated: false");
  ExpectFacts("created_date", "2020-01-15", "created_date { year: 2020 month: 1 day: 15 }");
  ExpectFacts("created_date", "2020/1/5", "created_date { year: 2020 month: 1 day: 5 }");
  ExpectFacts("operating_countries", "CO | PE;EC", "operating_countries: ['CO', 'PE', 'EC']");
  ExpectFacts("follow_ups", "training|Maintenance",
              "follow_ups: [FOLLOW_UP_TRAINING, FOLLOW_UP_MAINTENANCE]");
  ExpectFacts("interests", R"(a\|b|c\\d|e\f)", R"(interests: ['a|b', 'c\\d', 'e\\f'])");
}

TEST(CsvCells, EmptyOnes_LeaveTheirFactsAsTheyAre) {
  for (const CsvColumn& column : AllColumns()) {
    if (column.fact == nullptr) continue;
    ExpectFacts(column.name, "", "");
    ExpectFacts(column.name, "  ", "");
  }
}

TEST(CsvCells, Days_AreReadInTheOrderThatIsTold) {
  RowOptions options;
  options.format.dates = DateOrder::kDayMonthYear;
  ExpectFacts("created_date", "5.1.2020", "created_date { year: 2020 month: 1 day: 5 }", options);
  EXPECT_THAT(ReasonOf("created_date", "2020-01-05", options), HasSubstr("28.11.2026"));
  options.format.dates = DateOrder::kMonthDayYear;
  ExpectFacts("created_date", "1/5/2020", "created_date { year: 2020 month: 1 day: 5 }", options);
  EXPECT_THAT(ReasonOf("created_date", "13/5/2020", options), HasSubstr("11/28/2026"));
}

TEST(CsvCells, Money_IsAnAmountAndACurrency) {
  const v1::AccountFacts facts =
      FactsOf({"account_id", "budget", "capital", "Budget Currency", "capital_currency"},
              {"a", "1000.5", "-0.25", "EUR", " USD "});
  EXPECT_TRUE(MessageDifferencer::Equals(
      facts, Facts("budget { currency_code: 'EUR' units: 1000 nanos: 500000000 }"
                   "capital { currency_code: 'USD' nanos: -250000000 }")));
  EXPECT_THAT(ReasonOf("budget", "5"), HasSubstr("give one in a column budget_currency"));
  RowOptions options;
  options.currency = "CLP";
  ExpectFacts("budget", "5", "budget { currency_code: 'CLP' units: 5 }", options);
}

TEST(CsvCells, DecimalCommas_AreTakenWhereTheyAreTold) {
  RowOptions options;
  options.currency = "EUR";
  EXPECT_THAT(ReasonOf("budget", "1234,5", options), HasSubstr("see --decimal-comma"));
  EXPECT_THAT(ReasonOf("budget", "1,234.5", options), HasSubstr("separators of thousands"));
  options.format.decimal_comma = true;
  ExpectFacts("budget", "1234,5", "budget { currency_code: 'EUR' units: 1234 nanos: 500000000 }",
              options);
  EXPECT_THAT(ReasonOf("budget", "1.234", options), HasSubstr("such as 1234,5"));
  EXPECT_THAT(ReasonOf("budget", "1.234,5", options), HasSubstr("separators of thousands"));
  EXPECT_THAT(ReasonOf("past_due_cases", "1.234", options), HasSubstr("whole number"));
}

TEST(CsvCells, PotentialMrr_IsByCountry) {
  const v1::AccountFacts facts =
      FactsOf({"account_id", "country", "potential_mrr", "potential_mrr_currency",
               "potential_mrr_PE", "potential_mrr_PE_currency", "other_potential_mrr"},
              {"a", "CO", "10", "USD", "20", "PEN", "EC=30.5 USD|CL=40 CLP"});
  EXPECT_TRUE(MessageDifferencer::Equals(
      facts, Facts("country: 'CO'"
                   "potential_mrr { country: 'CO' amount { currency_code: 'USD' units: 10 } }"
                   "potential_mrr { country: 'PE' amount { currency_code: 'PEN' units: 20 } }"
                   "potential_mrr { country: 'EC'"
                   "  amount { currency_code: 'USD' units: 30 nanos: 500000000 } }"
                   "potential_mrr { country: 'CL' amount { currency_code: 'CLP' units: 40 } }")))
      << facts.DebugString();
  RowOptions options;
  options.currency = "USD";
  EXPECT_THAT(ReasonOf("potential_mrr", "5", options), HasSubstr("needs the country"));
  EXPECT_THAT(ReasonOf("other_potential_mrr", "5"), HasSubstr("such as PE=1000 USD"));
}

TEST(CsvCells, CustomFacts_AreReadByTheTypeOfTheirColumn) {
  ExpectFacts("custom.a", "x y", "custom { key: 'a' value { text: 'x y' } }");
  ExpectFacts("custom.a:int64", "-5", "custom { key: 'a' value { int64: -5 } }");
  ExpectFacts("custom.a:decimal", "-5.50", "custom { key: 'a' value { decimal: '-5.5' } }");
  ExpectFacts("custom.a:bool", "no", "custom { key: 'a' value { bool: false } }");
  ExpectFacts("custom.a:date", "2020-01-05",
              "custom { key: 'a' value { date { year: 2020 month: 1 day: 5 } } }");
  ExpectFacts("custom.a:money", "5.5 USD",
              "custom { key: 'a' value { money { currency_code: 'USD' units: 5 "
              "nanos: 500000000 } } }");
  ExpectFacts("custom", R"({"a": {"text": "x"}, "b": {"int64": "7"}})",
              "custom { key: 'a' value { text: 'x' } } custom { key: 'b' value { int64: 7 } }");
}

TEST(CsvCells, ACustomCell_BringsNoOtherFacts) {
  for (const char* cell : {R"({}, "country": "US")", R"({"a": {"text": "x"}} , "employees": 5)",
                           R"("x")", "{", R"({"a": 5})", "null,"}) {
    EXPECT_THAT(ReasonOf("custom", cell), HasSubstr("must be custom facts as JSON"));
  }
}

TEST(CsvCells, WhatIsNoValue_IsSaidInWordsThatHelp) {
  EXPECT_THAT(ReasonOf("past_due_cases", "many"), HasSubstr("must be a whole number"));
  EXPECT_THAT(ReasonOf("past_due_cases", "12.0"), HasSubstr("must be a whole number"));
  EXPECT_THAT(ReasonOf("past_due_cases", "3000000000"), HasSubstr("larger than"));
  EXPECT_THAT(ReasonOf("industry_reference", "leader"),
              HasSubstr("must be one of market-leader, recognized, emerging, none"));
  EXPECT_THAT(ReasonOf("industry_regulated", "maybe"), HasSubstr("true or false"));
  for (const char* cell : {"2020-02-30", "15.1.2020", "2020-1", "yesterday", "20-01-01"}) {
    EXPECT_THAT(ReasonOf("created_date", cell), HasSubstr("such as 2026-11-28; see --date-order"));
  }
  EXPECT_THAT(ReasonOf("follow_ups", "training|party"), HasSubstr("training, maintenance"));
  EXPECT_THAT(ReasonOf("product_line_revenue", "cards=5"), HasSubstr("cards=1000 USD"));
}

TEST(CsvRows, EveryFault_IsNamed) {
  const RowReader reader = ReaderOf({"Account ID", "Past-due cases", "country", "created_date"});
  v1::ImportedAccount account;
  const auto faults = reader.Read({"", "x", "C\xff", "y"}, &account);
  std::vector<std::string> columns;
  columns.reserve(faults.size());
  for (const CellFault& fault : faults) columns.push_back(fault.column);
  EXPECT_THAT(columns, ElementsAre("Account ID", "Past-due cases", "country", "created_date"));
  EXPECT_THAT(faults[2].reason, HasSubstr("see --encoding"));
  // Nothing of the row before is left.
  EXPECT_THAT(reader.Read({"b", "", "CO", ""}, &account), IsEmpty());
  EXPECT_TRUE(MessageDifferencer::Equals(account.facts(), Facts("country: 'CO'")));
}

TEST(CsvRows, LongValues_AreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "ñ";
  EXPECT_EQ(ReaderOf({"account_id", "country"})
                .FaultAt("account_id", "r",
                         [&] {
                           v1::ImportedAccount account;
                           account.set_account_id(name);
                           return account;
                         }())
                .value,
            name.substr(0, 80) + "…");
}

TEST(CsvRows, FaultsOfTheServer_AreNamedByTheColumnsOfTheFile) {
  HeaderOptions header;
  header.names = {{"Id", "account_id"}, {"Land", "country"}};
  const auto columns = ReadHeader(
      {"Id", "Land", "potential_mrr", "potential_mrr_currency", "potential_mrr_PE",
       "other_potential_mrr", "interests", "budget", "budget_currency", "custom.a", "custom"},
      header);
  ASSERT_TRUE(columns.ok()) << columns.status();
  RowOptions options;
  options.currency = "USD";
  const RowReader reader = *RowReader::Make(*columns, options);
  v1::ImportedAccount account;
  ASSERT_THAT(reader.Read({"a", "CO", "1", "ABC", "2", "EC=3 USD", "i|j", "-4", "", "x",
                           R"({"b":{"text":"y"}})"},
                          &account),
              IsEmpty());
  const auto at = [&](const std::string& path) {
    const CellFault fault = reader.FaultAt(path, "is bad", account);
    EXPECT_EQ(fault.reason, "is bad") << path;
    return fault.column + "=" + fault.value;
  };
  EXPECT_EQ(at("account_id"), "Id=a");
  EXPECT_EQ(at("facts.country"), "Land=CO");
  EXPECT_EQ(at("facts.potential_mrr[0].country"), "Land=CO");
  EXPECT_EQ(at("facts.potential_mrr[0].amount.units"), "potential_mrr=1");
  EXPECT_EQ(at("facts.potential_mrr[0].amount.currency_code"), "potential_mrr_currency=ABC");
  EXPECT_EQ(at("facts.potential_mrr[1].amount.units"), "potential_mrr_PE=2");
  EXPECT_EQ(at("facts.potential_mrr[2].country"), "other_potential_mrr=PE=2 USD|EC=3 USD");
  EXPECT_EQ(at("facts.interests[1]"), "interests=i|j");
  EXPECT_EQ(at("facts.budget.units"), "budget=-4");
  EXPECT_EQ(at("facts.budget.currency_code"), "budget_currency=USD");
  EXPECT_EQ(at("facts.custom.a.text"), "custom.a=x");
  EXPECT_THAT(at("facts.custom.b.text"), HasSubstr("custom={"));
  // What no column of the file brings.
  const CellFault other = reader.FaultAt("facts.operating_countries", "is missing", account);
  EXPECT_EQ(other.column, "");
  EXPECT_EQ(other.reason, "facts.operating_countries is missing");
}

TEST(CsvRows, EmptyCells_ClearTheirFactsWhereThatIsAskedFor) {
  RowOptions options;
  options.empty_clears = true;
  options.currency = "USD";
  v1::ImportedAccount account;
  const auto faults =
      ReaderOf({"account_id", "country", "budget", "budget_currency", "interests"}, options)
          .Read({"a", "", "5", "", "x"}, &account);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(account.update_mask().paths(), ElementsAre("country", "budget", "interests"));
  EXPECT_FALSE(account.facts().has_country());
  const auto columns = ReadHeader({"account_id", "custom.a"}, {});
  EXPECT_TRUE(absl::IsInvalidArgument(RowReader::Make(*columns, options).status()));
}

// Facts by chance, of every field, as the server would take them.
class RandomFacts {
 public:
  explicit RandomFacts(Chance* chance) : chance_(*chance) {}

  v1::AccountFacts Make() {
    v1::AccountFacts facts;
    const auto* type = facts.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      if (chance_.OneIn(2)) Put(type->field(i), &facts);
    }
    // The entry of the account's own country comes first.
    for (int i = 1; i < facts.potential_mrr_size(); ++i) {
      if (facts.potential_mrr(i).country() == facts.country()) {
        facts.mutable_potential_mrr()->SwapElements(0, i);
      }
    }
    return facts;
  }

 private:
  std::string Text() {
    static const std::vector<std::string> kParts = {
        "a", "Z", "7", "|", ";", ",", "=", "\\", "\"", " ", "ñ", "漢", "USD", "\n", "\r\n", "\t"};
    std::string text;
    for (int64_t i = chance_.Between(1, 9); i > 0; --i) text += chance_.Pick(kParts);
    // What has nothing but spaces is no more than an empty cell.
    return text + "x";
  }
  // Names and codes begin and end with no space.
  std::string Name() { return "x" + Text(); }
  std::string Country() {
    static const std::vector<std::string> kCountries = {"CO", "PE", "EC", "CL", "MX", "US"};
    return chance_.Pick(kCountries);
  }
  google::type::Money Money() {
    static const std::vector<std::string> kCurrencies = {"USD", "EUR", "CLP"};
    google::type::Money money;
    money.set_currency_code(chance_.Pick(kCurrencies));
    money.set_units(chance_.OneIn(4) ? 0 : chance_.Between(0, 1'000'000'000'000));
    if (chance_.OneIn(2)) money.set_nanos(static_cast<int>(chance_.Between(0, 999'999'999)));
    return money;
  }
  google::type::Date Date() {
    google::type::Date date;
    date.set_year(static_cast<int>(chance_.Between(1900, 2199)));
    date.set_month(static_cast<int>(chance_.Between(1, 12)));
    date.set_day(static_cast<int>(chance_.Between(1, 28)));
    return date;
  }
  v1::FactValue Value() {
    v1::FactValue value;
    switch (chance_.Between(1, 6)) {
      case 1:
        value.set_text(chance_.OneIn(4) ? "" : Text());
        break;
      case 2:
        value.set_int64(chance_.Between(INT64_MIN, INT64_MAX));
        break;
      case 3:
        value.set_decimal("-12.50");
        break;
      case 4:
        value.set_bool_(chance_.OneIn(2));
        break;
      case 5:
        *value.mutable_date() = Date();
        break;
      default:
        *value.mutable_money() = Money();
    }
    return value;
  }

  void Put(const FieldDescriptor* field, v1::AccountFacts* facts) {
    const auto* reflection = facts->GetReflection();
    if (field->is_map()) {
      for (int64_t i = chance_.Between(1, 4); i > 0; --i) {
        (*facts->mutable_custom())[absl::StrCat("k", i)] = Value();
      }
    } else if (field->name() == "potential_mrr") {
      for (const char* country : {"PE", "CO", "US"}) {
        if (chance_.OneIn(2)) continue;
        auto* entry = facts->add_potential_mrr();
        entry->set_country(country);
        *entry->mutable_amount() = Money();
      }
    } else if (field->name() == "product_line_revenue") {
      for (int64_t i = chance_.Between(1, 3); i > 0; --i) {
        auto* entry = facts->add_product_line_revenue();
        entry->set_product_line(Name());
        *entry->mutable_amount() = Money();
      }
    } else if (field->is_repeated()) {
      for (int64_t i = chance_.Between(1, 4); i > 0; --i) {
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
          reflection->AddEnumValue(facts, field, Enum(field));
        } else {
          reflection->AddString(facts, field, Name());
        }
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->SetEnumValue(facts, field, Enum(field));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      reflection->SetInt32(facts, field, static_cast<int32_t>(chance_.Between(0, kCountMax)));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      reflection->SetBool(facts, field, chance_.OneIn(2));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->SetString(facts, field, field->name() == "country" ? Country() : Text());
    } else if (IsMoney(*field)) {
      reflection->MutableMessage(facts, field)->CopyFrom(Money());
    } else {
      reflection->MutableMessage(facts, field)->CopyFrom(Date());
    }
  }

  int Enum(const FieldDescriptor* field) {
    return field->enum_type()
        ->value(static_cast<int>(chance_.Between(1, field->enum_type()->value_count() - 1)))
        ->number();
  }

  Chance& chance_;
};

TEST(CsvProperty, AnyFacts_AreReadBackAsTheyWereWritten) {
  Chance chance;
  RandomFacts random(&chance);
  std::vector<std::string> names;
  for (const CsvColumn& column : AllColumns()) names.push_back(column.name);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    AppendCsvRow(names, ',', &text);
    v1::Account account;
    account.set_account_id("x" + std::to_string(round));
    *account.mutable_facts() = random.Make();
    std::vector<std::string> cells;
    for (const CsvColumn& column : AllColumns()) cells.push_back(CellOf(column, account));
    AppendCsvRow(cells, ',', &text);

    GivenText bytes(text);
    CsvReader csv(&bytes, {});
    CsvRow row;
    ASSERT_TRUE(*csv.Next(&row));
    const RowReader reader = ReaderOf(row.cells);
    ASSERT_TRUE(*csv.Next(&row));
    ASSERT_EQ(row.fault, "");
    v1::ImportedAccount read;
    for (const CellFault& fault : reader.Read(row.cells, &read)) {
      ADD_FAILURE() << fault.column << ": " << fault.reason << " " << fault.value;
    }
    ASSERT_EQ(read.account_id(), account.account_id());
    std::string differences;
    MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&differences);
    ASSERT_TRUE(differencer.Compare(account.facts(), read.facts())) << differences << text;
  }
}

}  // namespace
}  // namespace tiermark::cli
