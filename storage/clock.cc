#include "storage/clock.h"

#include "absl/time/clock.h"

namespace tiermark {
namespace {

class MachineClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock* SystemClock() {
  static const MachineClock kClock;
  return &kClock;
}

}  // namespace tiermark
