#include "tiermark/errors.h"

#include <algorithm>
#include <random>

#include "google/rpc/error_details.pb.h"

namespace tiermark {
namespace {

constexpr std::chrono::milliseconds kPauseMax(5'000);

template <class Detail>
Detail DetailOf(const absl::Status& error) {
  Detail detail;
  auto payload = error.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  if (payload) detail.ParseFromString(std::string(*payload));
  return detail;
}

}  // namespace

ErrorDetails DetailsOf(const absl::Status& error) {
  ErrorDetails details{DetailOf<google::rpc::ErrorInfo>(error).reason(), {}};
  const auto request = DetailOf<google::rpc::BadRequest>(error);
  for (const auto& fault : request.field_violations()) {
    details.field_violations.emplace_back(fault.field(), fault.description());
  }
  return details;
}

std::optional<std::chrono::milliseconds> PauseAfter(const absl::Status& error, int attempt) {
  const auto delay = DetailOf<google::rpc::RetryInfo>(error).retry_delay();
  if (delay.seconds() > 0 || delay.nanos() > 0) {
    return std::chrono::milliseconds(delay.seconds() * 1000 + delay.nanos() / 1'000'000);
  }
  if (!absl::IsUnavailable(error) && DetailsOf(error).reason != "COMMIT_UNKNOWN") return {};
  // Callers that failed together do not come back together.
  const std::chrono::milliseconds first(50 + std::random_device()() % 50);
  return std::min(kPauseMax, first * (1 << std::min(attempt, 10)));
}

}  // namespace tiermark
