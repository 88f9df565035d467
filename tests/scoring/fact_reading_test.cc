// Every fact can be read by a criterion, and says what it read.
#include "scoring/fact_reading.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "allocation_counter.h"
#include "fact_access.h"
#include "google/protobuf/util/message_differencer.h"
#include "sample_facts.h"
#include "scoring/calendar.h"
#include "scoring/compiled_criterion.h"
#include "scoring/facts.h"
#include "scoring/model_validation.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::util::MessageDifferencer;

// A points model of one criterion, 8 points where the fact is known.
std::shared_ptr<const CompiledModel> PresenceModel(const std::string& fact) {
  return CompileOrDie(FromText<v1::ScoringModel>(absl::StrCat(
      "model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
      "bands { band_id: 'high' display_name: 'High' min_score: 8 } "
      "bands { band_id: 'low' display_name: 'Low' } criteria { criterion_id: 'c' fact: '",
      fact, "' presence_points { present_points: 8 } }")));
}

TEST(FindFact, KnowsEveryFieldButTheNameAndTheCustomFacts) {
  for (Field field : AllFields()) {
    const bool read = field->name() != "display_name" && field->name() != "custom";
    const auto fact = FindFact(field->name());
    ASSERT_EQ(fact.has_value(), read) << field->name();
    if (!read) continue;
    EXPECT_EQ(fact->name, field->name());
    EXPECT_EQ(fact->field, field);
    EXPECT_FALSE(fact->noun.empty()) << field->name();
  }
}

TEST(FindFact, CallsNoTwoFactsTheSame) {
  std::set<std::string> nouns;
  size_t facts = 0;
  for (Field field : AllFields()) {
    const auto fact = FindFact(field->name());
    if (!fact) continue;
    nouns.insert(std::string(fact->noun));
    ++facts;
  }
  EXPECT_EQ(nouns.size(), facts);
}

TEST(FindFact, CountsWhatIsCountedAndOwned) {
  for (Field field : AllFields()) {
    const auto fact = FindFact(field->name());
    if (!fact) continue;
    const bool measure = field->name() == "early_payment_discount" ||
                         field->name() == "late_payment_percent" ||
                         field->name() == "country_risk_class";
    const bool counted = fact->type == FactType::kList || fact->type == FactType::kMoney ||
                         (fact->type == FactType::kNumber && !measure);
    EXPECT_EQ(!fact->noun_of_one.empty(), counted) << field->name();
  }
}

TEST(EnumNames, AreOfTheFactsOwnEnumAndFewEnough) {
  int enums = 0;
  for (Field field : AllFields()) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) continue;
    const std::vector<std::string>& names = EnumNames(*FindFact(field->name()));
    EXPECT_EQ(static_cast<int>(names.size()), field->enum_type()->value_count()) << field->name();
    EXPECT_LE(names.size(), static_cast<size_t>(kEnumValuesMax)) << field->name();
    EXPECT_EQ(names[0], "UNSPECIFIED");
    EXPECT_EQ(std::vector<std::string>(names.begin() + 1, names.end()), EnumTexts(field->name()));
    ++enums;
  }
  EXPECT_GT(enums, 15);
}

TEST(ReadFact, OfEveryFactOfTheProfileAgreesWithTheSlowReading) {
  for (Field field : ProfileFields()) {
    SCOPED_TRACE(field->name());
    const FactKind fact = *FindFact(field->name());
    EXPECT_FALSE(ReadFact(fact, v1::AccountFacts()).known);
    for (int variant = 0; variant < 3; ++variant) {
      v1::AccountFacts facts;
      SetSample(field, variant, &facts);
      const v1::FactValue expected = *GetFact(field->name(), facts);
      const Reading reading = ReadFact(fact, facts);
      ASSERT_TRUE(reading.known);
      EXPECT_EQ(reading.type, fact.type);
      switch (fact.type) {
        case FactType::kNumber:
          EXPECT_EQ(reading.value, Nanos(expected.int64()) * kNanosPerUnit);
          break;
        case FactType::kList:
          EXPECT_EQ(reading.value, expected.int64());
          break;
        case FactType::kMoney:
          EXPECT_EQ(reading.value, NanosOf(expected.money()));
          EXPECT_EQ(reading.text, expected.money().currency_code());
          break;
        case FactType::kEnum:
          EXPECT_EQ(EnumNames(fact)[static_cast<size_t>(reading.value)], expected.text());
          break;
        case FactType::kText:
          EXPECT_EQ(reading.text, expected.text());
          break;
        case FactType::kDate:
          EXPECT_EQ(reading.value, DayOf(expected.date()) - absl::CivilDay(1970, 1, 1));
          break;
        case FactType::kBool:
          EXPECT_EQ(reading.value, expected.bool_() ? 1 : 0);
          break;
        case FactType::kAny:
          ADD_FAILURE();
      }
    }
  }
}

