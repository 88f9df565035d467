// Counts calls by what became of them, at the cost of a few atomic additions each.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>

#include "service/call_observer.h"
#include "service/method_table.h"
#include "service/metrics/histogram.h"

namespace tiermark {

// Thread-safe.
class CallMetrics final : public CallObserver {
 public:
  // Codes of gRPC: 0 to 16.
  static constexpr size_t kCodes = 17;

  // Why calls are refused that are good in themselves; as in answers, but for the last, which
  // stands for all others.
  static constexpr std::array<const char*, 11> kRefusals = {"KEY_NOT_ACCEPTED",
                                                            "ROLE_TOO_LOW",
                                                            "RATE_LIMITED",
                                                            "TOO_MANY_CALLS",
                                                            "TOO_MANY_STREAMS",
                                                            "TOO_MANY_READS",
                                                            "WRITE_QUEUE_FULL",
                                                            "DISK_FULL",
                                                            "SHUTTING_DOWN",
                                                            "REQUEST_TOO_LARGE",
                                                            "OTHER"};

  // All that there is about one RPC.
  struct Rpc {
    explicit Rpc(const Method& method_in);
    const Method& method;
    std::array<std::atomic<int64_t>, kCodes> ended = {};
    // Nanoseconds, of calls that began; of server streams nothing.
    Histogram took;
    std::atomic<int64_t> messages = 0;
  };

  // `methods` must outlive it and not change any more.
  explicit CallMetrics(const MethodTable& methods);

  void Refused(const Method& method, const absl::Status& answer) override;
  void Ended(const Method& method, const absl::Status& answer, absl::Duration took) override;
  void Sent(const Method& method) override;

  // By Method::number.
  const std::deque<Rpc>& rpcs() const { return rpcs_; }
  int64_t refused(size_t refusal) const {
    return refusals_[refusal].load(std::memory_order_relaxed);
  }

 private:
  // Counts the answer, by its code and, if it is one of kRefusals, by its reason. `begun`: the call
  // was refused, if at all, after it began.
  void Count(const Method& method, const absl::Status& answer, bool begun);

  std::deque<Rpc> rpcs_;
  std::array<std::atomic<int64_t>, kRefusals.size()> refusals_ = {};
};

}  // namespace tiermark
