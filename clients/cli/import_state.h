// How far an import has come, kept in a file of its own while it runs, so that one that broke off
// goes on where it was and under the same request ids.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark::cli {

struct ImportCounts {
  int64_t rows = 0;  // Done, good and bad, the header left out.
  int64_t failed = 0;
  int64_t created = 0;
  int64_t changed = 0;
  int64_t evaluated = 0;
};

struct ImportState {
  std::string import_id;     // Random; the request ids are made from it.
  std::string settings;      // Digest of what decides how rows are read, and where they go.
  std::string content;       // Digest of the file up to `line`.
  int64_t line = 0;          // Of the last row that is done.
  int64_t errors_bytes = 0;  // Of the file of errors that tells of those rows.
  ImportCounts counts;
};

// A new one, of an id that no other import has.
ImportState NewImportState(absl::string_view settings);

// Nothing when there is no such file. INVALID_ARGUMENT: it is no file of this kind.
absl::StatusOr<std::optional<ImportState>> LoadImportState(const std::string& path);

// Whole or not at all, also when the machine goes down meanwhile.
absl::Status SaveImportState(const ImportState& state, const std::string& path);

// SHA-256 in hexadecimal of the parts, of which each is told apart from the next.
std::string DigestOf(std::initializer_list<absl::string_view> parts);

// The id of the write of a row: another one for another import, row or content.
std::string RequestIdOf(const ImportState& state, int64_t row, absl::string_view text);

}  // namespace tiermark::cli
