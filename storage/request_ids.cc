#include "storage/request_ids.h"

#include <string>

#include "scoring/error.h"

namespace tiermark {
namespace {

// The first eight bytes, the first the most significant.
uint64_t ShortHash(const store::v1::RequestTag& tag) {
  uint64_t hash = 0;
  for (size_t i = 0; i < 8 && i < tag.id_hash().size(); ++i) {
    hash |= static_cast<uint64_t>(static_cast<unsigned char>(tag.id_hash()[i])) << (56 - 8 * i);
  }
  return hash;
}

// The entry, if it is of a request with this id.
absl::StatusOr<std::optional<LogRecord>> Match(LogRecord record, const store::v1::RequestTag& tag) {
  const store::v1::RequestTag& first = record.entry.request();
  if (!record.entry.has_request() || first.id_hash() != tag.id_hash()) return std::nullopt;
  if (first.body_hash() != tag.body_hash()) {
    return RequestIdReused();
  }
  return std::optional<LogRecord>(std::move(record));
}

}  // namespace

bool RequestExpired(int64_t applied_us, int64_t now_us) {
  return now_us - applied_us >= absl::ToInt64Microseconds(kRequestIdLifetime);
}

absl::Status RequestIdReused() {
  return ReasonedError(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                       "the request_id was used with another request; send a new one, or the "
                       "same request again");
}

absl::StatusOr<std::optional<LogRecord>> FindRequest(const AccountRecord& account,
                                                     const store::v1::RequestTag& tag,
                                                     int64_t now_us, const ReadEntry& read_entry) {
  const auto& kept = account.state.requests();
  const uint64_t hash = ShortHash(tag);
  for (auto request = kept.rbegin(); request != kept.rend(); ++request) {
    if (request->id_hash() != hash || RequestExpired(request->applied_us(), now_us)) continue;
    absl::StatusOr<StoredEntry> stored = read_entry(request->position());
    if (!stored.ok()) return stored.status();
    auto match = Match(std::move(stored->record), tag);
    if (!match.ok() || match->has_value()) return match;
  }
  if (kept.size() < kRequestsInState || RequestExpired(kept.begin()->applied_us(), now_us)) {
    return std::nullopt;
  }
  // There may be more, in the entries before the oldest one kept.
  int64_t position = kept.begin()->position();
  while (position != 0) {
    absl::StatusOr<StoredEntry> stored = read_entry(position);
    if (!stored.ok()) return stored.status();
    if (RequestExpired(stored->applied_us, now_us)) break;
    position = stored->record.previous_position;
    auto match = Match(std::move(stored->record), tag);
    if (!match.ok() || match->has_value()) return match;
  }
  return std::nullopt;
}

void KeepRequest(const store::v1::RequestTag& tag, int64_t position, int64_t applied_us,
                 store::v1::AccountState* state) {
  auto* kept = state->mutable_requests();
  if (kept->size() >= kRequestsInState) {
    kept->DeleteSubrange(0, kept->size() - kRequestsInState + 1);
  }
  store::v1::AppliedRequest* request = kept->Add();
  request->set_id_hash(ShortHash(tag));
  request->set_position(position);
  request->set_applied_us(applied_us);
}

}  // namespace tiermark
