// Headers and the columns that they name.
#include "clients/cli/csv_columns.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tiermark/client.h"

namespace tiermark::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

std::vector<std::string> NamesOf(const std::vector<CsvColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const CsvColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string FaultOf(const std::vector<std::string>& header, const HeaderOptions& options = {}) {
  std::string faults;
  for (const auto& [what, reason] :
       DetailsOf(ReadHeader(header, options).status()).field_violations)
    absl::StrAppend(&faults, what, " ", reason, "\n");
  return faults;
}

TEST(CsvColumns, EveryFact_HasOne) {
  std::set<std::string> covered;
  for (const CsvColumn& column : AllColumns()) {
    if (column.fact != nullptr) covered.insert(column.fact->name());
  }
  const auto* facts = v1::AccountFacts::descriptor();
  for (int i = 0; i < facts->field_count(); ++i) {
    EXPECT_THAT(covered, Contains(facts->field(i)->name()));
  }
}

TEST(CsvColumns, Names_AreFoundWhateverTheirCaseAndPunctuation) {
  for (const char* name :
       {"past_due_cases", "Past-due cases", "PASTDUECASES", " past due_Cases "}) {
    const auto column = ColumnOf(name);
    ASSERT_TRUE(column.ok()) << name;
    EXPECT_EQ(column->name, "past_due_cases");
  }
  EXPECT_TRUE(absl::IsNotFound(ColumnOf("past due").status()));
  EXPECT_TRUE(absl::IsNotFound(ColumnOf("").status()));
}

TEST(CsvColumns, Names_DifferInMoreThanPunctuation) {
  for (const auto* columns : {&AllColumns(), &AnswerColumns()}) {
    for (const CsvColumn& column : *columns) {
      EXPECT_EQ(ColumnOf(column.name)->name, column.name);
    }
  }
}

TEST(CsvColumns, MrrOfACountry_HasColumnsOfItsOwn) {
  const auto amount = ColumnOf("Potential MRR (co)");
  ASSERT_TRUE(amount.ok());
  EXPECT_EQ(amount->name, "potential_mrr_CO");
  EXPECT_EQ(amount->country, "CO");
  EXPECT_EQ(amount->kind, CellKind::kMrrAmount);
  const auto currency = ColumnOf("potential_mrr_co_currency");
  ASSERT_TRUE(currency.ok());
  EXPECT_EQ(currency->name, "potential_mrr_CO_currency");
  EXPECT_EQ(currency->kind, CellKind::kMrrCurrency);
  EXPECT_FALSE(ColumnOf("potential_mrr_XX").ok());
}

TEST(CsvColumns, CustomFacts_HaveColumnsWithATypeOrOfText) {
  const auto text = ColumnOf("custom.churn_risk");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->custom_key, "churn_risk");
  EXPECT_EQ(text->custom_type, v1::FactValue::kText);
  EXPECT_EQ(ColumnOf("Custom.nps:int64")->custom_type, v1::FactValue::kInt64);
  EXPECT_EQ(ColumnOf("custom.fee:money")->custom_type, v1::FactValue::kMoney);
  EXPECT_FALSE(ColumnOf("custom.nps:double").ok());
  EXPECT_FALSE(ColumnOf("custom.").ok());
}

TEST(CsvHeader, Columns_KeepTheirOrderAndTheirOwnNames) {
  const auto columns = ReadHeader({"Country", "Account ID"}, {});
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_THAT(NamesOf(*columns), ElementsAre("country", "account_id"));
  EXPECT_EQ((*columns)[1].header, "Account ID");
}

TEST(CsvHeader, UnknownColumns_AreAllListedWithTheNamesNextToThem) {
  EXPECT_THAT(FaultOf({"account_id", "contry", "past_due", "Lieblingsfarbe"}),
              AllOf(HasSubstr("column 2, \"contry\" is unknown; did you mean country?"),
                    HasSubstr("column 3, \"past_due\" is unknown; did you mean past_due_cases"),
                    EndsWith("column 4, \"Lieblingsfarbe\" is unknown\n")));
}

TEST(CsvHeader, UnknownColumns_CanBeLeftOut) {
  HeaderOptions options;
  options.ignore_unknown = true;
  const auto columns = ReadHeader({"account_id", "Lieblingsfarbe", "", ""}, options);
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ((*columns)[1].kind, CellKind::kIgnored);
  EXPECT_EQ(columns->size(), 4u);
}

TEST(CsvHeader, Maps_NameColumnsThatAreCalledOtherwise) {
  HeaderOptions options;
  options.names = {{"Kundennummer", "account_id"}, {"Land", "country"}};
  const auto columns = ReadHeader({"Kundennummer", "Land"}, options);
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_THAT(NamesOf(*columns), ElementsAre("account_id", "country"));
  // One of two that are the same can be left out.
  options.names = {{"Country", "-"}};
  const auto left_out = ReadHeader({"account_id", "Country", "country"}, options);
  ASSERT_TRUE(left_out.ok()) << left_out.status();
  EXPECT_EQ((*left_out)[1].kind, CellKind::kIgnored);
  options.names = {{"Land", "country"}};
  // One that names nothing is a slip of the pen.
  EXPECT_THAT(FaultOf({"Kundennummer"}, options),
              HasSubstr("--map Land is a column that the file does not have"));
}

TEST(CsvHeader, WhatCannotBeAnImport_IsRefused) {
  EXPECT_THAT(FaultOf({"country"}), HasSubstr("account_id is no column of the file"));
  EXPECT_THAT(FaultOf({"account_id", "country", "COUNTRY"}),
              HasSubstr("column 3, \"COUNTRY\" is country once more"));
  EXPECT_THAT(FaultOf({"account_id", "custom.a", "custom.a:bool"}), HasSubstr("once more"));
  EXPECT_THAT(FaultOf({"account_id", "a\xff"}), HasSubstr("column 2 is not text"));
  EXPECT_THAT(FaultOf({std::string("a\0c\0", 4)}), HasSubstr("see --encoding"));
}

}  // namespace
}  // namespace tiermark::cli
