// The models, playbooks and policy that a server scores with.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "scoring/compiled_model.h"
#include "scoring/exchange_rates.h"
#include "scoring/policy.h"
#include "storage/mutex.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// Version of the current playbook of each segment, by its number; 0 for SEGMENT_UNSPECIFIED.
using PlaybookVersions = std::array<int, v1::Segment_ARRAYSIZE>;

// What one tenant scores with. Models never change; the policy is replaced and playbooks are added
// as an administrator edits them. Thread-safe.
class Catalog {
 public:
  // What it is made of at first. The highest version of each model is the active one.
  struct Contents {
    std::vector<v1::ScoringModel> models;
    std::vector<v1::Playbook> playbooks;
    v1::ExchangeRates rates;
    CompiledPolicy policy;
  };

  // What comes with the binary.
  static Contents Shipped();

  // INVALID_ARGUMENT: a model does not compile, a version is there twice, a segment has no
  // playbook, or there is no segmentation model with four segments.
  static absl::StatusOr<std::unique_ptr<Catalog>> Make(Contents contents);

  // The active version of the segmentation model.
  const CompiledModel& segmentation() const { return *segmentation_; }

  // Version 0 is the active one. NOT_FOUND, MODEL_NOT_FOUND.
  absl::StatusOr<const CompiledModel*> FindModel(absl::string_view model_id, int version) const;

  // The active version of the risk model, or nullptr.
  const CompiledModel* risk_model() const;

  // The current exchange rates, and the currency that they lead to.
  const RateTable& rates() const { return rates_; }
  const std::string& reference_currency() const { return reference_currency_; }

  // Whether evaluations by `model` settle what is due.
  bool Counts(const CompiledModel& model) const { return &model == segmentation_; }

  // The current playbook of a segment, which must be one of the four. What it refers to stays as
  // long as the catalog does.
  const v1::Playbook& PlaybookOf(v1::Segment segment) const;

  // The same of a version, or nullptr.
  const v1::Playbook* FindPlaybook(v1::Segment segment, int version) const;

  // The current ones, from Strategic to SMB.
  std::vector<v1::Playbook> playbooks() const;
  PlaybookVersions playbook_versions() const;

  // Adds a version of a segment's playbook; the highest is the current one. A version that is there
  // stays as it is.
  void AddPlaybook(v1::Playbook playbook);

  // The policy that holds now. A decision that sets due times takes it while it is made, and not
  // before: once a policy is replaced, none may be made by the former one (see Recomputation).
  std::shared_ptr<const CompiledPolicy> policy() const;

  // Replaces the policy, unless that one is of a higher version.
  void SetPolicy(CompiledPolicy policy);

 private:
  Catalog(Contents contents, RateTable rates, std::string reference_currency);

  std::map<std::pair<std::string, int>, std::shared_ptr<const CompiledModel>> models_;
  std::map<std::string, const CompiledModel*> active_;
  const CompiledModel* segmentation_ = nullptr;
  const RateTable rates_;
  const std::string reference_currency_;

  mutable Mutex mutex_;
  // By segment, then version. Nothing is ever taken out.
  std::array<std::map<int, v1::Playbook>, v1::Segment_ARRAYSIZE> playbooks_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const CompiledPolicy> policy_ ABSL_GUARDED_BY(mutex_);
};

// The playbook's action for a client, or for everybody else.
const std::string& ActionFor(const v1::Playbook& playbook, v1::LifecycleStage stage);

}  // namespace tiermark
