// Ids of evaluations and events: a prefix and the log position in base 32 (digits and lower-case
// letters without i, l, o and u), of fixed width, so that they sort as the positions do.
#include <cstring>

#include "storage/store.h"

namespace tiermark {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int kWidth = 13;
constexpr absl::string_view kEvaluationPrefix = "evl-";
constexpr absl::string_view kEventPrefix = "evt-";

// At the end of the text, which holds zeros there.
void WriteDigits(uint64_t number, std::string* text) {
  for (size_t i = text->size(); number != 0; number >>= 5) (*text)[--i] = kDigits[number & 31];
}

std::string IdOf(absl::string_view prefix, int64_t position) {
  std::string id(prefix.size() + kWidth, '0');
  std::memcpy(id.data(), prefix.data(), prefix.size());
  WriteDigits(static_cast<uint64_t>(position), &id);
  return id;
}

}  // namespace

std::string EvaluationId(int64_t position) { return IdOf(kEvaluationPrefix, position); }

std::string EventId(int64_t position) { return IdOf(kEventPrefix, position); }

std::string LifecycleChangeKey(int number) {
  std::string key(kWidth, '0');
  WriteDigits(static_cast<uint64_t>(number), &key);
  return key;
}

std::optional<int64_t> PositionOfEvaluationId(absl::string_view evaluation_id) {
  if (evaluation_id.size() != kEvaluationPrefix.size() + kWidth ||
      evaluation_id.substr(0, kEvaluationPrefix.size()) != kEvaluationPrefix) {
    return std::nullopt;
  }
  uint64_t position = 0;
  for (const char c : evaluation_id.substr(kEvaluationPrefix.size())) {
    const char* digit = c == '\0' ? nullptr : std::strchr(kDigits, c);
    if (digit == nullptr || position >> 58 != 0) return std::nullopt;
    position = position << 5 | static_cast<uint64_t>(digit - kDigits);
  }
  if (position == 0 || position > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<int64_t>(position);
}

}  // namespace tiermark