TEST(ReadFact, OfATextLooksIntoTheFactsThemselves) {
  const v1::AccountFacts facts = FromText<v1::AccountFacts>("region: 'Andes'");
  EXPECT_EQ(ReadFact(*FindFact("region"), facts).text.data(), facts.region().data());
}

TEST(ReadFact, AllocatesNothing) {
  v1::AccountFacts facts;
  for (Field field : ProfileFields()) SetSample(field, 1, &facts);
  for (Field field : ProfileFields()) {
    const FactKind fact = *FindFact(field->name());
    const int64_t before = Allocations();
    const bool known = ReadFact(fact, facts).known;
    EXPECT_EQ(Allocations(), before) << field->name();
    EXPECT_TRUE(known);
  }
}

TEST(Explanation, ShowsEveryFactOfTheProfileAsItIs) {
  for (Field field : ProfileFields()) {
    SCOPED_TRACE(field->name());
    v1::AccountFacts facts;
    SetSample(field, 1, &facts);
    const v1::Evaluation evaluation = Evaluate(*PresenceModel(field->name()), facts);
    EXPECT_EQ(evaluation.score(), 8);
    const v1::FactReading& shown = evaluation.criteria(0).fact();
    EXPECT_EQ(shown.name(), field->name());
    EXPECT_TRUE(MessageDifferencer::Equals(shown.value(), *GetFact(field->name(), facts)))
        << shown.DebugString();
    EXPECT_EQ(shown.items_size(), field->is_repeated() ? 2 : 0);
  }
}

TEST(Explanation, ListsTheEntriesOfListsInOrder) {
  const auto items = [](const std::string& fact, const std::string& facts) {
    const v1::Evaluation evaluation =
        Evaluate(*PresenceModel(fact), FromText<v1::AccountFacts>(facts));
    const auto& shown = evaluation.criteria(0).fact().items();
    return std::vector<std::string>(shown.begin(), shown.end());
  };
  using Items = std::vector<std::string>;
  EXPECT_EQ(items("interests", "interests: ['tax', 'credit']"), (Items{"credit", "tax"}));
  EXPECT_EQ(items("follow_ups", "follow_ups: [FOLLOW_UP_TRAINING, FOLLOW_UP_MAINTENANCE]"),
            (Items{"MAINTENANCE", "TRAINING"}));
  EXPECT_EQ(items("product_line_revenue",
                  "product_line_revenue { product_line: 'b' } product_line_revenue { "
                  "product_line: 'a' }"),
            (Items{"a", "b"}));
}

TEST(ListEntriesMax, IsWhatValidationAdmits) {
  EXPECT_EQ(ListEntriesMax(*FindFact("countries")), 250);
  EXPECT_EQ(ListEntriesMax(*FindFact("operating_countries")), 250);
  EXPECT_EQ(ListEntriesMax(*FindFact("expansion_countries")), 250);
  EXPECT_EQ(ListEntriesMax(*FindFact("product_lines")), 64);
  EXPECT_EQ(ListEntriesMax(*FindFact("interests")), 64);
  EXPECT_EQ(ListEntriesMax(*FindFact("product_line_revenue")), 64);
  EXPECT_EQ(ListEntriesMax(*FindFact("follow_ups")), 3);
}

TEST(Score, NamesTheCurrencyOfAFactWithoutARate) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(
      "model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
      "reference_currency: 'USD' bands { band_id: 'all' display_name: 'All' } criteria { "
      "criterion_id: 'c' fact: 'budget' money_tiers { tiers {} } }"));
  ScoreCard card;
  const absl::Status status =
      model->Score(FromText<v1::AccountFacts>("budget { currency_code: 'COP' units: 7 }"),
                   absl::CivilDay(2026, 5, 20), &card);
  EXPECT_EQ(FieldsOf(status), std::vector<std::string>{"facts.budget.currency_code"});
}

}  // namespace
}  // namespace tiermark
