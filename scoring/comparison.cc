#include "scoring/comparison.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/compiled_criterion.h"
#include "scoring/facts.h"

namespace tiermark {
namespace {

// Whether a criterion of the model reads a fact, named by its field or as "custom.KEY".
bool Reads(const CompiledModel& model, const std::string& fact) {
  const auto& criteria = model.model().criteria();
  return std::any_of(criteria.begin(), criteria.end(), [&fact](const v1::Criterion& criterion) {
    if (criterion.fact() == fact) return true;
    if (criterion.fact() == "potential_mrr") return fact == "country";
    return criterion.fact() == "countries" &&
           (fact == "country" || fact == "operating_countries" || fact == "expansion_countries");
  });
}

bool ReadsMoney(const CompiledModel& model) {
  const auto& criteria = model.model().criteria();
  return std::any_of(criteria.begin(), criteria.end(),
                     [](const v1::Criterion& criterion) { return criterion.has_money_tiers(); });
}

// Puts one change after another into a scored account.
class Split {
 public:
  Split(const CompiledModel& model, absl::CivilDay day) : model_(&model), day_(day) {}

  absl::Status Start(const v1::AccountFacts& facts) {
    facts_ = facts;
    return model_->Score(facts_, day_, &card_);
  }

  void PutFacts(const v1::AccountFacts& to) {
    const google::protobuf::Descriptor* descriptor = v1::AccountFacts::descriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const std::string& name = descriptor->field(i)->name();
      if (descriptor->field(i)->number() == v1::AccountFacts::kCustomFieldNumber) {
        PutCustom(to);
        continue;
      }
      google::protobuf::FieldMask mask;
      mask.add_paths(name);
      if (!MergeFacts(to, &mask, &facts_).empty()) FactChanged(name);
    }
  }

  void PutDay(absl::CivilDay day) {
    if (day == day_) return;
    day_ = day;
    Changed(v1::SCORE_CAUSE_TIME, model_->parts().reads_recency);
  }

  // `model` is the same version with other rates.
  void PutRates(const CompiledModel& model) {
    const bool changed = model.exchange_rates_version() != model_->exchange_rates_version();
    model_ = &model;
    if (changed) Changed(v1::SCORE_CAUSE_EXCHANGE_RATES, ReadsMoney(model));
  }

  void PutModel(const CompiledModel& model) {
    const bool changed = model.reference().digest() != model_->reference().digest() ||
                         model.exchange_rates_version() != model_->exchange_rates_version();
    same_criteria_ = !changed;
    model_ = &model;
    if (changed) Changed(v1::SCORE_CAUSE_MODEL, true);
  }

  // Not OK when the last change left facts that cannot be scored.
  absl::StatusOr<std::vector<v1::ScorePart>> Finish() && {
    if (!unscored_.ok()) return unscored_;
    return std::move(parts_);
  }

 private:
  // Key by key, in bytewise order.
  void PutCustom(const v1::AccountFacts& to) {
    std::set<std::string> keys;
    for (const auto& [key, value] : facts_.custom()) keys.insert(key);
    for (const auto& [key, value] : to.custom()) keys.insert(key);
    for (const std::string& key : keys) {
      v1::AccountFacts given;
      const auto value = to.custom().find(key);
      // Without a value it removes the key.
      v1::FactValue& fact = (*given.mutable_custom())[key];
      if (value != to.custom().end()) fact = value->second;
      if (!MergeFacts(given, nullptr, &facts_).empty()) FactChanged(absl::StrCat("custom.", key));
    }
  }

  void FactChanged(const std::string& fact) {
    if (!Reads(*model_, fact)) return;
    pending_.add_facts(fact);
    Changed(v1::SCORE_CAUSE_FACTS, true);
  }

  // Makes a part of what changed since the last score, if it can be scored.
  void Changed(v1::ScoreCause cause, bool read) {
    if (!read) return;
    ScoreCard card;
    unscored_ = model_->Score(facts_, day_, &card);
    if (!unscored_.ok()) return;
    pending_.set_cause(cause);
    pending_.set_hundredths(card.exact_score - card_.exact_score);
    if (same_criteria_) AddCriteria(card);
    card_ = card;
    parts_.push_back(std::move(pending_));
    pending_.Clear();
  }

  void AddCriteria(const ScoreCard& card) {
    const ModelParts& parts = model_->parts();
    for (size_t i = 0; i < parts.criteria.size(); ++i) {
      const int before = card_.criteria[i].points;
      const int after = card.criteria[i].points;
      if (before == after) continue;
      v1::CriterionDifference* difference = pending_.add_criteria();
      difference->set_criterion_id(parts.model.criteria(static_cast<int>(i)).criterion_id());
      difference->set_from_contribution(parts.criteria[i].weight * before);
      difference->set_to_contribution(parts.criteria[i].weight * after);
    }
  }

  const CompiledModel* model_;
  absl::CivilDay day_;
  v1::AccountFacts facts_;
  // Of the last state that could be scored.
  ScoreCard card_;
  bool same_criteria_ = true;
  // The facts put in since then.
  v1::ScorePart pending_;
  absl::Status unscored_;
  std::vector<v1::ScorePart> parts_;
};

}  // namespace

absl::StatusOr<std::vector<v1::ScorePart>> SplitDifference(const ScoredFacts& from,
                                                           const CompiledModel* between,
                                                           const ScoredFacts& to) {
  Split split(from.model, from.day);
  if (absl::Status started = split.Start(from.facts); !started.ok()) return started;
  split.PutFacts(to.facts);
  split.PutDay(to.day);
  if (between != nullptr) split.PutRates(*between);
  split.PutModel(to.model);
  return std::move(split).Finish();
}

}  // namespace tiermark
