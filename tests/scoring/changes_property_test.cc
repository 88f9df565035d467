// Every single-fact change that a result names does reach the next band, nothing nearer does, and
// none is left out: for models and facts by chance, against scoring again.
#include <algorithm>
#include <set>

#include "random_models.h"
#include "scoring/calendar.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

// One scored account, and the changes of one fact.
class Oracle {
 public:
  Oracle(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
         const v1::AccountFacts& facts, const v1::Evaluation& evaluation, const std::string& fact)
      : model_(model), rates_(rates), facts_(facts), fact_(fact), current_(GetFact(fact, facts)) {
    target_ = evaluation.exact_score() + evaluation.to_next_segment().hundredths();
    for (const v1::SingleFactChange& change : evaluation.to_next_segment().changes()) {
      if (change.fact() == fact) changes_.push_back(change);
    }
    const std::string currency =
        current_ && current_->has_money() ? current_->money().currency_code() : "USD";
    probes_ = Probes(model, fact, rates, currency, kDay);
  }

  int changes() const { return static_cast<int>(changes_.size()); }

  void Check() const {
    for (const v1::SingleFactChange& change : changes_) {
      EXPECT_NE(change.message().find(" would make this account "), std::string::npos);
    }
    const bool category = std::any_of(probes_.begin(), probes_.end(),
                                      [](const v1::FactValue& value) { return value.has_text(); });
    if (category) {
      CheckCategory();
    } else if (IsFlag(fact_)) {
      CheckFlag();
    } else if (current_) {
      CheckKnown();
    } else {
      CheckUnknown();
    }
  }

 private:
  bool Reaches(const v1::FactValue& value) const {
    v1::AccountFacts changed = facts_;
    SetFact(fact_, value, &changed);
    const absl::optional<int> exact = SlowExactScore(model_, rates_, changed, kDay);
    return exact && *exact >= target_;
  }

  bool IsList() const {
    return std::any_of(model_.criteria().begin(), model_.criteria().end(), [this](const auto& c) {
      return c.fact() == fact_ && c.has_distinct_count_tiers();
    });
  }

  // The value that lies `steps` of its least difference away; nothing where the fact has no such.
  absl::optional<v1::FactValue> Step(v1::FactValue value, int steps) const {
    const bool custom = fact_.rfind("custom.", 0) == 0;
    if (value.has_int64()) {
      value.set_int64(value.int64() + steps);
      const int least = IsList() ? 1 : 0;
      if (!custom && value.int64() < least) return absl::nullopt;
    } else if (value.has_decimal()) {
      value.set_decimal(FormatDecimal(*ParseDecimal(value.decimal()) + steps));
    } else if (value.has_money()) {
      const std::string currency = value.money().currency_code();
      const Nanos nanos = NanosOf(value.money()) + NanosPerMinorUnit(currency) * steps;
      if (!custom && nanos < 0) return absl::nullopt;
      *value.mutable_money() = MoneyOf(currency, nanos);
    } else {
      *value.mutable_date() = DateOf(DayOf(value.date()) + steps);
    }
    return value;
  }

  const v1::FactValue* AtLeast() const {
    for (const auto& change : changes_) {
      if (change.has_at_least()) return &change.at_least();
    }
    return nullptr;
  }

  const v1::FactValue* AtMost() const {
    for (const auto& change : changes_) {
      if (change.has_at_most()) return &change.at_most();
    }
    return nullptr;
  }

  bool Present() const {
    return std::any_of(changes_.begin(), changes_.end(),
                       [](const auto& change) { return change.present(); });
  }

  void CheckKnown() const {
    EXPECT_FALSE(Present());
    const Nanos now = OrderOf(*current_);
    if (const v1::FactValue* least = AtLeast()) {
      EXPECT_EQ(least->value_case(), current_->value_case());
      EXPECT_GT(OrderOf(*least), now);
      EXPECT_TRUE(Reaches(*least)) << least->DebugString();
      const auto nearer = Step(*least, -1);
      if (nearer && OrderOf(*nearer) > now) {
        EXPECT_FALSE(Reaches(*nearer));
      }
    }
    if (const v1::FactValue* most = AtMost()) {
      EXPECT_EQ(most->value_case(), current_->value_case());
      EXPECT_LT(OrderOf(*most), now);
      EXPECT_TRUE(Reaches(*most)) << most->DebugString();
      const auto nearer = Step(*most, 1);
      if (nearer && OrderOf(*nearer) < now) {
        EXPECT_FALSE(Reaches(*nearer));
      }
    }
    for (const v1::FactValue& probe : probes_) {
      if (!Reaches(probe)) continue;
      const Nanos there = OrderOf(probe);
      if (there > now) {
        ASSERT_NE(AtLeast(), nullptr) << probe.DebugString();
        EXPECT_GE(there, OrderOf(*AtLeast())) << probe.DebugString();
      } else if (there < now) {
        ASSERT_NE(AtMost(), nullptr) << probe.DebugString();
        EXPECT_LE(there, OrderOf(*AtMost())) << probe.DebugString();
      }
    }
  }

