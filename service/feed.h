// The changes of a tenant's accounts, read from the log piece by piece.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "scoring/error.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {

// Changes are told for so long.
inline constexpr absl::Duration kFeedRetention = absl::Hours(24 * 30);

// One tenant's changes. Blocks for reads of the store. Thread-safe.
class Feed {
 public:
  // `store` and `catalog` must outlive it.
  Feed(Store& store, const Catalog& catalog, TenantId tenant)
      : store_(store), catalog_(catalog), tenant_(tenant) {}

  std::string CursorAt(int64_t position) const;

  // The position of a cursor, which is not empty; adds a violation at "cursor" when it is none of
  // this tenant, or behind the end of the log.
  absl::StatusOr<int64_t> PositionOf(absl::string_view cursor, Violations* violations) const;

  // The position behind which the changes begin that are kept at this time.
  absl::StatusOr<int64_t> Oldest(absl::Time now) const;

  // The position behind the latest change.
  absl::StatusOr<int64_t> Latest() const { return store_.LastPosition(tenant_); }

  // Appends up to `limit` changes behind `*position`, fewer when they grow to kPageBytesMax bytes
  // or when a stretch of the log has nothing to show, and moves it behind the last. True when there
  // was nothing more. FAILED_PRECONDITION, CURSOR_EXPIRED: some of what is behind the position is
  // not kept at `now`.
  absl::StatusOr<bool> Read(absl::Time now, int limit, int64_t* position,
                            google::protobuf::RepeatedPtrField<v1::AccountChange>* changes) const;

 private:
  // Whether the first change behind the position is kept, or there is none.
  absl::StatusOr<bool> KeptFrom(int64_t position, int64_t kept_us) const;

  absl::Status CheckKept(const LogRecord& first, int64_t position, absl::Time now) const;

  Store& store_;
  const Catalog& catalog_;
  const TenantId tenant_;
};

}  // namespace tiermark
