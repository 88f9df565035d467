// What text may contain, decided byte by byte and alike everywhere.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace tiermark {

bool IsUtf8(absl::string_view text);

// Bytes of the longest beginning of the text that is valid UTF-8.
size_t Utf8Prefix(absl::string_view text);

// Valid UTF-8 without control characters (C0, DEL, C1).
bool IsControlFree(absl::string_view text);

// As above, and without noncharacters.
bool IsPrintable(absl::string_view text);

// Whether the text, which must be valid UTF-8, begins or ends with a space of any kind.
bool HasOuterSpace(absl::string_view text);

// 1 to 64 bytes: words of lower-case letters and digits joined by single hyphens.
bool IsSlug(absl::string_view text);

// 1 to 64 bytes: a lower-case letter, then lower-case letters, digits and underscores.
bool IsLowerSnakeCase(absl::string_view text);

}  // namespace tiermark
