// Enum values by the names that flags give them: "market-leader" for
// INDUSTRY_REFERENCE_MARKET_LEADER.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tiermark::cli {

// "MARKET_LEADER", without the prefix that the enum gives its values.
std::string BareName(const google::protobuf::EnumValueDescriptor& value);

// "market-leader"
std::string FlagName(const google::protobuf::EnumValueDescriptor& value);

// Of all values but the unspecified one.
std::vector<std::string> FlagNames(const google::protobuf::EnumDescriptor& type);

// The number of the value, whether it is written with hyphens or underscores, small or large.
std::optional<int> ParseEnum(const google::protobuf::EnumDescriptor& type, absl::string_view name);

}  // namespace tiermark::cli
