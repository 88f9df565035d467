#include "clients/cli/enum_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace tiermark::cli {

std::string BareName(const google::protobuf::EnumValueDescriptor& value) {
  // The prefix is the one that the unspecified value has.
  absl::string_view prefix = value.type()->value(0)->name();
  absl::ConsumeSuffix(&prefix, "UNSPECIFIED");
  return std::string(absl::StripPrefix(value.name(), prefix));
}

std::string FlagName(const google::protobuf::EnumValueDescriptor& value) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(BareName(value)), {{"_", "-"}});
}

std::vector<std::string> FlagNames(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) names.push_back(FlagName(*type.value(i)));
  return names;
}

std::optional<int> ParseEnum(const google::protobuf::EnumDescriptor& type, absl::string_view name) {
  const std::string wanted = absl::StrReplaceAll(absl::AsciiStrToUpper(name), {{"-", "_"}});
  for (int i = 1; i < type.value_count(); ++i) {
    if (BareName(*type.value(i)) == wanted) return type.value(i)->number();
  }
  return {};
}

}  // namespace tiermark::cli
