#include "service/account_filter.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/fact_checks.h"
#include "scoring/standing.h"
#include "service/fact_condition.h"
#include "service/handlers/validation.h"

namespace tiermark {
namespace {

constexpr int kConditionsMax = 32;
constexpr int kScoreMax = 100;

using Texts = absl::flat_hash_set<std::string>;

struct DimensionTest {
  v1::Dimension dimension;
  Texts values;
};

struct DueTest {
  int64_t due_by_us;
  std::vector<v1::ReevaluationReason> reasons;

  bool Holds(const store::v1::AccountState& state, int64_t now_us) const {
    // A time to come finds what will be due; one gone by, what is not over since.
    const int64_t as_of_us = std::min(now_us, due_by_us);
    return std::any_of(state.due().begin(), state.due().end(), [&](const store::v1::Due& due) {
      return due.due_us() <= due_by_us && !IsOver(due, as_of_us) &&
             (reasons.empty() ||
              std::find(reasons.begin(), reasons.end(), due.reason()) != reasons.end());
    });
  }
};

// What the store's indexes cannot answer.
struct Conditions {
  Outlook outlook;
  Texts parent_ids;
  std::vector<DimensionTest> dimensions;
  std::vector<FactTest> facts;
  std::optional<DueTest> due;

  bool empty() const {
    return parent_ids.empty() && dimensions.empty() && facts.empty() && !due.has_value();
  }

  bool need_activity() const {
    return std::any_of(dimensions.begin(), dimensions.end(), [](const DimensionTest& test) {
      return test.dimension == v1::DIMENSION_ACTIVITY;
    });
  }

  bool Hold(const AccountRecord& record, const ItemMap* transactions) const {
    if (!parent_ids.empty() &&
        !(record.facts.has_parent_id() && parent_ids.contains(record.facts.parent_id()))) {
      return false;
    }
    if (due.has_value() && !due->Holds(record.state, outlook.now_us)) return false;
    for (const FactTest& test : facts) {
      if (!test.Holds(record.facts)) return false;
    }
    if (dimensions.empty()) return true;
    const auto activity = need_activity() ? ActivityOf(record, transactions, outlook.day)
                                          : v1::ACTIVITY_STATUS_UNSPECIFIED;
    const AccountOnDay account = Seen(record, activity, outlook);
    const DimensionBasis basis = outlook.Basis();
    return std::all_of(dimensions.begin(), dimensions.end(), [&](const DimensionTest& test) {
      const auto values = DimensionValues(test.dimension, account, basis);
      return std::any_of(values.begin(), values.end(),
                         [&test](const std::string& value) { return test.values.contains(value); });
    });
  }
};

class FilterReader {
 public:
  FilterReader(const v1::AccountFilter& filter, absl::string_view path, Violations* violations)
      : filter_(filter), path_(path.data(), path.size()), violations_(violations) {}

  void ReadIndexed(AccountQuery* query) const {
    ValidateSegments(filter_.segments(), Field("segments"), violations_);
    for (const int segment : filter_.segments()) {
      query->segments.push_back(static_cast<v1::Segment>(segment));
    }
    if (filter_.has_min_score()) query->score_min = filter_.min_score();
    if (filter_.has_max_score()) query->score_max = filter_.max_score();
    const int low = query->score_min.value_or(0);
    const int high = query->score_max.value_or(kScoreMax);
    const bool low_good = low >= 0 && low <= kScoreMax;
    const bool high_good = high >= 0 && high <= kScoreMax;
    if (!low_good) violations_->Add(Field("min_score"), "must be from 0 to 100");
    if (!high_good) violations_->Add(Field("max_score"), "must be from 0 to 100");
    if (low_good && high_good && low > high) {
      violations_->Add(Field("max_score"), "must not be below min_score");
    }
    ValidateCountries(filter_.countries(), Field("countries"), violations_);
    query->countries.assign(filter_.countries().begin(), filter_.countries().end());
    ValidateOwners(filter_.owner_ids(), Field("owner_ids"), violations_);
    query->owner_ids.assign(filter_.owner_ids().begin(), filter_.owner_ids().end());
  }

