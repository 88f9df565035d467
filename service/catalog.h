// The models and playbooks that a server scores with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "scoring/compiled_model.h"
#include "scoring/reevaluation.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// Immutable once made, hence thread-safe.
class Catalog {
 public:
  // What it is made of. The highest version of each model is the active one.
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
  static absl::StatusOr<std::unique_ptr<const Catalog>> Make(Contents contents);

  // The active version of the segmentation model.
  const CompiledModel& segmentation() const { return *segmentation_; }

  // Version 0 is the active one. NOT_FOUND, MODEL_NOT_FOUND.
  absl::StatusOr<const CompiledModel*> FindModel(absl::string_view model_id, int version) const;

  // Whether evaluations by `model` settle what is due.
  bool Counts(const CompiledModel& model) const { return &model == segmentation_; }

  // The current playbook of a segment, which must be one of the four.
  const v1::Playbook& PlaybookOf(v1::Segment segment) const;

  // From Strategic to SMB.
  const std::vector<v1::Playbook>& playbooks() const { return contents_.playbooks; }

  const CompiledPolicy& policy() const { return contents_.policy; }

 private:
  explicit Catalog(Contents contents) : contents_(std::move(contents)) {}

  const Contents contents_;
  std::map<std::pair<std::string, int>, std::shared_ptr<const CompiledModel>> models_;
  std::map<std::string, const CompiledModel*> active_;
  const CompiledModel* segmentation_ = nullptr;
};

// The playbook's action for a client, or for everybody else.
const std::string& ActionFor(const v1::Playbook& playbook, v1::LifecycleStage stage);

}  // namespace tiermark