  void CheckUnknown() const {
    if (const v1::FactValue* least = AtLeast()) {
      EXPECT_TRUE(Reaches(*least)) << least->DebugString();
      const auto nearer = Step(*least, -1);
      if (nearer) {
        EXPECT_FALSE(Reaches(*nearer)) << nearer->DebugString();
      }
    }
    if (const v1::FactValue* most = AtMost()) {
      EXPECT_TRUE(Reaches(*most)) << most->DebugString();
      const auto nearer = Step(*most, 1);
      if (nearer) {
        EXPECT_FALSE(Reaches(*nearer)) << nearer->DebugString();
      }
    }
    for (const v1::FactValue& probe : probes_) {
      if (Present()) {
        EXPECT_TRUE(Reaches(probe)) << probe.DebugString();
      }
      if (Reaches(probe)) {
        EXPECT_FALSE(changes_.empty()) << probe.DebugString();
      }
    }
  }

  void CheckCategory() const {
    std::set<std::string> named;
    for (const v1::SingleFactChange& change : changes_) {
      for (const std::string& value : change.one_of().values()) {
        EXPECT_TRUE(named.insert(value).second) << value;
      }
    }
    std::set<std::string> values;
    for (const v1::FactValue& probe : probes_) {
      if (probe.has_text()) values.insert(probe.text());
    }
    const std::vector<std::string> all = EnumTexts(fact_);
    if (!all.empty()) values = {all.begin(), all.end()};
    std::set<std::string> reaching;
    for (const std::string& value : values) {
      v1::FactValue text;
      text.set_text(value);
      if (Reaches(text) && !(current_ && current_->text() == value)) reaching.insert(value);
    }
    EXPECT_EQ(named, reaching);
  }

  void CheckFlag() const {
    v1::FactValue yes;
    yes.set_bool_(true);
    const bool is_true = current_ && current_->bool_();
    EXPECT_EQ(Present(), !is_true && Reaches(yes));
  }

  const v1::ScoringModel& model_;
  const v1::ExchangeRates& rates_;
  const v1::AccountFacts& facts_;
  const std::string fact_;
  const absl::optional<v1::FactValue> current_;
  int target_;
  std::vector<v1::SingleFactChange> changes_;
  std::vector<v1::FactValue> probes_;
};

// Whether the way up could not be told by one fact: an amount is local to a country.
bool IsUnplaced(const std::string& fact, const v1::AccountFacts& facts) {
  return fact == "potential_mrr" && !facts.has_country();
}

// Returns how many changes were named.
int CheckAll(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
             const CompiledModel& compiled, const v1::AccountFacts& facts) {
  ScoreCard card;
  if (!compiled.Score(facts, kDay, &card).ok()) return 0;
  const v1::Evaluation evaluation = Evaluate(compiled, facts, kDay);
  EXPECT_EQ(evaluation.has_to_next_segment(), card.band > 0);
  if (card.band == 0) return 0;
  std::set<std::string> names;
  for (const v1::Criterion& criterion : model.criteria()) names.insert(criterion.fact());
  int changes = 0;
  for (const std::string& fact : names) {
    SCOPED_TRACE(fact);
    const Oracle oracle(model, rates, facts, evaluation, fact);
    if (IsUnplaced(fact, facts)) {
      EXPECT_EQ(oracle.changes(), 0);
    } else {
      oracle.Check();
    }
    changes += oracle.changes();
  }
  EXPECT_EQ(changes, evaluation.to_next_segment().changes_size());
  if (testing::Test::HasFailure()) {
    ADD_FAILURE() << model.DebugString() << rates.DebugString() << facts.DebugString()
                  << evaluation.DebugString();
  }
  return changes;
}

class ChangesOfRandomModels : public testing::TestWithParam<v1::ScoringMethod> {};

INSTANTIATE_TEST_SUITE_P(Methods, ChangesOfRandomModels,
                         testing::Values(v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS));

TEST_P(ChangesOfRandomModels, ReachTheNextBandAndNothingNearerDoes) {
  Chance chance;
  int changes = 0;
  for (int i = 0; i < 1'000 && !HasFailure(); ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model = RandomModel(&chance, GetParam());
    const auto compiled = CompileOrDie(model, rates);
    for (int j = 0; j < 5 && !HasFailure(); ++j) {
      changes += CheckAll(model, rates, *compiled, RandomFacts(&chance, model, rates, kDay));
    }
  }
  EXPECT_GT(changes, 1'000);
}

TEST(ChangesOfTheShippedModel, ReachTheNextSegmentAndNothingNearerDoes) {
  Chance chance;
  const v1::ScoringModel& model = ShippedModels()[0];
  const v1::ExchangeRates rates = RandomRates(&chance);
  const auto compiled = CompileOrDie(model, rates);
  int changes = 0;
  for (int i = 0; i < 2'000 && !HasFailure(); ++i) {
    changes += CheckAll(model, rates, *compiled, RandomFacts(&chance, model, rates, kDay));
  }
  EXPECT_GT(changes, 1'000);
}

}  // namespace
}  // namespace tiermark
