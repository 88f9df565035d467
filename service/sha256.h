#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tiermark {

// The 32 bytes of the digest.
std::string Sha256(absl::string_view bytes);

}  // namespace tiermark
