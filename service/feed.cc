#include "service/feed.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "service/answers_changes.h"
#include "service/feed_cursor.h"
#include "service/page.h"

namespace tiermark {
namespace {

// Entries are read in pieces of so many: some carry all facts of their account.
constexpr int kRecordsAtOnce = 200;

}  // namespace

std::string Feed::CursorAt(int64_t position) const { return EncodeCursor(tenant_, position); }

absl::StatusOr<int64_t> Feed::PositionOf(absl::string_view cursor, Violations* violations) const {
  const std::optional<int64_t> position = DecodeCursor(tenant_, cursor);
  if (!position.has_value()) {
    violations->Add("cursor", "must be a cursor of this server");
    return 0;
  }
  const auto latest = Latest();
  if (!latest.ok()) return latest.status();
  if (*position > *latest) {
    violations->Add("cursor", "is behind the latest change; it is of another server");
  }
  return *position;
}

absl::StatusOr<bool> Feed::KeptFrom(int64_t position, int64_t kept_us) const {
  ChangeQuery query;
  query.tenant = tenant_;
  query.after_position = position;
  query.limit = 1;
  while (true) {
    const auto page = store_.ListChanges(query);
    if (!page.ok()) return page.status();
    if (!page->records.empty()) return EntryTime(page->records.front().entry) >= kept_us;
    if (page->at_end) return true;
    query.after_position = page->next_after_position;
  }
}

absl::StatusOr<int64_t> Feed::Oldest(absl::Time now) const {
  const int64_t kept_us = absl::ToUnixMicros(now - kFeedRetention);
  // Times grow with positions, so that halving finds where they begin to be kept.
  int64_t low = 0;
  auto kept = KeptFrom(low, kept_us);
  if (!kept.ok()) return kept.status();
  if (*kept) return low;
  auto high = Latest();
  if (!high.ok()) return high.status();
  while (*high - low > 1) {
    const int64_t middle = low + (*high - low) / 2;
    kept = KeptFrom(middle, kept_us);
    if (!kept.ok()) return kept.status();
    (*kept ? *high : low) = middle;
  }
  return *high;
}

absl::Status Feed::CheckKept(const LogRecord& first, int64_t position, absl::Time now) const {
  if (EntryTime(first.entry) >= absl::ToUnixMicros(now - kFeedRetention)) return absl::OkStatus();
  // Writes at times of their own, such as a history that was imported, stand between later ones.
  const auto oldest = Oldest(now);
  if (!oldest.ok()) return oldest.status();
  if (position >= *oldest) return absl::OkStatus();
  return ReasonedError(absl::StatusCode::kFailedPrecondition, "CURSOR_EXPIRED",
                       "changes behind this cursor are not kept any more; list the accounts anew "
                       "and go on from a fresh cursor");
}

absl::StatusOr<bool> Feed::Read(
    absl::Time now, int limit, int64_t* position,
    google::protobuf::RepeatedPtrField<v1::AccountChange>* changes) const {
  size_t bytes = 0;
  bool checked = false;
  while (true) {
    ChangeQuery query;
    query.tenant = tenant_;
    query.after_position = *position;
    query.limit = std::min(limit - changes->size(), kRecordsAtOnce);
    const auto page = store_.ListChanges(query);
    if (!page.ok()) return page.status();
    if (!checked && !page->records.empty()) {
      checked = true;
      if (absl::Status kept = CheckKept(page->records.front(), *position, now); !kept.ok()) {
        return kept;
      }
    }
    for (const LogRecord& record : page->records) {
      v1::AccountChange* change = changes->Add();
      FillChange(catalog_, record, change);
      change->set_cursor(CursorAt(record.position));
      *position = record.position;
      bytes += change->ByteSizeLong();
      if (bytes >= kPageBytesMax && &record != &page->records.back()) return false;
    }
    *position = page->next_after_position;
    if (page->at_end) return true;
    if (page->records.empty() || changes->size() >= limit || bytes >= kPageBytesMax) return false;
  }
}

}  // namespace tiermark
