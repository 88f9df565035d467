#include "service/http/json.h"

#include "absl/strings/match.h"
#include "scoring/json_text.h"
#include "service/http/json_reader.h"
#include "service/http/json_writer.h"
#include <nlohmann/json.hpp>

namespace tiermark {

absl::Status ParseJson(absl::string_view text, google::protobuf::Message* message) {
  message->Clear();
  // The parser would pass over the mark, and take the byte for the end of the text.
  if (absl::StartsWith(text, "\xef\xbb\xbf")) {
    return MalformedJson(text, 0, "a byte order mark is not allowed");
  }
  const size_t nul = text.find('\0');
  if (nul != absl::string_view::npos) {
    return MalformedJson(text, nul, "a NUL byte is not allowed");
  }
  const char* furthest = text.data();
  JsonReader reader(text, &furthest, message);
  nlohmann::json::sax_parse(CountingIterator(text.data(), &furthest),
                            CountingIterator(text.data() + text.size(), &furthest), &reader);
  return reader.Finish();
}

absl::Status PrintJson(const google::protobuf::Message& message, std::string* text) {
  text->clear();
  return JsonWriter(text).Write(message) ? absl::OkStatus()
                                         : absl::InternalError("a message has no form in JSON");
}

}  // namespace tiermark
