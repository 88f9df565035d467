#include "protos/openapi/names.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tiermark::openapi {
namespace {

// The package whose messages need no prefix.
constexpr char kPackage[] = "tiermark.v1";

std::string Capitalized(absl::string_view word) {
  std::string out(word.data(), word.size());
  if (!out.empty()) out[0] = absl::ascii_toupper(static_cast<unsigned char>(out[0]));
  return out;
}

std::string TitleWord(absl::string_view word) {
  for (const auto& [plain, written] :
       {std::pair("id", "ID"), std::pair("ids", "IDs"), std::pair("mrr", "MRR")}) {
    if (word == plain) return written;
  }
  return Capitalized(word);
}

}  // namespace

std::string SchemaName(const google::protobuf::Descriptor& message) {
  absl::string_view name = message.full_name();
  if (message.file()->package() == kPackage) name.remove_prefix(sizeof(kPackage));
  std::string out;
  for (const absl::string_view part : absl::StrSplit(name, absl::ByAnyChar("._"))) {
    absl::StrAppend(&out, Capitalized(part));
  }
  return out;
}

std::string SentenceOf(absl::string_view upper_camel_case) {
  std::string out;
  for (const char c : upper_camel_case) {
    const bool begins_word = absl::ascii_isupper(static_cast<unsigned char>(c)) && !out.empty();
    if (begins_word) out += ' ';
    out += begins_word ? absl::ascii_tolower(static_cast<unsigned char>(c)) : c;
  }
  return out;
}

std::string TitleOf(absl::string_view lower_snake_case) {
  const std::vector<absl::string_view> words = absl::StrSplit(lower_snake_case, '_');
  return absl::StrJoin(words, " ", [](std::string* out, absl::string_view word) {
    absl::StrAppend(out, TitleWord(word));
  });
}

}  // namespace tiermark::openapi
