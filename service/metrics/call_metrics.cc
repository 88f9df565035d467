#include "service/metrics/call_metrics.h"

#include <algorithm>
#include <vector>

#include "scoring/error.h"

namespace tiermark {
namespace {

constexpr int64_t kMicrosecond = 1'000;
constexpr int64_t kMillisecond = 1'000 * kMicrosecond;
constexpr int64_t kSecond = 1'000 * kMillisecond;

// From what an evaluation takes on a machine that is idle to what any call may take.
constexpr HistogramBounds kCallBounds = {
    kSecond,
    14,
    {500 * kMicrosecond, kMillisecond, 2'500 * kMicrosecond, 5 * kMillisecond, 10 * kMillisecond,
     25 * kMillisecond, 50 * kMillisecond, 100 * kMillisecond, 250 * kMillisecond,
     500 * kMillisecond, kSecond, 2'500 * kMillisecond, 5 * kSecond, 10 * kSecond}};

}  // namespace

CallMetrics::Rpc::Rpc(const Method& method_in) : method(method_in), took(kCallBounds) {}

CallMetrics::CallMetrics(const MethodTable& methods) {
  std::vector<const Method*> by_number(methods.methods().size());
  for (const auto& [name, method] : methods.methods()) by_number[method.number] = &method;
  for (const Method* method : by_number) rpcs_.emplace_back(*method);
}

void CallMetrics::Refused(const Method& method, const absl::Status& answer) {
  Count(method, answer, false);
}

void CallMetrics::Ended(const Method& method, const absl::Status& answer, absl::Duration took) {
  Count(method, answer, true);
  if (method.open == nullptr) rpcs_[method.number].took.Add(absl::ToInt64Nanoseconds(took));
}

void CallMetrics::Sent(const Method& method) {
  rpcs_[method.number].messages.fetch_add(1, std::memory_order_relaxed);
}

void CallMetrics::Count(const Method& method, const absl::Status& answer, bool begun) {
  // An unknown code counts as UNKNOWN.
  const auto code = static_cast<size_t>(answer.code());
  rpcs_[method.number].ended[code].fetch_add(1, std::memory_order_relaxed);
  if (answer.ok()) return;
  const auto reason = ReasonOf(answer);
  size_t refusal = 0;
  while (refusal + 1 < kRefusals.size() && reason != kRefusals[refusal]) ++refusal;
  const bool other = refusal + 1 == kRefusals.size();
  if (!other || !begun) refusals_[refusal].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tiermark
