// What a model would do to the accounts of a portfolio.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "scoring/compiled_model.h"
#include "scoring/exchange_rates.h"
#include "scoring/mrr_sums.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/simulation.pb.h"

namespace tiermark {

// Scores accounts by a model that is tried, one after the other, beside the scores that they have.
// Not thread-safe.
class Simulation {
 public:
  struct Options {
    // Scores each account as of this day.
    absl::CivilDay day;
    // Accounts have the score that counts, and move when their segment changes. Otherwise they have
    // their latest by the model's id, and move as the next evaluation would say.
    bool counts = false;
    // How many movers the result has.
    int movers_max = 100;
    // What potential MRR is added up in.
    std::string reference_currency;
  };

  // `active` is the version that is active, null without one. All that is referred to must outlive
  // the simulation; `rates` are those of the models.
  Simulation(const CompiledModel& tried, const CompiledModel* active, const RateTable& rates,
             Options options);

  // Adds an account; the oldest are to come first. A mover is also added to `movers`, unless that
  // is null.
  void Add(absl::string_view account_id, const v1::AccountFacts& facts,
           const store::v1::AccountState& state,
           google::protobuf::RepeatedPtrField<v1::Mover>* movers);

  // Fills in what the accounts added come to: all of the result but times and cursors.
  void Fill(v1::SimulationResult* result) const;

 private:
  // An account beside its score.
  struct Seen {
    absl::string_view account_id;
    const v1::AccountFacts& facts;
    // By the model's id, as Options say; null: never scored.
    const store::v1::LatestScore* before;
  };

  struct Cell {
    int64_t accounts = 0;
    MrrSums mrr;
  };

  // A band that accounts come from, and their cells by the index of the band that they go to; as
  // many as there are bands for those that cannot be scored.
  struct FromBand {
    bool scored = false;
    v1::Segment segment = v1::SEGMENT_UNSPECIFIED;
    std::string band_id;
    std::string name;
    std::vector<Cell> cells;
  };

  struct Distribution {
    std::array<int32_t, 101> accounts_by_score = {};
    void Fill(v1::ScoreDistribution* distribution) const;
  };

  // A mover of the result, and how far its score goes.
  struct RankedMover {
    int distance;
    int64_t number;
    v1::Mover mover;
  };
  // Whether `a` comes before `b` in the result.
  static bool Ahead(const RankedMover& a, const RankedMover& b) {
    return std::pair(-a.distance, a.number) < std::pair(-b.distance, b.number);
  }

  const store::v1::LatestScore* ScoreOf(const store::v1::AccountState& state) const;
  bool Moves(const store::v1::LatestScore& before, const CompiledModel& model,
             const ScoreCard& card) const;
  void AddToCell(const Seen& seen, int to_band);
  FromBand& FromBandOf(const store::v1::LatestScore* before);
  // Where the band stands in the result.
  std::pair<int, int> PlaceOf(const FromBand& from) const;
  void AddLacking(const Seen& seen);
  void AddMover(const Seen& seen, const ScoreCard& card,
                google::protobuf::RepeatedPtrField<v1::Mover>* movers);
  v1::Mover MoverOf(const Seen& seen, const ScoreCard& card, const ScoreCard* active_card) const;
  void FillCells(v1::SimulationResult* result) const;
  void FillCriteria(const ScoreCard& card, const ScoreCard* active_card, v1::Mover* mover) const;

  const CompiledModel& tried_;
  const CompiledModel* const active_;
  const RateTable& rates_;
  const Options options_;

  int64_t accounts_ = 0;
  int64_t unscorable_ = 0;
  int64_t moved_ = 0;
  int64_t moved_by_facts_ = 0;
  // In the order that they were met: a handful.
  std::vector<FromBand> from_bands_;
  Distribution before_;
  Distribution after_;
  // A heap whose first is the last of the result.
  std::vector<RankedMover> movers_;

  struct Lack {
    int64_t accounts = 0;
    std::vector<std::string> examples;
  };
  // By field, reason and currency.
  std::map<std::tuple<std::string, std::string, std::string>, Lack> lacking_;
};

}  // namespace tiermark
