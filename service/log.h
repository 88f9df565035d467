// Structured logs: one JSON object a line on standard error.
//
// Nothing here may carry what customers trust us with: no names, no figures, no facts, no keys.
// Callers log ids of calls, codes, reasons and counts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace tiermark {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A field of a log line: text or a number. Empty text is left out.
struct LogField {
  LogField(absl::string_view name_in, absl::string_view text_in) : name(name_in), text(text_in) {}
  LogField(absl::string_view name_in, const char* text_in) : name(name_in), text(text_in) {}
  LogField(absl::string_view name_in, const std::string& text_in) : name(name_in), text(text_in) {}
  LogField(absl::string_view name_in, int64_t number_in)
      : name(name_in), number(number_in), is_number(true) {}

  absl::string_view name;
  absl::string_view text;
  int64_t number = 0;
  bool is_number = false;
};

// Lines below this level are dropped. At first: kInfo. Set before threads start.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

// "debug" and so on.
const char* NameOfLogLevel(LogLevel level);

// How many lines of that level were written since the process began.
int64_t LogLines(LogLevel level);

// Writes one line with the time, the level, the message and the fields. Thread-safe; lines are
// never interleaved.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// From now on what protobuf would write to standard error becomes lines of this log. Call it before
// threads start.
void TakeProtobufLog();

}  // namespace tiermark
