#include "service/rate_limits.h"

#include <algorithm>

#include "scoring/error.h"

namespace tiermark {
namespace {

constexpr absl::Duration kBurst = absl::Seconds(2);
constexpr size_t kBytesPerUnit = 4 << 10;

}  // namespace

absl::Duration RateLimits::Wait(double rate, double units, absl::Time now, Bucket* bucket) {
  if (rate == 0) return absl::ZeroDuration();
  const double full = rate * absl::ToDoubleSeconds(kBurst);
  // A clock that was set back fills nothing, and one that was set ahead no more than there is room.
  const absl::Duration rest = std::clamp(now - bucket->filled, absl::ZeroDuration(), kBurst);
  bucket->units = std::min(full, bucket->units + rate * absl::ToDoubleSeconds(rest));
  bucket->filled = now;
  // What is more than a bucket holds is had when the bucket is full.
  const double missing = std::min(units, full) - bucket->units;
  return missing <= 0 ? absl::ZeroDuration() : absl::Seconds(missing / rate);
}

absl::Status RateLimits::Admit(const Caller& caller, size_t request_bytes, absl::Time now) {
  if (caller.credential.empty() || (options_.key_rate == 0 && options_.tenant_rate == 0)) {
    return absl::OkStatus();
  }
  const double units = 1 + static_cast<double>(request_bytes / kBytesPerUnit);
  MutexLock lock(&mutex_);
  Bucket& key = keys_[caller.credential];
  Bucket& tenant = tenants_[caller.tenant];
  const absl::Duration wait = std::max(Wait(options_.key_rate, units, now, &key),
                                       Wait(options_.tenant_rate, units, now, &tenant));
  if (wait > absl::ZeroDuration()) {
    return OverloadError("RATE_LIMITED", "the key or its tenant calls more than it may",
                         std::max(wait, absl::Milliseconds(1)));
  }
  key.units -= units;
  tenant.units -= units;
  return absl::OkStatus();
}

}  // namespace tiermark