  void ReadDay(Outlook* outlook) const {
    if (!filter_.has_as_of_date()) return;
    ValidateDate(filter_.as_of_date(), Field("as_of_date"), violations_);
    if (!IsValidDate(filter_.as_of_date())) return;
    outlook->day = DayOf(filter_.as_of_date());
  }

  void ReadConditions(Conditions* conditions) const {
    // Parents are named as owners are.
    ValidateOwners(filter_.parent_ids(), Field("parent_ids"), violations_);
    conditions->parent_ids.insert(filter_.parent_ids().begin(), filter_.parent_ids().end());
    if (HasRoom(filter_.dimensions_size(), kConditionsMax, Field("dimensions"), violations_)) {
      ReadDimensions(&conditions->dimensions);
    }
    if (HasRoom(filter_.facts_size(), kConditionsMax, Field("facts"), violations_)) {
      for (int i = 0; i < filter_.facts_size(); ++i) {
        conditions->facts.emplace_back(filter_.facts(i), Item("facts", i), violations_);
      }
    }
    if (filter_.has_due()) conditions->due = ReadDue(conditions->outlook.now_us);
  }

 private:
  std::string Field(absl::string_view name) const { return absl::StrCat(path_, ".", name); }
  std::string Item(absl::string_view name, int index) const {
    return absl::StrCat(path_, ".", name, "[", index, "]");
  }

  void ReadDimensions(std::vector<DimensionTest>* tests) const {
    for (int i = 0; i < filter_.dimensions_size(); ++i) {
      const v1::DimensionCondition& condition = filter_.dimensions(i);
      const std::string item = Item("dimensions", i);
      const v1::Dimension dimension = condition.dimension();
      const bool known = v1::Dimension_IsValid(dimension) && dimension != v1::DIMENSION_UNSPECIFIED;
      if (!known) {
        violations_->Add(item + ".dimension", "is no dimension");
      } else if (std::any_of(tests->begin(), tests->end(), [&](const DimensionTest& other) {
                   return other.dimension == dimension;
                 })) {
        violations_->Add(item + ".dimension", "is given twice");
      }
      DimensionTest test{dimension, {}};
      if (condition.values().empty()) violations_->Add(item + ".values", "has no entries");
      if (HasRoom(condition.values_size(), kConditionValuesMax, item + ".values", violations_)) {
        for (int k = 0; k < condition.values_size(); ++k) {
          const std::string& value = condition.values(k);
          const std::string fault = known ? DimensionValueFault(dimension, value) : "";
          const std::string field = absl::StrCat(item, ".values[", k, "]");
          if (!fault.empty()) violations_->Add(field, fault);
          if (!test.values.insert(value).second) violations_->Add(field, "is given twice");
        }
      }
      if (known) tests->push_back(std::move(test));
    }
  }

  DueTest ReadDue(int64_t now_us) const {
    const v1::DueCondition& condition = filter_.due();
    DueTest test{now_us, {}};
    if (condition.has_due_by_time()) {
      test.due_by_us =
          ReadTimestamp(condition.due_by_time(), Field("due.due_by_time"), violations_);
    }
    test.reasons = ReadReasons(condition.reasons(), Field("due.reasons"), violations_);
    return test;
  }

  const v1::AccountFilter& filter_;
  const std::string path_;
  Violations* const violations_;
};

}  // namespace

void CompileFilter(const v1::AccountFilter& filter, absl::string_view path, Outlook* outlook,
                   AccountQuery* query, Violations* violations) {
  const FilterReader reader(filter, path, violations);
  reader.ReadIndexed(query);
  reader.ReadDay(outlook);
  auto conditions = std::make_shared<Conditions>();
  conditions->outlook = *outlook;
  reader.ReadConditions(conditions.get());
  if (conditions->empty()) return;
  if (conditions->need_activity()) WantTransactions(outlook->day, query);
  query->matches = [conditions = std::shared_ptr<const Conditions>(std::move(conditions))](
                       const AccountRecord& record, const ItemMap* transactions) {
    return conditions->Hold(record, transactions);
  };
}

void WantTransactions(absl::CivilDay day, AccountQuery* query) {
  query->transactions_if_issued_after = static_cast<int>(day - absl::CivilDay(1970, 1, 1));
}

}  // namespace tiermark
