// Days and instants as ISO 8601 writes them.
#pragma once

#include <optional>
#include <string>

#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace tiermark::cli {

// "2026-11-28"
std::optional<google::type::Date> ParseDate(const std::string& text);

// "2026-11-28T08:30:00Z", with any offset; or a day, which is its first instant in UTC.
std::optional<google::protobuf::Timestamp> ParseTime(const std::string& text);

// For CLI11: empty, or what is wrong.
std::string CheckDate(const std::string& text);
std::string CheckTime(const std::string& text);

}  // namespace tiermark::cli
