#include "storage/tenant_write.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "storage/request_ids.h"

namespace tiermark {
namespace {

// The one record that names the requests whose answers are kept, so that old ones can be found.
constexpr char kRequestIndex[] = "requests";

std::string RequestKey(const store::v1::RequestTag& tag) {
  return absl::StrCat(kTenantRequestPrefix,
                      absl::BytesToHexString(absl::string_view(tag.id_hash())));
}

// The answer that the request got first; nothing when it is new.
absl::StatusOr<std::optional<std::string>> FirstAnswer(const TenantRecordMap& records,
                                                       const store::v1::RequestTag& tag,
                                                       int64_t now_us) {
  const auto record = records.find(RequestKey(tag));
  if (record == records.end()) return std::nullopt;
  store::v1::AnsweredRequest first;
  if (!first.ParseFromString(record->second.value)) {
    return ReasonedError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                         "the answer to this request was damaged in the store");
  }
  if (RequestExpired(first.applied_us(), now_us)) return std::nullopt;
  if (first.body_hash() != tag.body_hash()) return RequestIdReused();
  return std::optional<std::string>(std::move(*first.mutable_answer()));
}

// Adds the answer to what is written, and removes those that nobody may ask for any more.
void KeepAnswer(const TenantRecordMap& records, const store::v1::RequestTag& tag, int64_t now_us,
                TenantChangeSet* changes) {
  store::v1::AnsweredRequests kept;
  store::v1::AnsweredRequests known;
  if (const auto index = records.find(kRequestIndex); index != records.end()) {
    known.ParseFromString(index->second.value);
  }
  const std::string key = RequestKey(tag);
  for (const store::v1::AnsweredRequests::Request& request : known.requests()) {
    if (RequestExpired(request.applied_us(), now_us)) {
      changes->removed.push_back(request.key());
    } else if (request.key() != key) {
      *kept.add_requests() = request;
    }
  }
  std::erase(changes->removed, key);
  store::v1::AnsweredRequests::Request* added = kept.add_requests();
  added->set_key(key);
  added->set_applied_us(now_us);
  store::v1::AnsweredRequest answer;
  answer.set_body_hash(tag.body_hash());
  answer.set_answer(changes->answer);
  answer.set_applied_us(now_us);
  changes->records.emplace_back(key, answer.SerializeAsString());
  changes->records.emplace_back(kRequestIndex, kept.SerializeAsString());
}

}  // namespace

absl::StatusOr<TenantOutcome> RunTenantWrite(const TenantWrite& write, absl::Time now,
                                             CommitBackend* backend) {
  if (now > write.deadline) {
    return ReasonedError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                         "the deadline passed while the write waited; nothing was written");
  }
  const int64_t now_us = absl::ToUnixMicros(now);
  std::vector<std::string> keys = write.keys;
  if (write.request.has_value()) {
    keys.push_back(RequestKey(*write.request));
    keys.emplace_back(kRequestIndex);
  }
  absl::StatusOr<TenantRecordMap> records = backend->LoadTenantRecords(write.tenant, keys);
  if (!records.ok()) return records.status();
  TenantOutcome outcome;
  if (write.request.has_value()) {
    auto first = FirstAnswer(*records, *write.request, now_us);
    if (!first.ok()) return first.status();
    if (first->has_value()) {
      outcome.commit.answer = **std::move(first);
      outcome.commit.repeated = true;
      return outcome;
    }
  }
  absl::StatusOr<TenantChangeSet> changes = write.decide(*records, now);
  if (!changes.ok()) return changes.status();
  outcome.commit.answer = changes->answer;
  const size_t own = changes->records.size();
  if (own == 0 && changes->removed.empty()) return outcome;
  if (write.request.has_value()) KeepAnswer(*records, *write.request, now_us, &*changes);
  // Versions of keys that the decision did not ask to see count from what there is all the same.
  std::vector<std::string> unseen;
  for (const auto& [key, value] : changes->records) {
    if (records->count(key) == 0) unseen.push_back(key);
  }
  absl::StatusOr<TenantRecordMap> others = backend->LoadTenantRecords(write.tenant, unseen);
  if (!others.ok()) return others.status();
  records->merge(*others);
  std::vector<TenantRecord> written;
  for (auto& [key, value] : changes->records) {
    const auto before = records->find(key);
    const int64_t version = before == records->end() ? 1 : before->second.version + 1;
    written.push_back({key, version, std::move(value)});
    if (written.size() <= own) outcome.commit.versions.push_back(version);
  }
  absl::Status status = backend->WriteTenantRecords(write.tenant, written, changes->removed);
  if (status.ok() && changes->audit.has_value()) {
    status = backend->AppendAudit({write.tenant, *std::move(changes->audit)});
  }
  if (!status.ok()) return status;
  outcome.wrote = true;
  return outcome;
}

}  // namespace tiermark
