// How a run ends, for scripts: part of the command line's contract, as README.md lists them.
#pragma once

namespace tiermark::cli {

enum class ExitCode {
  kOk = 0,
  kFailed = 1,       // Anything that none of the others says.
  kUsage = 2,        // The command line is wrong; nothing was called.
  kNotFound = 3,     // There is no such account, evaluation, model, draft or key.
  kInvalid = 4,      // The server, or a file that was read, says what is wrong with the input.
  kDenied = 5,       // No key, not a good one, or one of too low a role.
  kUnavailable = 6,  // No answer, or not in time: the same command may succeed later.
  kConflict = 7,     // Not as things stand: facts are missing, or somebody was faster.
  kDifferent = 8,    // What was compared differs.
};

}  // namespace tiermark::cli
