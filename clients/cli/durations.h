// Durations as people write them: 500ms, 30s, 10m, 2h, 7d.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tiermark::cli {

// Nothing for what is none, or not above 0.
std::optional<std::chrono::milliseconds> ParseDuration(const std::string& text);

// For CLI11: empty, or what is wrong.
std::string CheckDuration(const std::string& text);

}  // namespace tiermark::cli
