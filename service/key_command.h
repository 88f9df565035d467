// `tiermarkd key create`.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "service/config.h"
#include "storage/clock.h"
#include "storage/store.h"

namespace tiermark {

struct CreatedKey {
  std::string api_key_id;
  std::string secret;
};

// Creates the key that the command, which is valid, asks for, and its tenant if there is none of
// that name; the audit log tells of it. Blocks for two writes.
// ALREADY_EXISTS: another key that holds has the certificate's name. Else the errors of the store.
absl::StatusOr<CreatedKey> CreateKey(const KeyCommand& command, Store& store, const Clock& clock);

}  // namespace tiermark
