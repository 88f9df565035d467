#include "service/log.h"

#include <unistd.h>

#include <array>
#include <atomic>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

std::atomic<LogLevel> log_level = LogLevel::kInfo;

// By level.
std::array<std::atomic<int64_t>, 4> lines_written = {};

std::string Text(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void SetLogLevel(LogLevel level) { log_level = level; }

bool LogEnabled(LogLevel level) { return level >= log_level.load(std::memory_order_relaxed); }

const char* NameOfLogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

int64_t LogLines(LogLevel level) {
  return lines_written[static_cast<size_t>(level)].load(std::memory_order_relaxed);
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  lines_written[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone());
  line["level"] = NameOfLogLevel(level);
  line["message"] = Text(message);
  for (const LogField& field : fields) {
    if (field.is_number) {
      line[Text(field.name)] = field.number;
    } else if (!field.text.empty()) {
      line[Text(field.name)] = Text(field.text);
    }
  }
  // Bytes that are not UTF-8 are replaced; one write keeps the line whole among threads.
  std::string out = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  out.push_back('\n');
  size_t written = 0;
  while (written < out.size()) {
    const ssize_t n = ::write(STDERR_FILENO, out.data() + written, out.size() - written);
    if (n <= 0) return;
    written += static_cast<size_t>(n);
  }
}

void TakeProtobufLog() {
  google::protobuf::SetLogHandler(
      [](google::protobuf::LogLevel level, const char*, int, const std::string& text) {
        // Short of the end of the process it speaks of bytes that a caller sent, who is told.
        Log(level == google::protobuf::LOGLEVEL_FATAL ? LogLevel::kError : LogLevel::kDebug,
            "protobuf", {{"cause", text}});
      });
}

}  // namespace tiermark
