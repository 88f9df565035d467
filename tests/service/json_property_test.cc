// Messages of every type that the API has come back from JSON as they were, and protobuf agrees.
// Text that was damaged breaks nothing, and what is taken of it is JSON.
#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "service/http/json.h"
#include "tests/service/random_messages.h"
#include "tiermark/v1/scoring_service.pb.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using google::protobuf::Message;
using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;
using google::protobuf::util::MessageToJsonString;

#ifdef TIERMARK_SANITIZED
constexpr int kMutations = 10'000;
constexpr int kRounds = 4;
#else
constexpr int kMutations = 100'000;
constexpr int kRounds = 20;
#endif

std::string HowToRepeat(const RandomMessages& random) {
  return absl::StrCat("again: TIERMARK_TEST_SEED=", random.seed(), " json_tests");
}

std::unique_ptr<Message> New(const Message& message) {
  return std::unique_ptr<Message>(message.New());
}

TEST(JsonProperty, EveryMessageComesBackAndProtobufAgrees) {
  RandomMessages random;
  SCOPED_TRACE(HowToRepeat(random));
  const auto messages = RpcMessages();
  ASSERT_GE(messages.size(), 100u);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& message : messages) {
      random.Fill(message.get(), 4);
      std::string ours;
      ASSERT_TRUE(PrintJson(*message, &ours).ok()) << message->DebugString();
      std::string theirs;
      ASSERT_TRUE(MessageToJsonString(*message, &theirs).ok());
      EXPECT_EQ(nlohmann::json::parse(ours), nlohmann::json::parse(theirs));

      const auto read = New(*message);
      for (const std::string& json : {ours, theirs}) {
        const absl::Status status = ParseJson(json, read.get());
        ASSERT_TRUE(status.ok()) << status << "\n" << json;
        ASSERT_TRUE(MessageDifferencer::Equals(*read, *message)) << json;
      }
      google::protobuf::util::JsonPrintOptions proto_names;
      proto_names.preserve_proto_field_names = true;
      proto_names.add_whitespace = true;
      proto_names.always_print_enums_as_ints = true;
      theirs.clear();
      ASSERT_TRUE(MessageToJsonString(*message, &theirs, proto_names).ok());
      ASSERT_TRUE(ParseJson(theirs, read.get()).ok()) << theirs;
      ASSERT_TRUE(MessageDifferencer::Equals(*read, *message)) << theirs;
      ASSERT_TRUE(JsonStringToMessage(ours, read.get()).ok()) << ours;
      ASSERT_TRUE(MessageDifferencer::Equals(*read, *message)) << ours;
    }
  }
}

// One change such as an attacker, a broken client or a torn connection may make.
void Damage(RandomMessages* random, std::string* text) {
  const std::string pieces[] = {"{",
                                "}",
                                "[",
                                "]",
                                ",",
                                ":",
                                "\"",
                                "\\",
                                "null",
                                "true",
                                "1",
                                "-",
                                "1e5",
                                "0.5",
                                "\"a\"",
                                "\"a\":",
                                "{}",
                                "[]",
                                "\xff",
                                "\xc3",
                                "\\u",
                                "\\ud83d",
                                "\\ude00",
                                "'",
                                "//",
                                "\x01",
                                "NaN",
                                "\"1.0\"",
                                " ",
                                "\n",
                                "99999999999999999999",
                                "\"facts\":",
                                "1e999",
                                std::string(1, '\0'),
                                "\xef\xbb\xbf",
                                "{\"a\":{}}",
                                "\"@type\":",
                                "[[[[[[[[[[[[[[[["};
  if (text->empty()) *text = "{}";
  const size_t at = random->Below(text->size());
  const size_t size = 1 + random->Below(std::min<size_t>(text->size() - at, 24));
  switch (random->Below(6)) {
    case 0:
      (*text)[at] = static_cast<char>(random->Below(256));
      break;
    case 1:
      text->erase(at, size);
      break;
    case 2:
      text->insert(at, pieces[random->Below(std::size(pieces))]);
      break;
    case 3:
      text->insert(at, text->substr(at, size));
      break;
    case 4:
      text->replace(at, size, pieces[random->Below(std::size(pieces))]);
      break;
    case 5:
      text->insert(random->Below(text->size()), text->substr(at, size));
      break;
  }
}

