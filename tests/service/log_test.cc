#include "service/log.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "tiermark/v1/facts.pb.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

template <typename Work>
std::vector<std::string> LinesOf(Work work) {
  testing::internal::CaptureStderr();
  work();
  return absl::StrSplit(testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
}

TEST(Log, ALine_IsOneJsonObject) {
  const auto lines = LinesOf([] {
    Log(LogLevel::kWarning, "said \"so\"\nand more", {{"text", "a\tb"}, {"number", int64_t{-7}}});
  });
  ASSERT_EQ(lines.size(), 1u);
  const auto line = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "said \"so\"\nand more");
  EXPECT_EQ(line["text"], "a\tb");
  EXPECT_EQ(line["number"], -7);
  EXPECT_EQ(line["time"].get<std::string>().size(), 27u) << "2026-05-20T10:00:00.000000Z";
}

TEST(Log, BytesThatAreNotText_DoNotBreakTheLine) {
  const auto lines = LinesOf([] {
    Log(LogLevel::kInfo, "bytes", {{"text", std::string("\xC3\x28\0z", 4)}});
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(nlohmann::json::accept(lines[0]));
}

TEST(Log, BelowItsLevel_SaysNothing) {
  SetLogLevel(LogLevel::kWarning);
  const auto lines = LinesOf([] {
    Log(LogLevel::kDebug, "debug");
    Log(LogLevel::kInfo, "info");
    Log(LogLevel::kError, "error");
  });
  SetLogLevel(LogLevel::kInfo);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["message"], "error");
}

TEST(Log, Threads_DoNotMixTheirLines) {
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  const std::string filler(600, 'x');
  const auto lines = LinesOf([&filler] {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&filler] {
        for (int j = 0; j < kLines; ++j) Log(LogLevel::kInfo, "line", {{"filler", filler}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(lines.size(), size_t{kThreads * kLines});
  for (const std::string& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(Log, WhatLibrariesSay_IsPartOfIt) {
  TakeProtobufLog();
  SetLogLevel(LogLevel::kDebug);
  const auto lines = LinesOf([] {
    v1::AccountFacts facts;
    EXPECT_FALSE(facts.ParseFromString("\x0A\x01\xC3"));
  });
  SetLogLevel(LogLevel::kInfo);
  google::protobuf::SetLogHandler(nullptr);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["message"], "protobuf");
}

}  // namespace
}  // namespace tiermark
