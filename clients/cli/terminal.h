// What the output goes to: how wide it is, and whether it shows colours and more than ASCII.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tiermark::cli {

// What a text means, from which follows how it looks.
enum class Look { kPlain, kTitle, kGood, kBad, kFaint };

struct Terminal {
  bool is_terminal = false;
  bool color = false;
  bool unicode = true;
  int columns = 0;  // 0: no bound, as when the output goes to a file.

  // `text` as it looks here; the same text where there are no colours.
  std::string Paint(absl::string_view text, Look look) const;
};

// The terminal behind a file descriptor, by NO_COLOR, TERM, COLUMNS and the locale too.
Terminal TerminalOf(int descriptor);

// How many cells a UTF-8 text takes.
int CellsOf(absl::string_view text);

// `text` without what would steer a terminal: names and notes are written by others.
std::string Clean(absl::string_view text);

}  // namespace tiermark::cli
