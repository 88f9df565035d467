// Random filters find exactly what they say, among random accounts.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "scoring/activity.h"
#include "scoring/calendar.h"
#include "scoring/fact_reading.h"
#include "scoring/facts.h"
#include "scoring/standing.h"
#include "tests/service/filters.h"

namespace tiermark {
namespace {

using Strings = std::vector<std::string>;

// Accounts and filters of few values each, so that they meet.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  int Below(int n) { return static_cast<int>(engine_() % static_cast<uint64_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }
  template <typename T>
  T Pick(const std::vector<T>& values) {
    return values[Below(static_cast<int>(values.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

const Strings& Lines() {
  static const auto& lines = *new Strings{"scoring", "loans", "cards", "other"};
  return lines;
}

google::type::Money RandomMoney(Dice& dice) {
  google::type::Money money;
  money.set_currency_code(dice.Pick<std::string>({"USD", "USD", "EUR"}));
  money.set_units(dice.Pick<int64_t>({0, 999, 1'000, 2'000'001, 60'000'000}));
  return money;
}

google::type::Date RandomDate(Dice& dice) { return DateOf(kToday + (dice.Below(40) - 20) * 25); }

v1::FactValue RandomValue(Dice& dice) {
  v1::FactValue value;
  switch (dice.Below(5)) {
    case 0:
      value.set_text(dice.Pick<std::string>({"red", "blue"}));
      break;
    case 1:
      value.set_int64(dice.Below(4));
      break;
    case 2:
      value.set_bool_(dice.OneIn(2));
      break;
    case 3:
      *value.mutable_money() = RandomMoney(dice);
      break;
    default:
      *value.mutable_date() = RandomDate(dice);
  }
  return value;
}

struct Stored {
  AccountRecord record;
  std::vector<v1::Transaction> transactions;
};

Stored RandomAccount(Dice& dice) {
  Stored stored;
  v1::AccountFacts& facts = stored.record.facts;
  if (!dice.OneIn(3)) facts.set_country(dice.Pick<std::string>({"CO", "PE"}));
  if (!dice.OneIn(3)) facts.set_region(dice.Pick<std::string>({"Andes", "Coast"}));
  if (!dice.OneIn(3)) facts.set_owner_id(dice.Pick<std::string>({"o1", "o2"}));
  if (!dice.OneIn(3)) facts.set_parent_id(dice.Pick<std::string>({"p1", "p2"}));
  if (!dice.OneIn(3)) facts.set_lifecycle_stage(static_cast<v1::LifecycleStage>(1 + dice.Below(4)));
  if (dice.OneIn(2)) facts.set_employees(dice.Pick<int>({0, 9, 10, 49, 250}));
  if (dice.OneIn(2)) *facts.mutable_annual_revenue() = RandomMoney(dice);
  if (!dice.OneIn(3)) {
    facts.add_potential_mrr()->set_country("CO");
    *facts.mutable_potential_mrr(0)->mutable_amount() = RandomMoney(dice);
  }
  for (const std::string& line : Lines()) {
    if (dice.OneIn(3)) facts.add_product_lines(line);
  }
  if (dice.OneIn(2)) facts.set_service_level(static_cast<v1::ServiceLevel>(1 + dice.Below(4)));
  if (dice.OneIn(2)) facts.set_industry_regulated(dice.OneIn(2));
  if (dice.OneIn(2)) facts.set_early_payment_discount(dice.Below(2) * 100);
  if (dice.OneIn(2)) *facts.mutable_first_meeting_date() = RandomDate(dice);
  if (dice.OneIn(2)) *facts.mutable_client_since_date() = RandomDate(dice);
  if (dice.OneIn(2)) (*facts.mutable_custom())["k"] = RandomValue(dice);

  store::v1::AccountState& state = stored.record.state;
  *state.mutable_first_write_date() = RandomDate(dice);
  if (!dice.OneIn(3)) {
    store::v1::LatestScore& score = *state.add_scores();
    score.set_counted(!dice.OneIn(4));
    score.set_score(dice.Below(101));
    score.set_segment(static_cast<v1::Segment>(1 + dice.Below(4)));
  }
  const int64_t now_us = MicrosAt("2026-05-20T12:00:00");
  if (dice.OneIn(3)) {
    state.mutable_override()->set_segment(static_cast<v1::Segment>(1 + dice.Below(4)));
    if (dice.OneIn(2)) {
      state.mutable_override()->mutable_expire_time()->set_seconds(now_us / 1'000'000 - 1 +
                                                                   dice.Below(3));
    }
  }
  if (dice.OneIn(2)) {
    store::v1::Due& due = *state.add_due();
    due.set_reason(static_cast<v1::ReevaluationReason>(1 + dice.Below(5)));
    due.set_due_us(now_us - 1 + dice.Below(3));
  }
  if (dice.OneIn(4)) {
    store::v1::StandingChange& change = *state.add_standings();
    change.set_standing(static_cast<v1::Standing>(1 + dice.Below(3)));
    change.set_from_day(static_cast<int>(DayNumber(RandomDate(dice))));
  }
  InvoiceDays days;
  const int transactions = dice.Below(4);
  for (int i = 0; i < transactions; ++i) {
    v1::Transaction transaction;
    transaction.set_transaction_id(absl::StrCat("t", i));
    *transaction.mutable_issue_date() = RandomDate(dice);
    transaction.set_state(static_cast<v1::TransactionState>(1 + dice.Below(3)));
    days.Add(transaction);
    stored.transactions.push_back(transaction);
  }
  days.WriteTo(state.mutable_issue_dates());
  return stored;
}

const std::vector<std::pair<v1::Dimension, Strings>>& DimensionsWithValues() {
  static const auto& dimensions = *new std::vector<std::pair<v1::Dimension, Strings>>{
      {v1::DIMENSION_SEGMENT, {"STRATEGIC", "ENTERPRISE", "COMMERCIAL", "SMB"}},
      {v1::DIMENSION_EFFECTIVE_SEGMENT, {"STRATEGIC", "ENTERPRISE", "COMMERCIAL", "SMB"}},
      {v1::DIMENSION_ACTIVITY,
       {"LOST", "NEW", "NO_ACTIVITY", "ACTIVE", "SLEEPING_AWAY", "LEAVING", "HIBERNATING"}},
      {v1::DIMENSION_LIFECYCLE_STAGE, {"LEAD", "PROSPECT", "GUARANTEED_PROSPECT", "CLIENT"}},
      {v1::DIMENSION_STANDING, {"OPEN", "LOST", "CANCELLED"}},
      {v1::DIMENSION_OWNER, {"o1", "o2"}},
      {v1::DIMENSION_PARENT, {"p1", "p2"}},
      {v1::DIMENSION_CUSTOMER_TENURE, {"NEW", "CURRENT"}},
      {v1::DIMENSION_CUSTOMER_ORIGIN, {"DOMESTIC", "INTERNATIONAL"}},
      {v1::DIMENSION_CUSTOMER_VALUE, {"LOW", "HIGH"}},
      {v1::DIMENSION_COUNTRY, {"CO", "PE"}},
      {v1::DIMENSION_REGION, {"Andes", "Coast"}},
      {v1::DIMENSION_PRODUCT_LINE, Lines()},
      {v1::DIMENSION_CROSS_SELL, {"scoring", "loans", "cards"}},
      {v1::DIMENSION_SIZE_BAND, {"MICRO", "SMALL", "MEDIUM", "LARGE"}},
      {v1::DIMENSION_INDUSTRY_REGULATED, {"TRUE", "FALSE"}},
      {v1::DIMENSION_SERVICE_LEVEL, {"BASIC", "STANDARD", "PREMIUM", "DEDICATED"}},
      {v1::DIMENSION_EARLY_PAYMENT_DISCOUNT, {"TRUE", "FALSE"}},
  };
  return dimensions;
}

void AddRandomFact(Dice& dice, v1::AccountFilter* filter) {
  v1::FactCondition& condition = *filter->add_facts();
  switch (dice.Below(7)) {
    case 0:
      condition.set_fact("employees");
      if (dice.OneIn(2)) condition.mutable_at_least()->set_int64(9 + dice.Below(2));
      if (dice.OneIn(2)) condition.mutable_at_most()->set_decimal("49.5");
      break;
    case 1:
      condition.set_fact("potential_mrr");
      condition.mutable_at_least()->mutable_money()->set_currency_code("USD");
      condition.mutable_at_least()->mutable_money()->set_units(999 + dice.Below(2));
      break;
    case 2:
      condition.set_fact("product_lines");
      if (dice.OneIn(2)) condition.add_one_of(dice.Pick(Lines()));
      if (dice.OneIn(2)) condition.mutable_at_most()->set_int64(1 + dice.Below(3));
      break;
    case 3:
      condition.set_fact("service_level");
      condition.add_one_of("PREMIUM");
      if (dice.OneIn(2)) condition.add_one_of("BASIC");
      break;
    case 4:
      condition.set_fact("industry_regulated");
      if (dice.OneIn(2)) condition.set_is(dice.OneIn(2));
      break;
    case 5:
      condition.set_fact("first_meeting_date");
      *condition.mutable_at_most()->mutable_date() = RandomDate(dice);
      break;
    default:
      condition.set_fact("custom.k");
      if (dice.OneIn(4))
        condition.add_one_of("red");
      else if (dice.OneIn(3))
        condition.set_is(dice.OneIn(2));
      else if (dice.OneIn(2))
        condition.mutable_at_least()->set_int64(dice.Below(3));
      else
        *condition.mutable_at_most()->mutable_money() = RandomMoney(dice);
  }
}

v1::AccountFilter RandomFilter(Dice& dice) {
  v1::AccountFilter filter;
  if (dice.OneIn(5)) filter.add_segments(static_cast<v1::Segment>(dice.Below(5)));
  if (dice.OneIn(6)) filter.set_min_score(dice.Below(101));
  if (dice.OneIn(6)) filter.add_countries("CO");
  if (dice.OneIn(6)) filter.add_owner_ids("o1");
  if (dice.OneIn(5)) filter.add_parent_ids(dice.Pick<std::string>({"p1", "p3"}));
  if (dice.OneIn(3)) *filter.mutable_as_of_date() = RandomDate(dice);
  std::vector<std::pair<v1::Dimension, Strings>> dimensions = DimensionsWithValues();
  for (int i = dice.Below(3); i > 0; --i) {
    const int at = dice.Below(static_cast<int>(dimensions.size()));
    v1::DimensionCondition& condition = *filter.add_dimensions();
    condition.set_dimension(dimensions[at].first);
    for (const std::string& value : dimensions[at].second) {
      if (dice.OneIn(2)) condition.add_values(value);
    }
    if (condition.values().empty() || dice.OneIn(4)) condition.add_values("UNSPECIFIED");
    dimensions.erase(dimensions.begin() + at);
  }
  if (dice.OneIn(3)) AddRandomFact(dice, &filter);
  if (dice.OneIn(4)) {
    v1::DueCondition& due = *filter.mutable_due();
    if (dice.OneIn(2)) {
      *due.mutable_due_by_time() = FromText<google::protobuf::Timestamp>(
          absl::StrCat("seconds: ", MicrosAt("2026-05-20T12:00:00") / 1'000'000,
                       dice.OneIn(2) ? " nanos: 1000" : ""));
    }
    if (dice.OneIn(2)) due.add_reasons(static_cast<v1::ReevaluationReason>(1 + dice.Below(5)));
  }
  return filter;
}

// The reference: what the API says of each part, written out plainly.
class Reference {
 public:
  Reference(const v1::AccountFilter& filter, const Stored& stored, const Catalog& catalog)
      : filter_(filter), stored_(stored), facts_(stored.record.facts), state_(stored.record.state) {
    day_ = filter.has_as_of_date() ? DayOf(filter.as_of_date()) : kToday;
    policy_ = catalog.policy();
    dimensions_ =
        DimensionsOf(facts_, state_,
                     {policy_.get(), &catalog.active()->rates, catalog.active()->risk.get(), day_});
  }

  bool Finds() const {
    const store::v1::LatestScore* score = CountedScore(state_);
    const v1::Segment segment = score == nullptr ? v1::SEGMENT_UNSPECIFIED : score->segment();
    if (!filter_.segments().empty() && filter_.segments(0) != segment) return false;
    if (filter_.has_min_score() && (score == nullptr || score->score() < filter_.min_score())) {
      return false;
    }
    if (!filter_.countries().empty() && filter_.countries(0) != facts_.country()) return false;
    if (!filter_.owner_ids().empty() && filter_.owner_ids(0) != facts_.owner_id()) return false;
    if (!filter_.parent_ids().empty() && filter_.parent_ids(0) != facts_.parent_id()) return false;
    for (const v1::DimensionCondition& condition : filter_.dimensions()) {
      const Strings values = ValuesOf(condition.dimension(), segment);
      bool any = false;
      for (const std::string& asked : condition.values()) {
        any = any || std::count(values.begin(), values.end(), asked) > 0;
      }
      if (!any) return false;
    }
    for (const v1::FactCondition& condition : filter_.facts()) {
      if (!Meets(condition)) return false;
    }
    return !filter_.has_due() || IsDue(filter_.due());
  }

 private:
  template <typename Enum>
  static Strings Named(Enum value, const std::string& prefix) {
    return {google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value)->name().substr(
        prefix.size())};
  }

  static Strings Text(const std::string& text) { return {text.empty() ? "UNSPECIFIED" : text}; }

  static Strings Truth(bool known, bool value) {
    return {!known ? "UNSPECIFIED" : value ? "TRUE" : "FALSE"};
  }

  static Strings All(const google::protobuf::RepeatedPtrField<std::string>& values) {
    if (values.empty()) return {"UNSPECIFIED"};
    return {values.begin(), values.end()};
  }

  v1::ActivityStatus Activity() const {
    ActivityDates dates;
    dates.created = CreatedDay(facts_, state_);
    dates.standings = state_.standings();
    InvoiceDays days;
    for (const v1::Transaction& transaction : stored_.transactions) days.Add(transaction);
    std::move(days).MoveInto(&dates);
    return StatusOn(dates, day_);
  }

  v1::Segment Effective(v1::Segment segment) const {
    if (!state_.has_override()) return segment;
    if (!state_.override().has_expire_time()) return state_.override().segment();
    const int64_t now = MicrosAt("2026-05-20T12:00:00") / 1'000'000;
    return state_.override().expire_time().seconds() > now ? state_.override().segment() : segment;
  }

  Strings ValuesOf(v1::Dimension dimension, v1::Segment segment) const {
    const v1::CustomerTypeDimension& type = dimensions_.customer_type();
    switch (dimension) {
      case v1::DIMENSION_SEGMENT:
        return Named(segment, "SEGMENT_");
      case v1::DIMENSION_EFFECTIVE_SEGMENT:
        return Named(Effective(segment), "SEGMENT_");
      case v1::DIMENSION_ACTIVITY:
        return Named(Activity(), "ACTIVITY_STATUS_");
      case v1::DIMENSION_LIFECYCLE_STAGE:
        return Named(EffectiveStage(facts_), "LIFECYCLE_STAGE_");
      case v1::DIMENSION_STANDING:
        return Named(StandingOn(state_.standings(), day_), "STANDING_");
      case v1::DIMENSION_OWNER:
        return Text(facts_.owner_id());
      case v1::DIMENSION_PARENT:
        return Text(facts_.parent_id());
      case v1::DIMENSION_CUSTOMER_TENURE:
        return Named(type.tenure(), "CUSTOMER_TENURE_");
      case v1::DIMENSION_CUSTOMER_ORIGIN:
        return Named(type.origin(), "CUSTOMER_ORIGIN_");
      case v1::DIMENSION_CUSTOMER_VALUE:
        return Named(type.value(), "CUSTOMER_VALUE_");
      case v1::DIMENSION_COUNTRY:
        return Text(facts_.country());
      case v1::DIMENSION_REGION:
        return Text(facts_.region());
      case v1::DIMENSION_PRODUCT_LINE:
        return All(facts_.product_lines());
      case v1::DIMENSION_CROSS_SELL:
        return All(dimensions_.product_line().not_adopted());
      case v1::DIMENSION_SIZE_BAND:
        return Named(dimensions_.account_size().band(), "SIZE_BAND_");
      case v1::DIMENSION_INDUSTRY_REGULATED:
        return Truth(facts_.has_industry_regulated(), facts_.industry_regulated());
      case v1::DIMENSION_SERVICE_LEVEL:
        return Named(facts_.service_level(), "SERVICE_LEVEL_");
      case v1::DIMENSION_EARLY_PAYMENT_DISCOUNT:
        return Truth(facts_.has_early_payment_discount(), facts_.early_payment_discount() > 0);
      default:
        return {};
    }
  }

  static bool AtLeast(const google::type::Money& a, const google::type::Money& b) {
    return a.currency_code() == b.currency_code() && a.units() >= b.units();
  }

  bool MeetsCustom(const v1::FactCondition& condition) const {
    if (facts_.custom().count("k") == 0) return false;
    const v1::FactValue& value = facts_.custom().at("k");
    if (!condition.one_of().empty()) return value.text() == condition.one_of(0);
    if (condition.has_is()) return value.has_bool_() && value.bool_() == condition.is();
    if (condition.has_at_least()) {
      return value.has_int64() && value.int64() >= condition.at_least().int64();
    }
    return value.has_money() && AtLeast(condition.at_most().money(), value.money());
  }

  bool Meets(const v1::FactCondition& condition) const {
    const auto& one_of = condition.one_of();
    if (condition.fact() == "employees") {
      return facts_.has_employees() &&
             (!condition.has_at_least() || facts_.employees() >= condition.at_least().int64()) &&
             (!condition.has_at_most() || facts_.employees() <= 49);
    }
    if (condition.fact() == "potential_mrr") {
      return facts_.country() == "CO" && facts_.potential_mrr_size() == 1 &&
             AtLeast(facts_.potential_mrr(0).amount(), condition.at_least().money());
    }
    if (condition.fact() == "product_lines") {
      const auto& lines = facts_.product_lines();
      return !lines.empty() &&
             (one_of.empty() || std::count(lines.begin(), lines.end(), one_of[0]) > 0) &&
             (!condition.has_at_most() || lines.size() <= condition.at_most().int64());
    }
    if (condition.fact() == "service_level") {
      return facts_.service_level() == v1::SERVICE_LEVEL_PREMIUM ||
             (one_of.size() == 2 && facts_.service_level() == v1::SERVICE_LEVEL_BASIC);
    }
    if (condition.fact() == "industry_regulated") {
      return facts_.has_industry_regulated() &&
             (!condition.has_is() || facts_.industry_regulated() == condition.is());
    }
    if (condition.fact() == "first_meeting_date") {
      return facts_.has_first_meeting_date() &&
             DayOf(facts_.first_meeting_date()) <= DayOf(condition.at_most().date());
    }
    return MeetsCustom(condition);
  }

  bool IsDue(const v1::DueCondition& condition) const {
    if (state_.due().empty()) return false;
    const store::v1::Due& due = state_.due(0);
    int64_t by_us = MicrosAt("2026-05-20T12:00:00");
    if (condition.due_by_time().nanos() > 0) ++by_us;
    return due.due_us() <= by_us &&
           (condition.reasons().empty() || condition.reasons(0) == due.reason());
  }

  const v1::AccountFilter& filter_;
  const Stored& stored_;
  const v1::AccountFacts& facts_;
  const store::v1::AccountState& state_;
  absl::CivilDay day_;
  std::shared_ptr<const CompiledPolicy> policy_;
  v1::AccountDimensions dimensions_;
};

// As a store goes by the indexed parts and asks the rest.
bool Finds(const AccountQuery& query, const Stored& stored) {
  const AccountRecord& record = stored.record;
  const store::v1::LatestScore* score = CountedScore(record.state);
  const auto admits = [](const auto& list, const auto& value) {
    return list.empty() || std::count(list.begin(), list.end(), value) > 0;
  };
  if (!admits(query.segments, score == nullptr ? v1::SEGMENT_UNSPECIFIED : score->segment()) ||
      !admits(query.countries, record.facts.country()) ||
      !admits(query.owner_ids, record.facts.owner_id())) {
    return false;
  }
  if (query.score_min.has_value() && (score == nullptr || score->score() < *query.score_min)) {
    return false;
  }
  if (!query.matches) return true;
  ItemMap transactions;
  for (const v1::Transaction& transaction : stored.transactions) {
    transactions[transaction.transaction_id()] = transaction.SerializeAsString();
  }
  const bool wanted =
      query.transactions_if_issued_after.has_value() &&
      record.state.issue_dates().has_last_issued() &&
      record.state.issue_dates().last_issued() > *query.transactions_if_issued_after;
  return query.matches(record, wanted ? &transactions : nullptr);
}

TEST(AccountFilterProperty, FindsWhatTheReferenceFinds) {
  uint64_t seed = std::random_device()();
  if (const char* given = std::getenv("TIERMARK_TEST_SEED")) {
    ASSERT_TRUE(absl::SimpleAtoi(given, &seed));
  }
  SCOPED_TRACE(absl::StrCat("again: TIERMARK_TEST_SEED=", seed,
                            " service_tests --gtest_filter=AccountFilterProperty.*"));
  Dice dice(seed);
  const auto catalog = CatalogWithPolicy();
  constexpr int kFilters = 2'000;
  constexpr int kAccounts = 60;
  int found = 0;
  for (int i = 0; i < kFilters; ++i) {
    const v1::AccountFilter filter = RandomFilter(dice);
    const CompiledFilter compiled = CompileAtNoon(*catalog, filter);
    ASSERT_OK(compiled.status);
    for (int k = 0; k < kAccounts; ++k) {
      const Stored stored = RandomAccount(dice);
      const bool expected = Reference(filter, stored, *catalog).Finds();
      found += expected ? 1 : 0;
      ASSERT_EQ(Finds(compiled.query, stored), expected)
          << filter.ShortDebugString() << "\nfacts: " << stored.record.facts.ShortDebugString()
          << "\nstate: " << stored.record.state.ShortDebugString();
    }
  }
  EXPECT_GT(found, kFilters) << "the filters meet too little";
  EXPECT_LT(found, kFilters * kAccounts / 2);
}

}  // namespace
}  // namespace tiermark
