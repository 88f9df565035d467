#include "scoring/json_text.h"

#include "absl/strings/ascii.h"

namespace tiermark {

std::string WordsOfSyntaxError(absl::string_view message) {
  const size_t begin = message.find(" - ");
  if (begin == absl::string_view::npos) return "a number is too large";
  message.remove_prefix(begin + 3);
  return std::string(message.substr(0, message.find("; last read: ")));
}

bool IsToldName(absl::string_view name) {
  constexpr size_t kToldNameMax = 64;
  if (name.empty() || name.size() > kToldNameMax) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

}  // namespace tiermark
