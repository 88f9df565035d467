// What commands do with a store that no server has: hold it, and copy it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/files.h"

namespace tiermark {

// A store that no server has or gets until this goes.
struct HeldStore {
  // With links in its directory resolved.
  std::string path;
  sqlite::FileLock lock;
};

// Ends a restore that was cut short, if there was one.
//   NOT_FOUND, STORE_MISSING;
//   FAILED_PRECONDITION, STORE_IN_USE and the reasons for which a store does not open.
absl::StatusOr<HeldStore> HoldStore(const std::string& path);

// Copies the store at `from`, with what its write-ahead log holds, into the file `to`, which is
// there and empty. The copy is one plain file and needs no other. Nobody writes to `from`
// meanwhile.
//   FAILED_PRECONDITION: it cannot be read or written so; STORE_NOT_COPIED names both files;
//   DATA_LOSS: `from` is damaged.
absl::Status CopyStore(const std::string& from, const std::string& to,
                       const StoreProgress& progress);

}  // namespace tiermark
