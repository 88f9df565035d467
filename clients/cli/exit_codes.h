// How a run ends, for scripts: part of the command line's contract.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tiermark::cli {

enum class ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kInvalid = 4,
  kDenied = 5,
  kUnavailable = 6,
  kConflict = 7,
  kDifferent = 8,
};

// Each with what it means, as the manual page says it.
inline const std::vector<std::pair<ExitCode, std::string>>& ExitCodes() {
  static const auto& codes = *new std::vector<std::pair<ExitCode, std::string>>{
      {ExitCode::kOk, "Done."},
      {ExitCode::kFailed, "Failed in a way that none of the others says."},
      {ExitCode::kUsage, "The command line is wrong; nothing was called."},
      {ExitCode::kNotFound, "There is no such account, evaluation, model, draft or key."},
      {ExitCode::kInvalid,
       "The input is wrong, a file's or a flag's; every field at fault is named."},
      {ExitCode::kDenied, "No key, not a good one, or one of too low a role."},
      {ExitCode::kUnavailable, "No answer, or not in time: the same command may succeed later."},
      {ExitCode::kConflict, "Not as things stand: facts are missing, or somebody was faster."},
      {ExitCode::kDifferent, "What was compared differs (replay, model diff)."},
  };
  return codes;
}

}  // namespace tiermark::cli
