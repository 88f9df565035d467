#include "clients/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cwchar>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tiermark::cli {
namespace {

// One character of UTF-8 from `*at` on, which goes behind it; 0xFFFD for what is none.
char32_t NextCharacter(absl::string_view text, size_t* at) {
  const auto first = static_cast<unsigned char>(text[(*at)++]);
  const int more = first < 0x80 ? 0 : first < 0xC0 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  if (more <= 0) return more == 0 ? first : 0xFFFD;
  char32_t character = first & (0x3F >> more);
  for (int i = 0; i < more; ++i, ++*at) {
    if (*at == text.size() || (static_cast<unsigned char>(text[*at]) & 0xC0) != 0x80) return 0xFFFD;
    character = (character << 6) | (static_cast<unsigned char>(text[*at]) & 0x3F);
  }
  return character;
}

// The C library knows which characters are wide, and which are drawn over the one before, but tells
// only of the locale of the thread.
int CellsOf(char32_t character) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (kUtf8 == nullptr) return 1;
  const locale_t before = uselocale(kUtf8);
  const int cells = wcwidth(static_cast<wchar_t>(character));
  uselocale(before);
  return cells < 0 ? 1 : cells;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = absl::AsciiStrToUpper(Environment(name));
    if (value.empty()) continue;
    return absl::StrContains(value, "UTF-8") || absl::StrContains(value, "UTF8");
  }
  return false;
}

}  // namespace

std::string Terminal::Paint(absl::string_view text, Look look) const {
  if (!color || look == Look::kPlain || text.empty()) return std::string(text);
  const char* code = look == Look::kTitle  ? "1"
                     : look == Look::kGood ? "32"
                     : look == Look::kBad  ? "31"
                                           : "2";
  return absl::StrCat("\033[", code, "m", text, "\033[0m");
}

Terminal TerminalOf(int descriptor) {
  Terminal terminal;
  terminal.unicode = LocaleIsUtf8();
  terminal.is_terminal = isatty(descriptor) != 0;
  if (!terminal.is_terminal) return terminal;
  const std::string kind = Environment("TERM");
  terminal.color = Environment("NO_COLOR").empty() && !kind.empty() && kind != "dumb";
  winsize size{};
  if (!absl::SimpleAtoi(Environment("COLUMNS"), &terminal.columns) &&
      ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
}

int CellsOf(absl::string_view text) {
  int cells = 0;
  for (size_t at = 0; at < text.size();) cells += CellsOf(NextCharacter(text, &at));
  return cells;
}

std::string Clean(absl::string_view text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = NextCharacter(text, &at);
    const bool steers = character < 0x20 || (character >= 0x7F && character < 0xA0) ||
                        (character >= 0x202A && character <= 0x202E) ||
                        (character >= 0x2066 && character <= 0x2069);
    if (character == '\n') {
      clean += ' ';
    } else if (steers || character == 0xFFFD) {
      clean += '?';
    } else {
      absl::StrAppend(&clean, text.substr(begin, at - begin));
    }
  }
  return clean;
}

}  // namespace tiermark::cli
