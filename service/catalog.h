// The models, exchange rates, playbooks and policy that a server scores with.
#pragma once

#include <array>
#include <cstdint>
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
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// Version of the current playbook of each segment, by its number; 0 for SEGMENT_UNSPECIFIED.
using PlaybookVersions = std::array<int, v1::Segment_ARRAYSIZE>;

// A version of a model, as it was published.
struct ModelVersion {
  std::shared_ptr<const v1::ScoringModel> model;
  std::string digest;
  bool shipped = false;
  bool active = false;
  int64_t publish_us = 0;  // 0 of what is shipped.
  int64_t retire_us = 0;   // 0 while it was not replaced or retired.
};

// The models that are active at one moment, made ready for the exchange rates of then. Immutable.
struct ActiveModels {
  ActiveModels(const v1::ExchangeRates& current, Violations* violations)
      : rates(current, "exchange_rates", violations),
        rates_version(current.version()),
        reference_currency(current.reference_currency()) {}

  // Null when none is active.
  std::shared_ptr<const CompiledModel> Find(absl::string_view model_id) const {
    const auto found = models.find(model_id);
    return found == models.end() ? nullptr : found->second;
  }

  // The rates, their version, and the currency that they lead to.
  RateTable rates;
  int rates_version;
  std::string reference_currency;

  // By model id.
  std::map<std::string, std::shared_ptr<const CompiledModel>, std::less<>> models;
  // One of them; always there.
  std::shared_ptr<const CompiledModel> segmentation;
  // One of them, or null.
  std::shared_ptr<const CompiledModel> risk;
};

// What one tenant scores with: it changes as an administrator publishes models, gives rates, edits
// playbooks and replaces the policy. Versions of models, rates and playbooks are added and never
// change. Thread-safe.
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

  // The models and rates of this moment.
  std::shared_ptr<const ActiveModels> active() const;

  // The active version of the segmentation model.
  std::shared_ptr<const CompiledModel> segmentation() const { return active()->segmentation; }

  // A version of a model, ready for the current rates. Version 0 is the active one.
  // NOT_FOUND, MODEL_NOT_FOUND: no such model or version.
  // FAILED_PRECONDITION, MODEL_RETIRED: version 0 of a model without an active one.
  // FAILED_PRECONDITION, EXCHANGE_RATE_MISSING: its currency has no current rate.
  absl::StatusOr<std::shared_ptr<const CompiledModel>> FindModel(absl::string_view model_id,
                                                                 int version) const;

  // The same for the rates of a version.
  // NOT_FOUND, EXCHANGE_RATES_NOT_FOUND: there are no such rates.
  absl::StatusOr<std::shared_ptr<const CompiledModel>> FindModelAt(absl::string_view model_id,
                                                                   int version,
                                                                   int rates_version) const;

  // What made an evaluation: the very version of the model, and the rates.
  // DATA_LOSS, MODEL_VERSION_LOST or EXCHANGE_RATES_LOST: they are not there.
  absl::StatusOr<std::shared_ptr<const CompiledModel>> ModelOf(
      const store::v1::EvaluationEntry& entry) const;

  // Whether evaluations by `model` settle what is due: it is the active version of the segmentation
  // model, whatever the rates.
  bool Counts(const CompiledModel& model) const;

  // A version as it was published; its `model` is null when there is none. Version 0 is the active
  // one.
  ModelVersion FindVersion(absl::string_view model_id, int version) const;

  // All of them, by model id and then from the highest version down.
  std::vector<ModelVersion> versions() const;

  // The latest version of a model; 0 when it is unknown.
  int LatestVersion(absl::string_view model_id) const;

  // Adds a version that a tenant published. One that is there stays as it is.
  void AddModel(const store::v1::PublishedModel& published);

  // Says which version of a model is active and which are retired. `record_version` counts the
  // writes of it: an earlier one than was seen changes nothing. The versions it names must be
  // there.
  void SetModelStatus(const std::string& model_id, const store::v1::ModelStatus& status,
                      int64_t record_version);

  // Adds a version of the exchange rates; the highest is the current one. A version that is there
  // stays as it is. A model whose currency the rates do not have keeps the latest that had it.
  void AddExchangeRates(const store::v1::StoredExchangeRates& rates);

  // The rates of a version, 0 being the current one.
  // NOT_FOUND, EXCHANGE_RATES_NOT_FOUND.
  absl::StatusOr<store::v1::StoredExchangeRates> ExchangeRates(int version) const;

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
  // before: once a policy is replaced, none may be made by the former one (see AccountJobs).
  std::shared_ptr<const CompiledPolicy> policy() const;

  // Replaces the policy, unless that one is of a higher version.
  void SetPolicy(CompiledPolicy policy);

 private:
  struct VersionKey {
    std::string model_id;
    int version = 0;
    int rates_version = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer's.
    friend auto operator<=>(const VersionKey&, const VersionKey&) = default;
  };
  struct Model {
    std::map<int, ModelVersion> versions;
    int active = 0;
    int64_t record_version = 0;
  };

  explicit Catalog(Contents contents);

  // Makes the active models anew.
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const ModelVersion* FindLocked(absl::string_view model_id, int version) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Model, std::less<>> models_ ABSL_GUARDED_BY(mutex_);
  // Serialized StoredExchangeRates by version: most are needed rarely, and there may be thousands.
  std::map<int, std::string> rates_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const ActiveModels> active_ ABSL_GUARDED_BY(mutex_);
  // Versions that were asked for and are not active, as many as kCompiledMax.
  mutable std::map<VersionKey, std::shared_ptr<const CompiledModel>> compiled_
      ABSL_GUARDED_BY(mutex_);
  // By segment, then version. Nothing is ever taken out.
  std::array<std::map<int, v1::Playbook>, v1::Segment_ARRAYSIZE> playbooks_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const CompiledPolicy> policy_ ABSL_GUARDED_BY(mutex_);
};

// DATA_LOSS, MODEL_VERSION_LOST: what made an evaluation is not there any more.
absl::Status ModelVersionLost();

// The playbook's action for a client, or for everybody else.
const std::string& ActionFor(const v1::Playbook& playbook, v1::LifecycleStage stage);

}  // namespace tiermark