TEST(JsonProperty, DamagedTextBreaksNothing) {
  RandomMessages random;
  SCOPED_TRACE(HowToRepeat(random));
  const auto messages = RpcMessages();
  int taken = 0;
  int refused_by_protobuf = 0;
  std::string sound;
  const Message* type = nullptr;
  for (int i = 0; i < kMutations; ++i) {
    if (i % 50 == 0) {
      Message* message = messages[random.Below(messages.size())].get();
      random.Fill(message, 3);
      sound.clear();
      ASSERT_TRUE(PrintJson(*message, &sound).ok());
      type = message;
    }
    std::string text = sound;
    for (size_t n = 1 + random.Below(3); n > 0; --n) Damage(&random, &text);
    const auto read = New(*type);
    const absl::Status status = ParseJson(text, read.get());
    if (!status.ok()) {
      ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
      const std::string reason = ReasonOf(status);
      ASSERT_TRUE(reason == "INVALID_FIELDS" || reason == "MALFORMED_JSON") << text;
      continue;
    }
    ++taken;
    ASSERT_TRUE(nlohmann::json::accept(text)) << text;
    std::string again;
    ASSERT_TRUE(PrintJson(*read, &again).ok()) << text;
    const auto reread = New(*type);
    ASSERT_TRUE(ParseJson(again, reread.get()).ok()) << text;
    ASSERT_TRUE(MessageDifferencer::Equals(*read, *reread)) << text;
    // What is taken means the same to protobuf, which takes much more, but not yet whole numbers
    // such as "1.0" and "1e5" in quotes.
    if (taken % 8 != 0) continue;
    if (!JsonStringToMessage(text, reread.get()).ok()) {
      ++refused_by_protobuf;
      continue;
    }
    ASSERT_TRUE(MessageDifferencer::Equals(*read, *reread)) << text;
  }
  EXPECT_LT(refused_by_protobuf, 5 + taken / 8 / 50);
  EXPECT_GT(taken, kMutations / 100);
}

// The least of a few times, in nanoseconds of this thread's own, whatever else the machine does.
int64_t TimeToParse(const std::string& json, Message* message) {
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * kNanosPerSecond + time.tv_nsec;
  };
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < 5; ++i) {
    const int64_t start = now();
    (void)ParseJson(json, message);
    least = std::min(least, now() - start);
  }
  return least;
}

// Eight times the text may take 32 times as long; what grows with the square would take 64 times.
TEST(JsonProperty, TimeGrowsWithTheTextAlone) {
  const auto of_parts = [](const std::string& begin, const std::string& part, int count,
                           bool numbered, const std::string& end) {
    std::string json = begin;
    for (int i = 0; i < count; ++i) {
      std::string numbered_part = part;
      if (numbered) numbered_part.replace(part.find('#'), 1, absl::StrCat(i));
      json += numbered_part;
    }
    return json + end;
  };
  const struct {
    const char* begin;
    const char* part;
    bool numbered;
    const char* end;
  } cases[] = {
      {"{\"facts\":{\"custom\":{", "\"k#\":{\"text\":\"v\"},", true, "\"z\":{}}}}"},
      {"{\"facts\":{\"colour\":{", "\"k#\":1,", true, "\"z\":{}}}}"},
      {"{\"facts\":{\"potentialMrr\":[", "{\"country\":\"CO\"},", false, "{}]}}"},
      {"{\"facts\":{\"custom\":{", "\"k#\":{\"text\":\"\",\"bool\":true},", true, "\"z\":{}}}}"},
      {"{\"facts\":{\"custom\":{", "\"k\":{\"text\":\"v\"},", false, "\"z\":{}}}}"},
      {"{\"accountId\":\"", "\\u00e9\n", false, "\"}"},
      {"{\"accountId\":\"", "\\u00e9", false, "\"}"},
      {"{\"modelVersion\":1.", "0", false, "}"},
      {"{\"modelVersion\":\"1.", "0", false, "\"}"},
      {"", "\n", false, "{]"},
      {"", "[", false, ""},
  };
  for (const auto& [begin, part, numbered, end] : cases) {
    v1::EvaluateAccountRequest request;
    constexpr int kParts = 4'000;
    const int64_t little = TimeToParse(of_parts(begin, part, kParts, numbered, end), &request);
    const int64_t much = TimeToParse(of_parts(begin, part, 8 * kParts, numbered, end), &request);
    EXPECT_LT(much, 32 * std::max<int64_t>(little, 100'000)) << begin << part << end;
  }
}

}  // namespace
}  // namespace tiermark
