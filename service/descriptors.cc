#include "service/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace tiermark {
namespace {

// More than any load here needs; a limit without bound is no number.
constexpr rlim_t kLimitMax = 1 << 20;

}  // namespace

int DescriptorLimit() {
  struct rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min(limit.rlim_cur, kLimitMax));
}

int RaiseDescriptorLimit() {
  struct rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = std::min(limit.rlim_max, kLimitMax);
  if (wanted > limit.rlim_cur) {
    limit.rlim_cur = wanted;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  return DescriptorLimit();
}

bool LeavesRoom(int descriptor) {
  const int limit = DescriptorLimit();
  return descriptor < limit - std::min(kDescriptorsKept, limit / 4);
}

}  // namespace tiermark
