#include "scoring/simulation.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/compiled_criterion.h"
#include "scoring/exact.h"
#include "scoring/fact_reading.h"
#include "scoring/movement.h"
#include "scoring/reevaluation.h"

namespace tiermark {
namespace {

using store::v1::LatestScore;

constexpr size_t kExamplesMax = 10;
constexpr int kCriteriaOfMoverMax = 8;

// Behind every band of a model.
constexpr int kFormerBand = 1'000;

// "29.75", of hundredths.
std::string Hundredths(int value) {
  return FormatDecimalForPeople(Nanos(value) * (kNanosPerUnit / 100));
}

const std::string& NameOf(const v1::CriterionMove& move) {
  return move.display_name().empty() ? move.criterion_id() : move.display_name();
}

std::string Sentence(const v1::CriterionMove& move) {
  if (!move.has_from_contribution()) {
    return absl::StrCat(NameOf(move), " gives ", Hundredths(move.to_contribution()));
  }
  if (!move.has_to_contribution()) {
    return absl::StrCat(NameOf(move), " counts no more; it gave ",
                        Hundredths(move.from_contribution()));
  }
  return absl::StrCat(NameOf(move), " gives ", Hundredths(move.to_contribution()), " instead of ",
                      Hundredths(move.from_contribution()));
}

int ChangeOf(const v1::CriterionMove& move) {
  return std::abs(move.to_contribution() - move.from_contribution());
}

void FillBand(const v1::Band& band, v1::BandReference* reference) {
  reference->set_band_id(band.band_id());
  reference->set_display_name(band.display_name());
}

int IndexOf(const v1::ScoringModel& model, const std::string& criterion_id) {
  for (int i = 0; i < model.criteria_size(); ++i) {
    if (model.criteria(i).criterion_id() == criterion_id) return i;
  }
  return -1;
}

// What keeps an account from being scored: a field, a reason and a currency.
using Want = std::tuple<std::string, std::string, std::string>;

void AddWants(Fault fault, const FactKind& fact, const Reading& reading,
              const v1::AccountFacts& facts, std::set<Want>* wants) {
  const std::string field = absl::StrCat(
      "facts.", fact.source == FactSource::kCountries ? "operating_countries" : fact.name);
  switch (fault) {
    case Fault::kNone:
      return;
    case Fault::kMissing:
      wants->emplace(field, "FACTS_MISSING", "");
      if (fact.source == FactSource::kPotentialMrr && !facts.has_country()) {
        wants->emplace("facts.country", "FACTS_MISSING", "");
      }
      return;
    case Fault::kNoRate:
      wants->emplace(field, "EXCHANGE_RATE_MISSING",
                     std::string(reading.text.data(), reading.text.size()));
      return;
    case Fault::kTypeMismatch:
      wants->emplace(field, "FACT_TYPE_MISMATCH", "");
      return;
  }
}

}  // namespace

Simulation::Simulation(const CompiledModel& tried, const CompiledModel* active,
                       const RateTable& rates, Options options)
    : tried_(tried), active_(active), rates_(rates), options_(std::move(options)) {}

const LatestScore* Simulation::ScoreOf(const store::v1::AccountState& state) const {
  if (options_.counts) return CountedScore(state);
  const LatestScore* latest = nullptr;
  for (const LatestScore& score : state.scores()) {
    if (score.model_id() == tried_.model().model_id() &&
        (latest == nullptr || score.position() > latest->position())) {
      latest = &score;
    }
  }
  return latest;
}

bool Simulation::Moves(const LatestScore& before, const CompiledModel& model,
                       const ScoreCard& card) const {
  if (options_.counts) return model.model().bands(card.band).segment() != before.segment();
  return MovementFrom(&before, model, card) != v1::MOVEMENT_UNCHANGED;
}

void Simulation::Add(absl::string_view account_id, const v1::AccountFacts& facts,
                     const store::v1::AccountState& state,
                     google::protobuf::RepeatedPtrField<v1::Mover>* movers) {
  const Seen seen = {account_id, facts, ScoreOf(state)};
  ++accounts_;
  if (seen.before != nullptr) {
    ++before_.accounts_by_score[std::clamp(seen.before->score(), 0, 100)];
  }
  ScoreCard card;
  if (!tried_.TryScore(facts, options_.day, &card)) {
    ++unscorable_;
    AddToCell(seen, tried_.model().bands_size());
    AddLacking(seen);
    return;
  }
  ++after_.accounts_by_score[card.score];
  AddToCell(seen, card.band);
  if (seen.before != nullptr && Moves(*seen.before, tried_, card)) AddMover(seen, card, movers);
}

void Simulation::AddToCell(const Seen& seen, int to_band) {
  Cell& cell = FromBandOf(seen.before).cells[to_band];
  ++cell.accounts;
  cell.mrr.Add(seen.facts);
}

Simulation::FromBand& Simulation::FromBandOf(const LatestScore* before) {
  for (FromBand& from : from_bands_) {
    if (before == nullptr ? !from.scored
                          : from.scored && from.segment == before->segment() &&
                                from.band_id == before->band_id()) {
      return from;
    }
  }
  FromBand& from = from_bands_.emplace_back();
  from.cells.resize(tried_.model().bands_size() + 1);
  if (before == nullptr) return from;
  from.scored = true;
  from.segment = before->segment();
  from.band_id = before->band_id();
  from.name = before->band_name();
  return from;
}

std::pair<int, int> Simulation::PlaceOf(const FromBand& from) const {
  if (!from.scored) return {v1::Segment_ARRAYSIZE, 0};
  const int place = active_ == nullptr ? -1 : active_->BandIndex(from.band_id);
  return {from.segment, place < 0 ? kFormerBand : place};
}

void Simulation::AddLacking(const Seen& seen) {
  std::set<Want> wants;
  const ModelParts& parts = tried_.parts();
  const int64_t today = options_.day - absl::CivilDay(1970, 1, 1);
  for (const CompiledCriterion& criterion : parts.criteria) {
    CriterionScore score;
    const Reading reading = ReadFact(criterion.fact, seen.facts);
    const Fault fault = ScoreCriterion(criterion, reading, parts.rates, today, &score);
    AddWants(fault, criterion.fact, reading, seen.facts, &wants);
  }
  for (const Want& want : wants) {
    Lack& lack = lacking_[want];
    ++lack.accounts;
    if (lack.examples.size() < kExamplesMax) {
      lack.examples.emplace_back(seen.account_id.data(), seen.account_id.size());
    }
  }
}

void Simulation::AddMover(const Seen& seen, const ScoreCard& card,
                          google::protobuf::RepeatedPtrField<v1::Mover>* movers) {
  ++moved_;
  ScoreCard active_card;
  const bool scored =
      active_ != nullptr && active_->TryScore(seen.facts, options_.day, &active_card);
  if (scored && Moves(*seen.before, *active_, active_card)) ++moved_by_facts_;
  RankedMover ranked{std::abs(card.score - seen.before->score()), accounts_, {}};
  const auto most = static_cast<size_t>(options_.movers_max);
  const bool keep = movers_.size() < most || Ahead(ranked, movers_.front());
  if (!keep && movers == nullptr) return;
  ranked.mover = MoverOf(seen, card, scored ? &active_card : nullptr);
  if (movers != nullptr) *movers->Add() = ranked.mover;
  if (!keep) return;
  movers_.push_back(std::move(ranked));
  std::push_heap(movers_.begin(), movers_.end(), Ahead);
  if (movers_.size() <= most) return;
  std::pop_heap(movers_.begin(), movers_.end(), Ahead);
  movers_.pop_back();
}

v1::Mover Simulation::MoverOf(const Seen& seen, const ScoreCard& card,
                              const ScoreCard* active_card) const {
  const v1::Band& to = tried_.model().bands(card.band);
  v1::Mover mover;
  mover.set_account_id(seen.account_id.data(), seen.account_id.size());
  mover.set_display_name(seen.facts.display_name());
  mover.set_from_segment(seen.before->segment());
  mover.mutable_from_band()->set_band_id(seen.before->band_id());
  mover.mutable_from_band()->set_display_name(seen.before->band_name());
  mover.set_from_score(seen.before->score());
  mover.set_to_segment(to.segment());
  FillBand(to, mover.mutable_to_band());
  mover.set_to_score(card.score);
  if (active_card != nullptr) mover.set_active_score(active_card->score);
  if (const int local = LocalMrrIndex(seen.facts); local >= 0) {
    *mover.mutable_potential_mrr() = seen.facts.potential_mrr(local).amount();
  }
  FillCriteria(card, active_card, &mover);

  std::string cause;
  if (active_card == nullptr) {
    cause = "the active version cannot score it by its facts of today";
  } else if (!mover.criteria().empty()) {
    cause = Sentence(mover.criteria(0));
  } else {
    cause = absl::StrCat("the bands moved: ", card.score, " is ", to.display_name(), " now");
  }
  if (active_card != nullptr && active_card->score != seen.before->score()) {
    absl::StrAppend(&cause, "; its facts changed too, by which the active version gives ",
                    active_card->score);
  }
  mover.set_message(std::move(cause));
  return mover;
}

void Simulation::FillCriteria(const ScoreCard& card, const ScoreCard* active_card,
                              v1::Mover* mover) const {
  if (active_card == nullptr) return;
  const auto move_of = [mover](const v1::Criterion& criterion) {
    v1::CriterionMove* move = mover->add_criteria();
    move->set_criterion_id(criterion.criterion_id());
    move->set_display_name(criterion.display_name());
    return move;
  };
  const ModelParts& tried = tried_.parts();
  const ModelParts& active = active_->parts();
  for (int i = 0; i < tried.model.criteria_size(); ++i) {
    const v1::Criterion& criterion = tried.model.criteria(i);
    const int points = card.criteria[i].points;
    const int contribution = tried.criteria[i].weight * points;
    const int other = IndexOf(active.model, criterion.criterion_id());
    if (other >= 0 &&
        active.criteria[other].weight * active_card->criteria[other].points == contribution) {
      continue;
    }
    v1::CriterionMove* move = move_of(criterion);
    move->set_to_points(points);
    move->set_to_contribution(contribution);
    if (other < 0) continue;
    move->set_from_points(active_card->criteria[other].points);
    move->set_from_contribution(active.criteria[other].weight *
                                active_card->criteria[other].points);
  }
  for (int i = 0; i < active.model.criteria_size(); ++i) {
    const v1::Criterion& criterion = active.model.criteria(i);
    if (IndexOf(tried.model, criterion.criterion_id()) >= 0) continue;
    v1::CriterionMove* move = move_of(criterion);
    move->set_from_points(active_card->criteria[i].points);
    move->set_from_contribution(active.criteria[i].weight * active_card->criteria[i].points);
  }
  std::stable_sort(mover->mutable_criteria()->begin(), mover->mutable_criteria()->end(),
                   [](const auto& a, const auto& b) { return ChangeOf(a) > ChangeOf(b); });
  if (mover->criteria_size() > kCriteriaOfMoverMax) {
    mover->mutable_criteria()->DeleteSubrange(kCriteriaOfMoverMax,
                                              mover->criteria_size() - kCriteriaOfMoverMax);
  }
}

void Simulation::Distribution::Fill(v1::ScoreDistribution* distribution) const {
  int64_t accounts = 0;
  int64_t scores = 0;
  for (size_t score = 0; score < accounts_by_score.size(); ++score) {
    distribution->add_accounts_by_score(accounts_by_score[score]);
    accounts += accounts_by_score[score];
    scores += static_cast<int64_t>(score) * accounts_by_score[score];
  }
  distribution->set_accounts(accounts);
  if (accounts > 0) {
    distribution->set_mean_score(static_cast<int32_t>((200 * scores + accounts) / (2 * accounts)));
  }
}

void Simulation::FillCells(v1::SimulationResult* result) const {
  std::vector<const FromBand*> order;
  for (const FromBand& from : from_bands_) order.push_back(&from);
  std::sort(order.begin(), order.end(), [this](const FromBand* a, const FromBand* b) {
    return std::pair(PlaceOf(*a), a->band_id) < std::pair(PlaceOf(*b), b->band_id);
  });
  for (const FromBand* from : order) {
    for (int to_band = 0; to_band <= tried_.model().bands_size(); ++to_band) {
      const Cell& cell = from->cells[to_band];
      if (cell.accounts == 0) continue;
      v1::MigrationCell* out = result->add_cells();
      out->set_from_segment(from->segment);
      if (from->scored) {
        out->mutable_from_band()->set_band_id(from->band_id);
        out->mutable_from_band()->set_display_name(from->name);
      }
      if (to_band < tried_.model().bands_size()) {
        out->set_to_segment(tried_.model().bands(to_band).segment());
        FillBand(tried_.model().bands(to_band), out->mutable_to_band());
      }
      out->set_accounts(cell.accounts);
      *out->mutable_mrr() = cell.mrr.Worth(rates_, options_.reference_currency);
      out->set_accounts_without_rate(cell.mrr.WithoutRate(rates_));
    }
  }
}

void Simulation::Fill(v1::SimulationResult* result) const {
  *result->mutable_model() = tried_.reference();
  if (active_ != nullptr) *result->mutable_active_model() = active_->reference();
  *result->mutable_evaluate_date() = DateOf(options_.day);
  result->set_exchange_rates_version(tried_.exchange_rates_version());
  result->set_accounts(accounts_);
  result->set_unscorable_accounts(unscorable_);
  result->set_moved_accounts(moved_);
  result->set_moved_by_facts_accounts(moved_by_facts_);
  FillCells(result);
  std::vector<const RankedMover*> order;
  for (const RankedMover& mover : movers_) order.push_back(&mover);
  std::sort(order.begin(), order.end(),
            [](const RankedMover* a, const RankedMover* b) { return Ahead(*a, *b); });
  for (const RankedMover* mover : order) *result->add_movers() = mover->mover;
  before_.Fill(result->mutable_before());
  after_.Fill(result->mutable_after());
  for (const auto& [want, lack] : lacking_) {
    v1::LackingFact* out = result->add_lacking();
    const auto& [field, reason, currency] = want;
    out->set_field(field);
    out->set_reason(reason);
    out->set_currency_code(currency);
    out->set_accounts(lack.accounts);
    out->mutable_example_account_ids()->Add(lack.examples.begin(), lack.examples.end());
  }
  std::stable_sort(result->mutable_lacking()->begin(), result->mutable_lacking()->end(),
                   [](const auto& a, const auto& b) { return a.accounts() > b.accounts(); });
}

}  // namespace tiermark
