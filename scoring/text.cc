#include "scoring/text.h"

#include <cstdint>

#include "absl/strings/ascii.h"

namespace tiermark {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr int32_t kInvalid = -1;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Takes the first code point off `text`, which is not empty; kInvalid where it is not UTF-8.
int32_t TakeCodePoint(absl::string_view* text) {
  const auto first = static_cast<unsigned char>((*text)[0]);
  size_t size = 1;
  int32_t code = first;
  int32_t least = 0;
  if (first >= 0xF0 && first < 0xF8) {
    size = 4, code = first & 0x07, least = 0x10000;
  } else if (first >= 0xE0 && first < 0xF0) {
    size = 3, code = first & 0x0F, least = 0x800;
  } else if (first >= 0xC0 && first < 0xE0) {
    size = 2, code = first & 0x1F, least = 0x80;
  } else if (first >= 0x80) {
    return kInvalid;
  }
  if (text->size() < size) return kInvalid;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation((*text)[i])) return kInvalid;
    code = (code << 6) | (static_cast<unsigned char>((*text)[i]) & 0x3F);
  }
  text->remove_prefix(size);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || code > 0x10FFFF || surrogate) return kInvalid;
  return code;
}

bool IsControl(int32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

bool IsNoncharacter(int32_t code) {
  return (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

bool IsSpace(int32_t code) {
  return code == ' ' || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool IsAdmitted(absl::string_view text, bool noncharacters) {
  while (!text.empty()) {
    const int32_t code = TakeCodePoint(&text);
    if (code == kInvalid || IsControl(code)) return false;
    if (!noncharacters && IsNoncharacter(code)) return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(absl::string_view text) { return Utf8Prefix(text) == text.size(); }

size_t Utf8Prefix(absl::string_view text) {
  absl::string_view rest = text;
  while (!rest.empty()) {
    absl::string_view next = rest;
    if (TakeCodePoint(&next) == kInvalid) break;
    rest = next;
  }
  return text.size() - rest.size();
}

bool IsControlFree(absl::string_view text) { return IsAdmitted(text, true); }

bool IsPrintable(absl::string_view text) { return IsAdmitted(text, false); }

bool HasOuterSpace(absl::string_view text) {
  if (text.empty()) return false;
  size_t last = text.size() - 1;
  while (last > 0 && IsContinuation(text[last])) --last;
  absl::string_view tail = text.substr(last);
  return IsSpace(TakeCodePoint(&text)) || IsSpace(TakeCodePoint(&tail));
}

bool IsSlug(absl::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  bool after_hyphen = true;
  for (const char c : text) {
    const bool word = absl::ascii_islower(static_cast<unsigned char>(c)) ||
                      absl::ascii_isdigit(static_cast<unsigned char>(c));
    if (!word && (c != '-' || after_hyphen)) return false;
    after_hyphen = !word;
  }
  return !after_hyphen;
}

bool IsLowerSnakeCase(absl::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  if (!absl::ascii_islower(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text) {
    const bool word = absl::ascii_islower(static_cast<unsigned char>(c)) ||
                      absl::ascii_isdigit(static_cast<unsigned char>(c));
    if (!word && c != '_') return false;
  }
  return true;
}

}  // namespace tiermark
