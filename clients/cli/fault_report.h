// Tells of bad rows: to people, to programs, or into a file.
#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/csv_rows.h"

namespace tiermark::cli {

class FaultReport {
 public:
  // Lines such as "accounts.csv:17: country: must be ... (Narnia)"; as `json`, an object each.
  // `to` outlives it.
  static std::unique_ptr<FaultReport> ToStream(std::ostream* to, const std::string& file,
                                               bool json);

  // A CSV file with the columns line, column, value and reason. It begins with what it has already,
  // up to `kept_bytes`. Errors are those of the file.
  static absl::StatusOr<std::unique_ptr<FaultReport>> ToFile(const std::string& path,
                                                             int64_t kept_bytes);

  virtual ~FaultReport() = default;
  virtual void Add(int64_t line, const CellFault& fault) = 0;

  // How long the file is now, all that was added being in it; 0 where there is none.
  virtual absl::StatusOr<int64_t> Flush() = 0;

  // Whether it speaks on the terminal, where a bar has to make way for it.
  virtual bool is_shown() const = 0;
};

}  // namespace tiermark::cli
