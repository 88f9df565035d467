// `authorization` headers before a server that has one key: only that key, as a Bearer, is let in.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "service/api_keys.h"
#include "tests/fuzz/fuzz.h"
#include "tests/storage/oracle_store.h"

namespace tiermark {
namespace {

constexpr char kKeyId[] = "0123456789abcdef";
constexpr char kSecret[] = "tmk_0123456789abcdef_secret";

KeyRing& Ring() {
  static KeyRing& ring = *[] {
    auto* store = new OracleStore(&ClockOfFuzzers());
    KeyRing* made = KeyRing::Load(*store, ClockOfFuzzers(), true)->release();
    store::v1::StoredApiKey key;
    key.mutable_key()->set_api_key_id(kKeyId);
    key.set_secret_hash(HashOfSecret(kSecret));
    made->Put(kDefaultTenant, key);
    return made;
  }();
  return ring;
}

void Feed(absl::string_view input) {
  const auto caller = Ring().Authenticate({input, {}});
  absl::string_view rest = input;
  const bool bearer = absl::StartsWithIgnoreCase(rest, "Bearer ");
  if (bearer) rest.remove_prefix(7);
  MUST(caller.ok() == (bearer && absl::StripAsciiWhitespace(rest) == kSecret));
  if (caller.ok()) {
    MUST(caller->credential == kKeyId && caller->role == Role::kViewer);
  } else {
    MUST(ReasonOf(caller.status()) == "KEY_NOT_ACCEPTED");
  }
}

std::vector<std::string> Seeds() {
  return {absl::StrCat("Bearer ", kSecret), absl::StrCat("bearer  ", kSecret, " "),
          absl::StrCat("Basic ", kSecret), "Bearer tmk_0123456789abcdef"};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 64, Seeds};

}  // namespace tiermark
