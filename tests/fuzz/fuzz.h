// What the fuzzers share. Each is a file of its own that defines kFuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "storage/clock.h"

namespace tiermark {

struct Fuzzer {
  // Feeds one input. Whatever it is: no crash, no hang, and no MUST that does not hold.
  void (*feed)(absl::string_view input);

  // Bytes of the largest input.
  size_t bytes_max;

  // What the first inputs are made from, and words that are worth putting into others.
  std::vector<std::string> (*seeds)();
  std::vector<std::string> (*words)() = nullptr;
};
extern const Fuzzer kFuzzer;

// Ends the process, which keeps the input, unless the condition holds.
#define MUST(condition)                                                 \
  do {                                                                  \
    if (!(condition)) ::tiermark::Fail(#condition, __FILE__, __LINE__); \
  } while (false)
[[noreturn]] void Fail(const char* condition, const char* file, int line);

// Takes off the first byte, which says which of `choices` an input is for: "0" says the first.
size_t TakeChoice(size_t choices, absl::string_view* input);

// A message from its text form.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  MUST(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// The same bytes for equal messages.
std::string BytesOf(const google::protobuf::Message& message);

// The names of the fields of a message and of all within it, in both forms, and of their enums'
// values.
std::vector<std::string> NamesIn(const google::protobuf::Descriptor& type);

// A message for each of some requests of the API, among them one of each kind of field that there
// is. They are always the same objects, so as not to be made anew for each input.
const std::vector<google::protobuf::Message*>& SomeRequests();

// One of each of those, as choice and message.
struct ChosenRequest {
  std::string choice;
  std::unique_ptr<google::protobuf::Message> request;
};
std::vector<ChosenRequest> SampleRequests();

// 2026-01-01 00:00 UTC, always.
const Clock& ClockOfFuzzers();

}  // namespace tiermark
