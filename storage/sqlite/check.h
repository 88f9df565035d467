// Whether a store's file holds what was stored: every page, every row, and what rows say of one
// another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark {

// Told now and then how far a long step has come: what it does, how much is done, of how much.
using StoreProgress = std::function<void(absl::string_view what, int64_t done, int64_t total)>;

// Something in a file that is not as it was stored. Names no account but by its number.
struct StoreDamage {
  // "file" for what concerns pages and not rows.
  std::string table;
  // Of the row, such as "account_no 12"; empty when it is unknown.
  std::string key;
  std::string what;
};

struct StoreCheckOptions {
  std::string path;
  // Called for each damage, in the order in which it is found.
  std::function<void(const StoreDamage&)> on_damage = [](const StoreDamage&) {};
  StoreProgress progress = [](absl::string_view, int64_t, int64_t) {};
};

struct StoreCheck {
  int64_t damages = 0;
  // Rows that were looked at, by table.
  std::map<std::string, int64_t> rows;
  // Steps of the schema that the store has, and that this version knows.
  int schema_steps = 0;
  int schema_steps_known = 0;
};

// Reads the file from end to end and changes nothing. Takes memory for each account. Whoever calls
// sees to it that no server has the file: a long read would hold up its write-ahead log.
//   NOT_FOUND: there is no such file;
//   FAILED_PRECONDITION: it cannot be read so, or a newer version wrote it; says what to do.
absl::StatusOr<StoreCheck> CheckStore(const StoreCheckOptions& options);

}  // namespace tiermark
