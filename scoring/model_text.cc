#include "scoring/model_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "scoring/model_parsing.h"
#include "scoring/text.h"
#include "scoring/text_places.h"

namespace tiermark {
namespace {

constexpr char kByteOrderMark[] = "\xef\xbb\xbf";

using Parse = ParsedModel (*)(absl::string_view);

v1::ModelFault FaultOf(absl::string_view field, absl::string_view message) {
  v1::ModelFault fault;
  fault.set_field(std::string(field));
  fault.set_message(std::string(message));
  return fault;
}

v1::ModelFault FaultAt(absl::string_view field, absl::string_view message, TextPlace place) {
  v1::ModelFault fault = FaultOf(field, message);
  fault.set_line(place.line);
  fault.set_column(place.column);
  return fault;
}

// The offset of a field, or of the nearest part around it that is given.
absl::optional<size_t> OffsetOf(absl::string_view field, const ParsedModel& parsed) {
  while (!field.empty()) {
    const auto found = parsed.offsets.find(field);
    if (found != parsed.offsets.end()) return found->second;
    const size_t cut = field.find_last_of(".[");
    field = field.substr(0, cut == absl::string_view::npos ? 0 : cut);
  }
  return absl::nullopt;
}

Violations Check(const v1::ScoringModel& model, const ModelCheck& check) {
  v1::ScoringModel numbered = model;
  numbered.set_version(1);
  Violations violations;
  check(numbered, &violations);
  return violations;
}

ModelReading Read(absl::string_view text, Parse parse, const ModelCheck& check) {
  ModelReading reading;
  if (text.size() > kModelSourceBytesMax) {
    reading.faults.push_back(
        FaultOf("", absl::StrCat("must be ", kModelSourceBytesMax / 1024, " KiB at most")));
    return reading;
  }
  // Offsets count without the mark, as editors do.
  absl::ConsumePrefix(&text, kByteOrderMark);
  const TextPlaces places(text);
  const size_t valid = Utf8Prefix(text);
  if (valid < text.size()) {
    reading.faults.push_back(FaultAt("", "must be valid UTF-8", places.Of(valid)));
    return reading;
  }
  ParsedModel parsed = parse(text);
  std::stable_sort(parsed.faults.begin(), parsed.faults.end(),
                   [](const TextFault& a, const TextFault& b) { return a.offset < b.offset; });
  for (const TextFault& fault : parsed.faults) {
    reading.faults.push_back(fault.offset
                                 ? FaultAt(fault.field, fault.message, places.Of(*fault.offset))
                                 : FaultOf(fault.field, fault.message));
  }
  if (!reading.faults.empty()) return reading;
  const Violations violations = Check(parsed.model, check);
  for (const auto& [field, description] : violations.faults()) {
    const absl::optional<size_t> offset = OffsetOf(field, parsed);
    reading.faults.push_back(offset ? FaultAt(field, description, places.Of(*offset))
                                    : FaultOf(field, description));
  }
  reading.model = std::move(parsed.model);
  reading.model.clear_version();
  return reading;
}

}  // namespace

std::string UnknownField(absl::string_view message_type) {
  return absl::StrCat(message_type.substr(message_type.rfind('.') + 1),
                      " has no field of this name");
}

ModelReading ReadModelText(absl::string_view text, const ModelCheck& check) {
  return Read(text, ParseModelText, check);
}

ModelReading ReadModelJson(absl::string_view json, const ModelCheck& check) {
  return Read(json, ParseModelJson, check);
}

std::vector<v1::ModelFault> FaultsOfModel(const v1::ScoringModel& model, const ModelCheck& check) {
  std::vector<v1::ModelFault> faults;
  const Violations violations = Check(model, check);
  for (const auto& [field, description] : violations.faults()) {
    faults.push_back(FaultOf(field, description));
  }
  return faults;
}

}  // namespace tiermark
