// Fairness among callers: none can take what the others need.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/call.h"
#include "storage/mutex.h"

namespace tiermark {

struct RateLimitOptions {
  // Units a second that a key, and all keys of a tenant together, may use for long; 0: any number.
  // A call costs one unit, and one more for each 4 KiB of its request: a batch costs about what
  // its items do.
  double key_rate = 0;
  double tenant_rate = 0;
};

// Two token buckets for each caller, each of which holds what comes in two seconds: so much may be
// used at once after a rest. Callers without key are not limited. Thread-safe.
class RateLimits {
 public:
  explicit RateLimits(const RateLimitOptions& options) : options_(options) {}

  // Takes what a call costs.
  // RESOURCE_EXHAUSTED, RATE_LIMITED, with RetryInfo: there is not enough now; nothing was taken.
  absl::Status Admit(const Caller& caller, size_t request_bytes, absl::Time now);

 private:
  struct Bucket {
    double units = 0;
    absl::Time filled = absl::InfinitePast();
  };

  // How long until the bucket has so much; zero when it has.
  static absl::Duration Wait(double rate, double units, absl::Time now, Bucket* bucket);

  const RateLimitOptions options_;
  Mutex mutex_;
  // By credential and by tenant: as many as there are keys.
  std::map<std::string, Bucket, std::less<>> keys_ ABSL_GUARDED_BY(mutex_);
  std::map<TenantId, Bucket> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tiermark
