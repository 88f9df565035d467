// The kinds of option that commands share, above what CLI11 has.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "clients/cli/enum_names.h"
#include "google/protobuf/generated_enum_reflection.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {

// Wrong in a way that the command line alone tells: ends with ExitCode::kUsage.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& error);

// One of the names of an enum's values.
CLI::Validator OneOf(std::vector<std::string> names);
template <class Enum>
CLI::Validator OneOf() {
  return OneOf(FlagNames(*google::protobuf::GetEnumDescriptor<Enum>()));
}

// The value of a name that OneOf<Enum>() let through.
template <class Enum>
Enum EnumOf(const std::string& name) {
  return static_cast<Enum>(
      ParseEnum(*google::protobuf::GetEnumDescriptor<Enum>(), name).value_or(0));
}

// An option that takes one text.
CLI::Option* AddText(CLI::App* app, const std::string& name, std::string* value,
                     const std::string& type, const std::string& description);

// An option that may be given several times, and takes several values with commas between them.
CLI::Option* AddList(CLI::App* app, const std::string& name, std::vector<std::string>* values,
                     const std::string& type, const std::string& description);

// An option for how many of a list to show; 0 is all.
CLI::Option* AddLimit(CLI::App* app, int* limit);

constexpr int kDefaultLimit = 50;

}  // namespace tiermark::cli
