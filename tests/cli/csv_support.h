// Sources of bytes and of chance for the tests of CSV.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/csv_text.h"
#include "gtest/gtest.h"

namespace tiermark::cli {

// A text that comes in parts, as a file does.
class GivenText final : public ByteSource {
 public:
  explicit GivenText(std::string text, size_t chunk_bytes = 1 << 20)
      : text_(std::move(text)), chunk_bytes_(chunk_bytes) {}

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    const size_t bytes = std::min({size, chunk_bytes_, text_.size() - at_});
    std::memcpy(to, text_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  const std::string text_;
  const size_t chunk_bytes_;
  size_t at_ = 0;
};

// A text, and then so many times the same byte.
class Endless final : public ByteSource {
 public:
  Endless(const std::string& begin, char byte, size_t bytes)
      : begin_(begin), byte_(byte), left_(bytes) {}

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    auto begun = begin_.Read(to, size);
    if (*begun > 0) return begun;
    const size_t bytes = std::min(size, left_);
    std::memset(to, byte_, bytes);
    left_ -= bytes;
    return bytes;
  }

 private:
  GivenText begin_;
  const char byte_;
  size_t left_;
};

// What this process holds of memory.
inline size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0;
  size_t resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

// A source of chance for one test. Its seed comes from the environment variable TIERMARK_TEST_SEED,
// or else from the system, and is printed with how to run the test again.
class Chance {
 public:
  Chance() : Chance(ChooseSeed()) {}

  // From `least` to `most`, both included.
  int64_t Between(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(engine_);
  }

  bool OneIn(int n) { return Between(1, n) == 1; }

  template <typename List>
  auto& Pick(List& list) {
    return list[Between(0, static_cast<int64_t>(std::size(list)) - 1)];
  }

 private:
  explicit Chance(uint64_t seed)
      : engine_(seed), trace_(__FILE__, __LINE__, absl::StrCat("TIERMARK_TEST_SEED=", seed)) {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    std::cout << "run again: TIERMARK_TEST_SEED=" << seed
              << " cli_csv_tests --gtest_filter=" << test->test_suite_name() << "." << test->name()
              << std::endl;
  }

  static uint64_t ChooseSeed() {
    const char* given = std::getenv("TIERMARK_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  }

  std::mt19937_64 engine_;
  testing::ScopedTrace trace_;
};

}  // namespace tiermark::cli
