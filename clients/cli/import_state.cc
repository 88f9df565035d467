#include "clients/cli/import_state.h"

#include <openssl/evp.h>

#include <random>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/state_file.h"

namespace tiermark::cli {
namespace {

constexpr char kTitle[] = "tiermark import 1";

std::vector<std::pair<std::string, int64_t*>> NumbersOf(ImportState* state) {
  ImportCounts& counts = state->counts;
  return {{"line", &state->line},          {"errors_bytes", &state->errors_bytes},
          {"rows", &counts.rows},          {"failed", &counts.failed},
          {"created", &counts.created},    {"changed", &counts.changed},
          {"evaluated", &counts.evaluated}};
}

}  // namespace

ImportState NewImportState(absl::string_view settings) {
  ImportState state;
  std::random_device random;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&state.import_id, absl::Hex(random(), absl::kZeroPad8));
  }
  state.settings = std::string(settings);
  return state;
}

absl::StatusOr<std::optional<ImportState>> LoadImportState(const std::string& path) {
  auto loaded = LoadState(path, kTitle);
  if (!loaded.ok()) return loaded.status();
  StateFields& fields = *loaded;
  if (fields.empty()) return std::nullopt;
  ImportState state;
  state.import_id = fields["import_id"];
  state.settings = fields["settings"];
  state.content = fields["content"];
  bool whole = !state.import_id.empty() && !state.settings.empty();
  for (const auto& [name, number] : NumbersOf(&state)) {
    whole = whole && absl::SimpleAtoi(fields[name], number);
  }
  if (!whole) return absl::InvalidArgumentError(absl::StrCat(path, " is not whole; remove it"));
  return state;
}

absl::Status SaveImportState(const ImportState& state, const std::string& path) {
  StateFields fields = {
      {"import_id", state.import_id}, {"settings", state.settings}, {"content", state.content}};
  ImportState numbers = state;
  for (const auto& [name, number] : NumbersOf(&numbers)) fields[name] = absl::StrCat(*number);
  return SaveState(fields, path, kTitle);
}

std::string DigestOf(std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

std::string RequestIdOf(const ImportState& state, int64_t row, absl::string_view text) {
  // Far from ever meeting another; the API takes 64 characters.
  return DigestOf({state.import_id, absl::StrCat(row), text}).substr(0, 40);
}

}  // namespace tiermark::cli
