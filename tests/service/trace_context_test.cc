// Which `traceparent` headers are read.
#include "service/trace_context.h"

#include <string>

#include "gtest/gtest.h"

namespace tiermark {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

std::string Header(const std::string& trace, const std::string& span,
                   const std::string& flags = "01", const std::string& version = "00") {
  return version + "-" + trace + "-" + span + "-" + flags;
}

TEST(TraceContextTest, GoodHeaders_GiveBothIds) {
  for (const char* flags : {"00", "01", "ff"}) {
    const std::string header = Header(kTrace, kSpan, flags);
    const auto context = ParseTraceparent(header);
    ASSERT_TRUE(context.has_value()) << header;
    EXPECT_EQ(context->trace_id, kTrace);
    EXPECT_EQ(context->span_id, kSpan);
  }
}

TEST(TraceContextTest, OtherHeaders_AreNone) {
  std::string bad_digit = kTrace;
  bad_digit[31] = 'g';
  std::string upper = kTrace;
  upper[1] = 'B';
  std::string no_dash = Header(kTrace, kSpan);
  no_dash[35] = '0';
  const std::string header = Header(kTrace, kSpan);
  for (const std::string& other :
       {std::string(), std::string("00"), Header(bad_digit, kSpan), Header(upper, kSpan),
        Header(std::string(32, '0'), kSpan), Header(kTrace, std::string(16, '0')),
        Header(kTrace, kSpan, "0G"), Header(kTrace, kSpan, "01", "ff"),
        Header(kTrace, kSpan, "01", "01"), no_dash, header + "-00", " " + header,
        header.substr(0, 54), std::string(55, 'a'), std::string(55, '\0')}) {
    EXPECT_FALSE(ParseTraceparent(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace tiermark
