// Limits of keys and tenants, against a reference that counts every unit.
#include "service/rate_limits.h"

#include <random>

#include "google/rpc/error_details.pb.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

Caller CallerOf(const std::string& credential, TenantId tenant = kDefaultTenant) {
  return {tenant, Role::kScorer, credential};
}

TEST(RateLimits, AreOffUnlessAskedFor) {
  RateLimits limits({});
  for (int i = 0; i < 1'000; ++i) EXPECT_OK(limits.Admit(CallerOf("key"), 1 << 20, kStart));
}

TEST(RateLimits, ABucketHoldsTwoSeconds_AndFillsEvenly) {
  RateLimits limits({5, 0});
  for (int i = 0; i < 10; ++i) EXPECT_OK(limits.Admit(CallerOf("key"), 0, kStart)) << i;
  const absl::Status refused = limits.Admit(CallerOf("key"), 0, kStart);
  EXPECT_FAILS(refused, kResourceExhausted, "RATE_LIMITED");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(retry.ParseFromString(std::string(*refused.GetPayload(kRetryInfoUrl))));
  EXPECT_EQ(retry.retry_delay().nanos(), 200'000'000);
  EXPECT_FALSE(limits.Admit(CallerOf("key"), 0, kStart + absl::Milliseconds(199)).ok());
  EXPECT_OK(limits.Admit(CallerOf("key"), 0, kStart + absl::Milliseconds(201)));
  EXPECT_FALSE(limits.Admit(CallerOf("key"), 0, kStart + absl::Milliseconds(201)).ok());
}

TEST(RateLimits, ALargeRequestCostsAsManySmallOnes) {
  RateLimits limits({10, 0});
  EXPECT_OK(limits.Admit(CallerOf("key"), 19 * 4'096, kStart));
  EXPECT_FALSE(limits.Admit(CallerOf("key"), 0, kStart).ok());
  // One that is more than a bucket holds is admitted by a full one, and takes it below zero.
  const absl::Time later = kStart + absl::Seconds(2);
  EXPECT_OK(limits.Admit(CallerOf("key"), 99 * 4'096, later));
  EXPECT_FALSE(limits.Admit(CallerOf("key"), 0, later + absl::Seconds(7)).ok());
}

TEST(RateLimits, KeysOfATenantShareWhatItMay_AndNotThatOfOthers) {
  RateLimits limits({0, 5});
  for (int i = 0; i < 5; ++i) {
    EXPECT_OK(limits.Admit(CallerOf("a"), 0, kStart));
    EXPECT_OK(limits.Admit(CallerOf("b"), 0, kStart));
  }
  EXPECT_FALSE(limits.Admit(CallerOf("a"), 0, kStart).ok());
  EXPECT_FALSE(limits.Admit(CallerOf("b"), 0, kStart).ok());
  EXPECT_OK(limits.Admit(CallerOf("c", 2), 0, kStart));
}

TEST(RateLimits, CallersWithoutKeyAreNotLimited) {
  RateLimits limits({1, 1});
  for (int i = 0; i < 100; ++i) EXPECT_OK(limits.Admit(CallerOf(""), 0, kStart));
}

TEST(RateLimits, AClockSetBack_NeitherFillsNorLocks) {
  RateLimits limits({1, 0});
  EXPECT_OK(limits.Admit(CallerOf("key"), 0, kStart));
  EXPECT_OK(limits.Admit(CallerOf("key"), 0, kStart - absl::Hours(1)));
  EXPECT_FALSE(limits.Admit(CallerOf("key"), 0, kStart - absl::Hours(1)).ok());
  EXPECT_OK(limits.Admit(CallerOf("key"), 0, kStart - absl::Hours(1) + absl::Seconds(1)));
}

// Over any stretch of time no more comes through than the stretch gives and a bucket holds.
TEST(RateLimits, NeverLetThroughMoreThanTheyMay) {
  std::mt19937_64 random(7);
  constexpr double kRate = 20;
  RateLimits limits({kRate, 0});
  std::vector<absl::Time> admitted;
  absl::Time now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += absl::Microseconds(static_cast<int64_t>(random() % 60'000));
    if (limits.Admit(CallerOf("key"), 0, now).ok()) admitted.push_back(now);
  }
  for (size_t from = 0; from < admitted.size(); from += 37) {
    for (size_t to = from; to < admitted.size(); to += 101) {
      const double seconds = absl::ToDoubleSeconds(admitted[to] - admitted[from]);
      ASSERT_LE(static_cast<double>(to - from + 1), kRate * (seconds + 2) + 1.001);
    }
  }
  const double seconds = absl::ToDoubleSeconds(now - kStart);
  EXPECT_GT(static_cast<double>(admitted.size()), 0.95 * kRate * seconds);
}

}  // namespace
}  // namespace tiermark
